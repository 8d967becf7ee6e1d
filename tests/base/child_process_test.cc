#include "base/child_process.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "base/file_descriptor.h"

namespace hupstorm {
namespace {

constexpr int kPatienceMs = 20'000;

void SleepForEver() {
  while (true) pause();
}

bool IsThere(pid_t pid) { return kill(pid, 0) == 0; }

std::string ReadToEnd(int fd) {
  std::string text;
  char block[256];
  for (ssize_t count; (count = read(fd, block, sizeof block)) > 0;) {
    text.append(block, static_cast<size_t>(count));
  }
  return text;
}

// What the program writes to its standard output and error.
std::string OutputOf(const Program& program, int& status) {
  auto [out, in] = MakePipe();
  ChildProcess child([&program, output = in.get()] {
    SetStandardStreams(output, output);
    program.Exec();
  });
  in.reset();
  std::string text = ReadToEnd(out.get());
  status = child.Wait();
  return text;
}

TEST(ChildProcessTest, EndsWithZeroWhenItsBodyReturns) {
  ChildProcess child([] {});
  const int status = child.Wait();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(child.Wait(), status);
  EXPECT_EQ(child.Status(), status);
}

TEST(ChildProcessTest, StatusWaitsNoLongerThanAsked) {
  ChildProcess child(SleepForEver);
  EXPECT_EQ(child.Status(), std::nullopt);
  EXPECT_EQ(child.Status(1), std::nullopt);
  child.Signal(SIGTERM);
  const std::optional<int> status = child.Status(kPatienceMs);
  ASSERT_TRUE(status.has_value());
  EXPECT_TRUE(WIFSIGNALED(*status) && WTERMSIG(*status) == SIGTERM) << *status;
}

TEST(ChildProcessTest, IsKilledAndReapedByItsDestructor) {
  pid_t pid = -1;
  {
    const ChildProcess child(SleepForEver);
    pid = child.pid();
    EXPECT_TRUE(IsThere(pid));
  }
  EXPECT_FALSE(IsThere(pid));
}

TEST(ChildProcessTest, MovesWithItsOwner) {
  ChildProcess none;
  EXPECT_EQ(none.Status(), std::nullopt);
  none.Signal(SIGKILL);
  none.Kill();
  ChildProcess first(SleepForEver);
  const pid_t pid = first.pid();
  ChildProcess second = std::move(first);
  EXPECT_EQ(first.pid(), -1);  // NOLINT(bugprone-use-after-move)
  first = ChildProcess(SleepForEver);
  second = ChildProcess();
  EXPECT_FALSE(IsThere(pid));
  EXPECT_TRUE(IsThere(first.pid()));
}

TEST(ChildProcessTest, ReleaseLeavesTheEndToItsCaller) {
  ChildProcess child([] {});
  const pid_t pid = child.Release();
  child.Kill();
  EXPECT_EQ(waitpid(pid, nullptr, 0), pid);
}

TEST(ChildProcessTest, AnExceptionEndsTheChildAlone) {
  ChildProcess child([] {
    SetStandardStreams(-1, -1);
    throw 1;
  });
  const int status = child.Wait();
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) << status;
}

TEST(ChildProcessTest, DiesWithTheThreadThatForkedIt) {
  auto [out, in] = MakePipe();
  ChildProcess parent([&] {
    const ChildProcess child(SleepForEver);
    kill(getpid(), SIGKILL);
  });
  in.reset();
  parent.Wait();
  EXPECT_EQ(ReadToEnd(out.get()), "");  // comes to an end: nobody has the other end any more
}

TEST(ChildProcessTest, KillEndsItsWholeGroup) {
  auto [out, in] = MakePipe();
  {
    const ChildProcess leader(
        [&, in_fd = in.get()] {
          if (fork() == 0) SleepForEver();
          if (write(in_fd, "x", 1) == 1) SleepForEver();
        },
        {.own_group = true});
    in.reset();
    char byte;
    ASSERT_EQ(read(out.get(), &byte, 1), 1);
    EXPECT_EQ(getpgid(leader.pid()), leader.pid());
  }
  EXPECT_EQ(ReadToEnd(out.get()), "");
}

TEST(ProgramTest, IsFoundInPathAndGetsItsArguments) {
  int status = -1;
  EXPECT_EQ(OutputOf(Program({"sh", "-c", "cat; echo $0 $1; exit 3", "a", "b c"}), status),
            "a b c\n");
  EXPECT_EQ(WEXITSTATUS(status), 3);
}

TEST(ProgramTest, EnvironmentIsAddedToAndReplaced) {
  setenv("HUPSTORM_KEPT", "kept", 1);
  setenv("HUPSTORM_CHANGED", "old", 1);
  const Program program({"sh", "-c", "echo $HUPSTORM_KEPT $HUPSTORM_CHANGED $HUPSTORM_NEW"},
                        {"HUPSTORM_CHANGED=new", "HUPSTORM_NEW=a=b"});
  int status = -1;
  EXPECT_EQ(OutputOf(program, status), "kept new a=b\n");
}

TEST(ProgramTest, IsToldAnotherNameThanItsPath) {
  int status = -1;
  EXPECT_EQ(OutputOf(Program({"name", "-c", "echo $0"}, {}, "/bin/sh"), status), "name\n");
}

TEST(ProgramTest, SaysWhyItCannotStart) {
  int status = -1;
  EXPECT_EQ(OutputOf(Program({"/no/such/program"}), status),
            "cannot start /no/such/program: No such file or directory\n");
  EXPECT_EQ(WEXITSTATUS(status), 127);
}

}  // namespace
}  // namespace hupstorm
