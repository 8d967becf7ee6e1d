// An IPv4 or IPv6 address and port as the simulation needs them: loopback and "any" only.

#ifndef HUPSTORM_KERNEL_SIMULATED_ADDRESS_H_
#define HUPSTORM_KERNEL_SIMULATED_ADDRESS_H_

#include <sys/socket.h>

#include <cstdint>

namespace hupstorm::simulated {

struct Address {
  uint32_t ip = 0;  // in host order; 0 is "any"
  uint16_t port = 0;
  // ::1 if `ip` is loopback, :: if it is any. False for IPv4 and for IPv4-mapped addresses.
  bool native_v6 = false;

  bool IsAny() const { return ip == 0; }
  bool IsLoopback() const { return (ip >> 24) == 127; }
  friend bool operator==(const Address&, const Address&) = default;
};
inline constexpr uint32_t kLoopback = 0x7f000001;
inline constexpr uint32_t kLoopbackBroadcast = 0x7fffffff;

// Reads what bind(2) or connect(2) was given, for a socket of `family`. Returns 0 or a negative
// errno: -EINVAL if it is too short, -EAFNOSUPPORT for another family.
int ParseAddress(int family, const sockaddr* from, socklen_t length, Address* to);

// Gives the caller an address of `size` bytes, cut to *length, and the full length in *length
// (move_addr_to_user). Returns 0 or a negative errno.
int CopyAddress(const void* address, socklen_t size, sockaddr* to, socklen_t* length);

// Writes `address` as a socket of `family` shows it, cut to *length bytes, and the full length to
// *length. Returns 0 or a negative errno.
int WriteAddress(int family, const Address& address, sockaddr* to, socklen_t* length);

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_ADDRESS_H_
