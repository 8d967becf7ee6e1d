// How long a server is waited for: by timers, in spins, without rests, and round after round.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/timespec.h"
#include "scenarios/language/parse.h"
#include "tests/scenarios/control_server.h"
#include "tests/scenarios/world_under_test.h"

namespace hupstorm {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

RunResult RunOn(const Target& target, const std::string& text) {
  WorldUnderTest world;
  return world.Run(ParseScenario(text, "test.scn"), target, {.record_time_line = true});
}

std::set<std::string> OraclesIn(const RunResult& result) {
  std::set<std::string> oracles;
  for (const Finding& finding : result.findings) oracles.insert(finding.oracle);
  return oracles;
}

int ListenOn(uint16_t port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  listen(listener, 100);
  return listener;
}

// Echoes, and closes a connection some time after its end, by a timer that it looks at when woken.
struct Lingers {
  int64_t close_after_ns = kMillisecondNs;
  int64_t tick_ns = 0;  // wakes at least so often while there is a timer; 0: for timers only
  bool spins_until_then = false;  // leaves what has been reset in the set meanwhile
  bool answers_by_timer = false;  // and echoes as late
};

class LingeringServer {
 public:
  explicit LingeringServer(const Lingers& options) : options_(options) {}

  [[noreturn]] void Serve(uint16_t port) {
    const int listener = ListenOn(port);
    epoll_ = epoll_create1(0);
    Watch(EPOLL_CTL_ADD, listener, EPOLLIN);
    while (true) {
      epoll_event events[16];
      const int count = epoll_wait(epoll_, events, 16, TimeoutMs());
      for (int i = 0; i < count; ++i) {
        if (events[i].data.fd == listener) {
          const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
          if (fd >= 0) Watch(EPOLL_CTL_ADD, fd, EPOLLIN);
        } else {
          OnReady(events[i].data.fd, events[i].events);
        }
      }
      OnTimers();
    }
  }

 private:
  static int64_t Now() {
    timespec now = {};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * kSecondNs + now.tv_nsec;
  }

  void Watch(int operation, int fd, uint32_t events) {
    epoll_event watch = {.events = events, .data = {.fd = fd}};
    epoll_ctl(epoll_, operation, fd, &watch);
  }

  int TimeoutMs() const {
    int64_t first = -1;
    for (const auto& [fd, due] : due_) first = first < 0 ? due : std::min(first, due);
    if (first < 0) return -1;
    int64_t left = std::max<int64_t>(first - Now(), 0) + kMillisecondNs - 1;
    if (options_.tick_ns > 0) left = std::min(left, options_.tick_ns);
    return static_cast<int>(left / kMillisecondNs);
  }

  void OnReady(int fd, uint32_t events) {
    char bytes[1024];
    const bool lost = (events & (EPOLLHUP | EPOLLERR)) != 0;
    if (lost && options_.spins_until_then) {
      due_.try_emplace(fd, Now() + options_.close_after_ns);
      return;
    }
    const ssize_t count = recv(fd, bytes, sizeof bytes, 0);
    if (count > 0 && options_.answers_by_timer) {
      answers_[fd].append(bytes, static_cast<size_t>(count));
      due_.try_emplace(fd, Now() + options_.close_after_ns);
    } else if (count > 0) {
      send(fd, bytes, static_cast<size_t>(count), MSG_NOSIGNAL);
    } else if (count == 0 || errno != EAGAIN) {
      Watch(EPOLL_CTL_DEL, fd, 0);
      ended_.insert(fd);
      due_.try_emplace(fd, Now() + options_.close_after_ns);
    }
  }

  void OnTimers() {
    const int64_t now = Now();
    for (auto it = due_.begin(); it != due_.end();) {
      const auto [fd, due] = *it;
      if (due > now) {
        ++it;
        continue;
      }
      const std::string answer = std::exchange(answers_[fd], "");
      if (!answer.empty()) send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
      if (answer.empty() || ended_.count(fd) != 0) {
        close(fd);
        ended_.erase(fd);
        answers_.erase(fd);
      }
      it = due_.erase(it);
    }
  }

