// Counts a server's calls and the bytes that its readiness calls copy between the process and the
// kernel: what they are asked is read by the kernel, what they answer is written by it. From the
// calls' arguments and results, by what Linux does with them (fs/select.c and fs/eventpoll.c, for
// 64 bits).

#ifndef HUPSTORM_BENCH_CLAIMS_CALL_COUNTER_H_
#define HUPSTORM_BENCH_CLAIMS_CALL_COUNTER_H_

#include <array>
#include <cstdint>

#include "kernel/syscalls_layer.h"

namespace hupstorm {

struct CopiedBytes {
  uint64_t in = 0;   // from the process to the kernel
  uint64_t out = 0;  // and back

  uint64_t both() const { return in + out; }
  friend CopiedBytes operator+(CopiedBytes a, CopiedBytes b) {
    return {a.in + b.in, a.out + b.out};
  }
  friend CopiedBytes operator-(CopiedBytes a, CopiedBytes b) {
    return {a.in - b.in, a.out - b.out};
  }
  friend bool operator==(const CopiedBytes&, const CopiedBytes&) = default;
};

// select(2) on the descriptors below `count`, with so many sets given (0 to 3). core_sys_select()
// copies each set in by get_fd_set() and out by set_fd_set(), in whole longs (FDS_BYTES), whatever
// is ready. A timeout, 16 bytes, goes in, and unless it is zero comes back
// (poll_select_finish()). `failed`: nothing comes back but the timeout.
CopiedBytes SelectBytes(int count, int sets, bool has_timeout, bool zero_timeout, bool failed);
// poll(2) on `count` descriptors. do_sys_poll() copies each pollfd in, 8 bytes, and its `revents`
// out, 2 bytes, ready or not.
CopiedBytes PollBytes(uint64_t count, bool failed);
// epoll_wait(2) with this result. ep_send_events() has epoll_put_uevent() write each event, 12
// bytes on x86-64, where the structure is packed.
CopiedBytes EpollWaitBytes(int64_t result);
// epoll_ctl(2). The event is copied in, but for EPOLL_CTL_DEL (ep_op_has_event()).
CopiedBytes EpollCtlBytes(int operation);

// Plain data: it may lie in memory that two processes share.
struct CallCounts {
  std::array<uint64_t, kCallCount> calls = {};  // by Call
  CopiedBytes copied;                           // by select, poll, epoll_wait and epoll_ctl

  uint64_t of(Call call) const { return calls[static_cast<size_t>(call)]; }
  uint64_t waits() const { return of(Call::kSelect) + of(Call::kPoll) + of(Call::kEpollWait); }
  uint64_t all() const;
  // What was counted since `earlier`, a former state of the same.
  CallCounts Since(const CallCounts& earlier) const;
};

class CallCounter final : public SyscallsLayer {
 public:
  // Both must outlive the counter.
  CallCounter(Syscalls& inner, CallCounts& counts) : SyscallsLayer(inner), counts_(counts) {}

 protected:
  bool Enter(SystemCall& call) override;
  void Leave(SystemCall& call) override;

 private:
  CallCounts& counts_;
  bool at_once_ = false;  // the call that is being made is a select that does not wait
};

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_CLAIMS_CALL_COUNTER_H_
