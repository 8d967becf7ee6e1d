// `hupstorm fuzz --exec`: AFL++ and unchanged programs on the simulated kernel.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "scenarios/language/bytes.h"
#include "scenarios/language/parse.h"
#include "tests/process/servers.h"
#include "tests/tools/command.h"

namespace hupstorm {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Words = std::vector<std::string>;

bool HasAfl() { return std::system("command -v afl-fuzz >/dev/null 2>&1") == 0; }

class FuzzExecTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!HasAfl()) GTEST_SKIP() << "afl-fuzz is not installed";
  }

  std::string out() const { return folder_.path() + "/campaign"; }

  CommandResult Fuzz(const std::string& command, const Words& more) {
    Words words = {"fuzz", "--exec", command, "--out", out(), "--jobs", "1"};
    words.insert(words.end(), more.begin(), more.end());
    return Hupstorm(words);
  }

  // Until something is found, which it is in a second or two.
  json FuzzUntilFound(const std::string& command, const Words& more = {}) {
    Words words = {"--findings", "1", "--time", "120s", "--json"};
    words.insert(words.end(), more.begin(), more.end());
    const CommandResult result = Fuzz(command, words);
    EXPECT_EQ(result.exit_code, 1) << result.err;
    return JsonOf(result);
  }

  TemporaryFolder folder_;
};

std::string Poll(const std::string& bug) { return HUPSTORM_PLANTED "/poll_echo {port} " + bug; }
std::string Pool(const std::string& bug) { return HUPSTORM_PLANTED "/pool_echo {port} " + bug; }

TEST_F(FuzzExecTest, AFindingIsKeptMadeSmallConfirmedAndReplayed) {
  const json report = FuzzUntilFound(Poll("half-close"));
  EXPECT_EQ(report["engine"], "afl");
  EXPECT_EQ(report["end"], "findings");
  ASSERT_THAT(report["findings"], Not(IsEmpty()));
  const json& finding = report["findings"][0];
  EXPECT_EQ(finding["confirmed"], true);
  EXPECT_EQ(finding["target"], Poll("half-close"));
  EXPECT_THAT(finding["replay"].get<std::string>(), HasSubstr("--exec"));
  const json replay = JsonOf(Hupstorm({"replay", finding["scenario"], "--exec", Poll("half-close"),
                                       "--world", "simulated", "--json"}));
  ASSERT_THAT(replay["findings"], Not(IsEmpty()));
  EXPECT_EQ(replay["findings"][0]["fingerprint"], finding["fingerprint"]);
}

TEST_F(FuzzExecTest, FromNothingItIsLedByTheCallsOfAProgramWithThreads) {
  fs::create_directory(folder_.path() + "/empty");
  const json report = FuzzUntilFound(Pool("accept-error"), {"--corpus", folder_.path() + "/empty"});
  EXPECT_EQ(report["findings"][0]["oracle"], "server-died");
  EXPECT_GT(report["executions"], 1);
}

// The map holds more than the calls then.
TEST_F(FuzzExecTest, AProgramThatWasBuiltWithCoverageLeadsItByItsCode) {
  for (const char* const kind : {"afl", "counters", "guards"}) {
    const std::string program = std::string(HUPSTORM_PLANTED "/poll_echo.") + kind;
    if (!fs::exists(program)) continue;  // no such compiler
    fs::remove_all(out());
    const json report = FuzzUntilFound(program + " {port} accept-error");
    EXPECT_EQ(report["findings"][0]["oracle"], "server-died") << kind;
    std::ifstream file(out() + "/afl/main/fuzzer_stats");
    const std::string stats{std::istreambuf_iterator<char>(file), {}};
    EXPECT_THAT(stats, HasSubstr("total_edges       : 32")) << kind;
    EXPECT_THAT(stats, Not(HasSubstr("total_edges       : 32769"))) << kind;
  }
}

