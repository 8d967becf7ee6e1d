// What time it is for the program.

#ifndef HUPSTORM_KERNEL_INSIDE_THREADS_PROGRAM_CLOCK_H_
#define HUPSTORM_KERNEL_INSIDE_THREADS_PROGRAM_CLOCK_H_

#include <cstdint>

namespace hupstorm::inside {

class ProgramClock {
 public:
  virtual ~ProgramClock() = default;
  // By its CLOCK_MONOTONIC.
  virtual int64_t now_ns() const = 0;
  // How far CLOCK_REALTIME is ahead of that.
  virtual int64_t realtime_ahead_ns() const = 0;
};

}  // namespace hupstorm::inside

#endif  // HUPSTORM_KERNEL_INSIDE_THREADS_PROGRAM_CLOCK_H_
