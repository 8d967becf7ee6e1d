// One call at the syscall boundary, as data: what goes from the server's libc call to the kernel,
// and what layers, traces and oracles look at.

#ifndef HUPSTORM_KERNEL_SYSTEM_CALL_H_
#define HUPSTORM_KERNEL_SYSTEM_CALL_H_

#include <sys/select.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "kernel/call_table.h"

namespace hupstorm {

// Plain data, so that it can be carried from one process to another. Its pointers are the caller's
// own and may be null or wrong, as the server passed them; after a successful call what the kernel
// writes is there to be read.
struct SystemCall {
  Call call = Call::kClose;
  // Those of the Linux call, in its order, widened with their own sign; pointers are addresses.
  std::array<int64_t, kMostArguments> arguments = {};
  int64_t result = 0;
  int error = 0;  // errno if the result is -1, else 0

  int Int(size_t index) const { return static_cast<int>(arguments[index]); }
  size_t Size(size_t index) const { return static_cast<size_t>(arguments[index]); }
  template <typename T>
  T* Pointer(size_t index) const {
    return reinterpret_cast<T*>(arguments[index]);
  }
  void SetPointer(size_t index, const void* pointer) {
    arguments[index] = reinterpret_cast<int64_t>(pointer);
  }

  // The descriptor that the call is made on; -1 for a call that is made on none.
  int Fd() const { return IsOnDescriptor(call) ? Int(0) : -1; }

  void Fail(int with) {
    result = -1;
    error = with;
  }
  // Takes what a function of Linux's returns: a result, or a negative errno.
  void Return(int64_t value) {
    result = value < 0 ? -1 : value;
    error = value < 0 ? static_cast<int>(-value) : 0;
  }
};
static_assert(std::is_trivially_copyable_v<SystemCall>);

namespace internal {
int64_t SumOfMessages(const SystemCall& call);
}  // namespace internal

// The bytes that the parts of a message hold; 0 if they are more than Linux takes.
size_t SumOfMessage(const msghdr& message);
// The bytes that a transfer may move: its length, or the sum of its parts. 0 if the parts are null
// or more than Linux takes, and for calls that are no transfers.
size_t BytesAsked(const SystemCall& call);
// The result of a transfer in bytes, -1 if it failed: recvmmsg and sendmmsg return how many
// messages they moved. The result as it is for other calls.
inline int64_t ResultInBytes(const SystemCall& call) {
  return RowOf(call.call).counts_messages() && call.result > 0 ? internal::SumOfMessages(call)
                                                               : call.result;
}
// The bytes that an argument leads to, if it is an address and not of parts or messages, whose
// memory lies in several places. As many as the call may move, however many it does.
size_t BytesAt(const SystemCall& call, size_t index);
// The flags of recv, send and their like; 0 for calls without.
int MessageFlags(const SystemCall& call);
// How long a select, poll or epoll_wait waits, in milliseconds rounded up; negative: without end.
// To be asked before the call: Linux writes what is left of select's into the same place.
int TimeoutMs(const SystemCall& call);

// What a select asked, as it writes its answer into the same sets. Made before the call.
struct SelectQuestion {
  explicit SelectQuestion(const SystemCall& select);
  // Puts the sets back as they were.
  void Restore(const SystemCall& select) const;

  fd_set sets[3];  // as far as the call looks, up to FD_SETSIZE; empty if there is none
  int timeout_ms;  // -1: none
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_SYSTEM_CALL_H_
