// An echo server with a thread a client: ThreadedEcho PORT.
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

public class ThreadedEcho {
  public static void main(String[] args) throws Exception {
    InetAddress address = InetAddress.getByName("127.0.0.1");
    ServerSocket listener = new ServerSocket(Integer.parseInt(args[0]), 128, address);
    while (true) {
      try {
        Socket client = listener.accept();
        new Thread(() -> serve(client)).start();
      } catch (IOException shortage) {
        Thread.sleep(100);
      }
    }
  }

  static void serve(Socket client) {
    try (client) {
      InputStream in = client.getInputStream();
      OutputStream out = client.getOutputStream();
      byte[] block = new byte[4096];
      for (int count; (count = in.read(block)) > 0; ) out.write(block, 0, count);
    } catch (IOException gone) {
    }
  }
}
