// An echo server on Java's Selector, one thread: NioEcho PORT. A client that does not read stops its
// own input.
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

public class NioEcho {
  static class Client {
    final ByteBuffer block = ByteBuffer.allocate(4096);
    boolean ended;
  }

  public static void main(String[] args) throws IOException {
    Selector selector = Selector.open();
    ServerSocketChannel listener = ServerSocketChannel.open();
    listener.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])), 128);
    listener.configureBlocking(false);
    SelectionKey door = listener.register(selector, SelectionKey.OP_ACCEPT);
    while (true) {
      boolean closed = door.interestOps() == 0;
      int ready = selector.select(closed ? 100 : 0);
      if (closed && ready == 0) door.interestOps(SelectionKey.OP_ACCEPT);
      for (SelectionKey key : selector.selectedKeys()) {
        if (key == door) {
          accept(selector, door, listener);
        } else {
          serve(key);
        }
      }
      selector.selectedKeys().clear();
    }
  }

  static void accept(Selector selector, SelectionKey door, ServerSocketChannel listener) {
    SocketChannel channel = null;
    try {
      channel = listener.accept();
      if (channel == null) return;
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ, new Client());
    } catch (IOException shortage) {
      if (channel == null) door.interestOps(0); // for 100 ms
      close(channel);
    }
  }

  static void serve(SelectionKey key) {
    SocketChannel channel = (SocketChannel) key.channel();
    Client client = (Client) key.attachment();
    try {
      if (key.isReadable() && channel.read(client.block) < 0) client.ended = true;
      client.block.flip();
      channel.write(client.block);
      client.block.compact();
      boolean waits = client.block.position() > 0;
      if (client.ended && !waits) {
        close(channel);
        return;
      }
      boolean full = !client.block.hasRemaining();
      key.interestOps(
          (client.ended || full ? 0 : SelectionKey.OP_READ) | (waits ? SelectionKey.OP_WRITE : 0));
    } catch (IOException gone) {
      close(channel);
    }
  }

  static void close(SocketChannel channel) {
    try {
      if (channel != null) channel.close();
    } catch (IOException ignored) {
    }
  }
}
