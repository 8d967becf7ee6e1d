#include <vector>

#include "target/documented/defects/tables.h"

namespace hupstorm {

std::span<const Defect> Defects() {
  static const std::vector<Defect> all = [] {
    std::vector<Defect> defects;
    for (const std::span<const Defect> part :
         {EpollQueueDefects(), SelectQueueDefects(), PollQueueDefects(), EpollAckDefects(),
          EpollHttpDefects()}) {
      defects.insert(defects.end(), part.begin(), part.end());
    }
    return defects;
  }();
  return all;
}

}  // namespace hupstorm
