// `hupstorm shrink`, as a user runs it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "scenarios/language/parse.h"
#include "tests/tools/command.h"

namespace hupstorm {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

namespace fs = std::filesystem;

// doc001/select dies of a client that resets; much here is beside the point.
constexpr char kReset[] =
    "# Much happens before the reset.\n"
    "target echo\n"
    "c[1..20] connect\n"
    "d connect\n"
    "d send 64KiB\n"
    "wait 3s\n"
    "d read all\n"
    "d reset\n"
    "c[1..20] close\n"
    "expect server running\n";

std::vector<std::string> Shrink(const std::string& file, const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"shrink", file, "--target", "doc001/select"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::string Content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

size_t FilesIn(const TemporaryFolder& folder) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(folder.path()), {}));
}

TEST(ShrinkCommandTest, WritesAScenarioThatShowsTheSameFinding) {
  const TemporaryFolder folder;
  const std::string out = folder.path() + "/small.scn";
  const CommandResult result =
      Hupstorm(Shrink(folder.Write("large.scn", kReset), {"-o", out, "--oracle", "server-died"}));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(ContainsRegex("^[^ ]+\\.cc:[0-9]+: server-died: "),
                                HasSubstr("because"), HasSubstr("steps, of 8"),
                                HasSubstr("replay " + out + " --target doc001/select")));
  EXPECT_THAT(result.err, IsEmpty());
  const std::string text = Content(out);
  EXPECT_THAT(text, AllOf(StartsWith("# server-died on doc001/select: "),
                          HasSubstr("\ntarget echo\n"), Not(HasSubstr("wait"))));
  EXPECT_LE(ParseScenario(text, out).steps.size(), 3u) << text;
  EXPECT_EQ(FilesIn(folder), 2u) << "something else was left behind";

  const CommandResult replay = Hupstorm({"replay", out, "--target", "doc001/select", "--json"});
  EXPECT_EQ(replay.exit_code, 1);
  EXPECT_EQ(JsonOf(replay).at("findings").at(0).at("oracle"), "server-died");
}

TEST(ShrinkCommandTest, WithoutAFileTheScenarioIsWhatIsPrinted) {
  const TemporaryFolder folder;
  const CommandResult result = Hupstorm(Shrink(folder.Write("large.scn", kReset), {}));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_FALSE(ParseScenario(result.out, "out").steps.empty());
  EXPECT_THAT(result.err, HasSubstr("of 8, after"));
}

TEST(ShrinkCommandTest, JsonHasTheDocumentedShape) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("large.scn", kReset);
  const std::string out = folder.path() + "/small.scn";
  const nlohmann::json json = JsonOf(Hupstorm(Shrink(file, {"-o", out, "--json"})));
  EXPECT_EQ(json.at("target"), "doc001/select");
  EXPECT_EQ(json.at("scenario"), file);
  EXPECT_EQ(json.at("out"), out);
  EXPECT_GT(json.at("place").at("line"), 0);
  EXPECT_EQ(json.at("text"), Content(out));
  EXPECT_EQ(json.at("steps_before"), 8);
  EXPECT_EQ(json.at("steps_after"), ParseScenario(Content(out), out).steps.size());
  EXPECT_GT(json.at("runs"), 0);
  EXPECT_EQ(json.at("cut_off"), false);
  EXPECT_THAT(json.at("replay").get<std::string>(),
              HasSubstr("replay " + out + " --target doc001/select"));

  const nlohmann::json replay =
      JsonOf(Hupstorm({"replay", out, "--target", "doc001/select", "--json"}));
  EXPECT_EQ(replay.at("findings").at(0).at("fingerprint"), json.at("fingerprint"));
  EXPECT_EQ(replay.at("findings").at(0).at("oracle"), json.at("oracle"));
}

