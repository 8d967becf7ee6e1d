// With one defect of a documented server in the baseline, each other defect that comes to it must
// shut the gate all the same.

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scenarios/language/fit.h"
#include "scenarios/worlds/simulated_world.h"
#include "target/documented/documented.h"
#include "tests/test_name.h"
#include "tools/catalogue/scenario_catalogue.h"
#include "tools/gate/baseline.h"

namespace hupstorm {
namespace {

// What the suite shows of a server with these defects and no others, until `is_enough` says so.
std::vector<Finding> Shown(
    const std::vector<const Defect*>& defects,
    const std::function<bool(const Finding&)>& is_enough = [](const Finding&) { return false; }) {
  const DocumentedServer server = defects.front()->server;
  MendSet mends = AllMends(server);
  for (const Defect* const defect : defects) mends = mends.Without(defect->mend);
  const Target target = DocumentedTarget(server, mends);
  SimulatedWorld world;
  std::vector<Finding> shown;
  for (const Scenario& scenario : Suite()) {
    if (!Fits(scenario, target)) continue;
    for (Finding& finding : world.Run(scenario, target, {}).findings) {
      if (IsExpectation(finding)) continue;
      shown.push_back(std::move(finding));
      if (is_enough(shown.back())) return shown;
    }
  }
  return shown;
}

std::vector<std::string> EvidenceIn(const std::vector<Finding>& findings) {
  std::vector<std::string> evidence;
  for (const Finding& finding : findings) {
    evidence.push_back(finding.scenario + ": " + finding.oracle + ": " + finding.evidence);
  }
  return evidence;
}

// A defect by itself.
struct Known {
  const Defect* defect;
  std::vector<Finding> findings;
  Baseline baseline;

  explicit Known(const Defect& known) : defect(&known), findings(Shown({&known})) {
    std::vector<BaselineEntry> entries;
    for (const Finding& finding : findings) {
      entries.push_back(EntryFor(finding, {finding.scenario}));
    }
    baseline = Baseline::Parse(BaselineText(std::move(entries), {}), "baseline");
  }
  bool IsNew(const Finding& finding) const {
    return !baseline.Tolerates(finding, /*in_suite=*/true);
  }
};

// The second of these changes nothing while the first is there: no gate can see it.
const std::set<std::pair<std::string_view, std::string_view>> kMasked = {
    // The first client that leaves ends the server, so that no other is there to lose its entry.
    {"doc002/epoll-ack/unregister-after-close", "doc002/epoll-ack/popitem-removes-wrong-client"},
    // A send that sleeps is never short.
    {"doc002/epoll-ack/blocking-client-socket", "doc002/epoll-ack/short-send-drops"},
    // What is kept at close shows where connections are closed before a full request: they are not.
    {"doc003/epoll-http/fin-ignored", "doc003/epoll-http/close-keeps-connection-state"},
};

class HiddenDefectTest : public testing::TestWithParam<DocumentedServer> {};

TEST_P(HiddenDefectTest, ASecondDefectShutsTheGateBesideATolerableOne) {
  std::vector<Known> defects;
  for (const Defect& defect : Defects()) {
    if (defect.server == GetParam() && defect.reachable) defects.emplace_back(defect);
  }
  ASSERT_GT(defects.size(), 5u);
  for (size_t i = 0; i < defects.size(); ++i) {
    for (size_t j = i + 1; j < defects.size(); ++j) {
      // The gate of one that has the other in its baseline.
      bool shut[2] = {false, false};
      const std::vector<Finding> both =
          Shown({defects[i].defect, defects[j].defect}, [&](const Finding& finding) {
            shut[0] = shut[0] || defects[i].IsNew(finding);
            shut[1] = shut[1] || defects[j].IsNew(finding);
            return shut[0] && shut[1];
          });
      for (int order = 0; order < 2; ++order) {
        const Known& known = defects[order == 0 ? i : j];
        const Known& added = defects[order == 0 ? j : i];
        SCOPED_TRACE(std::string(known.defect->full_name) + " hides " +
                     std::string(added.defect->full_name));
        const bool is_masked = kMasked.contains({known.defect->full_name, added.defect->full_name});
        EXPECT_EQ(shut[order], !is_masked);
        if (is_masked) {
          EXPECT_EQ(EvidenceIn(both), EvidenceIn(known.findings));
        }
      }
    }
  }
}

std::vector<DocumentedServer> AllServers() {
  std::vector<DocumentedServer> servers;
  for (int i = 0; i < kDocumentedServerCount; ++i) {
    servers.push_back(static_cast<DocumentedServer>(i));
  }
  return servers;
}

INSTANTIATE_TEST_SUITE_P(AllServers, HiddenDefectTest, testing::ValuesIn(AllServers()),
                         [](const auto& info) {
                           return TestName(std::string(NameOf(info.param)));
                         });

}  // namespace
}  // namespace hupstorm
