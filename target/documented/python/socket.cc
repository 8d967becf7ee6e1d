#include "target/documented/python/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>

#include "target/documented/python/errors.h"

namespace hupstorm::python {
namespace {

constexpr size_t kMostReceived = 4096;

// Modules/socketmodule.c, sock_call_impl: a call that a signal interrupted is made again.
template <typename Call>
auto Checked(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  if (result < 0) throw OSError(errno);
  return result;
}

sockaddr_in ToSystem(const Address& address) {
  sockaddr_in system{};
  system.sin_family = AF_INET;
  system.sin_port = htons(address.port);
  if (inet_pton(AF_INET, address.host.c_str(), &system.sin_addr) != 1) {
    throw std::invalid_argument("not an IPv4 address: " + address.host);
  }
  return system;
}

// As inet_ntop writes it, but not by way of sprintf: servers log addresses all the time.
Address FromSystem(const sockaddr_in& system) {
  const uint32_t ip = ntohl(system.sin_addr.s_addr);
  std::string host;
  for (const int shift : {24, 16, 8, 0}) {
    if (!host.empty()) host += '.';
    host += std::to_string(ip >> shift & 0xFF);
  }
  return {std::move(host), ntohs(system.sin_port)};
}

// By getsockname or getpeername.
Address AddressOf(int fd, int (*call)(int, sockaddr*, socklen_t*)) {
  sockaddr_in system{};
  Checked([&] {
    socklen_t length = sizeof(system);
    return call(fd, reinterpret_cast<sockaddr*>(&system), &length);
  });
  return FromSystem(system);
}

}  // namespace

struct Socket::Object {
  Object(int descriptor, Address peer) : fd(descriptor), accepted_from(std::move(peer)) {}
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;
  ~Object() {
    if (fd >= 0) close(fd);
  }

  int fd;
  Address accepted_from;
};

Socket Socket::Create() {
  const int fd = Checked([] { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); });
  return Socket(std::make_shared<Object>(fd, Address{}));
}

int Socket::fileno() const { return object_->fd; }

int Socket::OpenDescriptor() const {
  if (object_->fd < 0) throw OSError(EBADF);
  return object_->fd;
}

void Socket::SetSockOpt(int level, int name, int value) {
  Checked(
      [&, fd = OpenDescriptor()] { return setsockopt(fd, level, name, &value, sizeof(value)); });
}

void Socket::SetBlocking(bool blocking) {
  int non_blocking = blocking ? 0 : 1;
  Checked([&, fd = OpenDescriptor()] { return ioctl(fd, FIONBIO, &non_blocking); });
}

void Socket::Bind(const Address& address) {
  const int fd = OpenDescriptor();
  const sockaddr_in system = ToSystem(address);
  Checked([&] { return bind(fd, reinterpret_cast<const sockaddr*>(&system), sizeof(system)); });
}

void Socket::Listen(int backlog) {
  Checked([&, fd = OpenDescriptor()] { return listen(fd, backlog); });
}

std::pair<Socket, Address> Socket::Accept() {
  const int listener = OpenDescriptor();
  sockaddr_in system{};
  const int fd = Checked([&] {
    socklen_t length = sizeof(system);
    return accept4(listener, reinterpret_cast<sockaddr*>(&system), &length, SOCK_CLOEXEC);
  });
  const Address address = FromSystem(system);
  return {Socket(std::make_shared<Object>(fd, address)), address};
}

Bytes Socket::Recv(size_t size, int flags) {
  const int fd = OpenDescriptor();
  if (size == 0 || size > kMostReceived) throw std::invalid_argument("recv of an unusual size");
  std::array<char, kMostReceived> buffer;
  const ssize_t count = Checked([&] { return recv(fd, buffer.data(), size, flags); });
  return {buffer.data(), static_cast<size_t>(count)};
}

size_t Socket::Send(const Bytes& bytes) {
  const int fd = OpenDescriptor();
  return static_cast<size_t>(
      Checked([&] { return send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL); }));
}

void Socket::Shutdown(int how) {
  Checked([&, fd = OpenDescriptor()] { return shutdown(fd, how); });
}

void Socket::Close() {
  const int fd = std::exchange(object_->fd, -1);
  // sock_close: the descriptor is gone whatever close says, and ECONNRESET is not worth a word.
  if (fd >= 0 && close(fd) < 0 && errno != ECONNRESET) throw OSError(errno);
}

Address Socket::GetSockName() const { return AddressOf(OpenDescriptor(), getsockname); }

Address Socket::GetPeerName() const { return AddressOf(OpenDescriptor(), getpeername); }

const Address& Socket::accepted_from() const { return object_->accepted_from; }

std::string Repr(const Socket& socket) {
  const int fd = socket.fileno();
  std::string text;
  text.reserve(128);
  text += "<socket.socket";
  if (fd < 0) text += " [closed]";
  text += " fd=";
  text += std::to_string(fd);
  text += ", family=2, type=1, proto=0";
  // Lib/socket.py, __repr__: an address that can't be had is left out.
  const auto append_address = [&](const char* name, Address (Socket::*get)() const) {
    try {
      const std::string address = Repr((socket.*get)());
      text += name;
      text += address;
    } catch (const OSError&) {
    }
  };
  if (fd >= 0) {
    append_address(", laddr=", &Socket::GetSockName);
    append_address(", raddr=", &Socket::GetPeerName);
  }
  text += '>';
  return text;
}

std::string ReprOfPython2(const Socket& socket) {
  return "<socket._socketobject object at 0x" + std::to_string(socket.fileno()) + ">";
}

}  // namespace hupstorm::python
