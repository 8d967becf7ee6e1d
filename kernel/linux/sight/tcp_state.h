// Linux' numbers for the states of TCP, as TCP_INFO and sock_diag tell them.

#ifndef HUPSTORM_KERNEL_LINUX_SIGHT_TCP_STATE_H_
#define HUPSTORM_KERNEL_LINUX_SIGHT_TCP_STATE_H_

#include "kernel/driven_kernel.h"

namespace hupstorm::sight {

// `number`: as in <netinet/tcp.h>, TCP_ESTABLISHED and so on. kClosed for any other.
TcpState TcpStateOf(int number);

}  // namespace hupstorm::sight

#endif  // HUPSTORM_KERNEL_LINUX_SIGHT_TCP_STATE_H_
