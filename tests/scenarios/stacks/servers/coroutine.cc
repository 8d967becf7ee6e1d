// An echo server whose connections are coroutines. See echo.cc.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <coroutine>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <map>
#include <vector>

namespace {

std::map<int, std::coroutine_handle<>> waiting;  // for a descriptor to be readable

struct Task {
  struct promise_type {
    Task get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

struct Readable {
  int fd;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) const { waiting[fd] = handle; }
  void await_resume() const {}
};

Task Echo(int fd) {
  while (true) {
    char buffer[64];
    co_await Readable{fd};
    const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);  // @recv
    if (got <= 0) break;
    ::send(fd, buffer, static_cast<size_t>(got), MSG_NOSIGNAL);  // @send
  }
  ::close(fd);  // @close
}

Task AcceptAll(int listener) {
  while (true) {
    co_await Readable{listener};
    const int fd = ::accept(listener, nullptr, nullptr);  // @accept
    if (fd >= 0) Echo(fd);
  }
}

}  // namespace

int main(int, char** arguments) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);  // @socket
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);  // @setsockopt
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(std::atoi(arguments[1])));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||  // @bind
      ::listen(listener, 64) != 0) {                                                   // @listen
    std::abort();
  }
  AcceptAll(listener);
  while (true) {
    std::vector<pollfd> fds;
    for (const auto& [fd, handle] : waiting)
      fds.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    ::poll(fds.data(), fds.size(), -1);  // @poll
    for (const pollfd& ready : fds) {
      if (ready.revents != 0) waiting.extract(ready.fd).mapped().resume();
    }
  }
}
