// A server that dies of an exception as its first client has left. See echo.cc.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace {

int Checked(int result) {
  if (result < 0) throw std::runtime_error("a call has failed");
  return result;
}

void Forget(int fd) {
  try {
    Checked(::shutdown(fd, 17));  // fails, and that is dealt with
  } catch (const std::runtime_error&) {
  }
  if (fd >= 0) throw std::out_of_range("it is not known");  // @throw
}

int Listen(uint16_t port) {
  const int listener = Checked(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  Checked(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address));
  Checked(::listen(listener, 64));
  return listener;
}

void Serve(uint16_t port, void (*end)(int)) {
  const int listener = Listen(port);
  const int fd = Checked(::accept(listener, nullptr, nullptr));
  char byte;
  while (::recv(fd, &byte, 1, 0) == 1) {
  }
  end(fd);
}

void Shut(int fd) {
  Checked(::shutdown(fd, 17));  // @call
}

}  // namespace

void ServeUntilItThrows(uint16_t port) { Serve(port, Forget); }
void ServeUntilACallFails(uint16_t port) { Serve(port, Shut); }
