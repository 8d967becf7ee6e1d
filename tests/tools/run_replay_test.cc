#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <set>
#include <sstream>

#include "tests/tools/command.h"

namespace hupstorm {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kReferences[] =
    "reference/epoll-lt,reference/epoll-et,reference/poll,reference/select";

constexpr char kHalfClose[] =
    "# A client sends, half-closes at once and only then reads.\n"
    "target echo\n"
    "a connect\n"
    "a send 64KiB\n"
    "a shutdown write\n"
    "a read all\n"
    "expect a received 64KiB\n"
    "expect a eof\n";

// The words of a command line without quotes, without the first.
std::vector<std::string> Arguments(const std::string& command) {
  std::istringstream words(command);
  std::vector<std::string> arguments;
  std::string word;
  words >> word;
  while (words >> word) arguments.push_back(word);
  return arguments;
}

TEST(RunTest, TheReferencesAreClean) {
  const CommandResult result = Hupstorm({"run", "--target", kReferences});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(result.out, HasSubstr("nothing found"));
}

TEST(RunTest, ADocumentedServerIsReportedWithFileLineAndReplay) {
  const CommandResult result = Hupstorm({"run", "--target", "doc000/epoll-queue"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out,
              ContainsRegex("^[0-9]+ bugs: [0-9]+ high, [0-9]+ medium \\([0-9]+ findings; --all"));
  EXPECT_THAT(result.out,
              ContainsRegex("target/documented/epoll_queue.cc:[0-9]+: busy-loop: [^\n]*\n"
                            "  high, replay [^\n]*; because recv returned 0, the end of input in "
                            "EpollQueueServer::ReadFrom; [^\n]*also seen as close-wait-leak, fd-"));
  EXPECT_THAT(result.out,
              HasSubstr("To see one: hupstorm replay SCENARIO --target doc000/epoll-queue\n"));
  EXPECT_THAT(result.out, Not(HasSubstr("\033"))) << "colour without a terminal";
}

TEST(RunTest, TheExitCodeIsOfWhatIsGraveEnough) {
  // A client that has half-closed goes without its answer.
  const auto run = [](const char* severity) {
    return Hupstorm({"run", "half-close", "--target", "doc001/poll", "--mend",
                     "all-but=half-close-drops-queue", "--severity", severity});
  };
  EXPECT_EQ(run("medium").exit_code, 1);
  const CommandResult high = run("high");
  EXPECT_EQ(high.exit_code, 0) << high.out;
  EXPECT_THAT(high.out, HasSubstr("lost-bytes")) << "it is told all the same";
}

TEST(RunTest, EqualFindingsAreShownOnceUnlessAllAreAskedFor) {
  const CommandResult grouped = Hupstorm({"run", "--target", "doc000/epoll-queue"});
  const CommandResult all = Hupstorm({"run", "--target", "doc000/epoll-queue", "--all"});
  EXPECT_THAT(grouped.out, HasSubstr("the same in "));
  EXPECT_THAT(all.out, Not(HasSubstr("the same in ")));
  EXPECT_GT(all.out.size(), grouped.out.size());
}

TEST(RunTest, JsonHasTheDocumentedShape) {
  const TemporaryFolder folder;
  const std::string path = folder.Write("half.scn", kHalfClose);
  const CommandResult result = Hupstorm({"run", path, "--target", "doc000/epoll-queue", "--json"});
  EXPECT_EQ(result.exit_code, 1);
  const nlohmann::json json = JsonOf(result);
  EXPECT_EQ(json.at("target"), "doc000/epoll-queue");
  EXPECT_EQ(json.at("world"), "simulated");
  EXPECT_EQ(json.at("scenarios"), 1);
  ASSERT_FALSE(json.at("findings").empty());
  for (const auto& finding : json.at("findings")) {
    EXPECT_EQ(finding.at("file"), path);
    EXPECT_NE(finding.at("evidence"), "");
    EXPECT_TRUE(finding.at("step").is_number_integer());
    EXPECT_EQ(finding.at("fingerprint").get<std::string>().size(), 16u);
    EXPECT_THAT(finding.at("place").at("file").get<std::string>(), EndsWith("epoll_queue.cc"));
    EXPECT_GT(finding.at("place").at("line"), 0);
  }
  ASSERT_EQ(json.at("bugs").size(), 1u) << "a forgotten FIN, whoever notices it";
  const auto& bug = json.at("bugs").front();
  EXPECT_GE(bug.at("findings"), 3) << "all but what the scenario expects";
  EXPECT_THAT(bug.at("oracles").get<std::vector<std::string>>(), Contains("close-wait-leak"));
  EXPECT_EQ(bug.at("bug"), json.at("findings").front().at("bug"));
}

TEST(RunTest, EachReplayCommandShowsItsFinding) {
  const nlohmann::json json = JsonOf(Hupstorm({"run", "--target", "doc001/select", "--json"}));
  std::set<std::string> tried;
  for (const auto& finding : json.at("findings")) {
    if (!tried.insert(finding.at("oracle")).second) continue;  // one of each kind
    const CommandResult replay = Hupstorm(Arguments(finding.at("replay")));
    EXPECT_EQ(replay.exit_code, 1) << finding.at("replay");
    EXPECT_THAT(replay.out, HasSubstr(finding.at("oracle").get<std::string>() + ": "));
  }
  EXPECT_GE(tried.size(), 2u);
}

TEST(RunTest, TheSuiteTravelsWithTheExecutable) {
  const TemporaryFolder folder;
  CommandInput input;
  input.folder = folder.path();
  input.program = folder.path() + "/moved";
  std::filesystem::copy_file(HUPSTORM_COMMAND, input.program);
  const CommandResult result =
      Hupstorm({"run", "half-close", "--target", "reference/poll", "--json"}, input);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_GT(JsonOf(result).at("scenarios"), 3);
}

TEST(RunTest, AFolderRunsWhatFitsTheTarget) {
  const TemporaryFolder folder;
  folder.Write("a/echo.scn", kHalfClose);
  folder.Write("b/http.scn", "target http\na connect\na close\n");
  folder.Write("b/any.scn", "target any\na connect\na close\n");
  const CommandResult result =
      Hupstorm({"run", folder.path(), "--target", "reference/poll", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_EQ(JsonOf(result).at("scenarios"), 2);
}

TEST(RunTest, WhatDoesNotFitIsNamedWithItsReason) {
  const TemporaryFolder folder;
  folder.Write("a/echo.scn", kHalfClose);
  folder.Write("b/http.scn", "target http\na connect\na close\n");
  const CommandResult text = Hupstorm({"run", folder.path(), "--target", "reference/poll"});
  EXPECT_THAT(text.out, ContainsRegex("1 left out: it is written for http servers \\(.*b/http"));
  const nlohmann::json json =
      JsonOf(Hupstorm({"run", folder.path(), "--target", "reference/poll", "--json"}));
  ASSERT_EQ(json.at("left_out").size(), 1u);
  EXPECT_EQ(json.at("left_out")[0].at("reason"), "it is written for http servers");
  EXPECT_EQ(json.at("left_out")[0].at("scenarios").size(), 1u);
}

// select's limit is the number of a descriptor: hupstorm has to have as many clients.
TEST(RunTest, AScenarioThatThisMachineHasNoRoomForIsLeftOutAndNamed) {
  CommandInput shell;
  shell.program = "/bin/sh";
  const CommandResult result =
      Hupstorm({"-c", std::string("ulimit -n 1050 && exec ") + HUPSTORM_COMMAND +
                          " run descriptors --target reference/poll --world loopback --json"},
               shell);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json json = JsonOf(result);
  bool is_told = false;
  for (const auto& each : json.at("left_out")) {
    is_told |= each.at("reason").get<std::string>().find("ulimit -Hn") != std::string::npos;
  }
  EXPECT_TRUE(is_told) << json.dump(1);
}

TEST(RunTest, WorkersDoNotChangeWhatIsFound) {
  const auto run = [](const char* jobs) {
    const CommandResult result =
        Hupstorm({"run", "--target", "doc001/poll", "--json", "--jobs", jobs});
    std::set<std::string> findings;
    const nlohmann::json report = JsonOf(result);
    for (const auto& finding : report.at("findings")) findings.insert(finding.dump());
    return findings;
  };
  const std::set<std::string> one = run("1");
  const std::set<std::string> four = run("4");
  std::vector<std::string> only_once;
  std::set_symmetric_difference(one.begin(), one.end(), four.begin(), four.end(),
                                std::back_inserter(only_once));
  EXPECT_THAT(only_once, ::testing::IsEmpty());
}

class ReplayTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(ReplayTest, ShowsStepsCallsSocketsAndFindingsInTheirPlaces) {
  const std::string path = folder_.Write("half.scn", kHalfClose);
  const CommandResult result = Hupstorm({"replay", path, "--target", "doc000/epoll-queue"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out, HasSubstr("  > a shutdown write   (line 5)\n"));
  EXPECT_THAT(result.out, ContainsRegex("          epoll_wait\\("));
  EXPECT_THAT(result.out, ContainsRegex("          recv(from)?\\("));
  EXPECT_THAT(result.out, HasSubstr("  !!! "));
  EXPECT_THAT(result.out, HasSubstr("CLOSE-WAIT"));
  EXPECT_THAT(result.out, HasSubstr(" more times (--full shows each)"));
  EXPECT_THAT(result.out,
              ContainsRegex("recv[^\n]*\n *\\^ target/documented/epoll_queue.cc:[0-9]+: "
                            "busy-loop, close-wait-leak, "));
  EXPECT_LT(result.out.find("> a shutdown write"), result.out.find("!!! "));
}

TEST_F(ReplayTest, LaterRoundsAreFolded) {
  const std::string path = folder_.Write("rounds.scn", "rounds 3\na connect\na shutdown write\n");
  const CommandResult result = Hupstorm({"replay", path, "--target", "doc000/epoll-queue"});
  EXPECT_THAT(result.out, HasSubstr("... the same steps again"));
}

TEST_F(ReplayTest, FullShowsEachTurnOfALoop) {
  const std::string path = folder_.Write("half.scn", kHalfClose);
  const CommandResult result =
      Hupstorm({"replay", path, "--target", "doc000/epoll-queue", "--full"});
  EXPECT_THAT(result.out, Not(HasSubstr(" more times")));
}

TEST_F(ReplayTest, TwiceIsTheSameByteForByte) {
  const std::string path = folder_.Write(
      "storm.scn",
      "c[1..20] connect\nc[1..20] send 9KiB\nand c[3..7] reset\nat recv 2 of a: a reset\n"
      "a connect\na send 5KiB\nc[8..20] shutdown write\nwait 30s\nc[8..20] read all\n");
  for (const char* target :
       {"reference/select", "reference/poll", "reference/epoll-lt", "reference/epoll-et",
        "doc000/epoll-queue", "doc001/select", "doc001/poll"}) {
    const CommandResult first = Hupstorm({"replay", path, "--target", target, "--full"});
    const CommandResult second = Hupstorm({"replay", path, "--target", target, "--full"});
    EXPECT_GT(first.out.size(), 1000u) << first.err;
    EXPECT_TRUE(first.out == second.out) << target << " gave two different time lines";
    EXPECT_EQ(first.exit_code, second.exit_code);
  }
}

TEST_F(ReplayTest, AFuzzersInputIsShownAsAScenario) {
  const std::string path =
      folder_.Write("crash-1234", std::string_view("\x01\x80\xff\0\x07 abc", 9));
  const CommandResult result = Hupstorm({"replay", path});
  EXPECT_THAT(result.exit_code, ::testing::AnyOf(0, 1)) << result.err;
  EXPECT_THAT(result.out, HasSubstr("The input as a scenario:\n"));
}

TEST_F(ReplayTest, BytesCanBeForced) {
  const std::string path = folder_.Write("text", kHalfClose);
  EXPECT_THAT(Hupstorm({"replay", path}).out, Not(HasSubstr("The input as a scenario")));
  EXPECT_THAT(Hupstorm({"replay", path, "--bytes"}).out, HasSubstr("The input as a scenario"));
}

TEST_F(ReplayTest, AScenarioMayComeThroughAPipe) {
  CommandInput input;
  input.standard_input = "a connect\na close\n";
  const CommandResult result = Hupstorm({"replay", "/dev/stdin"}, input);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("> a close"));
}

TEST_F(ReplayTest, AnEmptyInputIsAScenarioOfNoSteps) {
  const std::string path = folder_.Write("crash-empty", "");
  const CommandResult result = Hupstorm({"replay", path, "--bytes"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
}

TEST_F(ReplayTest, APlacedStepIsMarkedInsideItsCall) {
  const std::string path =
      folder_.Write("placed.scn", "a connect\nat recv 1 of a: a reset\na send 1KiB\n");
  const CommandResult result = Hupstorm({"replay", path, "--target", "reference/epoll-lt"});
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_THAT(result.out,
              ContainsRegex(">> .*a reset.*\\(inside the next call, line 2\\)\n +recv"));
}

}  // namespace
}  // namespace hupstorm
