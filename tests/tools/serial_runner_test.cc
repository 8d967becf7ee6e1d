#include "tools/isolation/serial_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

// Says in which process it ran what. The port tells the target how often it has been called.
class CountingWorld final : public World {
 public:
  RunResult Run(const Scenario& scenario, const Target& target, const RunOptions&) override {
    if (scenario.name == "fails") throw WorldFailed("no port is left");
    if (scenario.name != "well") target.serve(static_cast<uint16_t>(scenario.rounds));
    RunResult result;
    result.calls = ++runs_;
    result.faults = static_cast<uint64_t>(getpid());
    result.output = scenario.name;
    return result;
  }

 private:
  uint64_t runs_ = 0;
};

Target TargetThat(void (*deed)()) {
  Target target;
  target.name = "test/server";
  target.serve = [deed](uint16_t) { deed(); };
  return target;
}

IsolationOptions Options() {
  IsolationOptions options;
  options.make_world = [](int) { return std::make_unique<CountingWorld>(); };
  return options;
}

Scenario Named(std::string name) {
  Scenario scenario;
  scenario.name = std::move(name);
  scenario.file = scenario.name + ".scn";
  return scenario;
}

TEST(SerialRunnerTest, OneProcessRunsOneScenarioAfterAnother) {
  const Target target = TargetThat([] {});
  SerialRunner runner(target, Options());
  const RunResult first = runner.Run(Named("a"));
  const RunResult second = runner.Run(Named("b"));
  EXPECT_EQ(first.output, "a");
  EXPECT_EQ(second.output, "b");
  EXPECT_EQ(second.calls, 2u) << "the same world";
  EXPECT_EQ(first.faults, second.faults) << "the same process";
  EXPECT_NE(first.faults, static_cast<uint64_t>(getpid()));
}

TEST(SerialRunnerTest, ACrashIsAFindingAndTheNextScenarioRuns) {
  const Target target = TargetThat([] { _exit(7); });
  SerialRunner runner(target, Options());
  const RunResult crashed = runner.Run(Named("crashes"));
  ASSERT_THAT(crashed.findings, SizeIs(1));
  EXPECT_EQ(crashed.findings[0].oracle, "server-died");
  EXPECT_EQ(crashed.findings[0].scenario, "crashes");
  EXPECT_EQ(crashed.findings[0].file, "crashes.scn");
  EXPECT_THAT(crashed.findings[0].evidence, HasSubstr("exit(7)"));
  EXPECT_FALSE(runner.has_timed_out());
  EXPECT_EQ(runner.Run(Named("well")).calls, 1u) << "a new world";
}

TEST(SerialRunnerTest, AServerThatSpinsIsKilledAndTheNextScenarioRuns) {
  const Target target = TargetThat([] {
    while (true) {
      usleep(1000);
    }
  });
  SerialRunner runner(target, Options());
  runner.set_timeout(std::chrono::milliseconds(50));
  const RunResult killed = runner.Run(Named("spins"));
  ASSERT_THAT(killed.findings, SizeIs(1));
  EXPECT_EQ(killed.findings[0].oracle, "busy-loop");
  EXPECT_TRUE(runner.has_timed_out());
  runner.set_timeout(std::chrono::seconds(60));
  EXPECT_THAT(runner.Run(Named("well")).findings, SizeIs(0));
  EXPECT_FALSE(runner.has_timed_out());
}

TEST(SerialRunnerTest, AWorldThatFailsIsNoFinding) {
  const Target target = TargetThat([] {});
  SerialRunner runner(target, Options());
  try {
    runner.Run(Named("fails"));
    FAIL() << "no exception";
  } catch (const FailedError& error) {
    EXPECT_THAT(error.what(), HasSubstr("no port is left"));
  }
  EXPECT_EQ(runner.Run(Named("well")).output, "well");
}

}  // namespace
}  // namespace hupstorm
