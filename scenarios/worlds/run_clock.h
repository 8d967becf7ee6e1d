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

// The moves of the clock for something that is waited for since a moment, so long at most. Few of
// them count, as a server may have a short tick; but the first are as near to each other as it
// likes, as it may have much to do that takes a moment each.
class ClockMoves {
 public:
  void Start() { counted_ = brief_ = 0; }
  bool any() const { return counted_ + brief_ > 0; }

  // The clock may be moved to `next_ns` (-1: never).
  bool Has(int64_t next_ns, int64_t since_ns, int64_t patience_ns, bool spins) const {
    if (next_ns < 0 || next_ns - since_ns > patience_ns) return false;
    return (!spins && IsBrief(next_ns - since_ns)) || counted_ < Most(spins);
  }

  // Moves it, if Has: where it goes. To `next_ns` in the first half of those that count; then
  // further if need be, so that all the time is given to a server with a short tick too. (A busy
  // machine wakes it late as well.)
  int64_t Take(int64_t next_ns, int64_t since_ns, int64_t patience_ns, bool spins) {
    if (!spins && IsBrief(next_ns - since_ns)) {
      ++brief_;
      return next_ns;
    }
    const int most = Most(spins);
    const int exact = most / 2;
    const int moves = counted_++;
    if (moves <= exact) return next_ns;
    return std::max(next_ns, since_ns + patience_ns / (most - 1 - exact) * (moves - exact));
  }

 private:
  static constexpr int64_t kBriefNs = 2 * kSecondNs;
  static constexpr int kMostBrief = 2000;
  // While it spins, each costs some of its fruitless wake-ups.
  static int Most(bool spins) { return spins ? 4 : 200; }
  bool IsBrief(int64_t waited_ns) const { return waited_ns <= kBriefNs && brief_ < kMostBrief; }

  int counted_ = 0;
  int brief_ = 0;
};

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

  // A server that gets on, however slowly, is given all its time again: so often in a round at
  // most. After that it is worn out: the run is to end, and nothing more to be judged.
  static constexpr int kMostRenewals = 20'000;
  void StartRound() { renewals_ = 0; }
  void Renew() { ++renewals_; }
  bool IsWornOut() const { return renewals_ > kMostRenewals; }

  uint64_t moves() const { return moves_; }
  // By how much AdvanceTo has moved the clock. It may go on by itself, too.
  int64_t moved_ns() const { return moved_ns_; }
  // When something began, at which moved_ns() was `moved_ns`, if only what the clock was moved
  // counts: what passes beside, on Linux, may be a busy machine's.
  int64_t StartOf(int64_t moved_ns) const { return now_ns() - (moved_ns_ - moved_ns); }

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
  int renewals_ = 0;
  int64_t moved_ns_ = 0;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_RUN_CLOCK_H_
