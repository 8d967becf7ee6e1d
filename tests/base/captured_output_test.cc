#include "base/captured_output.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "base/child_process.h"

namespace hupstorm {
namespace {

TEST(CapturedOutputTest, HoldsWhatTheChildWroteToBothStreams) {
  const CapturedOutput output;
  ChildProcess([&] {
    output.TakeStreams();
    dprintf(STDOUT_FILENO, "out ");
    dprintf(STDERR_FILENO, "err");
  }).Wait();
  EXPECT_EQ(output.Tail(), "out err");
}

TEST(CapturedOutputTest, ClearForgetsWhatWasWritten) {
  const CapturedOutput output;
  ChildProcess([&] {
    output.TakeStreams();
    output.Clear();
    dprintf(STDERR_FILENO, "a long text");
    output.Clear();
    dprintf(STDOUT_FILENO, "new");
  }).Wait();
  EXPECT_EQ(output.Tail(), "new");
}

TEST(CapturedOutputTest, KeepsSixteenMebibytesAndShowsTheLast256Kibibytes) {
  const CapturedOutput output;
  ChildProcess child([&] {
    output.TakeStreams();
    const std::string block(1 << 20, 'x');
    for (int i = 0; i < 16; ++i) {
      if (write(STDOUT_FILENO, block.data(), block.size()) != 1 << 20) _exit(1);
    }
    if (write(STDOUT_FILENO, "y", 1) >= 0 || errno != EFBIG) _exit(2);
  });
  EXPECT_EQ(child.Wait(), 0);
  EXPECT_EQ(output.Tail(), std::string(256 << 10, 'x'));
}

TEST(CapturedOutputTest, GivesTheChildAnEmptyInput) {
  const CapturedOutput output;
  ChildProcess child([&] {
    output.TakeStreams();
    char byte;
    if (read(STDIN_FILENO, &byte, 1) != 0) _exit(1);
  });
  EXPECT_EQ(child.Wait(), 0);
}

}  // namespace
}  // namespace hupstorm
