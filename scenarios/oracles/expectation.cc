#include "scenarios/oracles/all_oracles.h"
#include "scenarios/oracles/finding_list.h"
#include "scenarios/oracles/ledger.h"

namespace hupstorm {
namespace {

constexpr std::string_view kPage =
    R"(An `expect` line of the scenario does not hold at its place in the script, with the server at rest. The
evidence says what was found instead.)";

void Judge(Moment, const Ledger& ledger, FindingList& findings) {
  for (const Incident& broken : ledger.broken_expectations) {
    findings.Add("expectation", broken.step, broken.context, broken.what);
  }
}

}  // namespace

const Oracle kExpectation = {"expectation", "what a scenario's `expect` lines say", kPage,
                             At(Moment::kIncident), Judge};

}  // namespace hupstorm
