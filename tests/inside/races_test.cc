// Orders of a program's threads (schedules): races that some of them show and run-to-block does
// not, and correct servers that all of them leave alone.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "scenarios/language/parse.h"
#include "scenarios/language/print.h"
#include "scenarios/worlds/inside/inside_world.h"
#include "scenarios/worlds/process_world.h"
#include "scenarios/worlds/schedules_world.h"
#include "tests/process/servers.h"
#include "tests/tools/command.h"

namespace hupstorm {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;

Target ThreadedTarget() {
  Target target;
  target.name = "exec";
  target.third_party = true;
  return target;
}
const Target kThreaded = ThreadedTarget();

struct Race {
  std::string name;
  std::string oracle;
  std::string evidence;  // a part of it
  std::string scenario;
};
void PrintTo(const Race& race, std::ostream* out) { *out << race.name; }

const Race kRaces[] = {
    {"handed_over_twice", "fd-misuse", "EBADF",
     "a connect\na read all\na send 5\na close\nb connect\nb send 3\nb read all\n"},
    {"lost_wakeup", "stalled", "b has 7 bytes in the server's receive buffer",
     "a connect\na read all\nb connect\nb read all\na send 5\nand b send 7\n"},
    {"two_orders", "deadlock", "2 threads wait for each other for ever: ",
     "a connect\na read all\nb connect\nb send 3\nb close\nand a send 4\nwait 1s\n"},
};

std::string Command(const std::string& name, const std::string& bug = "") {
  return HUPSTORM_PAIRS "/race_" + name + " {port}" + bug;
}
std::unique_ptr<World> WorldOf(const std::string& command) {
  return std::make_unique<InsideWorld>(
      InsideOptions{.command = command, .library = HUPSTORM_INSIDE});
}

std::string TimeLineUnder(const Scenario& scenario, const std::string& command) {
  RunOptions options;
  options.record_time_line = true;
  std::string text;
  for (const TimeLineEntry& entry : WorldOf(command)->Run(scenario, kThreaded, options).time_line) {
    text += std::to_string(entry.ns) + " " + entry.text + "\n";
  }
  return text;
}

class RaceTest : public testing::TestWithParam<Race> {
 protected:
  const Scenario scenario_ = ParseScenario(GetParam().scenario, "s.scn");
  const std::string command_ = Command(GetParam().name, " --bug");

