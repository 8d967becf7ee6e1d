#include "scenarios/campaign/campaign_counters.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace hupstorm {
namespace {

class CampaignCountersTest : public ::testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  std::string path_ = ::testing::TempDir() + "counters-" + std::to_string(getpid());
};

TEST_F(CampaignCountersTest, BeginAtZero) {
  const CampaignCountersPtr counters = MapCampaignCounters(path_);
  EXPECT_EQ(counters->Executions(), 0);
  EXPECT_EQ(counters->saved_ns, 0);
}

TEST_F(CampaignCountersTest, WorkersOfOtherProcessesAreCounted) {
  const CampaignCountersPtr counters = MapCampaignCounters(path_);
  const pid_t child = fork();
  if (child == 0) {
    const CampaignCountersPtr mine = MapCampaignCounters(path_);
    for (int i = 0; i < 3; ++i) mine->Count(7);
    _exit(0);
  }
  counters->Count(0);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_EQ(counters->Executions(), 4);
}

TEST_F(CampaignCountersTest, OutliveTheProcessesThatCount) {
  MapCampaignCounters(path_)->Count(0);
  EXPECT_EQ(MapCampaignCounters(path_)->Executions(), 1);
}

TEST_F(CampaignCountersTest, ASessionBeginsWithTheTimeThatEarlierOnesHaveSaved) {
  const CampaignCountersPtr counters = MapCampaignCounters(path_);
  counters->saved_ns = 5'000'000'000;
  counters->Resume();
  EXPECT_GE(counters->Seconds(), 5);
  counters->SaveTime();
  EXPECT_GE(counters->saved_ns, 5'000'000'000);
}

TEST_F(CampaignCountersTest, AnotherFileIsRefused) {
  std::ofstream(path_) << "not what it should be";
  EXPECT_THROW(MapCampaignCounters(path_), std::runtime_error);
}

TEST_F(CampaignCountersTest, AFolderThatIsNotThereIsRefused) {
  EXPECT_THROW(MapCampaignCounters(path_ + "/counters"), std::runtime_error);
}

}  // namespace
}  // namespace hupstorm
