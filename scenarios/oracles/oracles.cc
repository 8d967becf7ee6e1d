#include "scenarios/oracles/oracles.h"

#include <array>
#include <vector>

#include "scenarios/oracles/all_oracles.h"

namespace hupstorm {

std::span<const Oracle> Oracles() {
  static const std::array table = {
      kServerDied,        kCloseWaitLeak, kFdLeak,      kBusyLoop,
      kLostBytes,         kForeignBytes,  kStalled,     kHeadOfLineBlocking,
      kUnboundedQueue,    kHeapLeak,      kFdMisuse,    kAcceptStopped,
      kTruncatedResponse, kShutdownHang,  kExpectation,
  };
  return table;
}

std::span<const Oracle* const> OraclesAt(Moment moment) {
  static const auto table = [] {
    std::array<std::vector<const Oracle*>, kMomentCount> judges;
    for (const Oracle& oracle : Oracles()) {
      for (int i = 0; i < kMomentCount; ++i) {
        if ((oracle.moments & At(static_cast<Moment>(i))) != 0) judges[i].push_back(&oracle);
      }
    }
    return judges;
  }();
  return table[static_cast<size_t>(moment)];
}

const Oracle* FindOracle(std::string_view name) {
  for (const Oracle& oracle : Oracles()) {
    if (oracle.name == name) return &oracle;
  }
  return nullptr;
}

}  // namespace hupstorm
