// What a server keeps: descriptors that are made once are no leak, and a queue that ends is
// bounded.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/process/process_run.h"
#include "tests/process/servers.h"

namespace hupstorm {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;

// More clients at once than ever before, one of which resets.
constexpr char kStorm[] = "c[1..5] connect\nc[1..5] send 5\nc[1] reset\na connect\na send 5\n";

TEST(DescriptorLeakTest, WhatIsMadeOnceIsNone) {
  EXPECT_EQ(Told(RunServer(PythonServer("makes_once"), kStorm)), "");
}

TEST(DescriptorLeakTest, AFileForEachErrorIsNamed) {
  EXPECT_THAT(Told(RunServer(PythonServer("leaks_log"), kStorm)),
              ContainsRegex("fd-leak: each round of clients leaves more descriptors open, 5 in 5 "
                            "rounds; the last left /dev/null\n"));
}

TEST(DescriptorLeakTest, APipeForEachClientIsNamedWithTheCallThatMadeIt) {
  EXPECT_THAT(
      Told(RunServer(PythonServer("leaks_pipe"), "a connect\na send 5\na close\n")),
      ContainsRegex("fd-leak: .* 10 in 5 rounds; the last left 2 times pipe made by pipe2\n"));
}

TEST(DescriptorLeakTest, AConnectionIsOneAtOnce) {
  EXPECT_THAT(
      Told(RunServer(PythonServer("descriptor_leak"), "a connect\na send 5\na reset\n")),
      HasSubstr("fd-leak: all clients are gone, and the server holds 1 descriptor more than "
                "at start: 1 connection (a)\n"));
}

// ---- Queues.

std::string QueueLimit(const std::string& bytes) {
  const std::string command = PythonServer("queue_limit");
  const size_t at = command.find(" {port}");
  return command.substr(0, at) + " " + bytes + command.substr(at);
}

TEST(QueueTest, OneThatEndsIsLeftAloneWhereverThatIs) {
  for (const char* const bytes : {"1048576", "4194304", "16777216"}) {
    EXPECT_EQ(Told(RunServer(QueueLimit(bytes), "a connect\na send 24MiB\n")), "") << bytes;
  }
}

TEST(QueueTest, OneThatDoesNotIsReportedHoweverLittleWasSent) {
  EXPECT_THAT(Told(RunServer(PythonServer("unbounded_queue"), "a connect\na send 1MiB\n")),
              AllOf(HasSubstr("unbounded-queue: the server held "),
                    HasSubstr("for another that sent on and read nothing: there is no end to it")));
}

}  // namespace
}  // namespace hupstorm
