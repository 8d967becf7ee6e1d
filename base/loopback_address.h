// Addresses of this machine, which hupstorm keeps to unless its user says otherwise.

#ifndef HUPSTORM_BASE_LOOPBACK_ADDRESS_H_
#define HUPSTORM_BASE_LOOPBACK_ADDRESS_H_

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "base/file_descriptor.h"

namespace hupstorm {

// 127.0.0.0/8, ::1, and the former as IPv6 writes it (::ffff:127.0.0.1). False for any other
// family.
bool IsLoopback(const sockaddr_storage& address);

// 127.0.0.1:`port` (host byte order).
inline sockaddr_in LoopbackIpv4(uint16_t port) {
  return {.sin_family = AF_INET,
          .sin_port = htons(port),
          .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
          .sin_zero = {}};
}

// The same, as what holds an address of any family.
sockaddr_storage LoopbackAddress(uint16_t port);
sockaddr_storage LoopbackIpv6Address(uint16_t port);  // [::1]:`port`

// Of an address of AF_INET or AF_INET6, which have the port in the same place; host byte order.
inline uint16_t PortOf(const sockaddr_storage& address) {
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}
inline sockaddr_storage WithPort(sockaddr_storage address, uint16_t port) {
  reinterpret_cast<sockaddr_in&>(address).sin_port = htons(port);
  return address;
}
inline socklen_t LengthOf(const sockaddr_storage& address) {
  return address.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
}

// "127.0.0.1:5432", "[::1]:80", the path of an AF_UNIX socket; empty for what is none of these.
std::string AddressText(const sockaddr_storage& address);

// A socket that is connected to 127.0.0.1:`port`, closed on exec; none if that fails (errno).
FileDescriptor ConnectToLoopback(uint16_t port);

// Nobody listens there. One that does not answer within a second refuses nothing.
bool RefusesConnections(const sockaddr_storage& address);

// A port of 127.0.0.1 that no socket is bound to; another program may take it at any moment. Throws
// std::system_error.
uint16_t FreeLoopbackPort();

}  // namespace hupstorm

#endif  // HUPSTORM_BASE_LOOPBACK_ADDRESS_H_
