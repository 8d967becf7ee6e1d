// Runs a program on the simulated kernel and on Linux, side by side, and compares call by call.
//
// Loopback delivers in the sender's own call, but for acknowledgments that are put off, timers, and
// a busy machine. So after each call Linux is *settled*: delayed acknowledgments are called for,
// and if a descriptor is not as ready as the simulation says, Linux is given a bounded time to
// become so. A difference counts only if it comes again in runs that wait much longer.

#ifndef HUPSTORM_CONFORM_RUNNER_H_
#define HUPSTORM_CONFORM_RUNNER_H_

#include <signal.h>
#include <time.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "conform/differences.h"
#include "conform/machine.h"
#include "conform/program.h"
#include "kernel/simulated/simulated_kernel.h"
#include "kernel/syscalls.h"

namespace hupstorm::conform {

// What one call gave, or left descriptors ready for, on one kernel and not on the other.
struct Mismatch {
  size_t operation = 0;
  bool of_readiness = false;  // the call gave the same; what poll says afterwards differs
  Outcome simulated = {};
  Outcome host = {};
  // If `of_readiness`: of which slot, and what each kernel says.
  int slot = kNoSlot;
  uint32_t simulated_events = 0;
  uint32_t host_events = 0;
  // What kind of difference: the same for programs that differ in the same way.
  std::string kind = {};
};

struct RunResult {
  std::optional<Mismatch> mismatch;
  size_t declared = 0;  // disagreements that a declared difference accounts for
};

// What an observer is told after each call on which both kernels agree: the program, which of its
// operations, what it gave on Linux, and what poll then says there of all that is open.
using Observer = std::function<void(const Program&, size_t operation, const Outcome& host,
                                    const std::vector<Seen>& readiness)>;

class Runner : private KernelDriver {
 public:
  // `simulation` is `kernel`, or layers around it. All must outlive the runner. While it exists
  // SIGALRM and SIGPIPE of this process are its own. Throws std::runtime_error if Linux gives no
  // timer.
  Runner(SimulatedKernel& kernel, Syscalls& simulation, Syscalls& host);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Runs the program once. Not patiently, a difference may be one of time. Throws
  // std::runtime_error if Linux cannot make the sockets for it.
  RunResult Run(const Program& program, bool patiently, const Observer& observer = nullptr);
  // Runs a program that differed again, patiently. Without a mismatch if it does not always
  // differ: Linux took its time.
  RunResult Confirm(const Program& program);

  uint64_t calls() const { return calls_; }

 private:
  // The simulation says that a call would sleep: the program ends.
  void OnBlock(Call call, int fd, int64_t deadline_ns) override;
  std::optional<Mismatch> Compare(const Program& program, size_t index, RunResult* result);
  std::optional<Mismatch> CompareReadiness(const Program& program, size_t index);
  bool MustSkip(const Operation& operation) const;
  bool IsFull(int slot) const;
  bool IsWatched(int slot) const;
  void TrackFull(const Operation& operation);
  void TrackEndWhileFull(const Operation& operation);
  void PrepareHostSocket(const Operation& operation);
  void Settle(const Operation& operation, bool patiently);
  size_t FirstUnready() const;
  bool IsSettled(bool patiently);
  void Pause();  // a millisecond
  void AwaitFinAcknowledged(int slot);
  void AwaitAcknowledged();
  void ArmWatchdog();

  SimulatedKernel& kernel_;
  Machine simulated_;
  Machine host_;
  Uncertainties uncertain_ = {};
  bool asks_unsent_ = false;  // the program looks at SIOCOUTQ
  uint32_t watched_ = 0;      // origins of what an epoll watches
  Outcome simulated_outcome_;
  Outcome host_outcome_;
  std::vector<Seen> simulated_ready_;
  std::vector<Seen> host_ready_;
  uint32_t next_address_ = 0;
  uint64_t calls_ = 0;
  timer_t watchdog_ = {};
  struct sigaction former_alarm_ = {};
  struct sigaction former_pipe_ = {};
};

}  // namespace hupstorm::conform

#endif  // HUPSTORM_CONFORM_RUNNER_H_
