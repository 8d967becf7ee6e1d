// How the processes of a server end: those that run their exit handlers, and those that were
// killed.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_ENDINGS_H_
#define HUPSTORM_KERNEL_LINUX_HELD_ENDINGS_H_

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "kernel/linux/held/enlistment.h"
#include "kernel/linux/held/sleep_meter.h"

namespace hupstorm::held {

class Endings {
 public:
  // How long all threads of a process may sleep in its exit handlers, in all: real time, of which
  // none is counted in which one of them runs or waits for a processor.
  static constexpr std::chrono::seconds kLongestHang{5};

  // The process has let its threads go, and runs its exit handlers.
  void NoteExit(pid_t pid, int status);
  // The process ended without a word while it had several connections.
  void NoteVanished(pid_t pid) { vanished_.push_back(pid); }
  // How a process ended, as its parent says.
  void NoteEnd(const ProcessEnd& end) { told_[end.pid] = end.status; }

  // A process still runs its exit handlers, and may get on with them.
  bool AwaitsExit();
  // One that does not; its status is that which it gave to exit. Each is given out once.
  std::optional<ProcessEnd> TakeHungExit();
  // To be called at rest: looks how the processes that vanished have ended.
  void LookAtVanished();
  // Those of them that crashed: killed by a signal that stands for a fault of the program, not by
  // one with which processes end each other.
  std::vector<ProcessEnd> TakeCrashed() { return std::exchange(crashed_, {}); }

 private:
  struct Exit {
    int status = 0;
    SleepMeter slept;
    bool hangs = false;
  };

  std::map<pid_t, Exit> exits_;
  std::vector<ProcessEnd> hung_;
  std::vector<pid_t> vanished_;
  std::map<pid_t, int> told_;
  std::vector<ProcessEnd> crashed_;
};

}  // namespace hupstorm::held

#endif  // HUPSTORM_KERNEL_LINUX_HELD_ENDINGS_H_
