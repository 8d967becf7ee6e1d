#include "bench/thread_cpu.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace hupstorm {

int64_t ThreadCpuClockNs() {
  std::vector<int64_t> apart(1001);
  for (int64_t& each : apart) {
    const int64_t start = ThreadCpuNs();
    each = ThreadCpuNs() - start;
  }
  const auto middle = apart.begin() + static_cast<ptrdiff_t>(apart.size() / 2);
  std::nth_element(apart.begin(), middle, apart.end());
  return *middle;
}

}  // namespace hupstorm
