// The kernel's clock, as a run moves it.

#ifndef HUPSTORM_SCENARIOS_WORLDS_RUN_CLOCK_H_
#define HUPSTORM_SCENARIOS_WORLDS_RUN_CLOCK_H_

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>

#include "base/timespec.h"
#include "kernel/driven_kernel.h"
#include "scenarios/worlds/scenario_clients.h"
#include "scenarios/worlds/time_line.h"

namespace hupstorm {

// How long a server that was asked to stop may take, by the clock.
inline constexpr int64_t kStopPatienceNs = 30 * kSecondNs;

class RunClock {
 public:
  RunClock(DrivenKernel& kernel, ScenarioClients& clients, TimeLine& time_line)
      : kernel_(kernel), clients_(clients), time_line_(time_line) {}

  int64_t now_ns() const { return kernel_.now_ns(); }

  // When time does something by itself: at `deadline_ns`, or when the kernel's next timer is due;
  // -1 for never.
  int64_t NextEventNs(int64_t deadline_ns) const {
    const int64_t timer = kernel_.NextTimerNs();
    if (timer < 0) return deadline_ns;
    return deadline_ns < 0 ? timer : std::min(timer, deadline_ns);
  }

  // Something is waited for since `since_ns`, for `patience_ns` at most and in `most` moves of the
  // clock at most (4 or more), of which `moves` are made: where the next one goes. To `next_ns` in
  // the first half of them; then further if need be, so that all the time is given to a server with
  // a short tick too. (A busy machine wakes it late as well.)
  static int64_t StretchedNs(int64_t next_ns, int64_t since_ns, int64_t patience_ns, int moves,
                             int most) {
    const int exact = most / 2;
    if (moves <= exact) return next_ns;
    return std::max(next_ns, since_ns + patience_ns / (most - 1 - exact) * (moves - exact));
  }

  // A server that gets on, however slowly, is given all that time again, so often at most.
  static constexpr int kMostRenewals = 1000;

  uint64_t moves() const { return moves_; }
  // By how much AdvanceTo has moved the clock. It may go on by itself, too.
  int64_t moved_ns() const { return moved_ns_; }

  // Not backwards. Clients act on what timers have changed.
  void AdvanceTo(int64_t ns) {
    ++moves_;
    const int64_t amount = ns - kernel_.now_ns();
    moved_ns_ += std::max<int64_t>(amount, 0);
    kernel_.AdvanceTo(std::max(ns, kernel_.now_ns()));
    clients_.PumpChanged();
    if (!time_line_.records() || amount <= 0) return;
    time_line_.Note(TimeLineEntry::Kind::kClock, fmt::format("{} ms", amount / 1'000'000));
  }

 private:
  DrivenKernel& kernel_;
  ScenarioClients& clients_;
  TimeLine& time_line_;
  uint64_t moves_ = 0;
  int64_t moved_ns_ = 0;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_RUN_CLOCK_H_
