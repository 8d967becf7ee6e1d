// Sweeps on the simulation: what is placed falls where it should, correct servers are left alone
// and others are not.

#include "scenarios/sweep/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "scenarios/language/fit.h"
#include "scenarios/language/parse.h"
#include "scenarios/language/print.h"
#include "scenarios/worlds/simulated_world.h"
#include "target/documented/documented.h"
#include "target/reference/reference.h"
#include "tests/scenarios/control_server.h"

namespace hupstorm {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::SizeIs;

Scenario FromSuite(const std::string& name) {
  const std::string path = std::string(HUPSTORM_SUITE) + "/" + name + ".scn";
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return ParseScenario(text.str(), path);
}

// "server-died with at recv 1 of a: a reset", of all that goes wrong in a scenario.
std::vector<std::string> Findings(const Scenario& scenario, const Target& target) {
  SimulatedWorld world;
  Sweep sweep(world, scenario, target, {});
  std::vector<std::string> findings;
  const Survey survey = sweep.TakeSurvey(/*all=*/false);
  for (const Finding& finding : survey.findings) findings.push_back(finding.oracle);
  for (const Disturbance& disturbance : survey.found.disturbances) {
    for (const Finding& finding : sweep.Run(disturbance).findings) {
      findings.push_back(finding.oracle + " with " +
                         PrintStep(sweep.scenario().With(disturbance).steps[0]));
    }
  }
  return findings;
}

std::set<std::string> OraclesOf(const std::vector<std::string>& findings) {
  std::set<std::string> oracles;
  for (const std::string& finding : findings) oracles.insert(finding.substr(0, finding.find(' ')));
  return oracles;
}

std::vector<std::string> FindingsOnDefect(const char* scenario, const char* defect) {
  const Defect& left = *FindDefect(defect);
  return Findings(FromSuite(scenario), DocumentedTarget(left.server, AllBut(left)));
}

TEST(SweepTest, EveryPlacementIsReachedAndEveryFaultInjected) {
  SimulatedWorld world;
  for (const char* name : {"half-close/echo-drains", "reuse/close-and-connect-in-one-batch",
                           "short-io/everything-at-once", "accept/emfile-for-a-while"}) {
    for (const Target& target : ReferenceTargets()) {
      Sweep sweep(world, FromSuite(name), target, {});
      const Survey survey = sweep.TakeSurvey(/*all=*/true);
      EXPECT_GT(survey.found.disturbances.size(), 40u) << name;
      for (const Disturbance& disturbance : survey.found.disturbances) {
        const RunResult& result = sweep.Run(disturbance);
        const std::string step = PrintStep(sweep.scenario().With(disturbance).steps[0]);
        EXPECT_THAT(result.steps_not_reached, Not(Contains(0))) << name << ", " << step;
        if (disturbance.action == Action::kFault) {
          EXPECT_GE(result.faults, 1u) << name << ", " << step;
        }
      }
    }
  }
}

TEST(SweepTest, ARunIsTheSameUpToWhatGoesWrong) {
  SimulatedWorld world;
  const Scenario scenario = FromSuite("half-close/echo-drains");
  const Target target = ReferenceTargets().front();
  Sweep sweep(world, scenario, target, {});
  CallLog plain;
  world.Run(sweep.scenario().Undisturbed(), target, {.call_log = &plain});
  for (const Disturbance& disturbance : sweep.TakeSurvey(false).found.disturbances) {
    if (disturbance.in_drain) continue;
    CallLog log;
    world.Run(sweep.scenario().With(disturbance), target, {.call_log = &log});
    ASSERT_GT(log.calls.size(), disturbance.call);
    for (uint32_t i = 0; i <= disturbance.call; ++i) {
      EXPECT_EQ(log.calls[i].call, plain.calls[i].call);
      if (i < disturbance.call) {
        EXPECT_EQ(log.calls[i].result, plain.calls[i].result);
      }
    }
  }
}

TEST(SweepTest, AServerWithoutABugIsLeftAlone) {
  for (const Target& target : ReferenceTargets()) {
    for (const char* name : {"half-close/echo-drains", "reset/idle", "lifecycle/a-busy-day"}) {
      EXPECT_THAT(Findings(FromSuite(name), target), IsEmpty()) << target.name << ", " << name;
    }
  }
}

// The control servers look at a flag before they sleep, and a signal may come in between.
TEST(SweepTest, ASignalThatIsMissedBeforeAWaitIsFound) {
  const std::vector<std::string> findings =
      Findings(ParseScenario("a connect\n", "test.scn"), ControlTarget(Bug::kNone));
  ASSERT_THAT(findings, Not(IsEmpty()));
  for (const std::string& finding : findings) {
    EXPECT_THAT(finding, MatchesRegex("shutdown-hang with at wait [0-9]+: server stop"));
  }
}

TEST(SweepTest, AServerThatDiesOfAResetIsFoundWhereTheScenarioHasNone) {
  const std::vector<std::string> findings =
      Findings(FromSuite("half-close/echo-drains"), ControlTarget(Bug::kDiesOfReset));
  EXPECT_THAT(findings, Contains("server-died with at wait 1: a reset"));
}

TEST(SweepTest, AShortCountShowsWhatIgnoresIt) {
  const Scenario scenario = ParseScenario("a connect\na send 100B\na read all\n", "test.scn");
  const std::vector<std::string> findings = Findings(scenario, ControlTarget(Bug::kDropsTail));
  EXPECT_THAT(findings, Contains("lost-bytes with at send 1 of a: fault send short 1 once"));
  EXPECT_THAT(findings, Contains("lost-bytes with at send 1 of a: fault send short 99 once"));
}

TEST(SweepTest, SingleRacesOfTheDocumentsAreFoundInAPlainScenario) {
  EXPECT_THAT(OraclesOf(FindingsOnDefect("half-close/echo-drains",
                                         "doc000/epoll-queue/reset-kills-server")),
              Contains("server-died"));
  EXPECT_THAT(OraclesOf(FindingsOnDefect("half-close/echo-drains",
                                         "doc000/epoll-queue/getpeername-kills-server")),
              Contains("server-died"));
  EXPECT_THAT(
      OraclesOf(FindingsOnDefect("half-close/echo-drains", "doc000/epoll-queue/short-send-drops")),
      Contains("lost-bytes"));
  EXPECT_THAT(
      OraclesOf(FindingsOnDefect("http/one-request", "doc003/epoll-http/bad-log-kills-server")),
      Contains("server-died"));
}

TEST(SweepTest, AfterOneThingAnotherGoesWrongLater) {
  SimulatedWorld world;
  const Target target = ControlTarget(Bug::kNone);
  Sweep sweep(world, FromSuite("half-close/echo-drains"), target, {});
  const std::vector<Disturbance> firsts = sweep.TakeSurvey(false).found.disturbances;
  uint64_t left_out = 0;
  const std::vector<Disturbance> all = sweep.After(firsts.front(), 1'000'000, left_out);
  EXPECT_EQ(left_out, 0u);
  ASSERT_THAT(all, Not(IsEmpty()));
  for (const Disturbance& second : all) {
    EXPECT_GT(second.call, firsts.front().call);
    EXPECT_THAT(sweep.Run(firsts.front(), second).steps_not_reached, Not(Contains(1)))
        << PrintStep(sweep.scenario().With(firsts.front(), second).steps[1]);
  }
  const std::vector<Disturbance> some = sweep.After(firsts.front(), 5, left_out);
  EXPECT_LE(some.size(), 5u);
  EXPECT_EQ(left_out, all.size() - some.size());
}

TEST(SweepTest, TwoFaultsAreTwoFaults) {
  SimulatedWorld world;
  const Scenario scenario = ParseScenario("a connect\na send 10B\na read all\n", "test.scn");
  const Target target = ReferenceTargets().front();
  Sweep sweep(world, scenario, target, {});
  int pairs = 0;
  for (const Disturbance& first : sweep.TakeSurvey(false).found.disturbances) {
    uint64_t left_out = 0;
    for (const Disturbance& second : sweep.After(first, 1000, left_out)) {
      const RunResult& result = sweep.Run(first, second);
      EXPECT_THAT(result.findings, IsEmpty());
      if (first.action != Action::kFault || second.action != Action::kFault) continue;
      ++pairs;
      EXPECT_EQ(result.faults, 2u);
    }
  }
  EXPECT_GT(pairs, 20);
}

Survey SurveyOf(uint64_t work, std::vector<uint64_t> kinds) {
  Survey survey;
  survey.work = work;
  for (const uint64_t kind : kinds) {
    Disturbance& disturbance = survey.found.disturbances.emplace_back();
    disturbance.kind = kind;
    disturbance.call = static_cast<uint32_t>(survey.found.disturbances.size());
  }
  return survey;
}

TEST(LeaveOutTest, OfALargeScenarioOnlyTheFirstOfAKindThatNoSmallerOneHasIsSwept) {
  Survey small = SurveyOf(kLargeWork, {1, 1, 2});
  Survey larger = SurveyOf(kLargeWork + 2, {1, 3, 3, 4});
  Survey large = SurveyOf(kLargeWork + 1, {2, 4});
  const std::vector<Survey*> surveys = {&larger, &small, &large};
  LeaveOutWhatSmallerOnesShow(surveys);
  EXPECT_THAT(small.found.disturbances, SizeIs(3));
  ASSERT_THAT(large.found.disturbances, SizeIs(1));
  EXPECT_EQ(large.found.disturbances[0].kind, 4u);
  ASSERT_THAT(larger.found.disturbances, SizeIs(1));
  EXPECT_EQ(larger.found.disturbances[0].call, 2u);
  EXPECT_EQ(larger.found.alike, 3u);
}

TEST(LeaveOutTest, OfOneScenarioAloneAllIsSwept) {
  Survey large = SurveyOf(kLargeWork + 1, {1, 1, 1});
  Survey* const only = &large;
  LeaveOutWhatSmallerOnesShow({&only, 1});
  EXPECT_THAT(large.found.disturbances, SizeIs(3));
}

}  // namespace
}  // namespace hupstorm
