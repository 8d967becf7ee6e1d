// doc002/epoll-ack: a server on level-triggered epoll that answers each of its reads with one line.
//
// The document's statements, in its order; each mend has its name beside it.

#include <sys/epoll.h>
#include <sys/socket.h>

#include "target/documented/mending.h"
#include "target/documented/python/readiness.h"
#include "target/documented/servers.h"
#include "target/target.h"

namespace hupstorm::python {
namespace {

class WebServer {
 public:
  WebServer(MendSet mends, uint16_t port) : mends_(mends), tcp_server_(Socket::Create()) {
    tcp_server_.SetSockOpt(SOL_SOCKET, SO_REUSEADDR, 1);
    tcp_server_.Bind({"127.0.0.1", port});
    tcp_server_.Listen(128);
  }

  [[noreturn]] void Run();

 private:
  // What short-send-drops's mend keeps of a client.
  struct Unsent {
    Queue queue;
    bool finishing = false;  // it has sent its FIN and waits for the rest of the queue
  };

  void Accept();
  void Serve(int fd, uint32_t event);
  std::string Decode(int fd, const Bytes& data);
  void Answer(int fd);
  bool Send(int fd, const Bytes& answer, Queue* queue);  // false: it closed the connection
  bool Flush(int fd);                                    // false: it closed the connection
  void Watch(int fd);
  void EndOfInput(int fd);
  void Close(int fd);

  const MendSet mends_;
  Socket tcp_server_;
  Epoll epoll_;
  Dict<int, Socket> client_dict_;
  // A variable of the whole method: it keeps the newest client open though client_dict lets it go.
  Socket client_;
  Dict<int, Unsent> unsent_;         // short-send-drops
  Dict<int, Utf8Decoder> decoders_;  // split-utf8-kills
  ListenerPause pause_;
};

void WebServer::Run() {
  tcp_server_.SetBlocking(false);
  epoll_.Register(tcp_server_.fileno(), EPOLLIN);
  while (true) {
    if (pause_.EndIfOver()) epoll_.Modify(tcp_server_.fileno(), EPOLLIN);
    const std::vector<Event> epoll_list = epoll_.Wait(pause_.Shorten(kForever));
    for (const auto& [fd, event] : epoll_list) {
      if (fd == tcp_server_.fileno()) {
        Accept();
      } else {
        Serve(fd, event);
      }
    }
    for (const auto& item : client_dict_) {
      Print("fd:" + std::to_string(item.first) + "--->addr:" + Repr(item.second));
      Print(std::string(50, '-'));
    }
  }
}

void WebServer::Accept() {
  try {
    client_ = tcp_server_.Accept().first;
    if (mends_.Has(Mend::kBlockingClientSocket)) client_.SetBlocking(false);
    epoll_.Register(client_.fileno(), EPOLLIN);
    client_dict_.Set(client_.fileno(), client_);
    unsent_.Set(client_.fileno(), {});
    decoders_.Set(client_.fileno(), {});
  } catch (const OSError& error) {
    // accept-error-kills
    if (pause_.Begin(mends_, error)) epoll_.Modify(tcp_server_.fileno(), 0);
    client_ = Socket();  // one that could not be registered is not kept until the next comes
  }
}

void WebServer::Serve(int fd, uint32_t event) {
  if ((event & EPOLLOUT) != 0) {  // only asked for if short-send-drops is mended
    if (!Flush(fd) || event == EPOLLOUT) return;
  }
  Bytes bytes;
  const Outcome outcome = Receive(mends_, client_dict_[fd], &bytes);
  if (outcome == Outcome::kLost) Close(fd);
  if (outcome != Outcome::kDone) return;
  const std::string data = Decode(fd, bytes);
  if (!bytes.empty()) {
    Print(data);
    Answer(fd);
  } else {
    EndOfInput(fd);
  }
}

// data = client_dict[fd].recv(1024).decode('utf-8')
std::string WebServer::Decode(int fd, const Bytes& data) {
  if (mends_.Has(Mend::kSplitUtf8Kills)) return decoders_[fd].Decode(data);
  return DecodeUtf8(data);
}

void WebServer::Answer(int fd) {
  Queue& queue = unsent_[fd].queue;
  if (!queue.empty()) {
    queue.Put(kAckAnswer);
  } else if (!Send(fd, kAckAnswer, &queue)) {
    return;
  }
  if (!queue.empty()) Watch(fd);
}

bool WebServer::Send(int fd, const Bytes& answer, Queue* queue) {
  const bool is_lost = SendFromQueue(mends_, client_dict_[fd], answer, queue) == Outcome::kLost;
  if (is_lost) Close(fd);
  return !is_lost;
}

bool WebServer::Flush(int fd) {
  Unsent& unsent = unsent_[fd];
  while (!unsent.queue.empty()) {
    const size_t before = unsent.queue.bytes();
    const Bytes message = unsent.queue.GetNowait();
    if (!Send(fd, message, &unsent.queue)) return false;
    if (unsent.queue.bytes() > before - message.size()) break;  // the kernel takes no more
  }
  if (unsent.queue.empty() && unsent.finishing) {
    Close(fd);
    return false;
  }
  Watch(fd);
  return true;
}

void WebServer::Watch(int fd) {
  const Unsent& unsent = unsent_[fd];
  const bool reads = !unsent.finishing && unsent.queue.bytes() < kQueueBound;
  const bool writes = !unsent.queue.empty();
  epoll_.Modify(fd, (reads ? EPOLLIN : 0U) | (writes ? EPOLLOUT : 0U));
}

void WebServer::EndOfInput(int fd) {
  Unsent& unsent = unsent_[fd];
  if (unsent.queue.empty()) {
    Close(fd);
    return;
  }
  unsent.finishing = true;
  Watch(fd);
}

void WebServer::Close(int fd) {
  if (mends_.Has(Mend::kUnregisterAfterClose)) epoll_.Unregister(fd);
  client_dict_[fd].Close();
  pause_.ConnectionClosed();
  if (mends_.Has(Mend::kPopitemRemovesWrongClient)) {
    client_dict_.Del(fd);
  } else {
    client_dict_.PopItem();
  }
  if (!mends_.Has(Mend::kUnregisterAfterClose)) epoll_.Unregister(fd);
  unsent_.Del(fd);
  decoders_.Del(fd);
}

}  // namespace

void ServeEpollAck(MendSet mends, uint16_t port) { WebServer(mends, port).Run(); }

}  // namespace hupstorm::python
