// The process world, on servers that are not ours.

#include "scenarios/worlds/process_world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/resource_limit.h"
#include "scenarios/language/parse.h"
#include "target/target.h"
#include "tests/process/lifeline.h"
#include "tests/process/process_run.h"
#include "tests/process/servers.h"

namespace hupstorm {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using Kind = TimeLineEntry::Kind;

std::vector<std::string> Lines(const RunResult& result, Kind kind) {
  std::vector<std::string> lines;
  for (const TimeLineEntry& entry : result.time_line) {
    if (entry.kind == kind) lines.push_back(entry.text);
  }
  return lines;
}

// ---- What a server is, found out by starting it.

class HeldServerTest : public testing::TestWithParam<CorrectServer> {};

TEST_P(HeldServerTest, IsSeen) {
  const ServerNature nature = LookAtServer(Started(GetParam().command));
  EXPECT_EQ(nature.kind, ServerNature::Kind::kHeld);
  EXPECT_EQ(nature.why, "");
}

std::vector<CorrectServer> HeldServers() {
  std::vector<CorrectServer> servers;
  for (CorrectServer& server : CorrectServers()) {
    // Those of nginx want a folder that is there, and are the same to this test.
    if (server.command.find("{folder}") == std::string::npos) servers.push_back(std::move(server));
  }
  for (const char* const name :
       {"forks_away", "ignores_sigterm", "keeps_port", "prints_gigabytes"}) {
    servers.push_back({name, PythonServer(name), "echo"});
  }
  servers.push_back({"fork_echo", ForkEcho(), "echo"});
  return servers;
}

const auto kName = [](const auto& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(Servers, HeldServerTest, testing::ValuesIn(HeldServers()), kName);

// Of which no process is left.
ServerNature LookAt(const std::string& command, int timeout_ms = kServerPatienceMs) {
  Lifeline lifeline;
  ServerNature nature =
      LookAtServer(Started(lifeline.Prefix() + "echo up >&9; " + command, timeout_ms));
  EXPECT_EQ(lifeline.ReadLine(), "up");
  EXPECT_TRUE(lifeline.IsLetGoWithin(0)) << "a process is left of " << command;
  return nature;
}

TEST(ServerNatureTest, OneThatNeverListensIsToldWithHowLongItWasGiven) {
  const ServerNature nature = LookAt(PythonServer("never_listens"), 300);
  EXPECT_EQ(nature.kind, ServerNature::Kind::kNotServing);
  EXPECT_THAT(nature.why, ContainsRegex("^after 0\\.3 s the server does not listen on port [0-9]+ "
                                        "of 127\\.0\\.0\\.1 .*it wrote nothing$"));
}

TEST(ServerNatureTest, WhatItWroteIsToldToo) {
  const ServerNature nature = LookAt("echo 'no such file: my.conf' >&2; sleep 100; : {port}", 300);
  EXPECT_EQ(nature.kind, ServerNature::Kind::kNotServing);
  EXPECT_THAT(nature.why, HasSubstr("it wrote: no such file: my.conf"));
}

TEST(ServerNatureTest, OneThatWritesWithoutEndIsGivenUpAsWell) {
  const ServerNature nature = LookAt(PythonServer("prints_before_it_listens"), 1000);
  EXPECT_EQ(nature.kind, ServerNature::Kind::kNotServing);
  EXPECT_THAT(nature.why, HasSubstr("after 1 s"));
}

TEST(ServerNatureTest, OneThatDiesSaysHow) {
  const ServerNature nature = LookAt(PythonServer("dies_at_start"));
  EXPECT_EQ(nature.kind, ServerNature::Kind::kNotServing);
  EXPECT_THAT(nature.why,
              ContainsRegex("^the server ended before it listened on port [0-9]+: it called "
                            "exit\\(1\\); it wrote: "));
}

TEST(ServerNatureTest, ACommandThatIsNotThereSaysSo) {
  const ServerNature nature = LookAt("./no-such-server {port}");
  EXPECT_EQ(nature.kind, ServerNature::Kind::kNotServing);
  EXPECT_THAT(nature.why, AllOf(HasSubstr("exit(127)"), HasSubstr("no-such-server: not found")));
}

TEST(ServerNatureTest, OneThatListensElsewhereIsToldWhere) {
  const ServerNature nature = LookAt(PythonServer("wrong_port"), 1500);
  EXPECT_EQ(nature.kind, ServerNature::Kind::kNotServing);
  EXPECT_THAT(nature.why, ContainsRegex("after 1\\.5 s .*, but on port [0-9]+ \\(\\{port\\}"));
}

TEST(ServerNatureTest, AStaticBinaryServesAndIsNotSeen) {
  if (StaticEcho().empty()) GTEST_SKIP() << "no static C library here";
  const ServerNature nature = LookAt(StaticEcho());
  EXPECT_EQ(nature.kind, ServerNature::Kind::kUnseen);
  EXPECT_THAT(nature.why, HasSubstr("statically linked"));
}

TEST(ProcessWorldTest, AServerThatDoesNotStartIsNoFinding) {
  EXPECT_THROW(RunServer(PythonServer("dies_at_start"), "a connect\n"), WorldFailed);
}

// ---- When a server is at rest, however many processes and threads it has: an expectation is
// judged before the slowest of them has answered, unless rest is known exactly.

class RestTest : public testing::TestWithParam<CorrectServer> {};

TEST_P(RestTest, IsWhenAllHaveAnswered) {
  const RunResult result = RunServer(GetParam().command,
                                     "c[1..12] connect\n"
                                     "c[1..12] read all\n"
                                     "c[1..12] send 20KiB\n"
                                     "expect c[1..12] received 20KiB\n"
                                     "c[1..6] send 1KiB\n"
                                     "and c[7..9] reset\n"
                                     "expect c[1..6] received 21KiB\n"
                                     "c[10..12] shutdown write\n"
                                     "expect c[10..12] eof\n"
                                     "expect c[1..6] open\n");
  EXPECT_EQ(Told(result), "");
  EXPECT_GT(result.calls, 60u) << "its calls were not seen";
}

std::vector<CorrectServer> ServersOfAllKinds() {
  std::vector<CorrectServer> servers = {{"fork_echo", ForkEcho(), "echo"}};
  for (CorrectServer& server : CorrectServers()) {
    if (server.protocol == "echo" && server.drains) servers.push_back(std::move(server));
  }
  return servers;
}

INSTANTIATE_TEST_SUITE_P(Servers, RestTest, testing::ValuesIn(ServersOfAllKinds()), kName);

// ---- What is done to a server.

TEST(ProcessWorldTest, APlacedStepFallsInsideItsCall) {
  const RunResult result = RunServer(PythonServer("epoll_echo"),
                                     "a connect\na send 5\nat recv 1 of a: a reset\na send 5\n",
                                     /*record_time_line=*/true);
  EXPECT_EQ(Told(result), "");
  EXPECT_TRUE(result.steps_not_reached.empty());
  const auto& lines = result.time_line;
  const auto placed = std::find_if(lines.begin(), lines.end(), [](const TimeLineEntry& entry) {
    return entry.kind == Kind::kPlacedStep;
  });
  ASSERT_NE(placed, lines.end());
  EXPECT_THAT(placed->text, HasSubstr("a reset"));
  ASSERT_NE(placed + 1, lines.end());
  // Linux hands out what had come before the reset, and then says what happened.
  EXPECT_THAT((placed + 1)->text, AllOf(HasSubstr("recv"), HasSubstr(" = 5")));
  EXPECT_THAT(Lines(result, Kind::kCall), Contains(ContainsRegex("ECONNRESET|EPIPE")));
}

TEST(ProcessWorldTest, APlacedStepKillsAServerThatDoesNotExpectIt) {
  const RunResult result = RunServer(PythonServer("reset_kills"),
                                     "a connect\na send 5\nat recv 1 of a: a reset\na send 5\n");
  EXPECT_THAT(Told(result), HasSubstr("server-died: "));
  EXPECT_THAT(Told(result), HasSubstr("ConnectionResetError"));
}

TEST(ProcessWorldTest, APlacedStepThatIsNotReachedIsTold) {
  const RunResult result =
      RunServer(PythonServer("epoll_echo"), "a connect\nat recv 9 of a: a reset\na send 5\n");
  EXPECT_EQ(result.steps_not_reached, std::vector<int>{1});
}

TEST(ProcessWorldTest, FaultsAreInjectedAsOftenAsTheRuleSays) {
  const RunResult result = RunServer(
      PythonServer("epoll_echo"),
      "fault send short 1 times 3\na connect\na read all\na send 100\nexpect a received 100\n");
  EXPECT_EQ(Told(result), "");
  EXPECT_EQ(result.faults, 3u);
}

TEST(ProcessWorldTest, AFaultReachesWhicheverProcessMakesTheCall) {
  const RunResult result =
      RunServer(ForkEcho(),
                "fault recv of a ECONNRESET once\na connect\nb connect\na send 5\n"
                "b read all\nb send 5\nexpect b received 5\n");
  EXPECT_EQ(Told(result), "");
  EXPECT_EQ(result.faults, 1u);
}

TEST(ProcessWorldTest, DescriptorsAreLimitedToThoseAtStartAndSoManyMore) {
  const std::string scenario =
      "limit descriptors 2\nc[1..4] connect\nc[1..4] read all\n"
      "c[1..4] send 5\nexpect c[1..2] received 5\n"
      "expect c[3..4] received 0\n";
  const RunResult result =
      RunServer(PythonServer("epoll_echo"), scenario, /*record_time_line=*/true);
  EXPECT_EQ(Told(result), "");
  EXPECT_THAT(Lines(result, Kind::kCall),
              Contains(AllOf(HasSubstr("accept"), HasSubstr("EMFILE"))));
  EXPECT_THAT(Told(RunServer(PythonServer("accept_gives_up"), scenario)),
              HasSubstr("accept-stopped: "));
}

TEST(ProcessWorldTest, AServerMayHaveTheDescriptorsThatAScenarioIsAbout) {
  const std::string server = "ulimit -Sn >&2; exec " + PythonServer("epoll_echo");
  const rlimit former = SetSoftLimit(RLIMIT_NOFILE, 300);
  const RunResult many = RunServer(server, "c[1..400] connect\n");
  EXPECT_EQ(Told(many), "");
  EXPECT_EQ(many.output, "656\n");
  SetSoftLimit(RLIMIT_NOFILE, 300);
  EXPECT_EQ(RunServer(server, "a connect\n").output, "300\n");
  setrlimit(RLIMIT_NOFILE, &former);
}

TEST(ProcessWorldTest, ALimitThatIsNotReachedIsTold) {
  std::string scenario;  // with no more at a time than the backlog takes
  for (int last = 0; last < 1040; last += 104) {
    scenario += fmt::format("c[{}..{}] connect\n", last + 1, last + 104);
  }
  EXPECT_EQ(RunServer(PythonServer("epoll_echo"), scenario).limit_missed, "");
  EXPECT_THAT(RunServer("ulimit -n 200; exec " + PythonServer("epoll_echo"), scenario).limit_missed,
              HasSubstr("above 1023"));
}

// ---- One client keeps the others waiting, whatever the server is made of.

constexpr char kSilentCrowd[] =
    "a connect\ns[1..3] connect\nb connect\nb read all\nb send 16B\nwait 1s\n"
    "s[4..64] connect\nc connect\nc read all\nc send 16B\n";

TEST(HeldUpTest, AWorkerThatServesOneClientAtATimeIsReportedForThatAlone) {
  for (const std::string patience : {"", " 30"}) {
    const std::string told = Told(RunServer(PythonServer("one_worker") + patience, kSilentCrowd));
    EXPECT_THAT(told, HasSubstr("head-of-line-blocking: the server sleeps in recv on a's "
                                "connection, while s[1] waits to be accepted"))
        << patience;
    EXPECT_THAT(told, Not(HasSubstr("stalled: "))) << patience;
  }
}

TEST(HeldUpTest, APoolIsReportedWithTheNumberOfClientsThatItTakes) {
  EXPECT_THAT(Told(RunServer(ThreadPool(), kSilentCrowd)),
              HasSubstr("head-of-line-blocking: the server sleeps in recv on the connections of 64 "
                        "clients (a, s[1], s[2], ...), while "));
}

TEST(HeldUpTest, AServerWithAThreadOrAProcessForEachIsNot) {
  for (const std::string& server : {PythonServer("threaded_echo"), ForkEcho()}) {
    EXPECT_EQ(Told(RunServer(server, kSilentCrowd)), "") << server;
  }
}

TEST(ProcessWorldTest, AnInterruptEndsTheWait) {
  const RunResult result = RunServer(PythonServer("epoll_echo"), "a connect\nserver interrupt\n",
                                     /*record_time_line=*/true);
  EXPECT_EQ(Told(result), "");
  EXPECT_THAT(Lines(result, Kind::kCall),
              Contains(AllOf(HasSubstr("epoll_wait"), HasSubstr("EINTR"))));
}

// Real time would not do for this one.
TEST(ProcessWorldTest, TimeIsVirtual) {
  const RunResult result =
      RunServer(PythonServer("tells_time"), "a connect\nwait 23h\nb connect\n");
  EXPECT_EQ(Told(result), "");
  std::istringstream output(result.output);
  std::vector<double> clocks;
  std::string word;
  double clock = 0;
  while (output >> word) {
    if (word == "clock" && output >> clock) clocks.push_back(clock);
    output.clear();
  }
  ASSERT_GE(clocks.size(), 2u) << result.output;
  EXPECT_GE(clocks.back() - clocks.front(), 23 * 3600.0);
  EXPECT_LT(clocks.back() - clocks.front(), 24 * 3600.0);
}

TEST(ProcessWorldTest, AServerIsAskedToStopBySigterm) {
  const RunResult result =
      RunServer(PythonServer("tells_time"), "a connect\nserver stop\nexpect server stopped\n");
  EXPECT_EQ(Told(result), "");
  EXPECT_THAT(result.output, HasSubstr("asked to stop\n"));
}

TEST(ProcessWorldTest, AServerThatDoesNotStopIsReported) {
  EXPECT_THAT(Told(RunServer(PythonServer("ignores_sigterm"), "a connect\na close\n")),
              HasSubstr("shutdown-hang: "));
}

// ---- What is seen.

TEST(ProcessWorldTest, AWorkerThatCrashesWithItsConnectionsIsReported) {
  const RunResult result =
      RunServer(PythonServer("crashing_worker"),
                "c[1..5] connect\nc[1..5] read all\nc[1..5] send 100\na connect\n"
                "a send \"crash\"\n");
  EXPECT_THAT(
      Told(result),
      HasSubstr(
          "server-died: a process of the server with several connections was killed by SIGSEGV"));
  EXPECT_EQ(Told(RunServer(PythonServer("crashing_worker"),
                           "c[1..5] connect\nc[1..5] read all\nc[1..5] send 100\n"
                           "expect c[1..5] received 100\n")),
            "");
}

TEST(ProcessWorldTest, ADescriptorClosedTwiceIsReported) {
  EXPECT_THAT(Told(RunServer(PythonServer("closes_twice"), "a connect\na close\n")),
              HasSubstr("fd-misuse: "));
}

TEST(ProcessWorldTest, ABusyLoopIsReportedWithItsReason) {
  EXPECT_THAT(Told(RunServer(PythonServer("fin_ignored"), "a connect\na shutdown write\n")),
              ContainsRegex("busy-loop: the server was woken 20 times in a row by IN"));
}

TEST(ProcessWorldTest, ABusyLoopNamesTheSocketWhateverItWaitsWith) {
  for (const char* const server : {"fin_ignored", "select_fin_ignored"}) {
    EXPECT_THAT(
        Told(RunServer(PythonServer(server), "a connect\na shutdown write\n")),
        ContainsRegex("woken 20 times in a row by IN[|A-Z]* on a new client's connection and"))
        << server;
  }
}

TEST(ProcessWorldTest, ALostAnswerIsReported) {
  EXPECT_THAT(Told(RunServer(PythonServer("partial_send"), "a connect\na send 4MiB\na read all\n")),
              HasSubstr("lost-bytes: "));
}

TEST(ProcessWorldTest, TheLastOfTheOutputIsKept) {
  const RunResult result =
      RunServer("echo it starts; echo with a warning >&2; exec " + PythonServer("epoll_echo"),
                "a connect\na close\n");
  EXPECT_THAT(result.output, HasSubstr("it starts\nwith a warning\n"));
}

TEST(ProcessWorldTest, RunsOfOneWorldDoNotTouchEachOther) {
  Target target;
  target.name = "reset_kills";
  target.protocol = Protocol::kEcho;
  target.third_party = true;
  ProcessWorld world(Started(PythonServer("reset_kills")));
  const Scenario bad = ParseScenario("a connect\na send 5\na reset\n", "bad.scn");
  const Scenario good = ParseScenario("a connect\na read all\na send 5\na close\n", "good.scn");
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(Told(world.Run(bad, target, {})), HasSubstr("server-died: "));
    EXPECT_EQ(Told(world.Run(good, target, {})), "");
  }
}

TEST(ProcessWorldTest, NoProcessIsLeftAfterARun) {
  for (const char* const name :
       {"keeps_port", "forks_away", "ignores_sigterm", "crashing_worker"}) {
    Lifeline lifeline;
    RunServer(lifeline.Prefix() + PythonServer(name), "a connect\na send \"crash\"\n");
    EXPECT_TRUE(lifeline.IsLetGoWithin(0)) << name;
  }
}

}  // namespace
}  // namespace hupstorm
