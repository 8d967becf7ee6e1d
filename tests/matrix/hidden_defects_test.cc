// With one defect of a documented server in the baseline, each other defect that comes to it must
// shut the gate all the same.

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
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
#include "tools/gate/findings_book.h"
#include "tools/report/bugs.h"

namespace hupstorm {
namespace {

// Whether the bugs of findings are told: it takes more runs, and is not needed where a scenario
// shows what it does not show with one defect alone.
enum class Named : bool { kNo, kYes };

// What the suite shows of a server with these defects and no others, until `is_enough` says so.
std::vector<Finding> Shown(
    const std::vector<const Defect*>& defects, Named named,
    const std::function<bool(const Finding&)>& is_enough = [](const Finding&) { return false; }) {
  const DocumentedServer server = defects.front()->server;
  MendSet mends = AllMends(server);
  for (const Defect* const defect : defects) mends = mends.Without(defect->mend);
  const Target target = DocumentedTarget(server, mends);
  SimulatedWorld world;
  RunOptions options;
  options.find_blame = named == Named::kYes;
  // One for all, as it reads the lines of this executable but once.
  static BugNamer bugs({&target, 1});
  std::vector<Finding> shown;
  for (const Scenario& scenario : Suite()) {
    if (!Fits(scenario, target)) continue;
    RunResult result = world.Run(scenario, target, options);
    bugs.Name(result);
    for (Finding& finding : result.findings) {
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
  std::vector<Finding> findings;  // without names
  std::optional<Baseline> baseline = std::nullopt;

  explicit Known(const Defect& known) : defect(&known), findings(Shown({&known}, Named::kNo)) {}

  // Written when it is asked for first, as most are not.
  const Baseline& ItsBaseline() {
    if (baseline) return *baseline;
    FindingsBook book(nullptr);
    for (Finding& finding : Shown({defect}, Named::kYes)) {
      book.Enter(std::move(finding), kSuiteArea, [](BookedFinding&) {});
    }
    std::vector<BaselineEntry> entries;
    for (const BookedFinding& entry : book.entries()) {
      std::ranges::move(EntriesFor(entry.report, Baseline()), std::back_inserter(entries));
    }
    baseline = Baseline::Parse(BaselineText(std::move(entries)), "baseline");
    return *baseline;
  }
  bool IsNew(const Finding& finding) {
    return !ItsBaseline().Tolerates(finding, /*in_suite=*/true);
  }
  // Whatever its bug is.
  bool IsNewKind(const Finding& finding) {
    return std::ranges::none_of(findings, [&](const Finding& known) {
      return known.oracle == finding.oracle && known.scenario == finding.scenario;
    });
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
      const auto note = [&](auto is_new) {
        return [&, is_new](const Finding& finding) {
          shut[0] = shut[0] || (defects[i].*is_new)(finding);
          shut[1] = shut[1] || (defects[j].*is_new)(finding);
          return shut[0] && shut[1];
        };
      };
      const std::vector<const Defect*> pair = {defects[i].defect, defects[j].defect};
      std::vector<Finding> both = Shown(pair, Named::kNo, note(&Known::IsNewKind));
      if (!shut[0] || !shut[1]) both = Shown(pair, Named::kYes, note(&Known::IsNew));
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