TEST(ShrinkCommandTest, TheFindingCanBeChosen) {
  const std::vector<std::string> idle = {"shrink", "half-close/idle", "--target",
                                         "doc000/epoll-queue", "--json"};
  const nlohmann::json first = JsonOf(Hupstorm(idle));
  ASSERT_FALSE(first.at("others").empty());
  const auto with = [&](const std::string& option, const std::string& value) {
    std::vector<std::string> arguments = idle;
    arguments.insert(arguments.end(), {option, value});
    return JsonOf(Hupstorm(arguments));
  };
  for (const auto& other : first.at("others")) {
    const std::string fingerprint = other.at("fingerprint");
    EXPECT_EQ(with("--fingerprint", fingerprint).at("fingerprint"), fingerprint) << other;
  }
  EXPECT_EQ(with("--oracle", "close-wait-leak").at("oracle"), "close-wait-leak");
}

TEST(ShrinkCommandTest, AnExpectationStaysOneThatACorrectServerMeets) {
  const TemporaryFolder folder;
  const std::string out = folder.path() + "/small.scn";
  const CommandResult result =
      Hupstorm({"shrink", "half-close/idle", "--target", "doc000/epoll-queue", "--oracle",
                "expectation", "-o", out});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(Content(out), HasSubstr("\na shutdown write\n"));
  EXPECT_THAT(Content(out), HasSubstr("\nexpect a eof\n"));
  EXPECT_EQ(Hupstorm({"run", out, "--target", "reference/epoll-lt"}).exit_code, 0);
}

TEST(ShrinkCommandTest, AnOracleComesBeforeAnExpectation) {
  const nlohmann::json json =
      JsonOf(Hupstorm({"shrink", "ack/stuck-client-and-a-newcomer", "--target", "doc002/epoll-ack",
                       "--mend", "all-but=blocking-client-socket", "--json"}));
  EXPECT_EQ(json.at("oracle"), "head-of-line-blocking");
  EXPECT_EQ(json.at("others").at(0).at("oracle"), "expectation");
}

TEST(ShrinkCommandTest, OthersAreNamed) {
  const CommandResult result =
      Hupstorm({"shrink", "half-close/idle", "--target", "doc000/epoll-queue"});
  EXPECT_THAT(result.err, HasSubstr("half-close/idle also shows close-wait-leak: "));
  EXPECT_THAT(result.err, HasSubstr("(--fingerprint "));
}

TEST(ShrinkCommandTest, WhatIsSmallestStaysAsItIs) {
  const TemporaryFolder folder;
  const CommandResult once = Hupstorm(Shrink(folder.Write("large.scn", kReset), {}));
  const CommandResult twice = Hupstorm(Shrink(folder.Write("small.scn", once.out), {}));
  EXPECT_EQ(twice.exit_code, 0);
  EXPECT_EQ(twice.out, once.out);
}

TEST(ShrinkCommandTest, AFuzzersInputIsShrunk) {
  const TemporaryFolder folder;
  std::string bytes;
  for (int i = 0; i < 400; ++i) bytes += static_cast<char>(i * 41 + i / 7);
  const CommandResult result =
      Hupstorm(Shrink(folder.Write("crash-1", bytes), {"--bytes", "--json"}));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_LT(JsonOf(result).at("steps_after"), JsonOf(result).at("steps_before"));
}

TEST(ShrinkCommandTest, OnLinuxToo) {
  const TemporaryFolder folder;
  const CommandResult result =
      Hupstorm(Shrink(folder.Write("large.scn", kReset), {"--world", "loopback", "--json"}));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_LE(JsonOf(result).at("steps_after"), 3);
  EXPECT_THAT(JsonOf(result).at("replay").get<std::string>(), HasSubstr("--world loopback"));
}

TEST(ShrinkCommandTest, WithoutAFindingItSaysWhatToDo) {
  const CommandResult result = Hupstorm({"shrink", "half-close/idle"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("half-close/idle shows no finding on reference/epoll-lt"),
                                HasSubstr("--target"), HasSubstr("replay half-close/idle")));
  EXPECT_THAT(result.out, IsEmpty());
}

