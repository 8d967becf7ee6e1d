// The inside world: programs that are not ours, on the simulated kernel in their own process.

#include "scenarios/worlds/inside/inside_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/personality.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "base/files.h"
#include "scenarios/language/fit.h"
#include "scenarios/language/parse.h"
#include "tests/process/servers.h"

namespace hupstorm {
namespace {

using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

Target EchoTarget() {
  Target target;
  target.name = "exec";
  target.third_party = true;
  return target;
}
const Target kEchoTarget = EchoTarget();

InsideOptions Started(const std::string& command) {
  return {.command = command, .library = HUPSTORM_INSIDE};
}

std::string Pair(const std::string& name) { return HUPSTORM_PAIRS "/pair_" + name + " {port}"; }

std::vector<std::string> Findings(const RunResult& result) {
  std::vector<std::string> findings;
  for (const Finding& finding : result.findings) {
    findings.push_back(finding.oracle + ": " + finding.evidence);
  }
  return findings;
}

std::vector<std::string> FindingsIn(const std::string& command, const std::string& scenario) {
  InsideWorld world(Started(command));
  return Findings(world.Run(ParseScenario(scenario, "s.scn"), kEchoTarget, RunOptions()));
}

std::string WhyNot(const std::string& command) {
  InsideOptions options = Started(command);
  options.start_timeout = std::chrono::seconds(2);
  return InsideWorld(options).WhyNot(kEchoTarget);
}

std::string TimeLineOf(World& world, const Scenario& scenario) {
  RunOptions options;
  options.record_time_line = true;
  std::string text;
  for (const TimeLineEntry& entry : world.Run(scenario, kEchoTarget, options).time_line) {
    text += std::to_string(entry.ns) + " " + entry.text + "\n";
  }
  return text;
}

// ---- Correct servers.

class CorrectInsideTest : public testing::TestWithParam<std::string> {};

TEST_P(CorrectInsideTest, NothingIsFoundInTheWholeSuite) {
  InsideWorld world(Started(GetParam()));
  int runs = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(HUPSTORM_SUITE)) {
    if (entry.path().extension() != ".scn") continue;
    const Scenario scenario = ParseScenario(ReadWhole(entry.path()).value(), entry.path());
    if (!Fits(scenario, kEchoTarget) || !InsideWorld::WhyNot(scenario).empty()) continue;
    EXPECT_THAT(Findings(world.Run(scenario, kEchoTarget, RunOptions())), IsEmpty())
        << entry.path();
    ++runs;
  }
  EXPECT_GT(runs, 100);
}

INSTANTIATE_TEST_SUITE_P(Servers, CorrectInsideTest,
                         testing::Values(HUPSTORM_PAIRS "/libevent_echo {port}",
                                         Pair("answers_by_timer"), Pair("answers_by_thread"),
                                         Pair("spins_before_it_sleeps"), Pair("thread_a_client"),
                                         Pair("thread_pool_of_epoll")),
                         [](const auto& info) {
                           std::string name = std::filesystem::path(info.param).filename();
                           return name.substr(0, name.find(' '));
                         });

// ---- The same in each run.

struct Program {
  std::string name;
  std::string command;
  std::string needs = {};  // a file, without which it is not there
};
void PrintTo(const Program& program, std::ostream* out) { *out << program.name; }

// The first line in which they differ, of both; empty if they do not.
std::string FirstDifference(const std::string& text, const std::string& other) {
  const auto [at, at_other] = std::mismatch(text.begin(), text.end(), other.begin(), other.end());
  if (at == text.end() && at_other == other.end()) return "";
  const auto line = [](const std::string& whole, std::string::const_iterator place) {
    const size_t begin = whole.rfind('\n', static_cast<size_t>(place - whole.begin()) - 1) + 1;
    return whole.substr(begin, whole.find('\n', begin) - begin);
  };
  return line(text, at) + "\n" + line(other, at_other);
}

// The port that a program listens on is another in each process, and so is the number that it has
// as long as the other runs too: redis logs it.
std::string WithoutNumbers(const std::string& time_line) {
  static const std::regex port("127\\.0\\.0\\.1:(2[0-9]{4}|3[01][0-9]{3}|32000)");
  static const std::regex pid("[0-9]+:signal-handler");
  return std::regex_replace(std::regex_replace(time_line, port, "127.0.0.1:PORT"), pid, "PID:");
}

// Some containers forbid it. Tried, and taken back: it would hold from the next exec on.
bool CanFixAddresses() {
  constexpr unsigned long kAsk = 0xffffffff;
  const int now = personality(kAsk);
  const bool can = personality(static_cast<unsigned long>(now) | ADDR_NO_RANDOMIZE) >= 0;
  personality(static_cast<unsigned long>(now));
  return can;
}

class RepeatedInsideTest : public testing::TestWithParam<Program> {
 protected:
  void SetUp() override {
    const std::string& file = GetParam().needs;
    if (!file.empty() && !std::filesystem::exists(file))
      GTEST_SKIP() << file << " is not installed";
  }
};

// Every night, 1,000 times.
int Repeats() {
  const char* const repeats = std::getenv("HUPSTORM_REPEATS");
  return repeats == nullptr ? 20 : std::atoi(repeats);
}

TEST_P(RepeatedInsideTest, TheSameHappensInEachRunAndInEachProcess) {
  const std::string file = HUPSTORM_SUITE "/lifecycle/a-busy-day.scn";
  const Scenario scenario = ParseScenario(ReadWhole(file).value(), file);
  std::string first;
  {
    InsideWorld world(Started(GetParam().command));
    first = TimeLineOf(world, scenario);
    EXPECT_THAT(first, HasSubstr("accept4"));
    for (int i = 0; i < Repeats(); ++i) {
      ASSERT_EQ(FirstDifference(TimeLineOf(world, scenario), first), "") << i;
    }
  }
  if (!CanFixAddresses()) GTEST_SKIP() << "personality(2) is not allowed here";
  for (int i = 0; i < Repeats() / 10; ++i) {
    InsideWorld other(Started(GetParam().command));
    ASSERT_EQ(FirstDifference(WithoutNumbers(TimeLineOf(other, scenario)), WithoutNumbers(first)),
              "")
        << i;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Programs, RepeatedInsideTest,
    testing::Values(
        Program{"libevent_echo", HUPSTORM_PAIRS "/libevent_echo {port}"},
        Program{"libuv_echo", HUPSTORM_PAIRS "/libuv_echo {port}"},
        Program{"answers_by_thread", Pair("answers_by_thread")},
        Program{"thread_a_client", Pair("thread_a_client")},
        Program{"memcached", "exec memcached -u nobody -l 127.0.0.1 -p {port} -U 0",
                "/usr/bin/memcached"},
        Program{"redis", HUPSTORM_TEST_SERVERS "/redis.sh {port}", "/usr/bin/redis-server"},
        Program{"asyncio", PythonServer("asyncio_echo")},
        Program{"draws_numbers", PythonServer("draws_numbers")},
        Program{"node", "/usr/bin/node " HUPSTORM_TEST_SERVERS "/pairs/node_echo.js {port}",
                "/usr/bin/node"}),
    [](const auto& info) { return info.param.name; });

TEST(InsideWorldTest, AProgramInPythonRunsThere) {
  EXPECT_THAT(FindingsIn(PythonServer("epoll_echo"),
                         "c connect\nc read all\nc send 64KiB\nc shutdown write\n"
                         "expect c received 64KiB\nexpect c eof\n"),
              IsEmpty());
}

TEST(InsideWorldTest, AProgramWhoseFirstThreadWaitsForAnotherRunsThere) {
  EXPECT_THAT(FindingsIn(PythonServer("serves_in_a_thread"),
                         "c connect\nc read all\nc send 64KiB\nc shutdown write\n"
                         "expect c received 64KiB\nexpect c eof\n"),
              IsEmpty());
}

// ---- How programs end.

TEST(InsideWorldTest, AnAbortIsTheServersDeath) {
  EXPECT_THAT(FindingsIn(PythonServer("reset_aborts"), "c connect\nc send 1KiB\nc reset\n"),
              Contains(StartsWith("server-died: killed by SIGABRT")));
}

TEST(InsideWorldTest, AnExitIsTheServersDeath) {
  EXPECT_THAT(FindingsIn(PythonServer("reset_kills"), "c connect\nc send 1KiB\nc reset\n"),
              Contains(StartsWith("server-died: it called exit(1)")));
}

TEST(InsideWorldTest, ADeathIsNoneOfTheNextScenario) {
  InsideWorld world(Started(PythonServer("reset_aborts")));
  const Scenario reset = ParseScenario("c connect\nc send 1KiB\nc reset\n", "reset.scn");
  const Scenario close =
      ParseScenario("c connect\nc read all\nc send 1KiB\nc shutdown write\n", "close.scn");
  EXPECT_THAT(Findings(world.Run(reset, kEchoTarget, RunOptions())), testing::SizeIs(1));
  EXPECT_THAT(Findings(world.Run(close, kEchoTarget, RunOptions())), IsEmpty());
}

// ---- Several scenarios in one process.

TEST(InsideWorldTest, WhatAFreshProcessDoesNotShowIsNoFindingAndIsTold) {
  InsideWorld world(Started(PythonServer("tires_of_clients")));
  const Scenario scenario =
      ParseScenario("c connect\nc read all\nc send 10\nc shutdown write\n", "s.scn");
  std::vector<std::string> told;
  for (int i = 0; i < 5; ++i) {
    const RunResult result = world.Run(scenario, kEchoTarget, RunOptions());
    EXPECT_THAT(Findings(result), IsEmpty()) << i;
    if (!result.not_shown_again.empty()) told.push_back(result.not_shown_again);
  }
  EXPECT_THAT(told, Contains(HasSubstr("c")));
}

TEST(InsideWorldTest, WhatOneProcessDoesToASocketOfLinuxsIsNotForTheNext) {
  InsideWorld world(Started(PythonServer("shuts_down_its_udp")));
  const Scenario stop = ParseScenario("a connect\nserver stop\n", "stop.scn");
  const Scenario idle = ParseScenario("a connect\nwait 1s\n", "idle.scn");
  world.Run(stop, kEchoTarget, RunOptions());
  EXPECT_THAT(Findings(world.Run(idle, kEchoTarget, RunOptions())), IsEmpty());
}

TEST(InsideWorldTest, AScenarioThatIsLookedAtHasAProcessOfItsOwn) {
  InsideWorld world(Started(PythonServer("tires_of_clients")));
  const Scenario scenario =
      ParseScenario("c connect\nc read all\nc send 10\nc shutdown write\n", "s.scn");
  const std::string first = TimeLineOf(world, scenario);
  for (int i = 0; i < 3; ++i) world.Run(scenario, kEchoTarget, RunOptions());
  EXPECT_EQ(TimeLineOf(world, scenario), first);
}

// ---- What cannot live there.

TEST(InsideWorldTest, AProgramThatForksForEachClientIsRefused) {
  EXPECT_EQ(WhyNot(ForkEcho()), "it forks processes while it serves");
}

TEST(InsideWorldTest, AProgramThatServesInForkedProcessesIsRefused) {
  EXPECT_EQ(WhyNot(Pair("prefork")), "it serves in a process that another of its own forked");
}

TEST(InsideWorldTest, AStaticProgramIsRefused) {
  if (StaticEcho().empty()) GTEST_SKIP() << "nothing can be linked statically here";
  EXPECT_THAT(WhyNot(StaticEcho()), HasSubstr("statically linked"));
}

TEST(InsideWorldTest, AProgramMayAskLinuxAboutTheNumberThatItIsToldItHas) {
  EXPECT_THAT(FindingsIn(PythonServer("knows_its_pid"), "a connect\na send 10\n"), IsEmpty());
}

TEST(InsideWorldTest, AProgramThatConnectsToAnotherServerIsRefused) {
  EXPECT_THAT(WhyNot(PythonServer("async_proxy") + " 9"),
              HasSubstr("to another server, at port 9"));
  EXPECT_THAT(WhyNot(Proxy() + " 9"), HasSubstr("to another server, at port 9"));
}

TEST(InsideWorldTest, AProgramThatNeverListensIsRefused) {
  EXPECT_THAT(WhyNot(PythonServer("never_listens")),
              ContainsRegex("(does not listen|before it listened) on port [0-9]+"));
}

TEST(InsideWorldTest, AProgramThatEndsAtOnceIsRefused) {
  EXPECT_THAT(
      WhyNot("echo no such luck; exit 3 # {port}"),
      ContainsRegex("^it ended before it listened on port [0-9]+: it called exit\\(3\\); it "
                    "wrote: no such luck$"));
}

}  // namespace
}  // namespace hupstorm
