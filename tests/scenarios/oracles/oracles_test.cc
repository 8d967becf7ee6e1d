// Each oracle catches a server with the bug it is for, and leaves the same server without the bug
// alone under the same scenario.

#include "scenarios/oracles/oracles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "scenarios/language/parse.h"
#include "tests/scenarios/control_server.h"
#include "tests/scenarios/world_under_test.h"

namespace hupstorm {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;

struct Control {
  std::string test;    // CamelCase
  std::string oracle;  // that must report
  Bug bug;
  bool http = false;
  std::string scenario;
};

const Control kControls[] = {
    {"ResetEndsTheServer", "server-died", Bug::kDiesOfReset, false,
     "a connect\na send 100\na reset\n"},
    {"SigpipeEndsTheServer", "server-died", Bug::kDiesOfSigpipe, false,
     "a connect\nat send 1 of a: a reset\na send 100\nand b connect\nb send 10\n"},
    {"ServeReturns", "server-died", Bug::kReturns, false, "a connect\na close\nwait 1s\n"},
    {"FinIgnored", "close-wait-leak", Bug::kIgnoresFin, false, "a connect\na shutdown write\n"},
    {"FinSpins", "busy-loop", Bug::kIgnoresFin, false, "a connect\na close\n"},
    {"ResetForgotten", "fd-leak", Bug::kForgetsAfterReset, false,
     "c[1..3] connect\nc[1..3] reset\n"},
    {"WriteInterestKept", "busy-loop", Bug::kAlwaysAsksToWrite, false, "a connect\na send 5\n"},
    {"SendRetried", "busy-loop", Bug::kRetriesSend, false, "a connect\na send 1MiB\n"},
    {"TailDropped", "lost-bytes", Bug::kDropsTail, false,
     "fault send short 3 times 2\na connect\na send 100\na read all\n"},
    {"HalfClosedCutOff", "lost-bytes", Bug::kCutsOffHalfClosed, false,
     "server buffer send 4KiB\na buffer 4KiB\na connect\na send 64KiB\na shutdown write\na read "
     "all\n"},
    {"SendsForEver", "lost-bytes", Bug::kSendsForEver, false,
     "a connect\na read all\na send 100\n"},
    {"BufferShared", "foreign-bytes", Bug::kSharesBuffer, false,
     "a connect\nb connect\na send 64\nand b send 64\nc connect\n"},
    {"LogMixesClients", "foreign-bytes", Bug::kLogsWrongClient, false,
     "a connect\nb connect\na send 64\nb send 64\n"},
    {"AnswerHeldBack", "stalled", Bug::kWaitsForMore, false,
     "a connect\na read all\na send 64\na send 64\n"},
    {"SendBlocks", "head-of-line-blocking", Bug::kBlocks, false,
     "a connect\nb connect\na send 1MiB\nb send 10\n"},
    {"QueueGrows", "unbounded-queue", Bug::kReadsWithoutBound, false, "a connect\na send 4MiB\n"},
    {"QueuesGrow", "unbounded-queue", Bug::kReadsWithoutBound, false,
     "a[1..16] connect\na[1..16] send 1MiB\n"},
    {"StateKept", "heap-leak", Bug::kKeepsState, false, "rounds 5\na connect\na close\n"},
    {"StateKeptInOneRound", "heap-leak", Bug::kKeepsState, false, "a connect\na close\n"},
    {"TableKept", "heap-leak", Bug::kKeepsTable, false, "c[1..60] connect\nc[1..60] close\n"},
    {"ClosedTwice", "fd-misuse", Bug::kClosesTwice, false, "a connect\na close\n"},
    {"AcceptGivenUp", "accept-stopped", Bug::kStopsAccepting, false,
     "a connect\nfault accept EMFILE once\nb connect\n"},
    {"ClosedWithUnreadInput", "truncated-response", Bug::kClosesUnread, true,
     "target http\na connect\na read all\na request 4KiB\n"},
    {"ResponseNeverEnds", "truncated-response", Bug::kNeverEnds, true,
     "target http\na connect\na read all\na request\n"},
    {"StopIgnored", "shutdown-hang", Bug::kIgnoresStop, false, "a connect\na send 5\n"},
    {"StopLeavesOpen", "shutdown-hang", Bug::kLeavesOpen, false, "a connect\nserver stop\n"},
    {"ExpectationBroken", "expectation", Bug::kWaitsForMore, false,
     "a connect\na read all\na send 64\nexpect a received 64\n"},
};

std::set<std::string> OraclesThatReport(Bug bug, bool http, const std::string& text) {
  WorldUnderTest world;
  const Scenario scenario = ParseScenario(text, "control.scn");
  std::set<std::string> names;
  for (const Finding& finding : world.Run(scenario, ControlTarget(bug, http), {}).findings) {
    names.insert(finding.oracle);
    EXPECT_NE(FindOracle(finding.oracle), nullptr);
    EXPECT_EQ(finding.fingerprint.size(), 16u);
    EXPECT_FALSE(finding.evidence.empty());
  }
  return names;
}

class OracleTest : public testing::TestWithParam<Control> {};

TEST_P(OracleTest, CatchesThePlantedBug) {
  const Control& control = GetParam();
  EXPECT_THAT(OraclesThatReport(control.bug, control.http, control.scenario),
              Contains(control.oracle));
}

TEST_P(OracleTest, LeavesTheCorrectServerAlone) {
  const Control& control = GetParam();
  EXPECT_THAT(OraclesThatReport(Bug::kNone, control.http, control.scenario), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Controls, OracleTest, testing::ValuesIn(kControls),
                         [](const auto& info) { return info.param.test; });

TEST(OraclesTest, EachHasAControlAndAPage) {
  std::set<std::string_view> controlled;
  for (const Control& control : kControls) controlled.insert(control.oracle);
  for (const Oracle& oracle : Oracles()) {
    // That of deadlock needs threads: tests/inside.
    EXPECT_TRUE(controlled.contains(oracle.name) || oracle.name == "deadlock") << oracle.name;
    EXPECT_GT(oracle.page.size(), 100u) << oracle.name;
  }
}

}  // namespace
}  // namespace hupstorm
