#include "scenarios/oracles/oracles.h"

#include <array>
#include <vector>

#include "scenarios/oracles/all_oracles.h"

namespace hupstorm {
namespace {

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

}  // namespace

std::span<const Oracle> Oracles() {
  static const std::array table = {
      kServerDied,        kCloseWaitLeak, kFdLeak,   kBusyLoop,
      kLostBytes,         kForeignBytes,  kStalled,  kHeadOfLineBlocking,
      kUnboundedQueue,    kHeapLeak,      kFdMisuse, kAcceptStopped,
      kTruncatedResponse, kShutdownHang,  kDeadlock, kExpectation,
  };
  return table;
}

void JudgeAt(Moment moment, const Ledger& ledger, FindingList& findings) {
  for (const Oracle* const oracle : OraclesAt(moment)) {
    if (oracle->incidents != nullptr) {
      for (const Incident& incident : ledger.*oracle->incidents) {
        findings.Add(oracle->name, incident.step, incident.context, incident.what, incident.call);
      }
    }
    if (oracle->judge != nullptr) oracle->judge(moment, ledger, findings);
  }
}

const Oracle* FindOracle(std::string_view name) {
  for (const Oracle& oracle : Oracles()) {
    if (oracle.name == name) return &oracle;
  }
  return nullptr;
}

}  // namespace hupstorm
