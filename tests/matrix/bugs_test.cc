// Each documented defect by itself is one bug, or two, at a line of the server's own file.

#include "tools/report/bugs.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "scenarios/language/fit.h"
#include "scenarios/worlds/simulated_world.h"
#include "target/documented/documented.h"
#include "tests/test_name.h"
#include "tools/catalogue/scenario_catalogue.h"

namespace hupstorm {
namespace {

struct Bugs {
  // Places, by bug; empty for one that has none.
  std::map<std::string, std::string> place_of;
  std::set<std::string> in_other_files;
};

Bugs BugsOf(const Defect& defect) {
  const Target target = DocumentedTarget(defect.server, AllBut(defect));
  SimulatedWorld world;
  RunOptions options;
  options.find_blame = true;
  BugNamer namer({&target, 1});
  Bugs bugs;
  for (const Scenario& scenario : Suite()) {
    if (!Fits(scenario, target)) continue;
    RunResult result = world.Run(scenario, target, options);
    namer.Name(result);
    for (const Finding& finding : result.findings) {
      if (IsExpectation(finding)) continue;
      const std::string place = PlaceText(finding.place);
      bugs.place_of.emplace(BugOf(finding), place);
      if (place.find("target/documented/epoll_") == std::string::npos &&
          place.find("target/documented/select_") == std::string::npos &&
          place.find("target/documented/poll_") == std::string::npos) {
        bugs.in_other_files.insert(finding.oracle + " at \"" + place + "\"");
      }
    }
  }
  return bugs;
}

class BugsTest : public testing::TestWithParam<Defect> {};

INSTANTIATE_TEST_SUITE_P(Defects, BugsTest, testing::ValuesIn(Defects().begin(), Defects().end()),
                         [](const auto& test) {
                           return TestName(std::string(test.param.full_name));
                         });

// Where a server throws without a call that failed, the call before it is blamed, of which there
// may be many.
size_t MostOf(const Defect& defect) {
  static const std::map<std::string_view, size_t> more = {
      {"doc002/epoll-ack/popitem-removes-wrong-client", 8},
      {"doc002/epoll-ack/reset-kills-server", 3},
      {"doc003/epoll-http/reset-kills-server", 3}};
  const auto most = more.find(defect.full_name);
  return most == more.end() ? 2 : most->second;
}

TEST_P(BugsTest, ADefectByItselfIsOneBugOrTwo) {
  const Bugs bugs = BugsOf(GetParam());
  EXPECT_GE(bugs.place_of.size(), GetParam().reachable ? 1U : 0U);
  EXPECT_LE(bugs.place_of.size(), MostOf(GetParam())) << testing::PrintToString(bugs.place_of);
  EXPECT_EQ(bugs.in_other_files, std::set<std::string>());
}

}  // namespace
}  // namespace hupstorm
