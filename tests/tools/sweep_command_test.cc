// hupstorm sweep, as a user runs it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "scenarios/language/parse.h"
#include "tests/tools/command.h"

namespace hupstorm {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

constexpr char kResetKills[] = "all-but=reset-kills-server";

std::string ContentOf(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(SweepCommandTest, ACorrectServerIsClean) {
  const CommandResult result =
      Hupstorm({"sweep", "half-close/echo-drains", "--target", "reference/poll"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(result.out,
              AllOf(ContainsRegex("1 scenario, [0-9]+ calls of the server counted in .*; [0-9]+ "
                                  "placements in .* a second: nothing found")));
}

TEST(SweepCommandTest, AFindingPrintsAsAScenarioToBePasted) {
  const CommandResult result = Hupstorm(
      {"sweep", "half-close/echo-drains", "--target", "doc000/epoll-queue", "--mend", kResetKills});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out,
              ContainsRegex("target/documented/epoll_queue.cc:[0-9]+: server-died: [^\n]*\n"
                            "  high, because [^\n]*\n  in half-close/echo-drains\n"));
  EXPECT_THAT(result.out, ContainsRegex("  with at [a-z]+ [0-9]+ of a: "));
  EXPECT_THAT(result.out, ContainsRegex("replay /dev/stdin --target doc000/epoll-queue --mend "
                                        "all-but=reset-kills-server <<'END'\n# half-close"));
}

TEST(SweepCommandTest, EachFindingsFileReplaysToTheSameFinding) {
  const TemporaryFolder folder;
  const std::string out = folder.path() + "/new/findings";
  const CommandResult result =
      Hupstorm({"sweep", "half-close/echo-drains", "reset/idle", "--target", "doc000/epoll-queue",
                "--mend", kResetKills, "--out", out, "--json"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  const nlohmann::json json = JsonOf(result);
  EXPECT_EQ(json.at("target"), "doc000/epoll-queue");
  EXPECT_EQ(json.at("scenarios"), 2);
  EXPECT_GT(json.at("placements"), 50);
  std::set<std::string> fingerprints;
  for (const auto& finding : json.at("findings")) {
    const std::string file = finding.at("file");
    EXPECT_EQ(file, out + "/" + finding.at("oracle").get<std::string>() + "-" +
                        finding.at("fingerprint").get<std::string>() + ".scn");
    EXPECT_EQ(ContentOf(file), finding.at("text"));
    EXPECT_TRUE(fingerprints.insert(finding.at("fingerprint")).second) << "reported twice";
    const nlohmann::json replay = JsonOf(Hupstorm(
        {"replay", file, "--target", "doc000/epoll-queue", "--mend", kResetKills, "--json"}));
    std::set<std::string> replayed;
    for (const auto& again : replay.at("findings")) replayed.insert(again.at("fingerprint"));
    EXPECT_TRUE(replayed.contains(finding.at("fingerprint"))) << file;
  }
  EXPECT_GE(fingerprints.size(), 2u);
}

TEST(SweepCommandTest, PairsAreCountedAndThoseLeftOutAreSaid) {
  const CommandResult some =
      Hupstorm({"sweep", "reset/idle", "--target", "reference/epoll-et", "--pairs=50", "--json"});
  EXPECT_EQ(some.exit_code, 0) << some.err;
  const nlohmann::json few = JsonOf(some);
  EXPECT_GT(few.at("pairs"), 0);
  EXPECT_GT(few.at("pairs_left_out"), 0);
  const nlohmann::json all = JsonOf(
      Hupstorm({"sweep", "reset/idle", "--target", "reference/epoll-et", "--pairs", "--json"}));
  EXPECT_EQ(all.at("pairs_left_out"), 0);
  EXPECT_EQ(all.at("pairs"), few.at("pairs").get<int>() + few.at("pairs_left_out").get<int>());
}

TEST(SweepCommandTest, AllSweepsTheCallsThatAreAlike) {
  const std::vector<std::string> arguments = {"sweep", "half-close/many-at-once", "--target",
                                              "reference/poll", "--json"};
  std::vector<std::string> with_all = arguments;
  with_all.emplace_back("--all");
  const nlohmann::json some = JsonOf(Hupstorm(arguments));
  const nlohmann::json all = JsonOf(Hupstorm(with_all));
  EXPECT_EQ(some.at("calls"), all.at("calls"));
  EXPECT_GT(some.at("alike"), 0);
  EXPECT_EQ(all.at("alike"), 0);
  EXPECT_GT(all.at("placements"), some.at("placements"));
}

TEST(SweepCommandTest, BadUsageIsSaidSo) {
  EXPECT_EQ(Hupstorm({"sweep", "--target", "reference/poll"}).exit_code, 2);
  EXPECT_EQ(Hupstorm({"sweep", "half-close/echo-drains"}).exit_code, 2);
  EXPECT_EQ(Hupstorm({"sweep", "http/one-request", "--target", "reference/poll"}).exit_code, 2);
  const TemporaryFolder folder;
  const std::string file = folder.Write("file", "");
  const CommandResult result =
      Hupstorm({"sweep", "reset/idle", "--target", "reference/poll", "--out", file + "/in"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("cannot write to"));
}

}  // namespace
}  // namespace hupstorm
