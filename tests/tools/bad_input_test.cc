// Bad usage and bad input: a clear message, exit code 2, and no crash.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/file_descriptor.h"
#include "base/loopback_address.h"
#include "tests/tools/command.h"

namespace hupstorm {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// Exit code 2, nothing on standard output, and `message` on standard error.
void ExpectRefused(const std::vector<std::string>& arguments, const std::string& message) {
  const CommandResult result = Hupstorm(arguments);
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err, HasSubstr(message));
}

TEST(BadUsageTest, NoCommandShowsTheHelp) { ExpectRefused({}, "Examples:"); }

TEST(BadUsageTest, UnknownCommandNamesTheNearest) {
  ExpectRefused({"matrx"}, "unknown command \"matrx\"; did you mean \"matrix\"?");
}

TEST(BadUsageTest, UnknownOptionPointsToTheHelp) {
  ExpectRefused({"run", "--target", "reference/poll", "--frobnicate"}, "hupstorm run --help");
}

TEST(BadUsageTest, UnknownTargetNamesTheNearest) {
  ExpectRefused({"run", "--target", "doc000/epol-queue"},
                "unknown target \"doc000/epol-queue\"; did you mean \"doc000/epoll-queue\"?");
}

TEST(BadUsageTest, TargetWithoutItsFolderIsRecognised) {
  ExpectRefused({"run", "--target", "epoll-lt"}, "did you mean \"reference/epoll-lt\"?");
}

TEST(BadUsageTest, UnknownDefectNamesTheNearest) {
  ExpectRefused({"run", "--target", "doc000/epoll-queue", "--mend", "all-but=fin-ingored"},
                "did you mean \"fin-ignored\"?");
}

TEST(BadUsageTest, UnknownOracleNamesTheNearest) {
  ExpectRefused({"explain", "bussy-loop"}, "did you mean \"busy-loop\"?");
}

TEST(BadUsageTest, UnknownListNamesTheNearest) {
  ExpectRefused({"list", "target"}, "did you mean \"targets\"?");
}

TEST(BadUsageTest, UnknownListNamesThemAll) {
  ExpectRefused({"list", "sausages"}, "targets, scenarios, defects, oracles, faults");
  ExpectRefused({"list"}, "say what to list: one of targets");
}

TEST(BadUsageTest, TheBeginningOfANameShowsWhatBeginsSo) {
  ExpectRefused({"run", "--target", "reference"}, "there are reference/select, reference/poll");
}

TEST(BadUsageTest, AnEmptyNameAmongTargetsOrDefectsIsRefused) {
  ExpectRefused({"run", "--target", ""}, "--target has an empty name");
  ExpectRefused({"run", "--target", "reference/poll,"}, "--target has an empty name");
  ExpectRefused({"run", "--target", "doc001/poll", "--mend", "all-but="},
                "--mend all-but has an empty name");
}

TEST(BadUsageTest, TimeoutsAreNumbersOfSeconds) {
  for (const char* timeout : {"0", "-1", "nan", "inf", "1e9", "ten", "10s", ""}) {
    ExpectRefused({"replay", "half-close/idle", "--timeout", timeout}, "0.1 to 3600 seconds");
    ExpectRefused({"matrix", "--timeout", timeout}, "0.1 to 3600 seconds");
  }
}

TEST(BadUsageTest, NumbersOfWorkersAreBounded) {
  for (const char* jobs : {"0", "-1", "9999", "x"}) {
    ExpectRefused({"matrix", "--jobs", jobs}, "1 to 64");
  }
}

TEST(BadUsageTest, ATargetNamedTwiceIsRefused) {
  ExpectRefused({"run", "--target", "reference/poll,reference/poll"}, "named twice");
}

TEST(BadUsageTest, TheReferenceHasNothingToMend) {
  ExpectRefused({"run", "--target", "reference/poll", "--mend", "all"}, "nothing to mend");
}

TEST(BadUsageTest, OtherWorldsAreRefused) {
  ExpectRefused({"run", "--target", "reference/poll", "--world", "lop"}, "--world loopback");
  ExpectRefused({"matrix", "--world", ""}, "--world simulated");
  // A host that vanishes is to be had in the simulation alone.
  ExpectRefused(
      {"run", "timing/vanished-client", "--target", "reference/poll", "--world", "loopback"},
      "vanish");
}

TEST(BadUsageTest, OtherMachinesAreRefused) {
  ExpectRefused({"client", "192.0.2.1:80"}, "--allow-remote");
  ExpectRefused({"serve", "--port", "0", "--address", "0.0.0.0"}, "--allow-remote");
}

TEST(BadUsageTest, AMalformedEndpointIsExplained) {
  ExpectRefused({"client", "localhost"}, "HOST:PORT");
  ExpectRefused({"client", "localhost:99999"}, "1 to 65535");
}

