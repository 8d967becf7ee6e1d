#include "scenarios/worlds/outside_world.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "scenarios/language/parse.h"
#include "target/documented/documented.h"
#include "target/reference/reference.h"
#include "tests/process/process_run.h"
#include "tests/process/third_party_server.h"
#include "tests/scenarios/control_server.h"

namespace hupstorm {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

Scenario FromText(const std::string& text) { return ParseScenario(text, "test.scn"); }

Scenario FromSuite(const std::string& name) {
  std::ifstream file(std::string(HUPSTORM_SUITE) + "/" + name + ".scn");
  std::stringstream text;
  text << file.rdbuf();
  return ParseScenario(text.str(), name + ".scn");
}

std::set<std::string> OraclesOf(const RunResult& result) {
  std::set<std::string> names;
  for (const Finding& finding : result.findings) names.insert(finding.oracle);
  return names;
}

// One run against a server that is started for it.
RunResult RunAgainst(const Target& target, const Scenario& scenario,
                     std::chrono::nanoseconds stop_patience = std::chrono::seconds(30)) {
  ThirdPartyServer third_party(target.serve);
  OutsideServer server = third_party.AsOutsideServer();
  server.stop_patience = stop_patience;
  OutsideWorld world(server);
  EXPECT_EQ(world.WhyNot(scenario), "");
  return world.Run(scenario, target, {});
}

// ---- What is right.

// A word of every area of the suite.
const char* const kScenarios[] = {
    "accept/burst",
    "accept/queue-overflows",
    "descriptors/many-then-few",
    "fairness/flood-beside-a-word",
    "half-close/many-at-once",
    "half-close/while-another-talks",
    "hup-err/connect-reset-connect",
    "hup-err/rounds-of-storms",
    "lifecycle/a-busy-day",
    "lifecycle/stop-with-idle-clients",
    "reset/mid-stream",
    "reset/rounds-of-resets-while-finishing",
    "reuse/many-at-once",
    "slow-reader/never-reads",
    "slow-reader/reads-at-last",
    "urgent/in-the-middle",
};

class ReferenceFromOutsideTest : public ::testing::TestWithParam<Target> {};

TEST_P(ReferenceFromOutsideTest, IsFoundGuiltyOfNothing) {
  ThirdPartyServer third_party(GetParam().serve);
  OutsideWorld world(third_party.AsOutsideServer());
  for (const char* const name : kScenarios) {
    const Scenario scenario = FromSuite(name);
    if (!world.WhyNot(scenario).empty()) continue;
    EXPECT_EQ(Told(world.Run(scenario, GetParam(), {})), "") << name;
  }
}

INSTANTIATE_TEST_SUITE_P(References, ReferenceFromOutsideTest,
                         ::testing::ValuesIn(ReferenceTargets()), [](const auto& info) {
                           std::string name = info.param.name.substr(info.param.name.find('/') + 1);
                           std::erase(name, '-');
                           return name;
                         });

TEST(MendedFromOutsideTest, ServersOfOtherProtocolsAreFoundGuiltyOfNothing) {
  const std::pair<DocumentedServer, std::vector<std::string>> kServers[] = {
      {DocumentedServer::kEpollAck, {"ack/answers-a-message", "ack/rounds-of-clients"}},
      {DocumentedServer::kEpollHttp, {"http/one-request", "http/rounds-of-requests"}}};
  for (const auto& [server, names] : kServers) {
    const Target target = DocumentedTarget(server, AllMends(server));
    for (const std::string& name : names) {
      EXPECT_EQ(Told(RunAgainst(target, FromSuite(name))), "") << name;
    }
  }
}

// ---- What is wrong.

struct Control {
  std::string test;
  std::string oracle;
  Bug bug;
  bool http;
  std::string scenario;
};

const Control kControls[] = {
    {"ResetEndsTheServer", "server-died", Bug::kDiesOfReset, false,
     "a connect\na send 100\na reset\n"},
    {"ServeReturns", "server-died", Bug::kReturns, false, "a connect\na close\n"},
    {"FinIgnored", "close-wait-leak", Bug::kIgnoresFin, false, "a connect\na shutdown write\n"},
    {"FinSpins", "busy-loop", Bug::kIgnoresFin, false, "a connect\na close\n"},
    {"ResetForgotten", "fd-leak", Bug::kForgetsAfterReset, false,
     "c[1..3] connect\nc[1..3] reset\n"},
    {"WriteInterestKept", "busy-loop", Bug::kAlwaysAsksToWrite, false, "a connect\na send 5\n"},
    {"AnswerHeldBack", "stalled", Bug::kWaitsForMore, false,
     "a connect\na read all\na send 64\na send 64\n"},
    {"SendBlocks", "head-of-line-blocking", Bug::kBlocks, false,
     // What a sends may be lost and sent again, which takes Linux 200 ms and more: b asks until
     // then.
     "a connect\nb connect\na send 32MiB\nb send 10\nwait 400ms\nb send 10\nwait 600ms\n"
     "b send 10\nwait 900ms\nb send 10\n"},
    {"QueueGrows", "unbounded-queue", Bug::kReadsWithoutBound, false, "a connect\na send 32MiB\n"},
    {"ClosedWithUnreadInput", "truncated-response", Bug::kClosesUnread, true,
     "target http\na connect\na read all\na request 4KiB\n"},
    {"ResponseNeverEnds", "truncated-response", Bug::kNeverEnds, true,
     "target http\na connect\na read all\na request\n"},
    {"ExpectationBroken", "expectation", Bug::kWaitsForMore, false,
     "a connect\na read all\na send 64\nexpect a received 64\n"},
};

class OracleFromOutsideTest : public ::testing::TestWithParam<Control> {};

TEST_P(OracleFromOutsideTest, CatchesThePlantedBug) {
  const Control& control = GetParam();
  const RunResult result =
      RunAgainst(ControlTarget(control.bug, control.http), FromText(control.scenario));
  EXPECT_THAT(OraclesOf(result), Contains(control.oracle)) << Told(result);
}

TEST_P(OracleFromOutsideTest, LeavesTheCorrectServerAlone) {
  const Control& control = GetParam();
  EXPECT_EQ(Told(RunAgainst(ControlTarget(Bug::kNone, control.http), FromText(control.scenario))),
            "");
}

INSTANTIATE_TEST_SUITE_P(Controls, OracleFromOutsideTest, ::testing::ValuesIn(kControls),
                         [](const auto& info) { return info.param.test; });

TEST(GuiltFromOutsideTest, AServerThatGoesOnWhenAskedToStopIsCaught) {
  const RunResult result = RunAgainst(ControlTarget(Bug::kIgnoresStop), FromText("a connect\n"),
                                      std::chrono::milliseconds(200));
  EXPECT_THAT(OraclesOf(result), Contains("shutdown-hang"));
}

TEST(GuiltFromOutsideTest, TheDocumentsServersAreCaught) {
  struct Case {
    const char* defect;
    const char* scenario;
    std::vector<std::string> oracles;
  };
  const Case kCases[] = {
      {"doc000/epoll-queue/fin-ignored",
       "half-close/idle",
       {"close-wait-leak", "busy-loop", "fd-leak"}},
      {"doc001/poll/urgent-data-kills", "urgent/one-byte", {"server-died"}},
      {"doc002/epoll-ack/unregister-after-close", "ack/first-close", {"server-died"}},
      {"doc003/epoll-http/unbounded-request", "http/endless-header", {"unbounded-queue"}},
  };
  for (const Case& one : kCases) {
    const Defect* const defect = FindDefect(one.defect);
    ASSERT_NE(defect, nullptr) << one.defect;
    const Target target = DocumentedTarget(defect->server, AllBut(*defect));
    const RunResult result = RunAgainst(target, FromSuite(one.scenario));
    EXPECT_THAT(OraclesOf(result), IsSupersetOf(one.oracles)) << one.defect << "\n" << Told(result);
  }
}

TEST(GuiltFromOutsideTest, TheDeathOfAServerIsToldInItsOwnWords) {
  const RunResult result =
      RunAgainst(ControlTarget(Bug::kDiesOfReset), FromText("a connect\na send 100\na reset\n"));
  ASSERT_THAT(OraclesOf(result), Contains("server-died"));
  EXPECT_THAT(Told(result), HasSubstr("exit(1)"));
  EXPECT_THAT(Told(result), HasSubstr("uncaught exception"));
}

// ---- Servers of other kinds.

enum class Bind { kIPv4, kIPv6, kBoth };

int ListenOn(uint16_t port, Bind kind) {
  const bool is_ipv4 = kind == Bind::kIPv4;
  const int fd = socket(is_ipv4 ? AF_INET : AF_INET6, SOCK_STREAM, 0);
  sockaddr_storage address = {};
  if (is_ipv4) {
    auto& ipv4 = reinterpret_cast<sockaddr_in&>(address);
    ipv4.sin_family = AF_INET;
    ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ipv4.sin_port = htons(port);
  } else {
    auto& ipv6 = reinterpret_cast<sockaddr_in6&>(address);
    ipv6.sin6_family = AF_INET6;
    ipv6.sin6_port = htons(port);
    if (kind == Bind::kIPv6) ipv6.sin6_addr = in6addr_loopback;
    const int off = 0;
    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  const socklen_t length = is_ipv4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), length) != 0) _exit(3);
  listen(fd, 128);
  return fd;
}

