#include "base/files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace hupstorm {
namespace {

namespace fs = std::filesystem;

class FilesTest : public ::testing::Test {
 protected:
  FilesTest()
      : folder_(fs::path(::testing::TempDir()) / ("hupstorm-files-" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
  }
  ~FilesTest() override { fs::remove_all(folder_); }

  size_t FilesInFolder() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

  const fs::path folder_;
};

TEST_F(FilesTest, WhatIsWrittenIsReadAgain) {
  const std::string bytes("a\0\r\nb", 5);
  EXPECT_FALSE(WriteWhole(folder_ / "file", bytes));
  EXPECT_EQ(ReadWhole(folder_ / "file"), bytes);
  EXPECT_FALSE(WriteWhole(folder_ / "file", ""));
  EXPECT_EQ(ReadWhole(folder_ / "file"), "");
  EXPECT_EQ(FilesInFolder(), 1u);
}

TEST_F(FilesTest, AFileThatIsThereIsReplacedOnlyIfAllowed) {
  EXPECT_FALSE(WriteWhole(folder_ / "file", "old"));
  EXPECT_EQ(WriteWhole(folder_ / "file", "new", /*replace=*/false), std::errc::file_exists);
  EXPECT_EQ(ReadWhole(folder_ / "file"), "old");
  EXPECT_FALSE(WriteWhole(folder_ / "file", "new"));
  EXPECT_EQ(ReadWhole(folder_ / "file"), "new");
  EXPECT_FALSE(WriteWhole(folder_ / "other", "first", /*replace=*/false));
  EXPECT_EQ(ReadWhole(folder_ / "other"), "first");
  EXPECT_EQ(FilesInFolder(), 2u);
}

TEST_F(FilesTest, AnErrorLeavesNothingBehind) {
  fs::create_directories(folder_ / "folder" / "inner");
  EXPECT_TRUE(WriteWhole(folder_ / "folder", "text"));
  EXPECT_TRUE(WriteWhole(folder_ / "missing" / "file", "text"));
  EXPECT_EQ(FilesInFolder(), 1u);
}

TEST_F(FilesTest, WhatCannotBeReadIsNothing) {
  EXPECT_EQ(ReadWhole(folder_ / "missing"), std::nullopt);
}

TEST_F(FilesTest, WhatOpensButCannotBeReadIsNothing) {
  EXPECT_EQ(ReadWhole(folder_), std::nullopt);
}

}  // namespace
}  // namespace hupstorm
