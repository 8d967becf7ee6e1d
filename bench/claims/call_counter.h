// Counts a server's calls and the bytes that its readiness calls copy.

#ifndef HUPSTORM_BENCH_CLAIMS_CALL_COUNTER_H_
#define HUPSTORM_BENCH_CLAIMS_CALL_COUNTER_H_

#include <array>
#include <cstdint>

#include "bench/claims/copied_bytes.h"
#include "kernel/syscalls_layer.h"

namespace hupstorm {

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
