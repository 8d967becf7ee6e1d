#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/language/parse.h"
#include "tests/scenarios/control_server.h"
#include "tests/scenarios/listening_on.h"
#include "tests/scenarios/world_under_test.h"

namespace hupstorm {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

RunResult RunText(const std::string& text, Bug bug = Bug::kNone) {
  WorldUnderTest world;
  const Scenario scenario = ParseScenario(text, "test.scn");
  return world.Run(scenario, ControlTarget(bug), {.record_time_line = true});
}

// All entries of one kind, in order.
std::vector<std::string> Texts(const RunResult& result, TimeLineEntry::Kind kind) {
  std::vector<std::string> texts;
  for (const TimeLineEntry& entry : result.time_line) {
    if (entry.kind == kind) texts.push_back(entry.text);
  }
  return texts;
}

TEST(WorldTest, StepsAreCarriedOutInOrder) {
  const RunResult result = RunText("a connect\na send 10\na close\n");
  EXPECT_THAT(Texts(result, TimeLineEntry::Kind::kStep),
              ElementsAre("a connect", "a send 10B", "a close"));
  EXPECT_THAT(result.findings, IsEmpty());
}

#ifndef HUPSTORM_TEST_ON_LINUX  // which chooses ports, and how much a buffer takes, as it likes
std::string WholeTimeLine(const RunResult& result) {
  std::string all;
  for (const TimeLineEntry& entry : result.time_line) {
    all += std::to_string(static_cast<int>(entry.kind)) + " " + std::to_string(entry.ns) + " " +
           entry.text + "\n";
  }
  return all;
}

TEST(WorldTest, TheSameScenarioGivesTheSameTimeLine) {
  const std::string text =
      "c[1..20] connect\nat recv 3: c[2] reset\nfault send short 7 times 9\n"
      "c[1..20] send 5000\neach c[1..5] shutdown write\nwait 3s\nc[1..20] read all\n";
  WorldUnderTest world;
  const Scenario scenario = ParseScenario(text, "test.scn");
  const Target target = ControlTarget(Bug::kNone);
  const std::string first = WholeTimeLine(world.Run(scenario, target, {.record_time_line = true}));
  // Once more in the same world, after another scenario, and in a new one.
  world.Run(ParseScenario("a connect\na send 1MiB\na reset\n", "other.scn"), target, {});
  EXPECT_EQ(WholeTimeLine(world.Run(scenario, target, {.record_time_line = true})), first);
  EXPECT_EQ(WholeTimeLine(RunText(text)), first);
  EXPECT_THAT(first, HasSubstr("recv("));
}
#endif

TEST(WorldTest, StepsJoinedByAndReachTheServerInOneBatch) {
  const auto wakes = [](const std::string& text) {
    int count = 0;
    for (const std::string& call : Texts(RunText(text), TimeLineEntry::Kind::kCall)) {
      if (call.starts_with("poll(")) ++count;
    }
    return count;
  };
  EXPECT_EQ(wakes("a connect\nb connect\na send 10\nb send 10\n"),
            wakes("a connect\nb connect\na send 10\nand b send 10\n") + 1);
}

TEST(WorldTest, AGroupActsTogetherAndEachActsInTurn) {
  EXPECT_THAT(Texts(RunText("c[1..3] connect\n"), TimeLineEntry::Kind::kStep),
              ElementsAre("c[1..3] connect"));
  EXPECT_THAT(Texts(RunText("each c[1..3] connect\n"), TimeLineEntry::Kind::kStep),
              ElementsAre("c[1] connect", "c[2] connect", "c[3] connect"));
}

TEST(WorldTest, APlacedStepFallsJustBeforeItsCall) {
  const RunResult result = RunText("a connect\nat send 1 of a: a reset\na send 100\n");
  for (size_t i = 0; i + 1 < result.time_line.size(); ++i) {
    if (result.time_line[i].kind != TimeLineEntry::Kind::kPlacedStep) continue;
    EXPECT_THAT(result.time_line[i + 1].text, HasSubstr("send("));
    EXPECT_THAT(result.time_line[i + 1].text, HasSubstr("ECONNRESET"));
    return;
  }
  ADD_FAILURE() << "the placed step was not carried out";
}

TEST(WorldTest, APlacedStepWhoseCallNeverComesIsNamed) {
  const RunResult result = RunText("a connect\nat recv 5 of a: a reset\na send 100\n");
  EXPECT_THAT(result.steps_not_reached, ElementsAre(1));
}

TEST(WorldTest, WaitMovesTheClockAndNothingElse) {
  const RunResult result = RunText("a connect\nwait 30s\na close\n");
  EXPECT_THAT(Texts(result, TimeLineEntry::Kind::kClock), ElementsAre("30000 ms"));
  EXPECT_THAT(result.findings, IsEmpty());
}

TEST(WorldTest, AFindingNamesTheStepAndTheLine) {
  const RunResult result =
      RunText("# Comment.\na connect\na send 5\na read all\nexpect a received 6\n");
  ASSERT_THAT(result.findings, SizeIs(1));
  EXPECT_EQ(result.findings[0].oracle, "expectation");
  EXPECT_EQ(result.findings[0].file, "test.scn");
  EXPECT_EQ(result.findings[0].line, 5);
  EXPECT_EQ(result.findings[0].step, 4);
  EXPECT_THAT(result.findings[0].evidence, HasSubstr("a has received 5 bytes"));
}

TEST(WorldTest, TheSameBugHasTheSameFingerprintUnderAnotherScenario) {
  const RunResult one = RunText("a connect\na send 10\na reset\n", Bug::kDiesOfReset);
  const RunResult other = RunText("b connect\nb send 7000\nb reset\nwait 5s\n", Bug::kDiesOfReset);
  ASSERT_THAT(one.findings, SizeIs(1));
  ASSERT_THAT(other.findings, SizeIs(1));
  EXPECT_EQ(one.findings[0].fingerprint, other.findings[0].fingerprint);
}

TEST(WorldTest, AnExpectationHasTheSameFingerprintAtAnotherStep) {
  const RunResult one = RunText("a connect\na send 5\na read all\nexpect a received 6\n");
  const RunResult later =
      RunText("b connect\na connect\na send 7\na read all\nexpect a received 6\n");
  const RunResult other = RunText("a connect\na send 5\na read all\nexpect a received 7\n");
  ASSERT_THAT(one.findings, SizeIs(1));
  ASSERT_THAT(later.findings, SizeIs(1));
  ASSERT_THAT(other.findings, SizeIs(1));
  EXPECT_EQ(one.findings[0].fingerprint, later.findings[0].fingerprint);
  EXPECT_NE(one.findings[0].fingerprint, other.findings[0].fingerprint);
}

TEST(WorldTest, TheTimeLineChangesNoFinding) {
  const Scenario scenario = ParseScenario("a connect\na send 10\na close\n", "test.scn");
  WorldUnderTest world;
  for (const Bug bug : {Bug::kNone, Bug::kIgnoresFin, Bug::kClosesTwice, Bug::kLogsWrongClient}) {
    const RunResult with = world.Run(scenario, ControlTarget(bug), {.record_time_line = true});
    const RunResult without = world.Run(scenario, ControlTarget(bug), {});
    ASSERT_EQ(with.findings.size(), without.findings.size());
    for (size_t i = 0; i < with.findings.size(); ++i) {
      EXPECT_EQ(with.findings[i].fingerprint, without.findings[i].fingerprint);
      EXPECT_EQ(with.findings[i].evidence, without.findings[i].evidence);
    }
    EXPECT_THAT(without.time_line, IsEmpty());
  }
}

TEST(WorldTest, SocketsAreShownAsTheScriptLeftThem) {
  const RunResult result =
      RunText("a connect\na send 10\na shutdown write\nb connect\n", Bug::kIgnoresFin);
  ASSERT_THAT(result.sockets, SizeIs(2));
  EXPECT_EQ(result.sockets[0].client, "a");
  EXPECT_EQ(result.sockets[0].server_state, "CLOSE-WAIT");
  EXPECT_EQ(result.sockets[0].client_state, "FIN-WAIT-2");
  EXPECT_EQ(result.sockets[0].client_recv_q, 10u);
  EXPECT_EQ(result.sockets[1].server_state, "ESTAB");
}

TEST(WorldTest, WhatIsExpectedMayComeByATimer) {
  const Scenario scenario = ParseScenario(
      "a connect\na read all\na send 100\nexpect a received 100\n"
      "a shutdown write\nexpect a eof\n",
      "late.scn");
  WorldUnderTest world;
  EXPECT_THAT(world.Run(scenario, ControlTarget(Bug::kAnswersLate), {}).findings, IsEmpty());
}

TEST(WorldTest, AnEndBehindUnreadInputIsAnEnd) {
  const Scenario scenario =
      ParseScenario("a connect\na shutdown write\nexpect a eof\n", "greeting.scn");
  WorldUnderTest world;
  EXPECT_THAT(world.Run(scenario, ControlTarget(Bug::kGreets, Speaks::kNone), {}).findings,
              IsEmpty());
}

TEST(WorldTest, AStoppedServerEndsTheScript) {
  const RunResult result = RunText("a connect\nserver stop\nexpect server stopped\n");
  EXPECT_THAT(result.findings, IsEmpty());
}

// Blocks in accept, and logs each interruption of it. The handler of SIGTERM ends it.
volatile sig_atomic_t asked_to_stop = 0;

void Log(std::string_view line) {
  if (write(STDOUT_FILENO, line.data(), line.size()) < 0) abort();
}

Target AcceptingTarget(int handler_flags) {
  Target target;
  target.name = "test/blocks-in-accept";
  target.serve = [handler_flags](uint16_t port) {
    struct sigaction action = {};
    action.sa_handler = [](int) { asked_to_stop = 1; };
    action.sa_flags = handler_flags;
    asked_to_stop = 0;
    sigaction(SIGTERM, &action, nullptr);
    const int listener = ListeningOn(port);
    while (asked_to_stop == 0) {
      const int client = accept(listener, nullptr, nullptr);
      if (client < 0 && errno == EINTR) Log("interrupted\n");
      if (client >= 0) close(client);
    }
    close(listener);
  };
  return target;
}

std::vector<std::string> LogOf(const Target& target, const std::string& text) {
  WorldUnderTest world;
  const Scenario scenario = ParseScenario(text, "test.scn");
  return Texts(world.Run(scenario, target, {.record_time_line = true}), TimeLineEntry::Kind::kLog);
}

TEST(WorldTest, ABlockingAcceptIsInterruptedWhereAHandlerLetsItBe) {
  const std::string text = "target any\na connect\nserver interrupt\nb connect\nserver stop\n";
  EXPECT_THAT(LogOf(AcceptingTarget(0), text), ElementsAre("interrupted", "interrupted"));
}

TEST(WorldTest, ABlockingAcceptIsRestartedWhereTheOnlyHandlerAsksForIt) {
  const std::string text = "target any\na connect\nserver interrupt\nb connect\n";
  EXPECT_THAT(LogOf(AcceptingTarget(SA_RESTART), text), IsEmpty());
}

// Takes connections in, and leaves the end of their input alone: each stays ready for ever. Sends
// back what it reads.
Target SpinningTarget(int events_a_wait, bool logs, int timeout_ms = -1) {
  Target target;
  target.name = "test/spins";
  target.serve = [=](uint16_t port) {
    const int listener = ListeningOn(port);
    const int epoll = epoll_create1(0);
    epoll_event watch = {.events = EPOLLIN, .data = {.fd = listener}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &watch);
    std::vector<epoll_event> events(static_cast<size_t>(events_a_wait));
    while (true) {
      const int count = epoll_wait(epoll, events.data(), events_a_wait, timeout_ms);
      if (logs) Log("woken\n");
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<size_t>(i)].data.fd;
        if (fd == listener) {
          watch.data.fd = accept(listener, nullptr, nullptr);
          epoll_ctl(epoll, EPOLL_CTL_ADD, watch.data.fd, &watch);
          continue;
        }
        char bytes[1024];
        const ssize_t taken = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (taken > 0) send(fd, bytes, static_cast<size_t>(taken), MSG_NOSIGNAL);
      }
    }
  };
  return target;
}

