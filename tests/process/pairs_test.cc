// Correct servers of many makes, in which nothing may be found, and the twin of each, with one bug,
// which must be: a few scenarios that tell them apart, and a few random ones. Every night the whole
// suite and 2,000 random ones are run on those that are correct (ctest -C nightly -L nightly).
// Compiled twice: for servers that are held on Linux, and with HUPSTORM_INSIDE for the simulated
// kernel in their own process (tests/inside).

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/files.h"
#include "scenarios/language/parse.h"
#include "scenarios/language/print.h"
#ifdef HUPSTORM_INSIDE
#include "scenarios/worlds/inside/inside_world.h"
#else
#include "scenarios/worlds/process_world.h"
#endif
#include "tools/gate/smoke.h"

namespace hupstorm {
namespace {

struct Pair {
  std::string name;
  std::vector<std::string> scenarios;  // that tell them apart
  std::set<std::string> oracles;       // of the bug: one of them reports it, and no other does
  Protocol protocol = Protocol::kEcho;
};

#ifdef HUPSTORM_INSIDE
#define SERVERS ServersInside
constexpr uint64_t kRandomRuns = 1000;
std::unique_ptr<World> MakeWorld(const std::string& command) {
  return std::make_unique<InsideWorld>(
      InsideOptions{.command = command, .library = HUPSTORM_INSIDE});
}
// A fork takes it away from the kernel in its process.
std::string WhyNot(const Pair& pair) {
  const std::set<std::string> forking = {"answers_by_helper", "fork_a_client", "prefork"};
  return forking.contains(pair.name) ? "it has several processes" : "";
}
bool CanBeFound(const Pair&) { return true; }
#else
#define SERVERS Servers
constexpr uint64_t kRandomRuns = 10;
std::unique_ptr<World> MakeWorld(const std::string& command) {
  return std::make_unique<ProcessWorld>(
      ProcessOptions{.command = command, .preload_library = HUPSTORM_PRELOAD});
}
std::string WhyNot(const Pair&) { return ""; }
// Nobody counts the blocks of a program that is held.
bool CanBeFound(const Pair& pair) { return pair.oracles != std::set<std::string>{"heap-leak"}; }
#endif

void PrintTo(const Pair& pair, std::ostream* out) { *out << pair.name; }

class PairTest : public testing::TestWithParam<Pair> {
 protected:
  PairTest() {
    for (const std::string& name : GetParam().scenarios) {
      const std::string file = std::string(HUPSTORM_SUITE) + "/" + name + ".scn";
      scenarios_.push_back(ParseScenario(ReadWhole(file).value(), file));
    }
    target_.name = GetParam().name;
    target_.protocol = GetParam().protocol;
    target_.third_party = true;
  }

  void SetUp() override {
    if (const std::string why = WhyNot(GetParam()); !why.empty()) GTEST_SKIP() << why;
    if (IsNode() && access("/usr/bin/node", X_OK) != 0) GTEST_SKIP() << "node is not installed";
  }

  static bool IsNode() { return GetParam().name == "node_echo"; }

  std::unique_ptr<World> MakeWorldOf(const std::string& bug) const {
    const std::string server = IsNode() ? "/usr/bin/node " HUPSTORM_TEST_SERVERS
                                          "/pairs/node_echo.js"
                                        : HUPSTORM_PAIRS "/pair_" + GetParam().name;
    return MakeWorld(server + " {port}" + bug);
  }

  // "oracle scenario: evidence" of each finding, and the oracles.
  std::string Findings(const std::string& bug, std::set<std::string>& oracles) {
    std::string all;
    const std::unique_ptr<World> world = MakeWorldOf(bug);
    for (const Scenario& scenario : scenarios_) {
      for (const Finding& finding : world->Run(scenario, target_, RunOptions()).findings) {
        if (finding.oracle != "expectation") oracles.insert(finding.oracle);
        all += finding.oracle + " " + scenario.name + ": " + finding.evidence + "\n";
      }
    }
    return all;
  }

