#include "base/loopback_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/un.h>

#include "base/system_error.h"

namespace hupstorm {

bool IsLoopback(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address);
    return ntohl(ipv4.sin_addr.s_addr) >> 24 == 127;
  }
  if (address.ss_family != AF_INET6) return false;
  const in6_addr& ipv6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&ipv6) || (IN6_IS_ADDR_V4MAPPED(&ipv6) && ipv6.s6_addr[12] == 127);
}

sockaddr_storage LoopbackAddress(uint16_t port) {
  sockaddr_storage address = {};
  reinterpret_cast<sockaddr_in&>(address) = LoopbackIpv4(port);
  return address;
}

sockaddr_storage LoopbackIpv6Address(uint16_t port) {
  sockaddr_storage address = {};
  auto& ipv6 = reinterpret_cast<sockaddr_in6&>(address);
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_port = htons(port);
  ipv6.sin6_addr = in6addr_loopback;
  return address;
}

std::string AddressText(const sockaddr_storage& address) {
  char host[INET6_ADDRSTRLEN] = {};
  const std::string port = std::to_string(PortOf(address));
  switch (address.ss_family) {
    case AF_INET:
      inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, host,
                sizeof host);
      return std::string(host) + ":" + port;
    case AF_INET6:
      inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, host,
                sizeof host);
      return "[" + std::string(host) + "]:" + port;
    case AF_UNIX: {
      const auto& path = reinterpret_cast<const sockaddr_un&>(address).sun_path;
      return {path, strnlen(path, sizeof path)};
    }
    default:
      return "";
  }
}

FileDescriptor ConnectToLoopback(uint16_t port) {
  FileDescriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  const sockaddr_in address = LoopbackIpv4(port);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return fd;
  return {};
}

bool RefusesConnections(const sockaddr_storage& address) {
  constexpr int kPatienceMs = 1000;
  const FileDescriptor probe(
      socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  int error = 0;
  if (connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), LengthOf(address)) != 0) {
    error = errno;
    pollfd outcome = {.fd = probe.get(), .events = POLLOUT, .revents = 0};
    socklen_t length = sizeof error;
    if (error == EINPROGRESS && poll(&outcome, 1, kPatienceMs) == 1) {
      getsockopt(probe.get(), SOL_SOCKET, SO_ERROR, &error, &length);
    }
  }
  return error == ECONNREFUSED;
}

uint16_t FreeLoopbackPort() {
  const FileDescriptor fd(
      CheckSystemCall(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  sockaddr_in address = LoopbackIpv4(0);
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  CheckSystemCall(bind(fd.get(), generic, length), "bind");
  CheckSystemCall(getsockname(fd.get(), generic, &length), "getsockname");
  return ntohs(address.sin_port);
}

}  // namespace hupstorm
