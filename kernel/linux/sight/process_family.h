// The processes that descend from one, followed as they come and go: what it costs does not depend
// on how many threads they have.

#ifndef HUPSTORM_KERNEL_LINUX_SIGHT_PROCESS_FAMILY_H_
#define HUPSTORM_KERNEL_LINUX_SIGHT_PROCESS_FAMILY_H_

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace hupstorm::sight {

// Linux gives numbers to processes and threads in order, and begins anew at the highest; so those
// that are new have the numbers from the last one of before to the last one of now.
class ProcessFamily {
 public:
  ProcessFamily() = default;  // of nobody
  explicit ProcessFamily(pid_t root) : root_(root) {}

  // Those that live, parents before children, without the root.
  const std::vector<pid_t>& Look();

  // To be called when all that Look gave sleep, and none is in the middle of a fork: looks once
  // more for those that were being made when it looked. True if there are none.
  bool IsWhole();

 private:
  void LookForNew();

  pid_t root_ = -1;
  std::vector<pid_t> pids_;
  int64_t last_made_ = 0;     // on the machine, at the last look; 0 before the first
  int64_t last_certain_ = 0;  // all that were made by then have been looked at
};

}  // namespace hupstorm::sight

#endif  // HUPSTORM_KERNEL_LINUX_SIGHT_PROCESS_FAMILY_H_
