#include "base/loopback_address.h"

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

FileDescriptor ConnectToLoopback(uint16_t port) {
  FileDescriptor fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  const sockaddr_in address = LoopbackIpv4(port);
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return fd;
  return {};
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
