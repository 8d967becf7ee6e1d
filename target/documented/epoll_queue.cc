// doc000/epoll-queue: an echo server on level-triggered epoll, with one FIFO queue per connection.
// (Document 004 is a translation of the same code.)
//
// The document's statements, in its order; each mend has its name beside it.

#include <sys/epoll.h>
#include <sys/socket.h>

#include "target/documented/mending.h"
#include "target/documented/python/readiness.h"
#include "target/documented/servers.h"

namespace hupstorm::python {
namespace {

class EpollQueueServer {
 public:
  EpollQueueServer(MendSet mends, uint16_t port)
      : mends_(mends), server_socket_(Socket::Create()), server_address_{"127.0.0.1", port} {}

  [[noreturn]] void Run();

 private:
  void Accept();
  void HangUp(int fd);
  void ReadFrom(int fd, Socket socket);
  void WriteTo(int fd, Socket socket);
  void Close(int fd, bool queue = true);  // forgets all there is of a connection, `queue` or not

  const MendSet mends_;
  Socket server_socket_;
  const Address server_address_;
  Epoll epoll_;
  Dict<Socket, Queue, SocketHash> message_queues_;
  Dict<int, Socket> fd_to_socket_;
  Bytes data_;  // a variable of the whole script: the last bytes read, from whomever
  ListenerPause pause_;
};

void EpollQueueServer::Run() {
  server_socket_.SetSockOpt(SOL_SOCKET, SO_REUSEADDR, 1);
  server_socket_.Bind(server_address_);
  server_socket_.Listen(10);
  Print("服务器启动成功,监听IP:", server_address_);
  server_socket_.SetBlocking(false);
  const double timeout = 10;
  epoll_.Register(server_socket_.fileno(), EPOLLIN);
  fd_to_socket_.Set(server_socket_.fileno(), server_socket_);

  while (true) {
    if (pause_.EndIfOver()) epoll_.Modify(server_socket_.fileno(), EPOLLIN);
    Print("等待活动连接......");
    const std::vector<Event> events = epoll_.Wait(pause_.Shorten(timeout));
    if (events.empty()) {
      Print("epoll超时无活动连接,重新轮询......");
      continue;
    }
    Print("", events.size(), "个新事件,开始处理......");

    for (const auto& [fd, event] : events) {
      const Socket socket = fd_to_socket_[fd];
      if (socket == server_socket_) {
        Accept();
      } else if ((event & EPOLLHUP) != 0) {
        HangUp(fd);
      } else if ((event & EPOLLIN) != 0) {
        ReadFrom(fd, socket);
      } else if ((event & EPOLLOUT) != 0) {
        WriteTo(fd, socket);
      }
    }
  }
}

void EpollQueueServer::Accept() {
  try {
    auto [connection, address] = server_socket_.Accept();
    Print("新连接:", address);
    connection.SetBlocking(false);
    epoll_.Register(connection.fileno(), EPOLLIN);
    fd_to_socket_.Set(connection.fileno(), connection);
    message_queues_.Set(connection, Queue());
  } catch (const OSError& error) {
    // accept-error-kills
    if (pause_.Begin(mends_, error)) epoll_.Modify(server_socket_.fileno(), 0);
  }
}

void EpollQueueServer::HangUp(int fd) {
  Print("client close");
  Close(fd, mends_.Has(Mend::kHupKeepsQueue));
}

void EpollQueueServer::ReadFrom(int fd, Socket socket) {
  const Outcome outcome = Receive(mends_, socket, &data_);
  if (outcome == Outcome::kLost) Close(fd);
  if (outcome != Outcome::kDone) return;
  if (!data_.empty()) {
    Print("收到数据:", Repr(data_), "客户端:", PeerName(mends_, socket));
    message_queues_[socket].Put(data_);
    epoll_.Modify(fd, EPOLLOUT);
  } else if (mends_.Has(Mend::kFinIgnored)) {
    // EPOLLIN is watched only while the queue is empty, so nothing is left to send.
    Close(fd);
  }
}

void EpollQueueServer::WriteTo(int fd, Socket socket) {
  Bytes msg;
  try {
    msg = message_queues_[socket].GetNowait();
  } catch (const Queue::Empty&) {
    Print(PeerName(mends_, socket), " queue empty");
    epoll_.Modify(fd, EPOLLIN);
    return;
  }
  const Bytes& logged = mends_.Has(Mend::kForeignLogLine) ? msg : data_;
  Print("发送数据:", Repr(logged), "客户端:", PeerName(mends_, socket));
  if (SendFromQueue(mends_, socket, msg, &message_queues_[socket]) == Outcome::kLost) Close(fd);
}

void EpollQueueServer::Close(int fd, bool queue) {
  epoll_.Unregister(fd);
  fd_to_socket_[fd].Close();
  if (queue) message_queues_.Del(fd_to_socket_[fd]);
  fd_to_socket_.Del(fd);
  pause_.ConnectionClosed();
}

}  // namespace

void ServeEpollQueue(MendSet mends, uint16_t port) { EpollQueueServer(mends, port).Run(); }

}  // namespace hupstorm::python