TEST(WorldTest, ALogLineIsNoProgress) {
  WorldUnderTest world;
  const Scenario scenario = ParseScenario("a connect\na shutdown write\n", "test.scn");
  const RunResult result =
      world.Run(scenario, SpinningTarget(8, /*logs=*/true), {.record_time_line = true});
  int waits = 0;
  for (const TimeLineEntry& entry : result.time_line) {
    if (entry.kind == TimeLineEntry::Kind::kFinding) break;
    waits += entry.text.starts_with("epoll_wait");
  }
  EXPECT_GE(waits, 20);
  EXPECT_LE(waits, 30);
}

// Each tick that it may have missed costs a run of fruitless waits.
TEST(WorldTest, ASpinnerIsNotWatchedThroughAllTicksOfALongWait) {
  WorldUnderTest world;
  const Scenario scenario = ParseScenario("a connect\na shutdown write\nwait 1h\n", "test.scn");
  const Target target = SpinningTarget(8, /*logs=*/false, /*timeout_ms=*/10);
  const RunResult result = world.Run(scenario, target, {.record_time_line = true});
  const auto is_wait = [](const TimeLineEntry& entry) {
    return entry.text.starts_with("epoll_wait");
  };
  EXPECT_LE(std::count_if(result.time_line.begin(), result.time_line.end(), is_wait), 300);
}

