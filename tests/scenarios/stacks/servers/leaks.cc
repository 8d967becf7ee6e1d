// A server that takes clients, and keeps something of each. See echo.cc.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>

namespace {

struct Note {
  std::string text = std::string(100, 'x');
};

void Remember(std::map<int, int>& notes, int number) {
  notes.emplace(number, number);  // @leak
}

void Serve(uint16_t port) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, 64) != 0) {
    std::abort();
  }
  std::map<int, int> notes;
  for (int number = 0;; ++number) {
    const int fd = ::accept(listener, nullptr, nullptr);
    if (fd < 0) continue;
    const auto freed = std::make_unique<Note>();
    const auto freed_too = std::make_unique<Note>();
    char byte;
    while (::recv(fd, &byte, 1, 0) == 1) {
    }
    Remember(notes, number);
    ::close(fd);
  }
}

}  // namespace

void STACKS_SERVE(uint16_t port) { Serve(port); }

#ifdef STACKS_MAIN
int main(int, char** arguments) { STACKS_SERVE(static_cast<uint16_t>(std::atoi(arguments[1]))); }
#endif