void EchoUntilEnd(int fd) {
  std::array<char, 4096> bytes;
  while (true) {
    const ssize_t count = recv(fd, bytes.data(), bytes.size(), 0);
    if (count <= 0) return;
    if (send(fd, bytes.data(), static_cast<size_t>(count), MSG_NOSIGNAL) < 0) return;
  }
}

// One process for each connection. With `leaks` the parent keeps each connection open too.
void ForkForEach(uint16_t port, Bind kind, bool leaks = false) {
  signal(SIGCHLD, SIG_IGN);
  const int listener = ListenOn(port, kind);
  while (true) {
    const int fd = accept(listener, nullptr, nullptr);
    if (fork() == 0) {
      close(listener);
      EchoUntilEnd(fd);
      _exit(0);
    }
    if (!leaks) close(fd);
  }
}

Target EchoTarget(std::function<void(uint16_t)> serve) {
  Target target;
  target.name = "echo";
  target.third_party = true;
  target.serve = std::move(serve);
  return target;
}

constexpr char kTalk[] =
    "c[1..5] connect\nc[1..5] read all\nc[1..5] send 10KiB\nexpect c[1..5] received 10KiB\n"
    "c[1] shutdown write\nexpect c[1] eof\nc[2] reset\nc[3] close\n";

TEST(ThirdPartyServerTest, AProcessForEachConnectionIsWatchedWithItsParent) {
  const auto serve = [](uint16_t port) { ForkForEach(port, Bind::kIPv4); };
  EXPECT_EQ(Told(RunAgainst(EchoTarget(serve), FromText(kTalk))), "");
}

