// A call of `Syscalls` as plain numbers, so that it can be carried from one process to another.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_RAW_CALL_H_
#define HUPSTORM_KERNEL_LINUX_HELD_RAW_CALL_H_

#include <array>
#include <cstdint>

#include "kernel/call.h"
#include "kernel/syscalls.h"

namespace hupstorm::remote {

// The arguments are those of the method of `Syscalls` that bears the call's name, in order, widened
// with their own sign; pointers are addresses.
struct RawCall {
  Call call = Call::kClose;
  std::array<int64_t, 5> arguments = {};
};

// Makes the call on `syscalls`. Returns what it returns, with errno set where that is -1.
int64_t Invoke(Syscalls& syscalls, const RawCall& call);

}  // namespace hupstorm::remote

#endif  // HUPSTORM_KERNEL_LINUX_HELD_RAW_CALL_H_