  const Finding* FindIn(const RunResult& result) const {
    for (const Finding& finding : result.findings) {
      if (finding.oracle == GetParam().oracle &&
          finding.evidence.find(GetParam().evidence) != std::string::npos) {
        return &finding;
      }
    }
    return nullptr;
  }
};

TEST_P(RaceTest, IsNotShownIfEachThreadRunsUntilItBlocks) {
  EXPECT_THAT(WorldOf(command_)->Run(scenario_, kThreaded, RunOptions()).findings, IsEmpty());
}

TEST_P(RaceTest, IsShownBySomeSchedulesAndEachTimeByTheScenarioThatNamesOne) {
  SchedulesWorld world(WorldOf(command_), 300);
  const RunResult result = world.Run(scenario_, kThreaded, RunOptions());
  const Finding* const found = FindIn(result);
  ASSERT_NE(found, nullptr);
  ASSERT_NE(found->schedule, 0u);
  const Scenario showing =
      ParseScenario(PrintScenario(ShowingScenario(scenario_, *found)), "s.scn");
  const std::unique_ptr<World> again = WorldOf(command_);
  for (int i = 0; i < 5; ++i) {
    EXPECT_NE(FindIn(again->Run(showing, kThreaded, RunOptions())), nullptr);
  }
  const std::string time_line = TimeLineUnder(showing, command_);
  EXPECT_THAT(time_line, HasSubstr(GetParam().oracle + ": "));
  EXPECT_EQ(TimeLineUnder(showing, command_), time_line);
}

TEST_P(RaceTest, TheCorrectTwinIsLeftAloneByAThousandSchedules) {
  SchedulesWorld world(WorldOf(Command(GetParam().name)), 1000);
  EXPECT_THAT(world.Run(scenario_, kThreaded, RunOptions()).findings, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Races, RaceTest, testing::ValuesIn(kRaces),
                         [](const auto& info) { return info.param.name; });

// ---- Threads that wait for each other.

std::vector<std::string> FindingsOf(World& world, const std::string& scenario) {
  std::vector<std::string> findings;
  for (const Finding& finding :
       world.Run(ParseScenario(scenario, "s.scn"), kThreaded, RunOptions()).findings) {
    findings.push_back(finding.oracle + ": " + finding.evidence);
  }
  return findings;
}

TEST(DeadlockTest, ThreadsThatAllSleepWhereNoClientCanWakeThemAreFound) {
  const auto world = WorldOf(Command("asleep_together", " --bug"));
  EXPECT_THAT(
      FindingsOf(*world, "a connect\na send 3\na read all\na close\n"),
      Contains(
          "deadlock: all of the server's threads wait for each other, and none is left to wake "
          "them: thread 0 waits for semaphore A; thread 1 waits for semaphore B"));
}

TEST(DeadlockTest, ThreadsThatAClientCouldStillWakeAreLeftAlone) {
  const auto world = WorldOf(Command("asleep_together"));
  EXPECT_THAT(FindingsOf(*world, "a connect\na send 3\na read all\n"), IsEmpty());
}

TEST(DeadlockTest, AServerThatEndsByAJoinIsLeftAlone) {
  const auto world = WorldOf(HUPSTORM_JOINS_AT_EXIT " {port} careful");
  EXPECT_THAT(FindingsOf(*world, "a connect\na send 3\na read all\nserver stop\n"), IsEmpty());
}

// ---- Correct servers.

class CorrectUnderSchedulesTest : public testing::TestWithParam<std::string> {};

TEST_P(CorrectUnderSchedulesTest, NothingIsFound) {
  SchedulesWorld world(WorldOf(HUPSTORM_PAIRS "/" + GetParam() + " {port}"), 100);
  for (const std::string steps :
       {"c[1..6] connect\nc[1..6] send 20\nc[1..6] read all\nc[1..3] close\nand c[4..6] send 9\n"
        "c[4] reset\nand c[5..6] shutdown write\n",
        "a connect\na send 200KiB\nb connect\nand b send 7\nb read all\nb close\nand a read all\n"
        "wait 5s\n",
        "rounds 3\na connect\na send 10\na reset\nand b connect\nb send 2\nb read all\n"}) {
    EXPECT_THAT(FindingsOf(world, steps), IsEmpty()) << steps;
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, CorrectUnderSchedulesTest,
                         testing::Values("pair_answers_by_thread", "pair_thread_a_client",
                                         "pair_thread_pool_of_epoll"),
                         [](const auto& info) { return info.param; });

// ---- Threads that spin without any call.

TEST(SpinsTest, AThreadThatOthersCouldRunMeanwhileIsPassedByAndThatIsTold) {
  const auto world = WorldOf(HUPSTORM_PAIRS "/race_spins {port}");
  const Scenario scenario =
      ParseScenario("a connect\na send 3\na read all\nexpect a received 3\n", "s.scn");
  for (int i = 0; i < 3; ++i) {
    const RunResult result = world->Run(scenario, kThreaded, RunOptions());
    EXPECT_THAT(result.findings, IsEmpty());
    EXPECT_THAT(result.remark, HasSubstr("was switched by the processor's time"));
  }
}

TEST(SpinsTest, AThreadThatWaitsInCallsIsNot) {
  const auto world = WorldOf(HUPSTORM_PAIRS "/pair_thread_a_client {port}");
  const Scenario scenario = ParseScenario("a connect\na send 3\na read all\n", "s.scn");
  EXPECT_EQ(world->Run(scenario, kThreaded, RunOptions()).remark, "");
}

// ---- Cancellation.

class CancellationTest : public testing::TestWithParam<std::string> {};

TEST_P(CancellationTest, IsAsPthreadsHasItOnLinux) {
  EXPECT_EQ(std::system((HUPSTORM_PAIRS "/" + GetParam() + " check").c_str()), 0);
}

TEST_P(CancellationTest, IsTheSameOnTheSimulatedKernel) {
  InsideWorld world(
      {.command = HUPSTORM_PAIRS "/" + GetParam() + " {port}", .library = HUPSTORM_INSIDE});
  ASSERT_EQ(world.WhyNot(kThreaded), "");
  EXPECT_THAT(FindingsOf(world, "a connect\na send 3\na read all\n"), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Programs, CancellationTest,
                         testing::Values("cancels_threads", "cancels_threads_c"),
                         [](const auto& info) { return info.param; });

// ---- In the commands.

using Words = std::vector<std::string>;

Words On(const std::string& command, Words words) {
  words.insert(words.end(), {"--exec", command, "--world", "simulated"});
  return words;
}

TEST(SchedulesCommandTest, AFindingIsReportedWithTheScenarioThatNamesItsSchedule) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("s.scn", kRaces[2].scenario);
  const std::string server = Command("two_orders", " --bug");
  const CommandResult result = Hupstorm(On(server, {"run", file, "--schedules", "100"}));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out,
              ContainsRegex("s.scn:[0-9]+ under schedule [0-9]+: deadlock: 2 threads wait for each "
                            "other for ever: thread [23] waits for mutex A, which thread [23] "
                            "holds; thread [23] waits for mutex B, which thread [23] holds"));
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("replay /dev/stdin"), ContainsRegex("\nschedule [0-9]+\n"),
                    HasSubstr("Linux chose another order of threads")));
  const auto json =
      JsonOf(Hupstorm(On(server, {"run", file, "--schedules", "100", "--json"})))["findings"][0];
  EXPECT_TRUE(json["confirmed"].is_null());
  const std::string scheduled = folder.Write(
      "scheduled.scn", "schedule " + json["schedule"].dump() + "\n" + kRaces[2].scenario);
  const CommandResult replay = Hupstorm(On(server, {"replay", scheduled}));
  EXPECT_THAT(replay.out, AllOf(ContainsRegex("\\[2\\] recv\\("), HasSubstr("!!! deadlock: ")));
  EXPECT_EQ(Hupstorm(On(server, {"run", scheduled})).exit_code, 1);
  const CommandResult shrunk = Hupstorm(On(server, {"shrink", scheduled}));
  EXPECT_THAT(shrunk.out, AllOf(HasSubstr("\nschedule "), Not(HasSubstr("wait 1s"))));
}

