#include "tools/shrink/finding_shrinker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "scenarios/language/parse.h"
#include "scenarios/language/print.h"

namespace hupstorm {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr char kLarge[] = "b connect\nb send 64KiB\na connect\nwait 5s\na reset\nb close\n";

bool HasReset(const Scenario& scenario) {
  return PrintScenario(scenario).find(" reset\n") != std::string::npos;
}

// Calls the target where a scenario has a reset, and finds what it leaves behind: what is tested is
// the shrinking alone. `fingerprint` gives that of the finding in the n-th run of this world, empty
// for none.
class ResetWorld final : public World {
 public:
  using Fingerprint = std::string (*)(int run, const Scenario& scenario);
  explicit ResetWorld(Fingerprint fingerprint) : fingerprint_(fingerprint) {}

  RunResult Run(const Scenario& scenario, const Target& target, const RunOptions&) override {
    ++runs_;
    RunResult result;
    if (!HasReset(scenario)) return result;
    target.serve(0);
    const std::string fingerprint = fingerprint_(runs_, scenario);
    if (fingerprint.empty()) return result;
    Finding finding;
    finding.oracle = "stalled";
    finding.target = target.name;
    finding.evidence = "in\nrun " + std::to_string(runs_);
    finding.fingerprint = fingerprint;
    result.findings.push_back(finding);
    return result;
  }

