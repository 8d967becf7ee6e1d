#include "bench/servers/measured_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/measuring.h"
#include "target/reference/unique_fd.h"
#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kPatienceMs = 20'000;

EchoPeer Reference() { return {.name = "epoll-lt", .command = {HUPSTORM_REFERENCE, "epoll-lt"}}; }

bool IsThere(pid_t pid) { return kill(pid, 0) == 0; }

TEST(MeasuredServerTest, IsGoneWithTheObject) {
  pid_t pid = -1;
  {
    const MeasuredServer server(Reference(), -1);
    pid = server.pid();
    EXPECT_TRUE(IsThere(pid));
  }
  EXPECT_FALSE(IsThere(pid));
}

TEST(MeasuredServerTest, IsGoneWithTheProcessThatStartedIt) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t starter = fork();
  if (starter == 0) {
    const MeasuredServer server(Reference(), -1);
    const pid_t pid = server.pid();
    if (write(ends[1], &pid, sizeof pid) != sizeof pid) _exit(1);
    for (;;) pause();
  }
  pid_t pid = -1;
  ASSERT_EQ(read(ends[0], &pid, sizeof pid), static_cast<ssize_t>(sizeof pid));
  const UniqueFd server(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  ASSERT_TRUE(static_cast<bool>(server));
  kill(starter, SIGKILL);
  waitpid(starter, nullptr, 0);
  pollfd entry = {.fd = server.get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&entry, 1, kPatienceMs), 1);
  close(ends[0]);
  close(ends[1]);
}

TEST(MeasuredServerTest, SaysHowTheServerEnded) {
  MeasuredServer server(Reference(), -1);
  EXPECT_EQ(server.End(0), "");
  kill(server.pid(), SIGKILL);
  EXPECT_EQ(server.End(kPatienceMs), "was killed by signal 9 (Killed)");
  EXPECT_EQ(server.End(0), "was killed by signal 9 (Killed)");
}

TEST(MeasuredServerTest, OneThatEndsAtOnceIsAnError) {
  const EchoPeer peer = {.name = "nothing", .command = {"/bin/false"}};
  try {
    const MeasuredServer server(peer, -1);
    FAIL() << "it serves";
  } catch (const FailedError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("the server on nothing does not serve"),
                                    HasSubstr("ended with exit code 1")));
  }
}

TEST(MeasuredServerTest, ProcessorTimeAndMemoryAreOfTheServer) {
  const MeasuredServer server(Reference(), -1);
  EXPECT_GT(server.CpuSeconds(), 0);
  EXPECT_GT(server.OwnMemoryBytes(), 10'000);
}

TEST(MeasuredServerTest, RunsOnTheProcessorThatItIsGiven) {
  const TwoProcessors processors;
  if (processors.server() < 0) GTEST_SKIP() << "one processor only";
  EXPECT_NE(processors.server(), processors.generator());
  const MeasuredServer server(Reference(), processors.server());
  cpu_set_t set;
  ASSERT_EQ(sched_getaffinity(server.pid(), sizeof set, &set), 0);
  EXPECT_EQ(CPU_COUNT(&set), 1);
  EXPECT_TRUE(CPU_ISSET(processors.server(), &set));
}

TEST(AwakeProcessorTest, LeavesTheProcessorToOthersAndEnds) {
  const TwoProcessors processors;
  const AwakeProcessor awake(processors.generator());
  const AwakeProcessor none(-1);
  // Of this thread: what it does is done, whoever else is there.
  EXPECT_EQ(sched_getscheduler(0), SCHED_OTHER);
}

TEST(MeasuredServerTest, ThisThreadMayRunAnywhereAgain) {
  cpu_set_t before;
  cpu_set_t after;
  sched_getaffinity(0, sizeof before, &before);
  { const TwoProcessors processors; }
  sched_getaffinity(0, sizeof after, &after);
  EXPECT_TRUE(CPU_EQUAL(&before, &after));
}

}  // namespace
}  // namespace hupstorm
