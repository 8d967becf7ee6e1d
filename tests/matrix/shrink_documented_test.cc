// Each defect of the documented servers, alone in its server: what catches it in the suite shrinks
// to a few steps that show the same finding, after having been printed and parsed too.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "scenarios/language/fit.h"
#include "scenarios/language/parse.h"
#include "scenarios/worlds/simulated_world.h"
#include "target/documented/documented.h"
#include "tools/catalogue/scenario_catalogue.h"
#include "tools/shrink/finding_shrinker.h"

namespace hupstorm {
namespace {

struct Catch {
  const Scenario* scenario = nullptr;
  Finding finding;
};

// The longest of the suite's scenarios in which `target` is found guilty of `defect`.
Catch LongestCatch(const Defect& defect, const Target& target, World& world) {
  Catch longest;
  for (const Scenario& scenario : Suite()) {
    if (!Fits(scenario, target)) continue;
    if (longest.scenario && scenario.steps.size() <= longest.scenario->steps.size()) continue;
    for (const Finding& finding : world.Run(scenario, target, {}).findings) {
      if (std::find(defect.expected.begin(), defect.expected.end(), finding.oracle) ==
          defect.expected.end()) {
        continue;
      }
      longest = {&scenario, finding};
      break;
    }
  }
  return longest;
}

bool Shows(World& world, const Scenario& scenario, const Target& target,
           const std::string& fingerprint) {
  const std::vector<Finding> findings = world.Run(scenario, target, {}).findings;
  return std::any_of(findings.begin(), findings.end(),
                     [&](const Finding& finding) { return finding.fingerprint == fingerprint; });
}

TEST(ShrinkDocumentedTest, EachDefectIsShownInAFewSteps) {
  std::vector<size_t> steps;
  SimulatedWorld world;
  for (const Defect& defect : Defects()) {
    SCOPED_TRACE(defect.full_name);
    const Target target = DocumentedTarget(defect.server, AllBut(defect));
    const Catch caught = LongestCatch(defect, target, world);
    if (!caught.scenario) {
      EXPECT_FALSE(defect.reachable) << "not caught by the suite";
      continue;
    }
    FindingShrinker::Options options;
    options.isolation.make_world = [](int) { return std::make_unique<SimulatedWorld>(); };
    FindingShrinker shrinker(target, std::move(options));
    const auto shrunk = shrinker.Shrink(*caught.scenario, caught.finding, {});
    ASSERT_TRUE(shrunk);
    EXPECT_FALSE(shrunk->cut_off);
    EXPECT_EQ(shrunk->finding.fingerprint, caught.finding.fingerprint);
    EXPECT_TRUE(
        Shows(world, ParseScenario(shrunk->text, "shrunk.scn"), target, caught.finding.fingerprint))
        << shrunk->text;
    steps.push_back(shrunk->scenario.steps.size());
    std::printf("%-50s %2zu of %2zu steps, %4zu runs: %s\n", std::string(defect.full_name).c_str(),
                steps.back(), caught.scenario->steps.size(), shrunk->runs,
                caught.finding.oracle.c_str());
  }
  std::sort(steps.begin(), steps.end());
  ASSERT_FALSE(steps.empty());
  const size_t median = steps[steps.size() / 2];
  std::printf("%zu defects: %zu steps at least, %zu in the median, %zu at most\n", steps.size(),
              steps.front(), median, steps.back());
  EXPECT_LE(median, 6u);
}

}  // namespace
}  // namespace hupstorm
