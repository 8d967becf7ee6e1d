// Linux' numbers for the states of TCP, as TCP_INFO and sock_diag tell them.

#ifndef HUPSTORM_KERNEL_LINUX_SIGHT_TCP_STATE_H_
#define HUPSTORM_KERNEL_LINUX_SIGHT_TCP_STATE_H_

#include <cstddef>
#include <iterator>

#include "kernel/driven_kernel.h"

namespace hupstorm::sight {

// `number`: as in <netinet/tcp.h>, TCP_ESTABLISHED (1) and so on. kClosed for any other.
constexpr TcpState TcpStateOf(size_t number) {
  using enum TcpState;
  constexpr TcpState kStates[] = {kClosed,    kEstablished, kSynSent,  kSynRecv,
                                  kFinWait1,  kFinWait2,    kTimeWait, kClosed,
                                  kCloseWait, kLastAck,     kListen,   kClosing};
  return number < std::size(kStates) ? kStates[number] : kClosed;
}

}  // namespace hupstorm::sight

#endif  // HUPSTORM_KERNEL_LINUX_SIGHT_TCP_STATE_H_
