// Eight threads serve whoever has something to say: one epoll set tells each event to one of them
// (ONESHOT), and a queue hands it out. So no client keeps a thread. Bug: a client that was served
// for long is not watched again.

#include <sys/epoll.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "echo_loop.h"

namespace {

struct Client {
  int fd;
  std::string output;
  bool finished = false;
};

class Server {
 public:
  Server(int listener, bool bug) : listener_(listener), bug_(bug), epoll_(epoll_create1(0)) {
    epoll_event event = {};
    event.events = EPOLLIN;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
    for (int i = 0; i < 8; ++i) std::thread([this] { Work(); }).detach();
  }

  [[noreturn]] void Run() {
    while (true) {
      epoll_event events[16];
      const int count = epoll_wait(epoll_, events, 16, -1);
      for (int i = 0; i < count; ++i) {
        if (events[i].data.ptr == nullptr) {
          Accept();
          continue;
        }
        {
          const std::lock_guard lock(mutex_);
          ready_.push_back(static_cast<Client*>(events[i].data.ptr));
        }
        news_.notify_one();
      }
    }
  }

 private:
  static constexpr size_t kMost = 64 * 1024;

  void Accept() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) usleep(1000);
      return;
    }
    auto* const client = new Client{fd, {}};
    if (!Watch(*client, EPOLL_CTL_ADD)) Close(client);
  }

  bool Watch(Client& client, int operation) {
    epoll_event event = {};
    event.data.ptr = &client;
    event.events = EPOLLONESHOT;
    if (!client.finished && client.output.size() < kMost) event.events |= EPOLLIN;
    if (!client.output.empty()) event.events |= EPOLLOUT;
    return epoll_ctl(epoll_, operation, client.fd, &event) == 0;
  }

  static void Close(Client* client) {
    close(client->fd);
    delete client;
  }

  void Work() {
    while (true) {
      Client* client;
      {
        std::unique_lock lock(mutex_);
        news_.wait(lock, [this] { return !ready_.empty(); });
        client = ready_.front();
        ready_.pop_front();
      }
      if (!Serve(*client)) {
        Close(client);
      } else if (!(bug_ && client->output.size() >= kMost) && !Watch(*client, EPOLL_CTL_MOD)) {
        Close(client);
      }
    }
  }

  // False if the client is to be closed.
  static bool Serve(Client& client) {
    if (!client.finished && client.output.size() < kMost) {
      char block[16 * 1024];
      const ssize_t count = recv(client.fd, block, sizeof block, 0);
      if (count < 0 && errno != EAGAIN && errno != EINTR) return false;
      if (count > 0) client.output.append(block, static_cast<size_t>(count));
      client.finished = count == 0;
    }
    if (!client.output.empty()) {
      const ssize_t count =
          send(client.fd, client.output.data(), client.output.size(), MSG_NOSIGNAL);
      if (count < 0 && errno != EAGAIN && errno != EINTR) return false;
      if (count > 0) client.output.erase(0, static_cast<size_t>(count));
    }
    return !client.finished || !client.output.empty();
  }

  const int listener_;
  const bool bug_;
  const int epoll_;
  std::mutex mutex_;
  std::condition_variable news_;
  std::deque<Client*> ready_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  Server(ListenNonBlocking(argv[1]), HasBug(argc, argv)).Run();
}
