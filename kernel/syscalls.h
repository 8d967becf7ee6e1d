// The interface at the syscall boundary: what an event-loop server asks of the kernel.
//
// Calls come in their canonical form only (call_table.h); the libc shim maps the variants (accept,
// recvfrom, epoll_pwait, ppoll, __recv_chk, ...) onto these.
//
// `HostKernel` carries them out on Linux, `SimulatedKernel` on a simulation, and a `SyscallsLayer`
// decorates either.

#ifndef HUPSTORM_KERNEL_SYSCALLS_H_
#define HUPSTORM_KERNEL_SYSCALLS_H_

#include <errno.h>
// What calls point to.
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "kernel/system_call.h"

namespace hupstorm {

class Syscalls {
 public:
  virtual ~Syscalls() = default;

  // Makes the call: sets `result` and `error` to what Linux would answer (sections 2 and 3 of the
  // manual), and writes what the call gives to where its arguments point. What errno is afterwards
  // says nothing. May throw if MayThrow(call.call).
  virtual void Make(SystemCall& call) = 0;

  // True for a descriptor that exists here and not in Linux. The shim asks it about calls that are
  // not in the table: on such a descriptor they abort with their name, on others they go to Linux.
  virtual bool Simulates(int fd) const {
    static_cast<void>(fd);
    return false;
  }

  // A descriptor of Linux's that stands for one that exists only here: of the same kind, and new.
  // What is asked of files (fstat, flock, fsync, ...) does not depend on more, and is asked of it.
  // The caller closes it.
  struct StandIn {
    static constexpr int kNone = -2;    // there is none: the call is not simulated
    static constexpr int kClosed = -1;  // `fd` is not open
    int fd = kNone;
    uint64_t inode = 0;  // of the one that it stands for; 0: it has none of its own
    int64_t now_ns = 0;  // the clock of this kernel
  };
  virtual StandIn OpenStandIn(int fd) const {
    static_cast<void>(fd);
    return {};
  }
  // The lowest descriptor that exists only here, is open, and is `from` or more; StandIn::kClosed
  // for none, StandIn::kNone if that cannot be told.
  virtual int NextDescriptor(int from) const {
    static_cast<void>(from);
    return StandIn::kNone;
  }
};

namespace internal {

template <typename T>
constexpr bool kIsAddress = std::is_pointer_v<T> || std::is_array_v<T> || std::is_null_pointer_v<T>;

template <typename T>
int64_t Widen(const T& argument) {
  if constexpr (std::is_array_v<T>) {
    return reinterpret_cast<int64_t>(&argument[0]);
  } else if constexpr (kIsAddress<T>) {
    return reinterpret_cast<int64_t>(argument);
  } else {
    return static_cast<int64_t>(argument);
  }
}

// What the libc function of a call returns.
template <Call kCall>
using ResultOf = std::conditional_t<(FamilyOf(kCall) == CallFamily::kRecv ||
                                     FamilyOf(kCall) == CallFamily::kSend) &&
                                        !RowOf(kCall).counts_messages(),
                                    ssize_t, int>;

template <Call kCall, typename... Arguments>
constexpr bool Fits() {
  const bool are_addresses[] = {kIsAddress<Arguments>...};
  if (sizeof...(Arguments) != RowOf(kCall).argument_count()) return false;
  for (size_t i = 0; i < sizeof...(Arguments); ++i) {
    if (are_addresses[i] != RowOf(kCall).arguments[i].is_address()) return false;
  }
  return true;
}

}  // namespace internal

// A call with these arguments, which must be as many as the table has for it, and pointers where it
// has pointers.
template <Call kCall, typename... Arguments>
SystemCall NewCall(const Arguments&... arguments) {
  static_assert(internal::Fits<kCall, Arguments...>(), "not the arguments of this call");
  return {.call = kCall, .arguments = {internal::Widen(arguments)...}};
}

// Makes a copy of the call. Returns its result, and sets errno if that is -1.
inline int64_t Invoke(Syscalls& kernel, SystemCall call) {
  kernel.Make(call);
  if (call.result == -1) errno = call.error;
  return call.result;
}

// Makes a call as a C++ program does: Invoke<Call::kListen>(kernel, fd, 16).
template <Call kCall, typename... Arguments>
internal::ResultOf<kCall> Invoke(Syscalls& kernel, const Arguments&... arguments) {
  return static_cast<internal::ResultOf<kCall>>(Invoke(kernel, NewCall<kCall>(arguments...)));
}

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_SYSCALLS_H_