// Here it takes a dozen waits to see all that is ready. A server that is known to spin is not
// watched for long, but for long enough that nobody is kept waiting because of that.
TEST(WorldTest, AKnownSpinnerIsStillShownAllThatIsReady) {
  WorldUnderTest world;
  const Scenario scenario = ParseScenario(
      "c[1..25] connect\neach c[1..25] shutdown write\na connect\na read all\na send 10\n"
      "expect a received 10B\n",
      "test.scn");
  const RunResult result = world.Run(scenario, SpinningTarget(2, /*logs=*/false), {});
  std::set<std::string> oracles;
  for (const Finding& finding : result.findings) oracles.insert(finding.oracle);
  EXPECT_THAT(oracles, Contains("busy-loop"));
  EXPECT_THAT(oracles, Not(Contains("expectation")));
  EXPECT_THAT(oracles, Not(Contains("accept-stopped")));
}

// Its listener is ready for ever, as it has no descriptor for the client.
Target DeafTarget(bool asks) {
  Target target;
  target.name = "test/deaf";
  target.serve = [asks](uint16_t port) {
    const int listener = ListeningOn(port);
    const int epoll = epoll_create1(0);
    epoll_event watch = {.events = EPOLLIN, .data = {.fd = listener}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &watch);
    while (epoll_wait(epoll, &watch, 1, -1) >= 0) {
      const int client = accept(listener, nullptr, nullptr);
      if (client >= 0) close(client);
      sockaddr_in peer = {};
      socklen_t length = sizeof peer;
      if (asks) getpeername(listener, reinterpret_cast<sockaddr*>(&peer), &length);
    }
  };
  return target;
}

