// How far some work has got, as a log shows it. (tests/process has a run of a slow server.)

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "tools/cli/output.h"

namespace hupstorm {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

Progress::Clock::time_point fake_now;

// A file, which is no terminal; the clock is the test's.
class ProgressTest : public testing::Test {
 protected:
  ~ProgressTest() override { std::fclose(file_); }

  static void Pass(milliseconds time) { fake_now += time; }

  std::vector<std::string> Lines() {
    std::rewind(file_);
    std::vector<std::string> lines(1);
    for (int c = std::fgetc(file_); c != EOF; c = std::fgetc(file_)) {
      if (c == '\n') {
        lines.emplace_back();
      } else {
        lines.back() += static_cast<char>(c);
      }
    }
    EXPECT_EQ(lines.back(), "") << "a line is cut off";
    lines.pop_back();
    return lines;
  }

  FILE* file_ = std::tmpfile();
  Progress progress_{"running", file_, [] { return fake_now; }};
};

TEST_F(ProgressTest, WhatTakesNoTimeIsNotTold) {
  progress_.Update(1, 2, "", "a/one");
  Pass(milliseconds(9999));
  progress_.Update(2, 2, "", "b/one");
  EXPECT_THAT(Lines(), IsEmpty());
}

TEST_F(ProgressTest, EachFolderIsTold) {
  Pass(seconds(12));
  progress_.Update(12, 60, "no findings", "a/twelve");
  Pass(seconds(1));
  progress_.Update(13, 60, "1 finding", "a/thirteen");
  progress_.Update(14, 60, "1 finding", "b/one");
  progress_.Update(15, 60, "1 finding", "c/one");
  Pass(seconds(1));
  progress_.Update(20, 60, "2 findings", "c/two");
  EXPECT_THAT(Lines(), ElementsAre("running: a, 12 of 60, no findings, about 48 s left",
                                   "running: b, 14 of 60, 1 finding, about 43 s left",
                                   "running: c, 20 of 60, 2 findings, about 28 s left"));
}

TEST_F(ProgressTest, InOneFolderALineComesEachTenSeconds) {
  for (size_t done = 1; done <= 25; ++done) {
    Pass(seconds(1));
    progress_.Update(done, 1100, "");
  }
  EXPECT_THAT(Lines(), ElementsAre("running: 10 of 1100, about 18 min left",
                                   "running: 20 of 1100, about 18 min left"));
}

TEST_F(ProgressTest, WorkWithoutAKnownEndIsForTerminals) {
  Pass(seconds(60));
  progress_.Update("7 steps left");
  EXPECT_THAT(Lines(), IsEmpty());
}

}  // namespace
}  // namespace hupstorm
