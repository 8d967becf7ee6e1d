#include "kernel/simulated/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "kernel/user_memory.h"

namespace hupstorm::simulated {
namespace {

// The oldest sockaddr_in6 had no scope; Linux still takes it (SIN6_LEN_RFC2133).
constexpr socklen_t kShortestV6 = 24;

}  // namespace

int CopyAddress(const void* address, socklen_t size, sockaddr* to, socklen_t* length) {
  socklen_t room;
  if (!CopyIn(&room, length)) return -EFAULT;
  if (static_cast<int>(room) < 0) return -EINVAL;
  const size_t count = std::min(room, size);
  if (!CanWrite(to, count)) return -EFAULT;
  if (count > 0) std::memcpy(to, address, count);
  return CopyOut(length, size) ? 0 : -EFAULT;
}

int ParseAddress(int family, const sockaddr* from, socklen_t length, Address* to) {
  // move_addr_to_kernel
  if (length > sizeof(sockaddr_storage)) return -EINVAL;
  if (!CanRead(from, length)) return -EFAULT;
  if (family == AF_INET) {
    if (length < sizeof(sockaddr_in)) return -EINVAL;
    sockaddr_in in;
    std::memcpy(&in, from, sizeof(in));
    const bool unspecified_any = in.sin_family == AF_UNSPEC && in.sin_addr.s_addr == 0;
    if (in.sin_family != AF_INET && !unspecified_any) return -EAFNOSUPPORT;
    *to = {.ip = ntohl(in.sin_addr.s_addr), .port = ntohs(in.sin_port), .native_v6 = false};
    return 0;
  }
  if (length < kShortestV6) return -EINVAL;
  sockaddr_in6 in{};
  std::memcpy(&in, from, std::min<socklen_t>(length, sizeof(in)));
  if (in.sin6_family != AF_INET6) return -EAFNOSUPPORT;
  to->port = ntohs(in.sin6_port);
  if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr)) {
    uint32_t ip;
    std::memcpy(&ip, in.sin6_addr.s6_addr + 12, sizeof(ip));
    to->ip = ntohl(ip);
    to->native_v6 = false;
    return 0;
  }
  to->native_v6 = true;
  if (IN6_IS_ADDR_UNSPECIFIED(&in.sin6_addr)) {
    to->ip = 0;
  } else if (IN6_IS_ADDR_LOOPBACK(&in.sin6_addr)) {
    to->ip = kLoopback;
  } else {
    return -EADDRNOTAVAIL;
  }
  return 0;
}

int WriteAddress(int family, const Address& address, sockaddr* to, socklen_t* length) {
  if (family == AF_INET) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(address.port);
    in.sin_addr.s_addr = htonl(address.ip);
    return CopyAddress(&in, sizeof(in), to, length);
  }
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(address.port);
  if (address.native_v6) {
    in.sin6_addr = address.IsAny() ? in6addr_any : in6addr_loopback;
  } else {
    in.sin6_addr.s6_addr[10] = in.sin6_addr.s6_addr[11] = 0xff;
    const uint32_t ip = htonl(address.ip);
    std::memcpy(in.sin6_addr.s6_addr + 12, &ip, sizeof(ip));
  }
  return CopyAddress(&in, sizeof(in), to, length);
}

}  // namespace hupstorm::simulated
