// The ends of servers that are not ours, of their processes, and what runs beside them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/process/plain_process.h"
#include "tests/process/process_run.h"
#include "tests/process/servers.h"

namespace hupstorm {
namespace {

using ::testing::HasSubstr;

constexpr char kReset[] = "a connect\nb connect\na send 5\na reset\n";
constexpr char kOneAnswer[] =
    "a connect\na read all\na send 20KiB\nexpect a received 20KiB\na close\n";

// ---- A program that ends while threads of it are held.

TEST(EndingServerTest, OneWhoseExitJoinsAThreadIsNamedOnceWithItsReason) {
  EXPECT_EQ(Told(RunServer(JoinsAtExit(""), kReset)),
            "server-died: it called exit(1): fatal: recv: Connection reset by peer\n");
}

TEST(EndingServerTest, ItsCarefulTwinIsLeftAlone) {
  EXPECT_EQ(Told(RunServer(JoinsAtExit("careful"), kReset)), "");
}

TEST(EndingServerTest, OneWhoseExitNeverEndsIsNamedToo) {
  EXPECT_EQ(Told(RunServer(JoinsAtExit("stuck"), kReset)),
            "server-died: it called exit(1), and has not ended 5 s later: "
            "fatal: recv: Connection reset by peer\n");
}

TEST(EndingServerTest, WhatWasWrittenBeforeItListenedIsNoReason) {
  EXPECT_EQ(Told(RunServer(PythonServer("dies_wordless"), kReset)),
            "server-died: it called exit(3)\n");
}

// ---- A server that starts.

TEST(StartingServerTest, WhatItDoesBeforeItListensIsNotJudged) {
  EXPECT_EQ(Told(RunServer(PythonServer("works_before_it_listens"), kOneAnswer)), "");
}

// ---- Signals.

constexpr char kInterrupted[] =
    "a connect\na read all\na send 10\nserver interrupt\na send 10\nexpect a received 20B\n";

TEST(SignalsTest, HandlersOfFaultsInterruptNoCall) {
  EXPECT_EQ(Told(RunServer(HandlesSignals("faults"), kInterrupted)), "");
  EXPECT_THAT(Told(RunServer(HandlesSignals("alarms"), kInterrupted)), HasSubstr("lost-bytes: "));
}

TEST(SignalsTest, OneThatIsSentAgainAndAgainInterruptsAllTheSame) {
  EXPECT_EQ(Told(RunServer(HandlesSignals("stops"),
                           "a connect\nb connect\na send 5\nserver stop\nexpect server stopped\n")),
            "");
}

// ---- A server that is asked to stop.

TEST(StoppingServerTest, OneThatSleepsForAHelperFirstIsLeftAlone) {
  EXPECT_EQ(Told(RunServer(PythonServer("stops_after_helper"), kOneAnswer)), "");
  EXPECT_EQ(Told(RunServer(PythonServer("stops_after_helper"),
                           "a connect\nserver stop\nexpect server stopped\n")),
            "");
}

// The worker that listens leaves SIGTERM to its master.
TEST(StoppingServerTest, OneThatIsStoppedByItsMasterIsLeftAlone) {
  EXPECT_EQ(Told(RunServer(PythonServer("master_stops"), kOneAnswer)), "");
}

// ---- Time.

// Real time would not do for this one.
TEST(SleepingServerTest, WhateverCallItSleepsInTimeIsVirtual) {
  EXPECT_EQ(Told(RunServer(SleepsInManyWays(),
                           "c[1..20] connect\nc[1..20] read all\nc[1..20] send 1KiB\n"
                           "wait 70s\nexpect c[1..20] received 1KiB\n")),
            "");
}

// However slow the machine: a look at all its threads takes longer than its tick.
TEST(SleepingServerTest, OneWithAShortTickComesToRest) {
  EXPECT_EQ(
      Told(RunServer(ShortTick(),
                     "a connect\na read all\na send 5B\nexpect a received 5B\na shutdown write\n"
                     "expect a eof\nwait 1s\n")),
      "");
}

TEST(SleepingServerTest, SoIsThatOfItsAlarm) {
  EXPECT_EQ(Told(RunServer(PythonServer("answers_by_alarm"),
                           "a connect\na read all\na send 10\nwait 30s\na send 10\n"
                           "expect a received 0B\nwait 31s\nexpect a received 20B\n")),
            "");
}

// It closes a client of which it has heard nothing for five seconds.
TEST(IdleServerTest, WhatAClientSendsAsItsConnectionIsClosedIsNotOwed) {
  EXPECT_EQ(Told(RunServer(HUPSTORM_PAIRS "/pair_closes_idle {port}",
                           "a connect\na read all\na send 10\n"
                           "at close 1 of a: a send 10\nwait 10s\n")),
            "");
}

TEST(IdleServerTest, ThatAClientReadsIsNothingThatItHears) {
  EXPECT_EQ(Told(RunServer(HUPSTORM_PAIRS "/pair_closes_idle {port}",
                           "a connect\na send 10\nwait 4900ms\na read all\nwait 1s\n")),
            "");
}

// It has read nothing yet when it speaks again, and cannot know.
TEST(IdleServerTest, WhatAClientSendsAfterItsConnectionWasClosedIsNotOwed) {
  EXPECT_EQ(Told(RunServer(HUPSTORM_PAIRS "/pair_closes_idle {port}",
                           "a connect\na send 1\nwait 5s\na send 1\n")),
            "");
}

TEST(IdleServerTest, OneThatReadsOnlyAfterItsConnectionWasClosedIsStillIdle) {
  EXPECT_EQ(
      Told(RunServer(HUPSTORM_PAIRS "/pair_closes_idle {port}", "a connect\na send 1\nwait 6s\n")),
      "");
}

TEST(IdleServerTest, OneThatIsCutOffAtOnceWasNotIdleHoweverLateItReads) {
  EXPECT_THAT(Told(RunServer(PythonServer("cuts_off"), "a connect\na send 1\nwait 6s\n")),
              HasSubstr("a had not finished, and the server ended the connection"));
}

// ---- Processes that end, and the server goes on.

TEST(HelperProcessTest, OneThatItsParentKillsIsNoDeathOfTheServer) {
  EXPECT_EQ(Told(RunServer(PythonServer("kills_helpers"),
                           "c[1..3] connect\nc[1..3] read all\nc[1..3] send 100\n"
                           "expect c[1..3] received 100\neach c[1..3] close\n")),
            "");
}

// Each of them has the number 1, as its parent has.
TEST(HelperProcessTest, OnesInPidNamespacesOfTheirOwnMayEnd) {
  EXPECT_EQ(Told(RunServer(PidNamespaces(),
                           "c[1..3] connect\nc[1..3] read all\neach c[1..3] send 1KiB\n"
                           "expect c[1..3] received 1KiB\neach c[1..2] shutdown write\n"
                           "expect c[1..2] eof\nc[3] reset\n")),
            "");
}

// ---- Processes beside the server.

// What comes of `proxy` before a Python server of that name.
RunResult RunBefore(const std::string& name, const std::string& proxy,
                    const std::string& scenario) {
  const std::string port = std::to_string(FreePort());
  std::string backend = PythonServer(name);
  backend.replace(backend.find("{port}"), 6, port);
  const PlainProcess process(backend);
  EXPECT_GE(ConnectTo(std::stoi(port), nullptr), 0);
  return RunServer(proxy + " " + port, scenario);
}

TEST(NeighbourTest, ABackendsAnswerIsAwaited) {
  const RunResult result = RunBefore("delayed_answer", Proxy(),
                                     "c[1..8] connect\nc[1..8] read all\n"
                                     "each c[1..8] send 1KiB\nexpect c[1..8] received 1KiB\n"
                                     "c[1..4] send 300KiB\nexpect c[1..4] received 301KiB\n"
                                     "c[5..8] shutdown write\nexpect c[5..8] eof\n");
  EXPECT_EQ(Told(result), "");
}

TEST(NeighbourTest, AConnectionThatABackendHadNoRoomForIsAwaited) {
  const RunResult result = RunBefore("short_backlog", PythonServer("async_proxy"),
                                     "c[1..6] connect\nc[1..6] read all\n"
                                     "each c[1..6] send 1KiB\nexpect c[1..6] received 1KiB\n");
  EXPECT_EQ(Told(result), "");
}

}  // namespace
}  // namespace hupstorm