TEST(ShrinkCommandTest, AFindingThatIsNotShownIsRefusedWithThoseThatAre) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("large.scn", kReset);
  for (const std::vector<std::string>& choice :
       {std::vector<std::string>{"--fingerprint", "0123456789abcdef"},
        std::vector<std::string>{"--oracle", "unbounded-queue"}}) {
    const CommandResult result = Hupstorm(Shrink(file, choice));
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, HasSubstr("does not show that finding on doc001/select. It shows:\n"));
    EXPECT_THAT(result.err, HasSubstr(" server-died: "));
  }
}

TEST(ShrinkCommandTest, BadUsageIsRefused) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("large.scn", kReset);
  const auto refusal = [](const CommandResult& result) {
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.out, IsEmpty());
    return result.err;
  };
  EXPECT_THAT(refusal(Hupstorm({"shrink"})), HasSubstr("hupstorm shrink --help"));
  EXPECT_THAT(refusal(Hupstorm({"shrink", folder.path() + "/none.scn"})), HasSubstr("none.scn"));
  EXPECT_THAT(refusal(Hupstorm({"shrink", folder.Write("bad.scn", "a conect\n")})),
              HasSubstr("bad.scn:1:3: "));
  EXPECT_THAT(refusal(Hupstorm({"shrink", "half-close/idel"})), HasSubstr("half-close/idle"));
  EXPECT_THAT(refusal(Hupstorm(Shrink(file, {"--oracle", "server-dead"}))),
              HasSubstr("did you mean \"server-died\""));
  EXPECT_THAT(refusal(Hupstorm(Shrink(file, {"--time", "nan"}))), HasSubstr("--time"));
  EXPECT_THAT(refusal(Hupstorm(Shrink(file, {"--time", "0"}))), HasSubstr("--time"));
  EXPECT_THAT(refusal(Hupstorm({"shrink", file, "--target", "doc003/epoll-http"})),
              HasSubstr("speaks http"));
  EXPECT_THAT(refusal(Hupstorm({"shrink", file, "--target", "doc001/select,doc001/poll"})),
              HasSubstr("one target"));
}

TEST(ShrinkCommandTest, AFileThatIsThereIsNotReplacedUnlessWanted) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("large.scn", kReset);
  const std::string out = folder.Write("mine.scn", "precious");
  const CommandResult refused = Hupstorm(Shrink(file, {"-o", out}));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("mine.scn is there already"));
  EXPECT_EQ(Content(out), "precious");
  EXPECT_EQ(Hupstorm(Shrink(file, {"-o", out, "--force"})).exit_code, 0);
  EXPECT_THAT(Content(out), StartsWith("# "));
  // Even in its own place.
  EXPECT_EQ(Hupstorm(Shrink(file, {"-o", file, "--force"})).exit_code, 0);
  EXPECT_EQ(Content(file), Content(out));
  EXPECT_EQ(FilesIn(folder), 2u);
}

TEST(ShrinkCommandTest, AnOutputThatCannotBeIsRefusedBeforeTheWork) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("large.scn", kReset);
  const CommandResult directory = Hupstorm(Shrink(file, {"-o", folder.path()}));
  EXPECT_EQ(directory.exit_code, 2);
  EXPECT_THAT(directory.err, HasSubstr("is a folder"));
  const CommandResult nowhere = Hupstorm(Shrink(file, {"-o", folder.path() + "/none/x.scn"}));
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("there is no folder"));
}

TEST(ShrinkCommandTest, NothingIsWrittenWhereThereIsNoFinding) {
  const TemporaryFolder folder;
  EXPECT_EQ(Hupstorm({"shrink", "half-close/idle", "-o", folder.path() + "/x.scn"}).exit_code, 2);
  EXPECT_EQ(FilesIn(folder), 0u);
}

TEST(ShrinkCommandTest, AFullDiskIsSaid) {
  CommandInput input;
  input.output_file = "/dev/full";
  const CommandResult result =
      Hupstorm({"shrink", "half-close/idle", "--target", "doc000/epoll-queue"}, input);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("No space left on device"));
}

}  // namespace
}  // namespace hupstorm
