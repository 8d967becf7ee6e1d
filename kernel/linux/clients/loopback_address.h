// Addresses of this machine, which hupstorm keeps to unless its user says otherwise.

#ifndef HUPSTORM_KERNEL_LINUX_CLIENTS_LOOPBACK_ADDRESS_H_
#define HUPSTORM_KERNEL_LINUX_CLIENTS_LOOPBACK_ADDRESS_H_

#include <sys/socket.h>

#include <cstdint>

namespace hupstorm {

// 127.0.0.0/8, ::1, and the former as IPv6 writes it (::ffff:127.0.0.1). False for any other
// family.
bool IsLoopback(const sockaddr_storage& address);

// 127.0.0.1:`port` (host byte order).
sockaddr_storage LoopbackAddress(uint16_t port);

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_LINUX_CLIENTS_LOOPBACK_ADDRESS_H_