TEST(ThirdPartyServerTest, AParentThatKeepsTheConnectionsOfItsChildrenIsCaught) {
  const auto serve = [](uint16_t port) { ForkForEach(port, Bind::kIPv4, /*leaks=*/true); };
  const RunResult result = RunAgainst(EchoTarget(serve), FromText(kTalk));
  EXPECT_THAT(OraclesOf(result), Contains("fd-leak")) << Told(result);
}

sockaddr_storage IPv6Loopback(uint16_t port) {
  sockaddr_storage address = {};
  auto& ipv6 = reinterpret_cast<sockaddr_in6&>(address);
  ipv6.sin6_family = AF_INET6;
  ipv6.sin6_addr = in6addr_loopback;
  ipv6.sin6_port = htons(port);
  return address;
}

uint16_t PortOf(const sockaddr_storage& address) {
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

bool HasIPv6() {
  const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_storage address = IPv6Loopback(0);
  const bool has =
      fd >= 0 && bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(sockaddr_in6)) == 0;
  if (fd >= 0) close(fd);
  return has;
}

TEST(ThirdPartyServerTest, ADualStackServerIsSeenByBothFamilies) {
  if (!HasIPv6()) GTEST_SKIP() << "this machine has no IPv6";
  for (const bool by_ipv6 : {false, true}) {
    for (const bool leaks : {false, true}) {
      const Target target =
          EchoTarget([&](uint16_t port) { ForkForEach(port, Bind::kBoth, leaks); });
      ThirdPartyServer third_party(target.serve);
      OutsideServer server = third_party.AsOutsideServer();
      server.start = [&](uint64_t) {
        OutsideServer::Instance instance = third_party.Start();
        if (by_ipv6) instance.address = IPv6Loopback(PortOf(instance.address));
        return instance;
      };
      OutsideWorld world(server);
      const RunResult result = world.Run(FromText(kTalk), target, {});
      if (leaks) {
        EXPECT_THAT(OraclesOf(result), Contains("close-wait-leak")) << Told(result);
      } else {
        EXPECT_EQ(Told(result), "");
      }
    }
  }
}

