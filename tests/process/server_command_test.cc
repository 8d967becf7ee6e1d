#include "scenarios/worlds/server_command.h"

#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>

#include "tests/process/lifeline.h"
#include "tests/process/plain_process.h"

namespace hupstorm {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

ServerCommand::Options Line(std::string command) {
  ServerCommand::Options options;
  options.command = std::move(command);
  return options;
}

bool HasNews(const ServerCommand& server, int ms) {
  pollfd news = {.fd = server.news(), .events = POLLIN, .revents = 0};
  return poll(&news, 1, ms) == 1;
}

// How the command's first process ends, -1 where it does not.
int StatusAtTheEnd(ServerCommand& server) {
  if (!HasNews(server, kServerPatienceMs)) return -1;
  return server.Status().value_or(-1);
}

// What a command that ends has written.
std::string OutputOf(const ServerCommand::Options& options) {
  ServerCommand server(options);
  EXPECT_NE(StatusAtTheEnd(server), -1) << options.command;
  return server.Output();
}
std::string OutputOf(const std::string& command) { return OutputOf(Line(command)); }

// Its entry in /proc is gone: a zombie would still have one.
bool IsGone(const std::string& pid) {
  return access(("/proc/" + pid).c_str(), F_OK) != 0 && errno == ENOENT;
}

// ---- How it is started.

TEST(ServerCommandTest, RunsAShellsCommandWithoutInput) {
  EXPECT_EQ(OutputOf("cat; printf '%s-' one two | tr a-z A-Z"), "ONE-TWO-");
}

TEST(ServerCommandTest, EnvironmentIsAddedToOurs) {
  setenv("HUPSTORM_TEST_OURS", "ours", 1);
  setenv("HUPSTORM_TEST_BOTH", "ours", 1);
  ServerCommand::Options options = Line(
      "printf '%s,%s,%s' \"$HUPSTORM_TEST_OURS\" "
      "\"$HUPSTORM_TEST_BOTH\" \"$HUPSTORM_TEST_NEW\"");
  options.environment = {{"HUPSTORM_TEST_BOTH", "new"}, {"HUPSTORM_TEST_NEW", "a 'b' $c"}};
  EXPECT_EQ(OutputOf(options), "ours,new,a 'b' $c");
}

TEST(ServerCommandTest, DescriptorsAreLimitedSoftly) {
  rlimit ours = {};
  getrlimit(RLIMIT_NOFILE, &ours);
  ServerCommand::Options options = Line("ulimit -Sn; ulimit -Hn");
  options.descriptors.rlim_cur = 16;
  const std::string hard =
      ours.rlim_max == RLIM_INFINITY ? "unlimited" : std::to_string(ours.rlim_max);
  EXPECT_EQ(OutputOf(options), "16\n" + hard + "\n");
}

TEST(ServerCommandTest, InheritsNoDescriptorsSignalsOrCoreFilesOfOurs) {
  const int inherited = open("/dev/null", O_RDONLY);  // without O_CLOEXEC
  sigset_t blocked;
  sigset_t before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  sigprocmask(SIG_BLOCK, &blocked, &before);
  const auto handler = signal(SIGPIPE, SIG_IGN);
  // The one more is that of the folder, which ls reads.
  EXPECT_EQ(OutputOf("ls /proc/self/fd | wc -l"), "4\n");
  EXPECT_EQ(OutputOf("exec grep -E 'Sig(Blk|Ign)' /proc/self/status"),
            "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  EXPECT_EQ(OutputOf("ulimit -Hc"), "0\n");
  signal(SIGPIPE, handler);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  close(inherited);
}

TEST(ServerCommandTest, AnInterruptFromTheTerminalIsNotForTheServer) {
  Lifeline lifeline;
  ServerCommand server(Line(lifeline.Prefix() + "echo $$ >&9; exec sleep 100"));
  const pid_t pid = std::stoi(lifeline.ReadLine());
  EXPECT_EQ(getsid(pid), server.keeper());
  EXPECT_NE(getsid(pid), getsid(0));
}

TEST(ServerCommandTest, PlaceOfThePortIsFilledIn) {
  EXPECT_EQ(WithPort("serve --port {port}", 8080), "serve --port 8080");
  EXPECT_EQ(WithPort("{port}{port} {p} {port", 65535), "6553565535 {p} {port");
  EXPECT_EQ(WithPort("serve", 1), "serve");
}

// ---- How it ends by itself.

TEST(ServerCommandTest, StatusIsTheFirstProcesses) {
  ServerCommand exits(Line("(exit 3) & wait; exit 7"));
  const int exited = StatusAtTheEnd(exits);
  EXPECT_TRUE(WIFEXITED(exited) && WEXITSTATUS(exited) == 7) << exited;
  EXPECT_EQ(exits.Status(), exited) << "it is forgotten";

  ServerCommand dies(Line("kill -SEGV $$"));
  const int killed = StatusAtTheEnd(dies);
  EXPECT_TRUE(WIFSIGNALED(killed) && WTERMSIG(killed) == SIGSEGV) << killed;
}

TEST(ServerCommandTest, ThereIsNoStatusWhileItRuns) {
  Lifeline lifeline;
  ServerCommand server(Line(lifeline.Prefix() + "(exit 3); echo up >&9; exec sleep 100"));
  EXPECT_EQ(lifeline.ReadLine(), "up");
  EXPECT_FALSE(HasNews(server, 0));
  EXPECT_EQ(server.Status(), std::nullopt);
}

TEST(ServerCommandTest, ACommandThatIsNotThereSaysSo) {
  ServerCommand server(Line("./no-such-server"));
  const int status = StatusAtTheEnd(server);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 127) << status;
  EXPECT_THAT(server.Output(), AllOf(HasSubstr("no-such-server"), HasSubstr("not found")));
}

// ---- What it writes.

// Two pipes: what was written to one while nobody had read the other yet may come after that.
TEST(ServerCommandTest, BothOutputsAreKeptEachInOrder) {
  ServerCommand server(Line("echo one; echo two >&2; echo three; echo four >&2"));
  EXPECT_NE(StatusAtTheEnd(server), -1);
  EXPECT_EQ(server.Errors(), "two\nfour\n");
  EXPECT_THAT(server.Output(), AnyOf(HasSubstr("one\nthree\n"), StartsWith("one\ntwo\n")));
  EXPECT_EQ(server.Output().size(), 19u);
}

TEST(ServerCommandTest, TheLast16KiBOfOutputAreKept) {
  ServerCommand server(Line("head -c 100000 /dev/zero | tr '\\0' a; echo end"));
  EXPECT_NE(StatusAtTheEnd(server), -1);
  EXPECT_EQ(server.OutputBytes(), 100'004u);
  EXPECT_EQ(server.Output(), std::string((16 << 10) - 4, 'a') + "end\n");
}

TEST(ServerCommandTest, OneThatWritesWithoutEndIsReadAndEnded) {
  Lifeline lifeline;
  ServerCommand server(Line(lifeline.Prefix() + "echo up >&9; exec yes no"));
  lifeline.ReadLine();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (server.OutputBytes() < 8 << 20 && std::chrono::steady_clock::now() < deadline) {
    sched_yield();
  }
  EXPECT_GE(server.OutputBytes(), uint64_t{8} << 20);
  EXPECT_TRUE(server.End());
  EXPECT_TRUE(lifeline.IsLetGoWithin(0));
  EXPECT_THAT(server.Output(), HasSubstr("no\nno\nno\n"));
}

TEST(ServerCommandTest, OutputOfADaemonIsKept) {
  Lifeline lifeline;
  ServerCommand server(Line(lifeline.Prefix() +
                            "first=$$; (while kill -0 $first 2>/dev/null; do :; done; echo later; "
                            "echo done >&9) & exit 0"));
  EXPECT_EQ(lifeline.ReadLine(), "done");
  EXPECT_TRUE(server.End());
  EXPECT_THAT(server.Output(), HasSubstr("later"));
}

// ---- How it is ended.

TEST(ServerCommandTest, ADaemonInASessionOfItsOwnIsEnded) {
  Lifeline lifeline;
  ServerCommand server(
      Line(lifeline.Prefix() + "setsid sh -c '(echo $$ >&9; exec sleep 100) & exit 0' & exit 0"));
  const int status = StatusAtTheEnd(server);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  const std::string session = lifeline.ReadLine();
  EXPECT_NE(std::stoi(session), server.keeper());
  EXPECT_FALSE(lifeline.IsLetGoWithin(0)) << "the daemon has ended by itself";
  EXPECT_TRUE(server.End());
  EXPECT_TRUE(lifeline.IsLetGoWithin(0));
}

TEST(ServerCommandTest, OneThatDoesNotHeedSigtermIsEnded) {
  Lifeline lifeline;
  ServerCommand server(Line(lifeline.Prefix() + "trap 'echo heard >&9' TERM; echo $$ >&9; "
                                                "while :; do sleep 100 & wait $!; done"));
  const std::string pid = lifeline.ReadLine();
  kill(std::stoi(pid), SIGTERM);
  EXPECT_EQ(lifeline.ReadLine(), "heard");
  EXPECT_TRUE(server.End());
  EXPECT_TRUE(IsGone(pid));
  EXPECT_TRUE(lifeline.IsLetGoWithin(0));
}

TEST(ServerCommandTest, AStoppedProcessIsEnded) {
  Lifeline lifeline;
  ServerCommand server(Line(lifeline.Prefix() + "echo $$ >&9; kill -STOP $$"));
  const std::string pid = lifeline.ReadLine();
  EXPECT_TRUE(server.End());
  EXPECT_TRUE(IsGone(pid));
}

TEST(ServerCommandTest, NothingIsLeftWhenTheObjectGoes) {
  Lifeline lifeline;
  std::string keeper;
  std::string first;
  {
    ServerCommand server(
        Line(lifeline.Prefix() + "sleep 100 & sleep 100 & (sleep 100 & wait) & echo $$ >&9; wait"));
    keeper = std::to_string(server.keeper());
    first = lifeline.ReadLine();
    EXPECT_FALSE(IsGone(keeper));
    EXPECT_FALSE(IsGone(first));
  }
  EXPECT_TRUE(IsGone(keeper));
  EXPECT_TRUE(IsGone(first));
  EXPECT_TRUE(lifeline.IsLetGoWithin(0));
}

TEST(ServerCommandTest, NothingIsLeftWhenItsDriverIsKilled) {
  Lifeline lifeline;
  const pid_t driver = fork();
  if (driver == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    ServerCommand server(Line(lifeline.Prefix() + "setsid sleep 100 & echo $PPID >&9; wait"));
    while (true) pause();
  }
  const pid_t keeper = std::stoi(lifeline.ReadLine());
  const int keepers_end = static_cast<int>(syscall(SYS_pidfd_open, keeper, 0));
  ASSERT_GE(keepers_end, 0);
  kill(driver, SIGKILL);
  ASSERT_EQ(waitpid(driver, nullptr, 0), driver);
  EXPECT_TRUE(lifeline.IsLetGoWithin(kServerPatienceMs));
  pollfd entry = {.fd = keepers_end, .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&entry, 1, kServerPatienceMs), 1) << "the keeper goes on";
  close(keepers_end);
}

TEST(ServerCommandTest, EndingTwiceIsTheSame) {
  ServerCommand server(Line("exit 0"));
  EXPECT_NE(StatusAtTheEnd(server), -1);
  EXPECT_TRUE(server.End());
  EXPECT_TRUE(server.End());
  EXPECT_NE(server.Status(), std::nullopt);
}

}  // namespace
}  // namespace hupstorm