TEST_F(FuzzExecTest, AProgramThatLeavesTheSimulatedKernelEndsTheCampaignWithTheReason) {
  fs::create_directory(folder_.path() + "/corpus");
  const std::vector<uint8_t> bytes = EncodeScenario(ParseScenario("a connect\na send 100B\n", "s"));
  folder_.Write("corpus/s", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  const CommandResult result = Fuzz(HUPSTORM_PLANTED "/forks_later {port}",
                                    {"--corpus", folder_.path() + "/corpus", "--time", "120s"});
  EXPECT_EQ(result.exit_code, 3) << result.out;
  EXPECT_THAT(result.err, HasSubstr("a worker cannot go on: an input against"));
  EXPECT_THAT(result.err, HasSubstr("it forks processes while it serves"));
}

TEST_F(FuzzExecTest, ACampaignGoesOnWithItsCommandAndItsFindings) {
  const json first = FuzzUntilFound(Poll("fin-ignored"));
  const json second =
      JsonOf(Hupstorm({"fuzz", "--resume", "--out", out(), "--time", "1s", "--json"}));
  EXPECT_EQ(second["target"], first["target"]);
  EXPECT_GE(second["executions"], first["executions"]);
  EXPECT_THAT(second["findings"], Contains(first["findings"][0]));
  EXPECT_THAT(Hupstorm({"fuzz", "--resume", "--out", out(), "--exec", Poll("none")}).err,
              HasSubstr("this campaign has --exec"));
}

TEST_F(FuzzExecTest, WhatIsCorrectHasNoFindings) {
  const CommandResult result = Fuzz(Pool("none"), {"--time", "3s"});
  EXPECT_EQ(result.exit_code, 0) << result.out;
  EXPECT_THAT(result.out, HasSubstr("Nothing found."));
}

// Processes whose command line holds `words`.
std::set<std::string> ProcessesWith(const std::string& words) {
  std::set<std::string> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    std::ifstream file(entry.path() / "cmdline");
    std::string line{std::istreambuf_iterator<char>(file), {}};
    std::replace(line.begin(), line.end(), '\0', ' ');
    if (line.find(words) != std::string::npos) found.insert(entry.path().filename());
  }
  found.erase(std::to_string(getpid()));
  return found;
}

TEST_F(FuzzExecTest, NoProcessIsLeftOfACampaignThatIsKilled) {
  const pid_t hupstorm = fork();
  if (hupstorm == 0) {
    execl(HUPSTORM_COMMAND, "hupstorm", "fuzz", "--exec", Pool("none").c_str(), "--out",
          out().c_str(), "--jobs", "1", nullptr);
    _exit(127);
  }
  while (ProcessesWith("fuzz-worker " + out()).size() < 3) usleep(10'000);  // afl-fuzz is one
  kill(hupstorm, SIGKILL);
  waitpid(hupstorm, nullptr, 0);
  while (!ProcessesWith(out()).empty()) usleep(10'000);
}

std::string ErrorOf(const Words& words) {
  const CommandResult result = Hupstorm(words);
  EXPECT_EQ(result.exit_code, 2) << result.err;
  return result.err;
}

TEST_F(FuzzExecTest, WhatCannotBeIsSaidBeforeTheCampaignBegins) {
  const auto with = [&](const Words& more) {
    Words words = {"fuzz", "--out", out(), "--exec"};
    words.insert(words.end(), more.begin(), more.end());
    return ErrorOf(words);
  };
  EXPECT_THAT(with({PythonServer("process_per_client")}),
              AllOf(HasSubstr("cannot live on the simulated kernel: it forks"),
                    HasSubstr("hupstorm run --exec")));
  EXPECT_THAT(with({Poll("none"), "--engine", "libfuzzer"}), HasSubstr("hupstorm_add_server"));
  EXPECT_THAT(with({Poll("none"), "--target", "doc001/poll"}), HasSubstr("--target does not go"));
  EXPECT_THAT(with({Poll("none"), "--sanitizers"}), HasSubstr("--sanitizers does not go"));
  EXPECT_THAT(with({"./my_server"}), HasSubstr("where the port goes"));
  EXPECT_FALSE(fs::exists(out()));
}

TEST(FuzzExecWithoutAflTest, SaysWhatToInstall) {
  const TemporaryFolder folder;
  const std::string path = getenv("PATH");
  setenv("PATH", "/nowhere", 1);
  EXPECT_THAT(ErrorOf({"fuzz", "--out", folder.path() + "/out", "--exec", Poll("none")}),
              HasSubstr("apt install afl++"));
  setenv("PATH", path.c_str(), 1);
}

}  // namespace
}  // namespace hupstorm
