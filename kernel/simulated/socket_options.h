// What the two files on socket options share.

#ifndef HUPSTORM_KERNEL_SIMULATED_SOCKET_OPTIONS_H_
#define HUPSTORM_KERNEL_SIMULATED_SOCKET_OPTIONS_H_

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "kernel/simulated/state.h"
#include "kernel/user_memory.h"

namespace hupstorm::simulated {

// Gives an option's value to the caller, cut to the room there is. Returns 0, or a negative errno.
inline int Give(const void* value, size_t size, void* to, socklen_t* length) {
  socklen_t room;
  if (!CopyIn(&room, length)) return -EFAULT;
  const size_t count = std::min<size_t>(size, room);
  if (!CanWrite(to, count)) return -EFAULT;
  if (count > 0) std::memcpy(to, value, count);
  return CopyOut(length, static_cast<socklen_t>(count)) ? 0 : -EFAULT;
}

inline int GiveInt(int value, void* to, socklen_t* length) {
  return Give(&value, sizeof(value), to, length);
}

// IPPROTO_TCP, IPPROTO_IP and IPPROTO_IPV6 (protocol_options.cc).
int GetProtocolOption(Kernel& kernel, const TcpEndpoint& endpoint, int level, int name, void* value,
                      socklen_t* length);
int SetProtocolOption(Kernel& kernel, TcpEndpoint& endpoint, int level, int name, const void* value,
                      socklen_t length);

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_SOCKET_OPTIONS_H_
