// `hupstorm fuzz`, as a user runs it. Scripts stand in for the fuzzers, and the plain driver of a
// fuzz target for the target, so that no fuzzer is needed; tools/check runs campaigns with real
// ones.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "scenarios/language/bytes.h"
#include "scenarios/language/parse.h"
#include "tests/tools/command.h"

namespace hupstorm {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kTarget[] = "doc001/poll";

// What every stand-in begins with: shrinking is the real target's.
constexpr char kBegin[] =
    "#!/bin/sh\n[ -z \"$HUPSTORM_SHRINK\" ] || exec " HUPSTORM_FUZZ_DRIVER "\n";
// Runs the real target over some inputs that show something.
constexpr char kRunInputs[] = HUPSTORM_FUZZ_DRIVER " \"$(dirname \"$0\")\"/inputs >/dev/null\n";

class FuzzCommandTest : public ::testing::Test {
 protected:
  FuzzCommandTest() {
    fs::create_directory(folder_.path() + "/inputs");
    Input("urgent", "a connect\na send urgent\na send 1KiB\na read all\n");
    Input("reset", "b connect\nb send 100B\nwait 1s\nb reset\n");
  }

  void Input(const std::string& name, const std::string& text) {
    const std::vector<uint8_t> bytes = EncodeScenario(ParseScenario(text, name));
    folder_.Write("inputs/" + name, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }

  // Writes a stand-in for a fuzzer; gives its path.
  std::string Fuzzer(const std::string& body, const std::string& name = "fuzzer") {
    const std::string path = folder_.Write(name, kBegin + body);
    chmod(path.c_str(), 0755);
    return path;
  }

  std::string out() const { return folder_.path() + "/campaign"; }
  std::string File(const std::string& name) const {
    std::ifstream file(folder_.path() + "/" + name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  CommandResult Fuzz(const std::string& fuzzer, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {
        "fuzz", "--target", kTarget, "--executable", fuzzer, "--out", out(), "--jobs", "1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Hupstorm(arguments);
  }

  CommandResult Resume(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"fuzz", "--resume", "--out", out()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Hupstorm(arguments);
  }

  TemporaryFolder folder_;
};

TEST_F(FuzzCommandTest, KeepsEachFindingOnceAndMakesItSmall) {
  const CommandResult result = Fuzz(Fuzzer(kRunInputs), {"--json"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  const json report = JsonOf(result);
  EXPECT_EQ(report["end"], "engine-done");
  EXPECT_EQ(report["executions"], 2);
  ASSERT_THAT(report["findings"], SizeIs(2));
  for (const json& finding : report["findings"]) {
    EXPECT_EQ(finding["oracle"], "server-died");
    EXPECT_LE(finding["steps"], 2);
    const std::string scenario = finding["scenario"];
    const json replay = JsonOf(Hupstorm({"replay", scenario, "--target", kTarget, "--json"}));
    ASSERT_THAT(replay["findings"], Not(IsEmpty())) << scenario;
    EXPECT_EQ(replay["findings"][0]["fingerprint"], finding["fingerprint"]);
  }
}

TEST_F(FuzzCommandTest, TheInputAsTheFuzzerHadItReplaysToo) {
  const json report = JsonOf(Fuzz(Fuzzer(kRunInputs), {"--json"}));
  for (const json& finding : report["findings"]) {
    const std::string input = finding["input"];
    const json replay =
        JsonOf(Hupstorm({"replay", input, "--bytes", "--target", kTarget, "--json"}));
    ASSERT_THAT(replay["findings"], Not(IsEmpty())) << input;
    EXPECT_EQ(replay["findings"][0]["fingerprint"], finding["fingerprint"]);
  }
}

TEST_F(FuzzCommandTest, SaysWhatWasFoundAndHowToReplayIt) {
  const CommandResult result = Fuzz(Fuzzer(kRunInputs));
  EXPECT_THAT(result.out, AllOf(HasSubstr("2 bugs: 2 high\ntarget/documented/poll_queue.cc:"),
                                HasSubstr("hupstorm replay "), HasSubstr("--target doc001/poll"),
                                HasSubstr("fuzz --resume")));
  EXPECT_THAT(result.err, AllOf(HasSubstr("Fuzzing doc001/poll with libfuzzer, 1 worker."),
                                HasSubstr("server-died: ")));
}

TEST_F(FuzzCommandTest, NothingFoundIsExitCode0) {
  const CommandResult result = Fuzz(Fuzzer("exit 0\n"));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("Nothing found."));
}

TEST_F(FuzzCommandTest, StopsInOrderWhenInterrupted) {
  const std::string fuzzer =
      Fuzzer(std::string(kRunInputs) +
             "trap 'echo stopped >> \"$(dirname \"$0\")/order\"; exit 72' INT\n"
             "kill -INT $PPID\n"
             "while :; do sleep 0.05; done\n");
  const CommandResult result = Fuzz(fuzzer, {"--json"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_EQ(JsonOf(result)["end"], "interrupted");
  EXPECT_EQ(File("order"), "stopped\n");
}

TEST_F(FuzzCommandTest, StopsAtTheNumberOfFindings) {
  const std::string fuzzer =
      Fuzzer(std::string(kRunInputs) + "trap 'exit 72' INT\nwhile :; do sleep 0.05; done\n");
  const CommandResult result = Fuzz(fuzzer, {"--json", "--findings", "1"});
  EXPECT_EQ(JsonOf(result)["end"], "findings");
}

TEST_F(FuzzCommandTest, StopsWhenTheOracleThatIsWaitedForHasReported) {
  const std::string fuzzer =
      Fuzzer(std::string(kRunInputs) + "trap 'exit 72' INT\nwhile :; do sleep 0.05; done\n");
  const CommandResult result = Fuzz(fuzzer, {"--json", "--until", "busy-loop,server-died"});
  EXPECT_EQ(JsonOf(result)["end"], "findings");
}

TEST_F(FuzzCommandTest, NothingIsLostWhereItIsKilled) {
  const std::string fuzzer = Fuzzer(std::string(kRunInputs) +
                                    "kill -KILL $PPID\n"
                                    "while :; do sleep 0.05; done\n");
  EXPECT_EQ(Fuzz(fuzzer).exit_code, -1);
  Fuzzer("exit 0\n");
  const CommandResult result = Resume({"--json"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  const json report = JsonOf(result);
  EXPECT_EQ(report["executions"], 2);
  ASSERT_THAT(report["findings"], SizeIs(2));
  for (const json& finding : report["findings"]) EXPECT_TRUE(finding.contains("steps"));
}

TEST_F(FuzzCommandTest, ResumesWithWhatItBeganWith) {
  Fuzz(Fuzzer("echo \"$@\" >> \"$(dirname \"$0\")/flags\"\n"), {"--", "-seed=7"});
  const std::string first = File("flags");
  EXPECT_EQ(Resume().exit_code, 0);
  EXPECT_EQ(File("flags"), first + first);
}

TEST_F(FuzzCommandTest, ACampaignIsNotBegunTwice) {
  Fuzz(Fuzzer("exit 0\n"));
  const CommandResult again = Fuzz(Fuzzer("exit 0\n"));
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("holds a campaign already"));
}

TEST_F(FuzzCommandTest, ACampaignStaysAboutItsTarget) {
  Fuzz(Fuzzer("exit 0\n"));
  const CommandResult other = Resume({"--target", "doc001/select"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.err, HasSubstr("this campaign has --target doc001/poll, not doc001/select"));
}

TEST_F(FuzzCommandTest, WhereNoCampaignIsNoneIsResumed) {
  const CommandResult result = Resume();
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("holds no campaign to go on with"));
}

TEST_F(FuzzCommandTest, OneCampaignAtATimeWorksInAFolder) {
  const std::string fuzzer =
      Fuzzer("\"" HUPSTORM_COMMAND "\" fuzz --resume --out \"" + out() +
             "\" 2> \"$(dirname \"$0\")/second\"\necho $? >> \"$(dirname \"$0\")/second\"\n");
  EXPECT_EQ(Fuzz(fuzzer).exit_code, 0);
  EXPECT_THAT(File("second"), AllOf(HasSubstr("is at work in"), HasSubstr("\n2\n")));
}

TEST_F(FuzzCommandTest, TheEnginesFlagsComeAfterOurs) {
  const std::string fuzzer = Fuzzer("echo \"$@\" > \"$(dirname \"$0\")/flags\"\n");
  fs::create_directory(folder_.path() + "/seeds");
  Fuzz(fuzzer, {"--corpus", folder_.path() + "/seeds", "--", "-seed=7", "-max_len=512"});
  EXPECT_THAT(File("flags"), HasSubstr("-seed=7 -max_len=512 " + out() + "/corpus " +
                                       folder_.path() + "/seeds\n"));
  EXPECT_LT(File("flags").find("-max_len=256"), File("flags").find("-max_len=512"));
}

TEST_F(FuzzCommandTest, ACrashIsKeptAndTheCampaignGoesOn) {
  // libFuzzer writes the input beside -artifact_prefix and exits with 77.
  const std::string fuzzer = Fuzzer(
      "[ ! -e \"$(dirname \"$0\")/crashed\" ] || exit 0\n"
      "touch \"$(dirname \"$0\")/crashed\"\n"
      "for flag; do case $flag in -artifact_prefix=*) echo x > \"${flag#*=}crash-0a1b\";; esac; "
      "done\n"
      "exit 77\n");
  const CommandResult result = Fuzz(fuzzer, {"--json"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  const json report = JsonOf(result);
  ASSERT_THAT(report["crashes"], SizeIs(1));
  EXPECT_EQ(report["crashes"][0]["input"], out() + "/crashes/crash-0a1b");
  EXPECT_THAT(std::string(report["crashes"][0]["replay"]), HasSubstr("replay "));
}

TEST_F(FuzzCommandTest, ATargetThatCrashesAtOnceEndsTheCampaign) {
  const CommandResult result = Fuzz(Fuzzer("echo no shared library >&2\nexit 77\n"));
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("no shared library"));
}

TEST_F(FuzzCommandTest, AFuzzerThatCannotStartIsQuoted) {
  const CommandResult result = Fuzz(Fuzzer("echo \"unknown flag: $1\" >&2\nexit 1\n"));
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("it called exit(1)"), HasSubstr("unknown flag: -max_len")));
}

TEST_F(FuzzCommandTest, WhatCannotBeMadeSmallIsKeptAsItIs) {
  const std::string fuzzer = folder_.Write(
      "fuzzer", "#!/bin/sh\n[ -z \"$HUPSTORM_SHRINK\" ] || exit 2\n" + std::string(kRunInputs));
  chmod(fuzzer.c_str(), 0755);
  const json report = JsonOf(Fuzz(fuzzer, {"--json"}));
  ASSERT_THAT(report["findings"], SizeIs(2));
  for (const json& finding : report["findings"]) {
    EXPECT_GE(finding["steps"], 4);
    const std::string scenario = finding["scenario"];
    EXPECT_EQ(Hupstorm({"replay", scenario, "--target", kTarget}).exit_code, 1);
  }
}

// A small file system of its own, where this process may have one.
TEST_F(FuzzCommandTest, StopsBeforeTheDiskIsFullAndResumesWhenThereIsRoom) {
  const std::string disk = folder_.path() + "/disk";
  fs::create_directory(disk);
  const std::string fuzzer =
      Fuzzer(std::string(kRunInputs) +
             "[ -e \"$(dirname \"$0\")/again\" ] && exit 0\n"
             "touch \"$(dirname \"$0\")/again\"\n"
             "head -c 20M /dev/zero > " +
             disk + "/ballast\n" + "trap 'exit 72' INT\nwhile :; do sleep 0.05; done\n");
  const std::string fuzz = HUPSTORM_COMMAND " fuzz --out " + disk + "/campaign";
  folder_.Write("session",
                "mount -t tmpfs -o size=32m none " + disk + " || exit 99\necho mounted\n" + fuzz +
                    " --jobs 1 --target doc001/poll --executable " + fuzzer +
                    "\necho first $?\nrm " + disk + "/ballast\n" + fuzz + " --resume --json\n");
  CommandInput in_namespace;
  in_namespace.program = "/usr/bin/unshare";
  const CommandResult result = Hupstorm({"-rm", "sh", folder_.path() + "/session"}, in_namespace);
  if (!result.out.starts_with("mounted\n")) {
    GTEST_SKIP() << "no file system of its own: " << result.err;
  }
  EXPECT_THAT(result.out, AllOf(HasSubstr("the disk under " + disk + "/campaign is nearly full"),
                                HasSubstr("first 3\n")));
  const json report = json::parse(result.out.substr(result.out.find("\n{") + 1));
  EXPECT_THAT(report["findings"], SizeIs(2));
}

TEST_F(FuzzCommandTest, AflRunsAsMainAndSecondaries) {
  const std::string afl = Fuzzer("echo \"$@\" >> \"$(dirname \"$0\")/flags\"\n", "afl-fuzz");
  const std::string path = std::getenv("PATH");
  setenv("PATH", (folder_.path() + ":" + path).c_str(), 1);
  const CommandResult result =
      Hupstorm({"fuzz", "--target", kTarget, "--executable", afl, "--engine", "afl", "--out", out(),
                "--jobs", "2", "--", "-p", "explore"});
  setenv("PATH", path.c_str(), 1);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(File("flags"),
              AllOf(HasSubstr("-o " + out() + "/afl -M main "), HasSubstr(" -S secondary-1 "),
                    HasSubstr("-p explore -- " + afl)));
  EXPECT_FALSE(fs::is_empty(out() + "/seeds"));  // afl-fuzz takes no empty corpus
}

TEST_F(FuzzCommandTest, BadUsageSaysWhatToDo) {
  const auto error = [](const std::vector<std::string>& arguments) {
    const CommandResult result = Hupstorm(arguments);
    EXPECT_EQ(result.exit_code, 2);
    return result.err;
  };
  EXPECT_THAT(error({"fuzz", "--target", "doc001/pol", "--out", out()}),
              HasSubstr("did you mean \"doc001/poll\"?"));
  EXPECT_THAT(error({"fuzz", "--out", out()}), HasSubstr("--target is missing"));
  EXPECT_THAT(error({"fuzz", "--target", kTarget}), HasSubstr("--out is required"));
  EXPECT_THAT(error({"fuzz", "--target", kTarget, "--out", out(), "--time", "60"}),
              HasSubstr("--time takes a number and a unit"));
  EXPECT_THAT(error({"fuzz", "--target", kTarget, "--out", out(), "--until", "busy-lop"}),
              HasSubstr("did you mean \"busy-loop\"?"));
  EXPECT_THAT(error({"fuzz", "--target", "reference/poll", "--mend", "all", "--out", out()}),
              HasSubstr("nothing to mend"));
  EXPECT_THAT(error({"fuzz", "--target", kTarget, "--corpus", "/nowhere", "--out", out()}),
              HasSubstr("no such folder"));
  EXPECT_THAT(error({"fuzz", "--target", kTarget, "--executable", "/nowhere", "--out", out()}),
              HasSubstr("cannot be run"));
  EXPECT_FALSE(fs::exists(out()));
}

}  // namespace
}  // namespace hupstorm