 private:
  Fingerprint fingerprint_;
  int runs_ = 0;
};

Target TargetThat(void (*deed)()) {
  Target target;
  target.name = "test/server";
  target.serve = [deed](uint16_t) { deed(); };
  return target;
}

const Target& HarmlessTarget() {
  static const Target target = TargetThat([] {});
  return target;
}

std::string AlwaysTheSame(int, const Scenario&) { return "0000000000000001"; }

FindingShrinker::Options OptionsFor(ResetWorld::Fingerprint fingerprint) {
  FindingShrinker::Options options;
  options.isolation.make_world = [fingerprint](int) {
    return std::make_unique<ResetWorld>(fingerprint);
  };
  return options;
}

bool Any(const std::vector<Finding>& findings) { return !findings.empty(); }

// Runs kLarge, and shrinks it for the first finding.
std::optional<ShrunkFinding> ShrinkLarge(FindingShrinker& shrinker) {
  const Scenario scenario = ParseScenario(kLarge, "large.scn");
  const std::vector<Finding> findings = shrinker.Run(scenario, Any);
  if (findings.empty()) return std::nullopt;
  return shrinker.Shrink(scenario, findings.front(), {});
}

TEST(FindingShrinkerTest, TheTextSaysWhatItShows) {
  FindingShrinker shrinker(HarmlessTarget(), OptionsFor(AlwaysTheSame));
  const auto shrunk = ShrinkLarge(shrinker);
  ASSERT_TRUE(shrunk);
  EXPECT_THAT(shrunk->text, StartsWith("# stalled on test/server: in run "));
  EXPECT_THAT(shrunk->text, HasSubstr(".\ntarget echo\na reset\n"));
  EXPECT_EQ(ParseScenario(shrunk->text, "x"), shrunk->scenario);
  EXPECT_THAT(shrunk->scenario.title, StartsWith("stalled on test/server: in run "));
  EXPECT_GT(shrunk->runs, 0u);
}

TEST(FindingShrinkerTest, AnotherFindingIsNotTheSame) {
  // Less than three steps show something else.
  const auto by_size = [](int, const Scenario& scenario) {
    return std::string(scenario.steps.size() < 3 ? "0000000000000002" : "0000000000000001");
  };
  FindingShrinker shrinker(HarmlessTarget(), OptionsFor(by_size));
  const auto shrunk = ShrinkLarge(shrinker);
  ASSERT_TRUE(shrunk);
  EXPECT_EQ(shrunk->finding.fingerprint, "0000000000000001");
  EXPECT_THAT(shrunk->scenario.steps, SizeIs(3));
}

TEST(FindingShrinkerTest, ACrashIsShrunk) {
  const Target target = TargetThat([] {
    signal(SIGSEGV, SIG_DFL);  // a sanitizer's handler would turn it into an exit
    raise(SIGSEGV);
  });
  FindingShrinker shrinker(target, OptionsFor(AlwaysTheSame));
  const auto shrunk = ShrinkLarge(shrinker);
  ASSERT_TRUE(shrunk);
  EXPECT_EQ(shrunk->finding.oracle, "server-died");
  EXPECT_THAT(shrunk->finding.evidence, HasSubstr("SIGSEGV"));
  EXPECT_THAT(shrunk->text, HasSubstr("\ntarget echo\na reset\n"));
}

TEST(FindingShrinkerTest, AHangIsShrunk) {
  const Target target = TargetThat([] {
    volatile bool forever = true;
    while (forever) {
    }
  });
  FindingShrinker::Options options = OptionsFor(AlwaysTheSame);
  options.isolation.timeout = std::chrono::milliseconds(30);
  FindingShrinker shrinker(target, std::move(options));
  const auto shrunk = ShrinkLarge(shrinker);
  ASSERT_TRUE(shrunk);
  EXPECT_EQ(shrunk->finding.oracle, "busy-loop");
  EXPECT_THAT(shrunk->text, HasSubstr("\ntarget echo\na reset\n"));
}

TEST(FindingShrinkerTest, WhatCannotBeRunIsNotRun) {
  FindingShrinker::Options options = OptionsFor(AlwaysTheSame);
  options.can_run = [](const Scenario& scenario) {
    return PrintScenario(scenario).find(" close\n") != std::string::npos;
  };
  FindingShrinker shrinker(HarmlessTarget(), std::move(options));
  const auto shrunk = ShrinkLarge(shrinker);
  ASSERT_TRUE(shrunk);
  EXPECT_THAT(shrunk->text, HasSubstr(" close\n"));
  EXPECT_THAT(shrunk->scenario.steps, SizeIs(2));
}

TEST(FindingShrinkerTest, AFindingThatDoesNotShowAgainIsNotShrunk) {
  const auto first_only = [](int run, const Scenario&) {
    return std::string(run == 1 ? "0000000000000001" : "");
  };
  FindingShrinker::Options options = OptionsFor(first_only);
  options.is_repeatable = false;
  FindingShrinker shrinker(HarmlessTarget(), std::move(options));
  EXPECT_FALSE(ShrinkLarge(shrinker));
}

TEST(FindingShrinkerTest, WhereRunsDifferAFindingHasThreeTriesToShow) {
  const auto third = [](int run, const Scenario&) {
    return std::string(run % 3 == 0 ? "0000000000000001" : "");
  };
  FindingShrinker::Options options = OptionsFor(third);
  options.is_repeatable = false;
  FindingShrinker shrinker(HarmlessTarget(), options);
  const Scenario scenario = ParseScenario(kLarge, "large.scn");
  EXPECT_THAT(shrinker.Run(scenario, Any), SizeIs(1));
  options.is_repeatable = true;
  FindingShrinker once(HarmlessTarget(), options);
  EXPECT_THAT(once.Run(scenario, Any), SizeIs(0));
}

TEST(FindingShrinkerTest, WhereRunsDifferASmallerScenarioMustShowTheFindingTwice) {
  // Small ones show it in every other run.
  const auto fickle = [](int run, const Scenario& scenario) {
    return std::string(scenario.steps.size() == 6 || run % 2 == 0 ? "0000000000000001" : "");
  };
  FindingShrinker::Options options = OptionsFor(fickle);
  options.is_repeatable = false;
  FindingShrinker shrinker(HarmlessTarget(), std::move(options));
  const auto shrunk = ShrinkLarge(shrinker);
  ASSERT_TRUE(shrunk);
  EXPECT_THAT(shrunk->scenario.steps, SizeIs(6));
}

// Breaks an expectation in each scenario with a reset; the correct server in short ones alone.
class ExpectationWorld final : public World {
 public:
  RunResult Run(const Scenario& scenario, const Target& target, const RunOptions&) override {
    RunResult result;
    if (!HasReset(scenario)) return result;
    if (target.name == "test/correct" && scenario.steps.size() >= 3) return result;
    Finding finding;
    finding.oracle = "expectation";
    finding.target = target.name;
    finding.fingerprint = "0000000000000001";
    result.findings.push_back(finding);
    return result;
  }
};

TEST(FindingShrinkerTest, WhatACorrectServerDoesNotMeetIsNotExpected) {
  const auto make_world = [](int) { return std::make_unique<ExpectationWorld>(); };
  FindingShrinker::Options options;
  options.isolation.make_world = make_world;
  FindingShrinker alone(HarmlessTarget(), options);
  ASSERT_TRUE(ShrinkLarge(alone));
  EXPECT_THAT(ShrinkLarge(alone)->scenario.steps, SizeIs(1));

  Target correct = HarmlessTarget();
  correct.name = "test/correct";
  options.correct = {correct, make_world};
  FindingShrinker beside_correct(HarmlessTarget(), options);
  const auto shrunk = ShrinkLarge(beside_correct);
  ASSERT_TRUE(shrunk);
  EXPECT_THAT(shrunk->scenario.steps, SizeIs(3));
}

TEST(FindingShrinkerTest, LongEvidenceIsCutInTheTitle) {
  const auto shrunk_with = [](ResetWorld::Fingerprint fingerprint, const std::string& name) {
    Target target = HarmlessTarget();
    target.name = name;
    FindingShrinker shrinker(target, OptionsFor(fingerprint));
    return ShrinkLarge(shrinker);
  };
  std::string name = "x";
  for (int i = 0; i < 300; ++i) name += "é";
  const auto shrunk = shrunk_with(AlwaysTheSame, name);
  ASSERT_TRUE(shrunk);
  const std::string first_line = shrunk->text.substr(0, shrunk->text.find('\n'));
  EXPECT_LE(first_line.size(), 310u);
  EXPECT_THAT(first_line, testing::EndsWith("é..."));
}

}  // namespace
}  // namespace hupstorm
