#include "scenarios/oracles/oracles.h"

#include <array>

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

const Oracle* FindOracle(std::string_view name) {
  for (const Oracle& oracle : Oracles()) {
    if (oracle.name == name) return &oracle;
  }
  return nullptr;
}

}  // namespace hupstorm
