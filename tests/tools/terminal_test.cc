// What a terminal does to the command: its width, and Ctrl-C.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/tools/command.h"

namespace hupstorm {
namespace {

constexpr int kPatienceMs = 60'000;

[[noreturn]] void Become(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "hupstorm");
  arguments.push_back(nullptr);
  execv(HUPSTORM_COMMAND, const_cast<char**>(arguments.data()));
  _exit(127);
}

// All that comes until the other end is closed everywhere. Fails the test if that takes too long.
std::string ReadToEnd(int fd) {
  std::string text;
  pollfd entry = {fd, POLLIN, 0};
  while (true) {
    if (poll(&entry, 1, kPatienceMs) != 1) {
      ADD_FAILURE() << "the other end stays open";
      return text;
    }
    char block[4096];
    const ssize_t count = read(fd, block, sizeof block);
    if (count <= 0) return text;
    text.append(block, static_cast<size_t>(count));
  }
}

std::string OnTerminal(unsigned short columns, const std::vector<const char*>& arguments) {
  winsize size = {};
  size.ws_row = 24;
  size.ws_col = columns;
  int terminal = -1;
  const pid_t pid = forkpty(&terminal, nullptr, nullptr, &size);
  if (pid == 0) Become(arguments);
  EXPECT_GT(pid, 0);
  std::string text = ReadToEnd(terminal);
  close(terminal);
  waitpid(pid, nullptr, 0);
  return text;
}

size_t LongestLine(const std::string& text) {
  size_t longest = 0;
  size_t start = 0;
  for (size_t end = text.find("\r\n"); end != std::string::npos; end = text.find("\r\n", start)) {
    longest = std::max(longest, end - start);
    start = end + 2;
  }
  return longest;
}

TEST(TerminalTest, PagesAreFilledToItsWidth) {
  if (!HasTerminals()) GTEST_SKIP() << "there are no pseudo-terminals here";
  EXPECT_LE(LongestLine(OnTerminal(60, {"explain", "stalled"})), 60u);
  EXPECT_GT(LongestLine(OnTerminal(200, {"explain", "stalled"})), 60u);
}

bool HasChildren(pid_t pid) {
  const std::string id = std::to_string(pid);
  std::ifstream file("/proc/" + id + "/task/" + id + "/children");
  return std::istream_iterator<pid_t>(file) != std::istream_iterator<pid_t>();
}

TEST(TerminalTest, CtrlCEndsARunAndItsWorkers) {
  if (!HasTerminals()) GTEST_SKIP() << "there are no pseudo-terminals here";
  // Each process of the run holds the writing end, so the reading end says when all are gone.
  int alive[2];
  ASSERT_EQ(pipe2(alive, O_CLOEXEC), 0);
  const pid_t pid = fork();
  if (pid == 0) {
    fcntl(alive[1], F_SETFD, 0);
    Become({"matrix", "--jobs", "2"});
  }
  close(alive[1]);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kPatienceMs);
  while (!HasChildren(pid) && std::chrono::steady_clock::now() < deadline) sched_yield();
  EXPECT_TRUE(HasChildren(pid));
  kill(pid, SIGINT);
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGINT);
  ReadToEnd(alive[0]);
  close(alive[0]);
}

}  // namespace
}  // namespace hupstorm
