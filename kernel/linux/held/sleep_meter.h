// How long a server has slept, as far as it was looked at: a measure of patience that does not
// depend on how busy the machine is, since a thread that waits for a processor does not sleep.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_SLEEP_METER_H_
#define HUPSTORM_KERNEL_LINUX_HELD_SLEEP_METER_H_

#include <algorithm>
#include <chrono>

namespace hupstorm::held {

class SleepMeter {
 public:
  using Duration = std::chrono::steady_clock::duration;

  // A look at the server: whether all its threads sleep. The time between two looks counts if they
  // did at both.
  void Look(bool asleep) {
    const auto now = std::chrono::steady_clock::now();
    if (asleep && was_asleep_) total_ += std::min<Duration>(now - last_look_, kMostAtOnce);
    was_asleep_ = asleep;
    last_look_ = now;
  }
  Duration total() const { return total_; }

 private:
  // What happens between looks that are far apart is not known.
  static constexpr std::chrono::milliseconds kMostAtOnce{100};

  std::chrono::steady_clock::time_point last_look_ = {};
  bool was_asleep_ = false;
  Duration total_ = {};
};

}  // namespace hupstorm::held

#endif  // HUPSTORM_KERNEL_LINUX_HELD_SLEEP_METER_H_