TEST(BadUsageTest, APortThatNobodyListensOnIsRefused) {
  // Bound, so that nobody else takes it.
  const FileDescriptor bound(socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_storage address = LoopbackAddress(0);
  socklen_t length = LengthOf(address);
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(bind(bound.get(), plain, length), 0);
  ASSERT_EQ(getsockname(bound.get(), plain, &length), 0);
  ExpectRefused({"run", "--connect", "127.0.0.1:" + std::to_string(PortOf(address))},
                "start the server first");
}

TEST(BadUsageTest, PortsOutOfRangeAreRefused) {
  ExpectRefused({"serve", "--port", "65536"}, "--port");
}

class BadFileTest : public ::testing::Test {
 protected:
  // Both commands that read files refuse `path` with the same words.
  void ExpectBothRefuse(const std::string& path, const std::string& message) {
    ExpectRefused({"run", path, "--target", "reference/poll"}, message);
    ExpectRefused({"replay", path}, message);
  }

  TemporaryFolder folder_;
};

TEST_F(BadFileTest, MissingFile) {
  ExpectBothRefuse(folder_.path() + "/none.scn", "none.scn: no such file");
}

TEST_F(BadFileTest, MalformedScenarioGivesPositionExpectationAndSuggestion) {
  const std::string path = folder_.Write("bad.scn", "# A mistake.\na conect\n");
  ExpectBothRefuse(path, path + ":2:3: expected");
  ExpectBothRefuse(path, "did you mean \"connect\"?");
}

TEST_F(BadFileTest, NulByte) {
  ExpectBothRefuse(folder_.Write("nul.scn", std::string_view("a connect\0\n", 11)),
                   "nul.scn:1:10: ");
}

TEST_F(BadFileTest, EmptyFile) { ExpectBothRefuse(folder_.Write("empty.scn", ""), "empty.scn"); }

TEST_F(BadFileTest, HugeFileIsRefusedWithoutReadingIt) {
  const std::string path = folder_.Write("huge.scn", "");
  std::filesystem::resize_file(path, 100 << 20);
  ExpectBothRefuse(path, "too large");
}

TEST_F(BadFileTest, EndlessDeviceIsRefused) { ExpectBothRefuse("/dev/zero", "too large"); }

TEST_F(BadFileTest, PipeWithoutAWriterIsRefusedAtOnce) {
  const std::string path = folder_.path() + "/pipe.scn";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  ExpectBothRefuse(path, "it is a pipe, and nothing was written to it");
}

TEST_F(BadFileTest, LinksInACircle) {
  const std::string path = folder_.path() + "/circle.scn";
  std::filesystem::create_symlink(path, path);
  ExpectBothRefuse(path, "Too many levels of symbolic links");
}

TEST(SuiteFolderTest, ReplayTakesOneScenarioOfIt) {
  ExpectRefused({"replay", "half-close"}, "half-close is a folder; replay takes one file");
}

TEST_F(BadFileTest, FolderWithoutScenarios) {
  folder_.Write("notes.txt", "a connect\n");
  ExpectRefused({"run", folder_.path(), "--target", "reference/poll"},
                "no scenario in this folder");
  ExpectRefused({"replay", folder_.path()}, "replay takes one file");
}

TEST_F(BadFileTest, FolderWithAMalformedScenario) {
  folder_.Write("deep/good.scn", "a connect\n");
  folder_.Write("deep/bad.scn", "a conect\n");
  ExpectRefused({"run", folder_.path(), "--target", "reference/poll"}, "bad.scn:1:3: ");
}

TEST_F(BadFileTest, ScenarioForAnotherProtocol) {
  const std::string path = folder_.Write("http.scn", "target http\na connect\n");
  ExpectRefused({"run", path, "--target", "reference/poll"},
                "is written for http servers and reference/poll speaks echo");
  ExpectRefused({"replay", path, "--target", "reference/poll"}, "is written for http servers");
}

TEST_F(BadFileTest, FolderWithNothingForTheTarget) {
  folder_.Write("http.scn", "target http\na connect\n");
  ExpectRefused({"run", folder_.path(), "--target", "reference/poll"}, "speaks echo");
}

TEST_F(BadFileTest, UnreadableFile) {
  const std::string path = folder_.Write("secret.scn", "a connect\n");
  std::filesystem::permissions(path, std::filesystem::perms::none);
  if (std::ifstream(path).is_open()) GTEST_SKIP() << "this user may read everything";
  ExpectBothRefuse(path, "cannot read");
}

TEST(FailureTest, FullDiskIsAFailureOfHupstorm) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"list", "targets"}, {"--help"}, {"--version"}, {"explain", "busy-loop"}}) {
    CommandInput input;
    input.output_file = "/dev/full";
    const CommandResult result = Hupstorm(arguments, input);
    EXPECT_EQ(result.exit_code, 3);
    EXPECT_THAT(result.err, AllOf(StartsWith("hupstorm: cannot write to standard output"),
                                  HasSubstr("No space left on device")));
  }
}

}  // namespace
}  // namespace hupstorm