// What it does besides may depend on how fast it runs.
TEST(WorldTest, AListenerThatIsReadyForEverIsOneBugWhateverElseTheServerDoes) {
  WorldUnderTest world;
  const Scenario scenario =
      ParseScenario("target any\nlimit descriptors 0\na connect\nwait 1s\n", "test.scn");
  std::set<std::string> fingerprints;
  for (const bool asks : {false, true}) {
    int spins = 0;
    for (const Finding& finding : world.Run(scenario, DeafTarget(asks), {}).findings) {
      if (finding.oracle != "busy-loop") continue;
      fingerprints.insert(finding.fingerprint);
      ++spins;
    }
    EXPECT_EQ(spins, 1);
  }
  EXPECT_EQ(fingerprints.size(), 1u);
}

TEST(WorldTest, ShowsWhatClientsHaveSeenAfterTheScriptAndOnceMoreWhenAllIsRead) {
  WorldUnderTest world;
  std::vector<ClientView> views;
  RunOptions options;
  options.client_views = &views;
  const Scenario scenario = ParseScenario(
      "a connect\na read all\na send 10B\nb connect\nb send 20B\nc connect\nc reset\n"
      "a shutdown write\n",
      "test.scn");
  world.Run(scenario, ControlTarget(Bug::kNone), options);
  using State = ClientView::State;
  EXPECT_THAT(
      views,
      ElementsAre(ClientView{'a', 0, 10, State::kEndOfInput}, ClientView{'b', 0, 0, State::kOpen},
                  ClientView{'c', 0, 0, State::kOpen, true},
                  ClientView{'a', 0, 10, State::kEndOfInput}, ClientView{'b', 0, 20, State::kOpen},
                  ClientView{'c', 0, 0, State::kOpen, true}));
}

TEST(WorldTest, ShowsWhatClientsHaveSeenInEachRound) {
  WorldUnderTest world;
  std::vector<ClientView> views;
  RunOptions options;
  options.client_views = &views;
  world.Run(ParseScenario("rounds 3\na connect\n", "test.scn"), ControlTarget(Bug::kNone), options);
  EXPECT_THAT(views, SizeIs(6));
}

}  // namespace
}  // namespace hupstorm
