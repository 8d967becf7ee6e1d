// What the files of the libc shim (libc_shim_*.cc) share. Internal to them.
//
// Each file gives strong definitions of libc's symbols. In an executable that links hupstorm_shim,
// calls of the server go to the `Syscalls` in force; all others go straight to Linux, as does
// everything in an executable if none is ever put in force.

#ifndef HUPSTORM_KERNEL_LIBC_SHIM_H_
#define HUPSTORM_KERNEL_LIBC_SHIM_H_

#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernel/host_kernel.h"
#include "kernel/in_force.h"
#include "kernel/sanitizers.h"

namespace hupstorm::shim {

inline bool IsServersCall() { return in_force.in_server && in_force.syscalls != nullptr; }

[[noreturn]] void DieOfException(std::string_view name);

// Makes the server's call on the Syscalls in force. Linux leaves errno alone if a call succeeds,
// and so does this, whatever the harness did on the way.
inline int64_t HandOver(SystemCall& call) {
  HarnessScope harness;
  const int former_errno = errno;
  in_force.syscalls->Make(call);
  errno = call.result == -1 ? call.error : former_errno;
  return call.result;
}

// Makes the call on the Syscalls in force for the server, on Linux for all others.
inline int64_t MakeForCaller(SystemCall& call) {
  if (IsServersCall()) return HandOver(call);
  HostKernel host;
  host.Make(call);
  return call.result;
}

// The same for a function that glibc declares nothrow: compilers build its callers without
// unwinding for it, so an exception would end in std::terminate with no word of the cause.
inline int64_t MakeNothrow(SystemCall& call) noexcept {
  try {
    return MakeForCaller(call);
  } catch (...) {
    DieOfException(CallName(call.call));
  }
}

// Makes a call of the server's by number that the table does not have: true if it is made, with
// `result` as libc's syscall returns it, and errno.
using MakeOther = bool (*)(long number, const long (&arguments)[6], long& result);
void SetMakeOther(MakeOther make);  // null: none

[[noreturn]] void RefuseByName(const char* name, int fd);
// Aborts with `name` if the server calls it on a descriptor that Linux doesn't know of.
void RefuseIfSimulated(const char* name, int fd);

// True for a call that comes from a sanitizer's runtime: it asks Linux for a pipe to probe memory
// (UBSan's vptr check) or to reach its symbolizer, on the server's stack like any call of the
// server's, and goes on with raw system calls.
bool IsFromSanitizer(const void* return_address);

// AddressSanitizer checks the buffers of libc calls in its own definitions of them, which the
// shim's replace. This reports what it would: an argument that the kernel is to write to or read
// from and that reaches into poisoned memory. All of it counts, however little is moved this time.
// Nothing in other builds.
#if HUPSTORM_ASAN
void CheckMemory(const SystemCall& call);
#else
inline void CheckMemory(const SystemCall&) {}
#endif

// ThreadSanitizer learns from its definitions of these calls that a byte sent orders its sender
// before its receiver. The shim says so in their place: one order for all descriptors, as TSan has
// for sockets. Nothing in other builds.
#if HUPSTORM_TSAN
void BeforeSending();
void AfterReceiving();
#else
inline void BeforeSending() {}
inline void AfterReceiving() {}
#endif

constexpr bool BringsNewsFromOtherThreads(Call call) {
  return FamilyOf(call) == CallFamily::kAccept || FamilyOf(call) == CallFamily::kRecv ||
         FamilyOf(call) == CallFamily::kWait;
}
constexpr bool BringsNewsToOtherThreads(Call call) {
  return FamilyOf(call) == CallFamily::kSend || FamilyOf(call) == CallFamily::kClose ||
         FamilyOf(call) == CallFamily::kShutdown || FamilyOf(call) == CallFamily::kEpollCtl ||
         call == Call::kConnect;
}

// All that the definition of a libc function does whose call has the same arguments.
template <Call kCall, typename... Arguments>
internal::ResultOf<kCall> Dispatch(const Arguments&... arguments) {
  SystemCall call = NewCall<kCall>(arguments...);
  CheckMemory(call);
  if constexpr (BringsNewsToOtherThreads(kCall)) BeforeSending();
  if constexpr (MayThrow(kCall)) {
    MakeForCaller(call);
  } else {
    MakeNothrow(call);
  }
  if constexpr (BringsNewsFromOtherThreads(kCall)) AfterReceiving();
  return static_cast<internal::ResultOf<kCall>>(call.result);
}

// A timespec as the milliseconds of poll, rounded up so that nothing returns early; -1 for null.
// False, with errno set, if Linux refuses it.
bool ToMilliseconds(const timespec* timeout, int& milliseconds);

}  // namespace hupstorm::shim

#endif  // HUPSTORM_KERNEL_LIBC_SHIM_H_