  const Lingers options_;
  int epoll_ = -1;
  std::map<int, int64_t> due_;  // by descriptor
  std::map<int, std::string> answers_;
  std::set<int> ended_;
};

Target LingeringTarget(const Lingers& options) {
  Target target;
  target.name = "test/lingers";
  target.serve = [options](uint16_t port) { LingeringServer(options).Serve(port); };
  return target;
}

constexpr char kComeAndGo[] =
    "a connect\na read all\na send 10\nb connect\nb send 2000\nc connect\nc shutdown write\na "
    "close\n";

TEST(PatienceTest, AConnectionMayBeClosedByATimer) {
  for (const int64_t after : {kMillisecondNs, 5 * kSecondNs, 60 * kSecondNs}) {
    EXPECT_THAT(RunOn(LingeringTarget({.close_after_ns = after}), kComeAndGo).findings, IsEmpty())
        << after;
  }
}

TEST(PatienceTest, AServerWithAShortTickIsGivenAsLong) {
  EXPECT_THAT(
      RunOn(LingeringTarget({.close_after_ns = 30 * kSecondNs, .tick_ns = 10 * kMillisecondNs}),
            kComeAndGo)
          .findings,
      IsEmpty());
}

TEST(PatienceTest, AWaitOfAnHourIsNoHourOfTicks) {
  const RunResult result =
      RunOn(LingeringTarget({.close_after_ns = 1800 * kSecondNs, .tick_ns = 10 * kMillisecondNs}),
            "a connect\na read all\na shutdown write\nwait 1h\nexpect a eof\n");
  EXPECT_THAT(OraclesIn(result), Not(Contains("expectation")));
  EXPECT_LT(result.calls, 5000U);
}

TEST(PatienceTest, WhatIsOwedAtTheEndMayComeByATimer) {
  EXPECT_THAT(RunOn(LingeringTarget({.close_after_ns = 2 * kSecondNs, .answers_by_timer = true}),
                    "a connect\na send 10\nb connect\nb read all\nb send 20\nb shutdown write\n")
                  .findings,
              IsEmpty());
}

// Echoes 256 bytes each 20 ms, to one client after the other.
Target DrippingTarget() {
  Target target;
  target.name = "test/drips";
  target.serve = [](uint16_t port) {
    const int listener = ListenOn(port);
    while (true) {
      pollfd news = {.fd = listener, .events = POLLIN, .revents = 0};
      poll(&news, 1, -1);
      const int fd = accept(listener, nullptr, nullptr);
      char bytes[256];
      ssize_t count;
      while ((count = recv(fd, bytes, sizeof bytes, 0)) > 0) {
        usleep(20'000);
        if (send(fd, bytes, static_cast<size_t>(count), MSG_NOSIGNAL) < 0) break;
      }
      close(fd);
    }
  };
  return target;
}

TEST(PatienceTest, AServerThatGetsOnSlowlyIsGivenTimeUntilItDoesNot) {
  const Target drips = DrippingTarget();
  EXPECT_THAT(
      RunOn(drips, "a connect\na read all\na send 60KiB\nexpect a received 60KiB\n").findings,
      IsEmpty());
  EXPECT_THAT(RunOn(drips, "a connect\na send 60KiB\na shutdown write\n").findings, IsEmpty());
}

TEST(PatienceTest, AFindingNamesHowLongTheServerWasGiven) {
  const RunResult result =
      RunOn(LingeringTarget({.close_after_ns = 1000 * kSecondNs, .tick_ns = kSecondNs}),
            "a connect\na shutdown write\n");
  for (const Finding& finding : result.findings) {
    if (finding.oracle != "close-wait-leak") continue;
    EXPECT_THAT(finding.evidence,
                AllOf(HasSubstr("a has sent its FIN"), HasSubstr(", also 75 s later")));
    return;
  }
  FAIL() << "it holds the connection for a quarter of an hour";
}

// While one connection keeps it awake the clock goes on, and its timers with it.
TEST(PatienceTest, WhatOneConnectionSpinsForIsNoFindingAboutOthers) {
  for (const int64_t after : {kMillisecondNs, 5 * kSecondNs}) {
    const RunResult result =
        RunOn(LingeringTarget({.close_after_ns = after, .spins_until_then = true}),
              "a connect\nb connect\nb read all\na reset\nb send 10\nexpect b received 10B\n"
              "b shutdown write\nexpect b connected\n");
    EXPECT_THAT(OraclesIn(result), ElementsAre("busy-loop")) << after;
  }
}

#ifndef HUPSTORM_TEST_ON_LINUX  // there it depends on when the server gets to its accept
// Closes whoever comes.
Target ClosingTarget(int backlog) {
  Target target;
  target.name = "closing";
  target.protocol = Protocol::kNone;
  target.serve = [backlog](uint16_t port) {
    pollfd watched = {.fd = ListenOn(port), .events = POLLIN, .revents = 0};
    listen(watched.fd, backlog);
    while (poll(&watched, 1, -1) == 1) close(accept(watched.fd, nullptr, nullptr));
  };
  return target;
}

TEST(PatienceTest, WhoFindsNoRoomInTheBacklogIsConnectedASecondLater) {
  const std::string five = "target any\nc[1..5] connect\n";
  const std::string expected = "expect c[1..5] connected\n";
  EXPECT_THAT(OraclesIn(RunOn(ClosingTarget(1), five + expected)), ElementsAre("expectation"));
  EXPECT_THAT(OraclesIn(RunOn(ClosingTarget(1), five + "wait 1s\n" + expected)), IsEmpty());
  EXPECT_THAT(OraclesIn(RunOn(ClosingTarget(4), five + expected)), IsEmpty());
}
#endif

// Sends `bytes` to whoever comes, without waiting for anything.
Target PouringTarget(uint64_t bytes) {
  Target target;
  target.name = "test/pours";
  target.protocol = Protocol::kNone;
  target.serve = [bytes](uint16_t port) {
    const int listener = ListenOn(port);
    const int epoll = epoll_create1(0);
    epoll_event watch = {.events = EPOLLIN, .data = {.fd = listener}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &watch);
    const std::string block(1 << 16, 'x');
    while (true) {
      epoll_event event;
      if (epoll_wait(epoll, &event, 1, -1) != 1) continue;
      const int fd = accept(listener, nullptr, nullptr);
      if (fd < 0) continue;
      for (uint64_t sent = 0; sent < bytes;) {
        const ssize_t count = send(fd, block.data(), block.size(), MSG_NOSIGNAL);
        if (count <= 0) break;
        sent += static_cast<uint64_t>(count);
      }
      close(fd);
    }
  };
  return target;
}

TEST(PatienceTest, AServerThatNeverRestsIsEndedAndItIsSaid) {
  const std::string text = "target any\na connect\na read all\nb connect\n";
  EXPECT_TRUE(RunOn(PouringTarget(UINT64_MAX), text).never_at_rest);
  const RunResult bounded = RunOn(PouringTarget(1 << 20), text);
  EXPECT_FALSE(bounded.never_at_rest);
  EXPECT_THAT(bounded.findings, IsEmpty());
}

size_t RoundsOf(const RunResult& result) {
  return 1 + static_cast<size_t>(std::count_if(
                 result.time_line.begin(), result.time_line.end(),
                 [](const TimeLineEntry& entry) { return entry.text == "the next round begins"; }));
}

// Each round would take longer than the one before.
TEST(PatienceTest, RoundsEndWhereEachHasLeftMoreDescriptors) {
  const std::string text = "rounds 40\na[1..3] connect\na[1..3] reset\n";
  const RunResult leaks = RunOn(ControlTarget(Bug::kForgetsAfterReset), text);
  EXPECT_EQ(RoundsOf(leaks), 10u);
  EXPECT_THAT(OraclesIn(leaks), testing::Contains("fd-leak"));
  EXPECT_EQ(RoundsOf(RunOn(ControlTarget(Bug::kNone), text)), 40u);
}

// ---- One bug has one fingerprint, and two have two.

std::set<std::string> FingerprintsOf(const std::string& oracle, const RunResult& result) {
  std::set<std::string> fingerprints;
  for (const Finding& finding : result.findings) {
    if (finding.oracle == oracle) fingerprints.insert(finding.fingerprint);
  }
  return fingerprints;
}

TEST(FingerprintTest, AWrongResponseIsNotOneThatAResetDestroys) {
  const std::string text = "target http\na connect\na read all\na send 4KiB\n";
  const auto wrong = FingerprintsOf(
      "truncated-response", RunOn(ControlTarget(Bug::kAnswersWrongly, Speaks::kExpectClose), text));
  const auto reset = FingerprintsOf(
      "truncated-response", RunOn(ControlTarget(Bug::kClosesUnread, Speaks::kExpectClose), text));
  const auto cut = FingerprintsOf(
      "truncated-response", RunOn(ControlTarget(Bug::kCutsResponse, Speaks::kExpectClose), text));
  ASSERT_THAT(wrong, Not(IsEmpty()));
  ASSERT_THAT(reset, Not(IsEmpty()));
  ASSERT_THAT(cut, Not(IsEmpty()));
  for (const std::string& fingerprint : wrong) {
    EXPECT_EQ(reset.count(fingerprint), 0u);
    EXPECT_EQ(cut.count(fingerprint), 0u);
  }
}

// Stops accepting at an error of accept: of which one is another bug, unless both are of one kind.
TEST(FingerprintTest, WhatAcceptFailedWithTellsServersThatStopAcceptingApart) {
  const auto stops = [](const std::string& error) {
    return FingerprintsOf("accept-stopped",
                          RunOn(ControlTarget(Bug::kStopsAccepting),
                                "a connect\nfault accept " + error + " once\nb connect\n"));
  };
  ASSERT_EQ(stops("EMFILE").size(), 1u);
  ASSERT_EQ(stops("ECONNABORTED").size(), 1u);
  EXPECT_NE(stops("EMFILE"), stops("ECONNABORTED"));
  EXPECT_EQ(stops("EMFILE"), stops("ENOBUFS"));
}

// Ends at any error of accept.
Target DyingTarget() {
  Target target;
  target.name = "test/dies";
  target.protocol = Protocol::kNone;
  target.serve = [](uint16_t port) {
    const int listener = ListenOn(port);
    const int epoll = epoll_create1(0);
    epoll_event watch = {.events = EPOLLIN, .data = {.fd = listener}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &watch);
    while (true) {
      epoll_event event;
      if (epoll_wait(epoll, &event, 1, -1) != 1) continue;
      sockaddr_in client = {};  // Linux tells of ECONNABORTED only if the address is asked for
      socklen_t size = sizeof client;
      const int fd = accept(listener, reinterpret_cast<sockaddr*>(&client), &size);
      if (fd < 0 && errno != EAGAIN) break;
      if (fd >= 0) close(fd);
    }
    close(epoll);
    close(listener);
  };
  return target;
}

TEST(FingerprintTest, WhatAcceptFailedWithTellsServersThatDieApart) {
  const auto dies = [](const std::string& error) {
    return FingerprintsOf("server-died", RunOn(DyingTarget(), "target any\nfault accept " + error +
                                                                  " once\na connect\n"));
  };
  ASSERT_EQ(dies("EMFILE").size(), 1u);
  ASSERT_EQ(dies("ECONNABORTED").size(), 1u);
  EXPECT_NE(dies("EMFILE"), dies("ECONNABORTED"));
}

}  // namespace
}  // namespace hupstorm
