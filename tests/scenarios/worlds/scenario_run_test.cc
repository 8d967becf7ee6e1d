// A run whose server outlives the scenario, or is left other than by the usual exception.

#include "scenarios/worlds/scenario_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "kernel/in_force.h"
#include "kernel/simulated/simulated_kernel.h"
#include "scenarios/language/parse.h"
#include "scenarios/worlds/simulated_world.h"
#include "tests/scenarios/control_server.h"

namespace hupstorm {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// Runs scenarios one after another on one server.
class OneServer final : private ServerHost {
 public:
  std::vector<RunResult> Run(const std::vector<std::string>& texts, Bug bug) {
    scenarios_.clear();
    for (const std::string& text : texts) scenarios_.push_back(ParseScenario(text, "test.scn"));
    target_ = ControlTarget(bug);
    results_.clear();
    results_.push_back(run_.Run(scenarios_[0], target_, options_));
    return std::move(results_);
  }
  bool was_left() const { return was_left_; }

 private:
  struct Left {};

  uint16_t Prepare() override {
    kernel_.Reset();
    return 8888;
  }
  void Serve(const Target& target, uint16_t port, Syscalls& top) override {
    try {
      const ServerScope scope(top);
      target.serve(port);
    } catch (const Left&) {
      was_left_ = true;
    }
  }
  HeapUse Heap() override { return {}; }
  bool NeedsWarmUp() override { return true; }
  // What the run was started with was a warm-up only.
  void OnReady() override { run_.BeginScenario(scenarios_[0], target_, options_); }
  bool GoesOnWithNext() override {
    const size_t next = results_.size() + 1;
    if (next >= scenarios_.size()) return false;
    results_.push_back(run_.FinishRun());
    run_.BeginScenario(scenarios_[next], target_, options_);
    return true;
  }
  [[noreturn]] void LeaveServer() override { throw Left{}; }

  SimulatedKernel kernel_;
  ScenarioRun run_{kernel_, *this};
  Target target_;
  const RunOptions options_ = {.record_time_line = true};
  std::vector<Scenario> scenarios_;
  std::vector<RunResult> results_;
  bool was_left_ = false;
};

std::vector<std::string> StepsOf(const RunResult& result) {
  std::vector<std::string> steps;
  for (const TimeLineEntry& entry : result.time_line) {
    if (entry.kind == TimeLineEntry::Kind::kStep) steps.push_back(entry.text);
  }
  return steps;
}

std::vector<std::string> FingerprintsOf(const RunResult& result) {
  std::vector<std::string> fingerprints;
  for (const Finding& finding : result.findings) fingerprints.push_back(finding.fingerprint);
  return fingerprints;
}

RunResult RunAlone(const std::string& text, Bug bug) {
  return SimulatedWorld().Run(ParseScenario(text, "test.scn"), ControlTarget(bug),
                              {.record_time_line = true});
}

constexpr char kSend[] = "a connect\na read all\na send 10\na close\n";
constexpr char kHalfClose[] = "b connect\nb send 100B\nb shutdown write\n";

TEST(ScenarioRunTest, ScenariosFollowEachOtherOnOneServer) {
  OneServer server;
  const std::vector<RunResult> results = server.Run({kSend, kHalfClose, kSend}, Bug::kNone);
  ASSERT_THAT(results, SizeIs(3));
  for (const RunResult& result : results) EXPECT_THAT(result.findings, IsEmpty());
  EXPECT_THAT(StepsOf(results[0]), ElementsAre("a connect", "a read all", "a send 10B", "a close"));
  EXPECT_THAT(StepsOf(results[1]), ElementsAre("b connect", "b send 100B", "b shutdown write"));
  EXPECT_EQ(StepsOf(results[2]), StepsOf(results[0]));
  EXPECT_FALSE(server.was_left());
}

TEST(ScenarioRunTest, FindsOnAServerThatIsThereWhatItFindsOnAFreshOne) {
  constexpr char kNeverReads[] = "a connect\na send 300KiB\n";
  OneServer server;
  const std::vector<RunResult> results = server.Run({kSend, kNeverReads}, Bug::kDropsTail);
  ASSERT_THAT(results, SizeIs(2));
  EXPECT_THAT(results[0].findings, IsEmpty());
  EXPECT_THAT(FingerprintsOf(results[1]), Not(IsEmpty()));
  EXPECT_EQ(FingerprintsOf(results[1]), FingerprintsOf(RunAlone(kNeverReads, Bug::kDropsTail)));
}

TEST(ScenarioRunTest, TheHostLeavesAServerThatDoesNotStop) {
  OneServer server;
  const std::vector<RunResult> results = server.Run({kSend, kHalfClose}, Bug::kIgnoresStop);
  EXPECT_TRUE(server.was_left());
  ASSERT_THAT(results, SizeIs(2));
  EXPECT_THAT(results[0].findings, IsEmpty());
  ASSERT_THAT(results[1].findings, SizeIs(1));
  EXPECT_EQ(results[1].findings[0].oracle, "shutdown-hang");
}

}  // namespace
}  // namespace hupstorm