// Its processes cannot be looked at.
TEST(ThirdPartyServerTest, OneWhoseProcessesAreHiddenIsJudgedByItsSockets) {
  for (const Bug bug : {Bug::kNone, Bug::kIgnoresFin}) {
    const Target target = ControlTarget(bug);
    ThirdPartyServer third_party(target.serve);
    OutsideServer server = third_party.AsOutsideServer();
    server.start = [&](uint64_t) {
      OutsideServer::Instance instance = third_party.Start();
      instance.root = INT32_MAX;  // beyond the kernel's limit of process numbers
      return instance;
    };
    OutsideWorld world(server);
    const RunResult result = world.Run(FromText("a connect\na shutdown write\n"), target, {});
    if (bug == Bug::kNone) {
      EXPECT_EQ(Told(result), "");
    } else {
      EXPECT_THAT(OraclesOf(result), Contains("close-wait-leak")) << Told(result);
      EXPECT_THAT(OraclesOf(result), Not(Contains("busy-loop")));  // nothing is known of its time
    }
  }
}

// ---- A server that runs already.

TEST(RunningServerTest, ItServesAllRunsAndIsNotStopped) {
  const Target target = ReferenceTargets().front();
  ThirdPartyServer third_party(target.serve);
  OutsideWorld world({.start = {}, .ended = {}, .address = third_party.Start().address});
  EXPECT_EQ(Told(world.Run(FromText(kTalk), target, {})), "");
  EXPECT_EQ(Told(world.Run(FromSuite("hup-err/rounds-of-storms"), target, {})), "");
  EXPECT_FALSE(third_party.Ended().has_value());
}

TEST(RunningServerTest, ItsDeathIsNoticed) {
  const Target target = ControlTarget(Bug::kDiesOfReset);
  ThirdPartyServer third_party(target.serve);
  OutsideWorld world({.start = {}, .ended = {}, .address = third_party.Start().address});
  const Scenario scenario = FromText("a connect\na send 100\na reset\n");
  EXPECT_THAT(OraclesOf(world.Run(scenario, target, {})), Contains("server-died"));
  EXPECT_THROW(world.Run(scenario, target, {}), WorldFailed);
}

TEST(RunningServerTest, OneElsewhereIsRefusedUnlessAllowed) {
  sockaddr_storage address = {};
  auto& ipv4 = reinterpret_cast<sockaddr_in&>(address);
  ipv4.sin_family = AF_INET;
  ipv4.sin_addr.s_addr = htonl(0xC0000201);  // 192.0.2.1, for documentation
  ipv4.sin_port = htons(9);
  EXPECT_THROW(OutsideWorld({.start = {}, .ended = {}, .address = address}), std::invalid_argument);
  EXPECT_NO_THROW(
      OutsideWorld({.start = {}, .ended = {}, .address = address, .allow_remote = true}));
}

// ---- What cannot be had.

TEST(WhyNotFromOutsideTest, ScenariosThatNeedTheServersCallsAreLeftOut) {
  ThirdPartyServer third_party(ReferenceTargets().front().serve);
  const OutsideWorld starts(third_party.AsOutsideServer());
  for (const char* const text :
       {"a connect\nat recv 1 of a: a reset\na send 5\n", "fault send short 1 once\na connect\n",
        "limit descriptors 3\na connect\n", "server buffer send 4KiB\na connect\n",
        "a connect\nserver interrupt\n", "a connect\na vanish\n", "a connect\nwait 3s\n"}) {
    EXPECT_NE(starts.WhyNot(FromText(text)), "") << text;
  }
  EXPECT_EQ(starts.WhyNot(FromText("a connect\nwait 1s\nserver stop\n")), "");
  OutsideServer running;
  running.address = third_party.Start().address;
  const OutsideWorld connects(running);
  EXPECT_NE(connects.WhyNot(FromText("a connect\nserver stop\n")), "");
}

}  // namespace
}  // namespace hupstorm
