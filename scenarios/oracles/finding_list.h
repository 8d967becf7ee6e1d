// Collects the findings of one run.

#ifndef HUPSTORM_SCENARIOS_ORACLES_FINDING_LIST_H_
#define HUPSTORM_SCENARIOS_ORACLES_FINDING_LIST_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/language/scenario.h"
#include "scenarios/oracles/finding.h"
#include "scenarios/oracles/ledger.h"

namespace hupstorm {

// A hash that is the same on every machine and in every build, as fingerprints must be.
uint64_t StableHash(std::string_view text);

class FindingList {
 public:
  // More in one run are the same storm seen again.
  static constexpr size_t kMost = 64;

  // Forgets the findings; those added from now on are about `target` under `scenario`. Both are
  // looked at when something is added, and must live as long. `calls`: those of the run.
  void Start(const std::string& target, const Scenario& scenario, const CallRecord& calls);

  // Adds a finding, unless one with the same fingerprint is there. `step` is an index from 1, 0
  // before any; `context` is what tells two bugs of one oracle apart (the server's last calls);
  // `call` is to blame, 0 for none.
  void Add(std::string_view oracle, int step, uint64_t context, std::string evidence,
           uint64_t call);
  // One about a connection: at the last step that acted on it, after the server's calls on it.
  // `kind` tells apart what may go wrong after the same calls, and is the oracle's own number.
  void Add(std::string_view oracle, const ConnectionFacts& connection, std::string evidence,
           uint64_t call, uint64_t kind = 0) {
    Add(oracle, connection.last_step, connection.history.value() | kind << 32, std::move(evidence),
        call);
  }

  const std::vector<Finding>& findings() const { return findings_; }
  std::vector<Finding> Take() { return std::move(findings_); }

 private:
  const std::string* target_ = nullptr;
  const Scenario* scenario_ = nullptr;
  const CallRecord* calls_ = nullptr;
  std::vector<Finding> findings_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_ORACLES_FINDING_LIST_H_
