#include "scenarios/campaign/finding_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace hupstorm {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const std::vector<uint8_t> kInput = {1, 2, 3};

FindingRecord Record(const std::string& fingerprint, double seconds = 1.5) {
  return {.oracle = "close-wait-leak",
          .fingerprint = fingerprint,
          .target = "doc000/epoll-queue",
          .mend = "none",
          .evidence = "a has sent its FIN \xff and more",
          .seconds = seconds,
          .executions = 42};
}

class FindingStoreTest : public ::testing::Test {
 protected:
  ~FindingStoreTest() override { fs::remove_all(folder_); }
  fs::path folder_ = fs::path(::testing::TempDir()) / ("findings-" + std::to_string(getpid()));
  std::string why_;
};

TEST_F(FindingStoreTest, KeepsTheInputAndWhatIsKnownOfIt) {
  FindingStore store(folder_);
  ASSERT_TRUE(store.Add(Record("0123456789abcdef"), kInput, why_)) << why_;
  const std::vector<StoredFinding> found = StoredFindings(folder_);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].record.oracle, "close-wait-leak");
  EXPECT_EQ(found[0].record.fingerprint, "0123456789abcdef");
  EXPECT_EQ(found[0].record.target, "doc000/epoll-queue");
  EXPECT_EQ(found[0].record.seconds, 1.5);
  EXPECT_EQ(found[0].record.executions, 42);
  EXPECT_EQ(found[0].input.filename(), "close-wait-leak-0123456789abcdef.bytes");
  EXPECT_EQ(found[0].scenario.filename(), "close-wait-leak-0123456789abcdef.scn");
  std::ifstream file(found[0].input, std::ios::binary);
  const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
  EXPECT_THAT(bytes, ElementsAre(1, 2, 3));
}

TEST_F(FindingStoreTest, TheFirstInputOfAFingerprintStays) {
  FindingStore first(folder_);
  FindingStore second(folder_);
  ASSERT_TRUE(first.Add(Record("0123456789abcdef", 1), kInput, why_));
  ASSERT_TRUE(second.Add(Record("0123456789abcdef", 2), kInput, why_));
  EXPECT_TRUE(second.IsKnown("0123456789abcdef"));
  ASSERT_THAT(StoredFindings(folder_), SizeIs(1));
  EXPECT_EQ(StoredFindings(folder_)[0].record.seconds, 1);
}

TEST_F(FindingStoreTest, WhatIsInTheFolderIsKnown) {
  ASSERT_TRUE(FindingStore(folder_).Add(Record("0123456789abcdef"), kInput, why_));
  const FindingStore later(folder_);
  EXPECT_TRUE(later.IsKnown("0123456789abcdef"));
  EXPECT_FALSE(later.IsKnown("fedcba9876543210"));
}

TEST_F(FindingStoreTest, FindingsAreInTheOrderInWhichTheyWereMade) {
  FindingStore store(folder_);
  ASSERT_TRUE(store.Add(Record("00000000000000aa", 9), kInput, why_));
  ASSERT_TRUE(store.Add(Record("00000000000000bb", 3), kInput, why_));
  const std::vector<StoredFinding> found = StoredFindings(folder_);
  ASSERT_THAT(found, SizeIs(2));
  EXPECT_EQ(found[0].record.fingerprint, "00000000000000bb");
}

TEST_F(FindingStoreTest, ADamagedRecordLeavesWhatTheNameSays) {
  FindingStore store(folder_);
  ASSERT_TRUE(store.Add(Record("0123456789abcdef"), kInput, why_));
  std::ofstream(folder_ / "close-wait-leak-0123456789abcdef.json") << "{";
  const std::vector<StoredFinding> found = StoredFindings(folder_);
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found[0].record.oracle, "close-wait-leak");
  EXPECT_EQ(found[0].record.fingerprint, "0123456789abcdef");
  EXPECT_EQ(found[0].record.seconds, 0);
}

TEST_F(FindingStoreTest, WhatTheDiskDoesNotTakeIsTriedAgain) {
  FindingStore store(folder_);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit full{0, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &full);
  const bool kept = store.Add(Record("0123456789abcdef"), kInput, why_);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_FALSE(kept);
  EXPECT_THAT(why_, Not(IsEmpty()));
  EXPECT_FALSE(store.IsKnown("0123456789abcdef"));
  EXPECT_THAT(StoredFindings(folder_), IsEmpty());
  EXPECT_THAT(std::vector(fs::directory_iterator(folder_), {}), IsEmpty());  // no parts either
  EXPECT_TRUE(store.Add(Record("0123456789abcdef"), kInput, why_)) << why_;
}

TEST_F(FindingStoreTest, NoFolderHasNoFindings) {
  EXPECT_THAT(StoredFindings(folder_ / "nowhere"), IsEmpty());
}

}  // namespace
}  // namespace hupstorm
