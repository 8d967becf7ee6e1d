// What the files of the libc shim (libc_shim_*.cc) share. Internal to them.
//
// Each file gives strong definitions of libc's symbols. In an executable that links hupstorm_shim,
// calls of the server go to the `Syscalls` in force; all others go straight to Linux, as does
// everything in an executable where none is ever put in force.

#ifndef HUPSTORM_KERNEL_LIBC_SHIM_H_
#define HUPSTORM_KERNEL_LIBC_SHIM_H_

#include <errno.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstddef>

#include "kernel/host_kernel.h"
#include "kernel/in_force.h"
#include "kernel/sanitizers.h"

namespace hupstorm::shim {

inline bool IsServersCall() { return in_force.in_server && in_force.syscalls != nullptr; }

// Runs `body` on the Syscalls in force. Linux leaves errno alone where a call succeeds, and so does
// this, whatever the harness did on the way.
template <typename Body>
auto HandOver(Body&& body) {
  HarnessScope harness;
  const int former_errno = errno;
  const auto result = body(*in_force.syscalls);
  if (result != static_cast<decltype(result)>(-1)) errno = former_errno;
  return result;
}

// Runs `body` on the Syscalls in force for the server, on Linux for everybody else.
template <typename Body>
auto Dispatch(Body&& body) {
  if (IsServersCall()) return HandOver(body);
  HostKernel host;
  return body(host);
}

[[noreturn]] void DieOfException(const char* name);

// The same for a call that glibc declares nothrow (MayThrow is false): compilers build its callers
// without unwinding for it, so an exception would end in std::terminate with no word of the cause.
template <typename Body>
auto DispatchNothrow(const char* name, Body&& body) noexcept {
  try {
    return Dispatch(body);
  } catch (...) {
    DieOfException(name);
  }
}

// Aborts with `name` where the server calls it on a descriptor that Linux doesn't know of.
void RefuseIfSimulated(const char* name, int fd);

// True for a call that comes from a sanitizer's runtime: it asks Linux for a pipe to probe memory
// (UBSan's vptr check) or to reach its symbolizer, on the server's stack like any call of the
// server's, and goes on with raw system calls.
bool IsFromSanitizer(const void* return_address);

// AddressSanitizer checks the buffers of libc calls in its own definitions of them, which the
// shim's replace. These report what it would: a buffer that the kernel is to write to or read from
// and that reaches into poisoned memory. All of it counts, however little is moved this time.
// Nothing in other builds.
#if HUPSTORM_ASAN
void KernelWrites(void* buffer, size_t length);
void KernelReads(const void* buffer, size_t length);
#else
inline void KernelWrites(void*, size_t) {}
inline void KernelReads(const void*, size_t) {}
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

// Calls that bring news from other threads.
template <typename Body>
auto DispatchReceive(Body&& body) {
  const auto result = Dispatch(body);
  AfterReceiving();
  return result;
}

// Calls that bring news to other threads.
template <typename Body>
auto DispatchSend(Body&& body) {
  BeforeSending();
  return Dispatch(body);
}

// The parts of a vector, of a message, and an address with its length.
void KernelWritesParts(const iovec* parts, size_t count);
void KernelReadsParts(const iovec* parts, size_t count);
void KernelWritesAddress(sockaddr* address, const socklen_t* length);

// A timespec as the milliseconds of poll, rounded up so that nothing returns early; -1 for null.
// False, with errno set, where Linux refuses it.
bool ToMilliseconds(const timespec* timeout, int& milliseconds);

}  // namespace hupstorm::shim

#endif  // HUPSTORM_KERNEL_LIBC_SHIM_H_
