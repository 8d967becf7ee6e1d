// The bugs that people have reported of other servers are found by the suite, whatever the loop,
// the language and the number of threads; and the servers without them are let alone.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <cstdint>
#include <iostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/tools/command.h"

namespace hupstorm {
namespace {

using ::testing::AnyOf;
using ::testing::AnyOfArray;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

using Words = std::vector<std::string>;

constexpr std::string_view kNative = HUPSTORM_PUBLIC_BUGS;
constexpr std::string_view kPython = HUPSTORM_PUBLIC_BUGS_IN_PYTHON;

enum Languages : uint8_t { kCpp, kPythonOnly, kBoth };

struct PublicBug {
  std::string name;      // worker.cc has what it is
  std::string options;   // of the server, beside the bug
  std::string scenario;  // that tells, or a folder of them
  Words oracles;         // that may report it: one of them at least does
  Words loops;
  Languages languages = kBoth;
  // With several, a busy driver may be too late to see it: by night alone.
  bool by_day_with_one_thread = false;
};

const Words kLevelTriggered = {"epoll", "poll", "select"};
const Words kAllLoops = {"epoll", "epoll-et", "poll", "select"};
const Words kTellOfHangUps = {"epoll", "poll"};

// clang-format off
const std::vector<PublicBug> kPublicBugs = {
    {"emfile-spins", "", "descriptors/none-at-all", {"busy-loop"}, kLevelTriggered},
    {"emfile-ends", "", "accept/emfile-once", {"server-died"}, kAllLoops},
    {"emfile-never-again", "", "descriptors/none-at-all", {"accept-stopped"}, kAllLoops},
    {"half-close-loses", "", "half-close/stays-half-closed", {"lost-bytes"}, kAllLoops},
    {"hup-spins", "--late 20", "reset", {"busy-loop"}, kTellOfHangUps, kCpp},
    {"hup-spins", "--proxy", "slow-reader/half-closes-first", {"busy-loop"}, kTellOfHangUps, kCpp, true},
    {"shut-wr-spins", "", "half-close/idle", {"busy-loop"}, kLevelTriggered},
    {"pause-forgets", "", "hup-err/error-while-paused", {"fd-leak"}, kAllLoops},
    {"fin-ends-both", "--proxy", "half-close/stays-half-closed", {"lost-bytes"}, kAllLoops},
    {"forgets-peer", "--proxy", "reset/idle", {"fd-leak"}, kAllLoops},
    {"answers-itself", "--proxy", "reset/mid-stream", {"busy-loop"}, kAllLoops},
    {"writev-offset", "", "slow-reader/reads-at-last", {"lost-bytes"}, kAllLoops},
    {"fin-in-request", "--lines", "half-close/twice", {"close-wait-leak"}, kAllLoops},
    {"blocking-accept", "--processes 4", "accept", {"close-wait-leak", "stalled", "accept-stopped"}, kAllLoops},
    {"silent-blocks", "", "timing/long-idle", {"head-of-line-blocking"}, kAllLoops},
    {"fd-setsize", "", "descriptors/beyond-fd-setsize", {"busy-loop"}, {"select"}, kCpp},
    {"fd-setsize", "", "descriptors/beyond-fd-setsize", {"server-died"}, {"select"}, kPythonOnly},
};
// clang-format on

constexpr std::string_view kLines = "request \"PING\\r\\n\"\nresponse \"+PONG\\r\\n\"\n";

struct Server {
  std::string options;
  std::string loop = "epoll";
  int threads = 1;
  bool in_python = false;
};

std::string CommandOf(const Server& server) {
  return std::string(server.in_python ? kPython : kNative) + " {port} --loop " + server.loop +
         " --threads " + std::to_string(server.threads) + " " + server.options;
}

// "oracle" of each finding of a run; all scenarios if none is named.
std::set<std::string> Found(const Server& server, Words scenarios) {
  const TemporaryFolder folder;
  const bool speaks_lines = server.options.find("--lines") != std::string::npos;
  const std::string protocol =
      speaks_lines ? "expect:" + folder.Write("lines.expect", kLines) : "echo";
  scenarios.insert(scenarios.begin(), {"run", "--world", "loopback", "--exec", CommandOf(server),
                                       "--protocol", protocol, "--json"});
  const CommandResult result = Hupstorm(scenarios);
  EXPECT_THAT(result.exit_code, AnyOf(0, 1)) << CommandOf(server) << "\n" << result.err;
  std::set<std::string> oracles;
  const nlohmann::json report = JsonOf(result);
  for (const auto& finding : report.at("findings")) oracles.insert(finding.at("oracle"));
  if (::testing::Test::HasFailure()) std::cerr << report.dump(1);
  return oracles;
}

// Each loop with one thread and with four, in both languages; or, if not `all`, some of them.
std::vector<Server> ServersWith(const PublicBug& bug, bool all) {
  std::vector<Server> servers;
  int turn = static_cast<int>(bug.name.size());
  bool in_python = false;
  for (const std::string& loop : bug.loops) {
    for (const int threads : {1, 4}) {
      const bool is_its_turn = (threads == 1) == (turn % 2 == 0 || bug.by_day_with_one_thread);
      const std::string options = "--bug " + bug.name + " " + bug.options;
      if (bug.languages != kPythonOnly && (all || (is_its_turn && servers.size() < 3))) {
        servers.push_back({options, loop, threads, false});
      }
      if (bug.languages == kCpp || loop == "epoll-et") continue;
      if (all || (is_its_turn && loop != "epoll" && !std::exchange(in_python, true))) {
        servers.push_back({options, loop, threads, true});
      }
    }
    ++turn;
  }
  return servers;
}

class PublicBugTest : public testing::TestWithParam<PublicBug> {};

TEST_P(PublicBugTest, IsFoundWhateverTheLoopTheLanguageAndTheNumberOfThreads) {
  for (const Server& server : ServersWith(GetParam(), /*all=*/false)) {
    EXPECT_THAT(Found(server, {GetParam().scenario}), Contains(AnyOfArray(GetParam().oracles)))
        << CommandOf(server);
  }
}

// Without the bug, the scenarios that tell of the bugs.
class CorrectFormTest : public testing::TestWithParam<std::string> {};

TEST_P(CorrectFormTest, IsLetAlone) {
  std::set<std::string> tell;
  for (const PublicBug& bug : kPublicBugs) tell.insert(bug.scenario);
  tell.erase("descriptors/beyond-fd-setsize");  // 1,100 clients: the whole suite has it at night
  Words scenarios(tell.begin(), tell.end());
  // Lines are short, and requests therefore many.
  if (GetParam() == "--lines") scenarios = {"accept/emfile-once", "half-close/twice"};
  const Words loops = GetParam().empty() ? kAllLoops : Words{"epoll-et", "select"};
  for (const std::string& loop : loops) {
    const Server server{GetParam(), loop, loop == "select" ? 4 : 1};
    EXPECT_THAT(Found(server, scenarios), IsEmpty()) << CommandOf(server);
  }
}

// It moves the bytes of its clients often before anything of theirs moves.
TEST(ProxyTest, IsNoBusyLoopAsItPassesOnAFlood) {
  for (const std::string& loop : kLevelTriggered) {
    const Server server{"--proxy", loop};
    EXPECT_THAT(Found(server, {"fairness/connect-during-a-flood"}), Not(Contains("busy-loop")))
        << CommandOf(server);
  }
}

// ---- The whole suite, for those who have the time.

class WholeSuiteTest : public testing::TestWithParam<PublicBug> {};

TEST_P(WholeSuiteTest, FindsTheBugWithin60SOfTheClock) {
  for (const Server& server : ServersWith(GetParam(), /*all=*/true)) {
    EXPECT_THAT(Found(server, {}), Contains(AnyOfArray(GetParam().oracles))) << CommandOf(server);
  }
}

class WholeSuiteOnCorrectFormTest : public testing::TestWithParam<std::string> {};

TEST_P(WholeSuiteOnCorrectFormTest, NothingIsFound) {
  for (const std::string& loop : kAllLoops) {
    for (const int threads : {1, 4}) {
      for (const bool in_python : {false, true}) {
        if (in_python && (loop == "epoll-et" || GetParam().starts_with("--late"))) continue;
        const Server server{GetParam(), loop, threads, in_python};
        EXPECT_THAT(Found(server, {}), IsEmpty()) << CommandOf(server);
      }
    }
  }
}

const auto kName = [](const auto& info) {
  const std::string language = info.param.languages == kPythonOnly ? "InPython" : "";
  std::string name = info.param.name + info.param.options + language;
  std::erase_if(name, [](unsigned char letter) { return std::isalnum(letter) == 0; });
  return name;
};
INSTANTIATE_TEST_SUITE_P(Bugs, PublicBugTest, testing::ValuesIn(kPublicBugs), kName);
INSTANTIATE_TEST_SUITE_P(Whole, WholeSuiteTest, testing::ValuesIn(kPublicBugs), kName);

const auto kFormName = [](const auto& info) {
  std::string name = "As" + info.param;
  std::erase_if(name, [](unsigned char letter) { return std::isalnum(letter) == 0; });
  return name;
};
INSTANTIATE_TEST_SUITE_P(Forms, CorrectFormTest, testing::Values("", "--late 2", "--lines"),
                         kFormName);
INSTANTIATE_TEST_SUITE_P(Whole, WholeSuiteOnCorrectFormTest,
                         testing::Values("", "--late 2", "--late 20", "--lines", "--proxy",
                                         "--processes 4"),
                         kFormName);

}  // namespace
}  // namespace hupstorm