  Target target_;
  std::deque<Scenario> scenarios_;
};

TEST_P(PairTest, NothingIsFoundInTheCorrectOne) {
  std::set<std::string> oracles;
  EXPECT_EQ(Findings("", oracles), "");
}

TEST_P(PairTest, NothingIsFoundInTheCorrectOneByRandomScenarios) {
  // It aborts if epoll_ctl has no memory, and is reported for that, rightly.
  if (IsNode()) GTEST_SKIP() << "libuv takes no ENOMEM";
  std::vector<const Scenario*> seeds;
  for (const Scenario& scenario : scenarios_) seeds.push_back(&scenario);
  SmokeSettings settings;
  settings.isolation.make_world = [this](int) { return MakeWorldOf(""); };
  settings.isolation.server_is_in_worker = false;
  settings.runs = kRandomRuns;
  std::string all;
  for (const SmokeFinding& found : RunSmoke(seeds, target_, settings)) {
    all += found.finding.oracle + " " + found.finding.scenario + ": " + found.finding.evidence +
           "\n" + PrintScenario(found.scenario);
  }
  EXPECT_EQ(all, "");
}

TEST_P(PairTest, TheBugOfItsTwinIsFoundAndNoOther) {
  if (!CanBeFound(GetParam())) GTEST_SKIP() << "this world does not judge it";
  std::set<std::string> oracles;
  const std::string all = Findings(" --bug", oracles);
  EXPECT_THAT(oracles, testing::Not(testing::IsEmpty()));
  EXPECT_THAT(GetParam().oracles, testing::IsSupersetOf(oracles)) << all;
}

INSTANTIATE_TEST_SUITE_P(
    SERVERS, PairTest,
    testing::Values(
        Pair{"answers_by_helper",
             {"accept/burst-that-speaks", "half-close/slow-reader-drains"},
             {"lost-bytes", "stalled", "close-wait-leak", "fd-leak"}},
        Pair{"answers_by_signal",
             {"half-close/many-at-once", "half-close/send-and-shutdown-in-one-batch",
              "reuse/newcomer-during-close"},
             {"lost-bytes"}},
        Pair{"answers_by_thread",
             {"half-close/slow-reader-drains", "short-io/one-byte-reads"},
             {"lost-bytes"}},
        Pair{"answers_by_thread_of_timer",
             {"half-close/many-at-once", "half-close/send-and-shutdown-in-one-batch"},
             {"lost-bytes"}},
        Pair{"answers_by_timer",
             {"half-close/many-at-once", "half-close/send-and-shutdown-in-one-batch"},
             {"lost-bytes"}},
        Pair{"closes_idle",
             {"timing/data-after-a-timeout", "urgent/many", "accept/queue-overflows"},
             {"close-wait-leak", "fd-leak", "stalled"}},
        Pair{"fork_a_client", {"half-close/idle", "reset/idle"}, {"close-wait-leak", "fd-leak"}},
        Pair{"frees_later", {"reset/mid-stream", "reset/rounds-of-resets"}, {"heap-leak"}},
        Pair{"greets_first",
             {"half-close/idle", "half-close/storm-of-silent-fins"},
             {"close-wait-leak", "fd-leak"},
             Protocol::kNone},
        Pair{"keeps_a_pool",
             {"reset/mid-stream", "hup-err/rounds-of-storms", "half-close/many-at-once"},
             {"fd-leak"}},
        Pair{"logs_without_end", {"reset/mid-stream", "reset/idle"}, {"server-died"}},
        Pair{"maps_buffers", {"reset/mid-stream", "reset/rounds-of-resets"}, {"heap-leak"}},
        Pair{"node_echo", {"half-close/idle", "reset/mid-stream"}, {"server-died"}},
        Pair{"opens_its_log_late", {"reset/mid-stream", "hup-err/rounds-of-storms"}, {"fd-leak"}},
        Pair{"prefork",
             {"accept/econnaborted-in-a-crowd", "accept/burst-that-speaks"},
             {"stalled", "close-wait-leak", "fd-leak"}},
        Pair{"spins_before_it_sleeps",
             {"half-close/slow-reader-drains", "half-close/idle"},
             {"busy-loop"}},
        Pair{"takes_a_hundred",
             {"half-close/many-at-once", "fairness/more-ready-than-one-wait-returns",
              "hup-err/rounds-of-storms"},
             {"accept-stopped"}},
        Pair{"thread_a_client",
             {"half-close/idle", "reset/mid-stream"},
             {"close-wait-leak", "fd-leak"}},
        Pair{"thread_pool_of_epoll",
             {"fairness/flood-without-reading", "reset/with-full-queue"},
             {"stalled", "fd-leak"}}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace hupstorm