TEST(SchedulesCommandTest, ASweepAndAGateTryThemToo) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("s.scn", kRaces[2].scenario);
  const std::string server = Command("two_orders", " --bug");
  const std::string small = folder.Write("t.scn", "a connect\nb connect\nb close\nand a send 4\n");
  EXPECT_THAT(Hupstorm(On(server, {"sweep", small, "--schedules", "8"})).out,
              AllOf(HasSubstr("deadlock"), HasSubstr("\nschedule ")));
  const CommandResult gate =
      Hupstorm(On(server, {"gate", file, "--schedules", "1", "--no-sweep", "--fuzz-runs", "0"}));
  EXPECT_EQ(gate.exit_code, 1);
  EXPECT_THAT(gate.out, AllOf(HasSubstr("deadlock"), HasSubstr("\nschedule 1\n")));
}

TEST(SchedulesCommandTest, AThreadIsCalledByItsNumberAndItsName) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("s.scn", kRaces[0].scenario);
  EXPECT_THAT(Hupstorm(On(Command("handed_over_twice"), {"replay", file})).out,
              AllOf(ContainsRegex("\\[0\\] epoll_wait"), ContainsRegex("\\[[12] worker\\] recv")));
}

TEST(SchedulesCommandTest, AServerWithOneThreadIsSaidToHaveNone) {
  const CommandResult result = Hupstorm(
      On(HUPSTORM_PAIRS "/libevent_echo {port}", {"run", "half-close/idle", "--schedules", "5"}));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("1 to be noted: the server has one thread"));
}

TEST(SchedulesCommandTest, TheyAreForAProgramOnTheSimulatedKernel) {
  EXPECT_EQ(Hupstorm({"run", "half-close/idle", "--target", "reference/poll", "--schedules", "5"})
                .exit_code,
            2);
}

TEST(SchedulesCommandTest, LinuxKeepsNoSchedule) {
  ProcessWorld held({.command = Command("handed_over_twice"), .preload_library = HUPSTORM_PRELOAD});
  const Scenario scenario = ParseScenario("schedule 7\n" + kRaces[0].scenario, "s.scn");
  EXPECT_THAT(held.Run(scenario, kThreaded, RunOptions()).remark, HasSubstr("is not kept"));
}

}  // namespace
}  // namespace hupstorm
