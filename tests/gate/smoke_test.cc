// The gate's random scenarios.

#include "tools/gate/smoke.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "scenarios/language/parse.h"
#include "scenarios/worlds/simulated_world.h"
#include "target/documented/documented.h"
#include "target/reference/reference.h"

namespace hupstorm {
namespace {

using testing::Contains;
using testing::Field;
using testing::IsEmpty;

std::vector<SmokeFinding> Smoked(const Target& target, uint64_t runs = 2000) {
  const Scenario seed =
      ParseScenario("target echo\na connect\na send 100B\na read all\na shutdown write\n", "seed");
  const Scenario* const seeds[] = {&seed};
  SmokeSettings settings;
  settings.isolation.workers = 2;
  settings.isolation.make_world = [](int) { return std::make_unique<SimulatedWorld>(); };
  settings.runs = runs;
  return RunSmoke(seeds, target, settings);
}

// Dies of a client's reset.
Target Mortal() { return DocumentedTarget(DocumentedServer::kEpollQueue, MendSet()); }

const auto kDies = Field(&SmokeFinding::finding, Field(&Finding::oracle, "server-died"));

TEST(SmokeTest, FindsADefectOfAServerOfWhichNothingIsKnown) {
  Target target = Mortal();
  target.protocol = Protocol::kNone;
  target.third_party = true;
  EXPECT_THAT(Smoked(target), Contains(kDies));
}

TEST(SmokeTest, FindsADefectOfAServerOfRequestsAndResponses) {
  Target target = Mortal();
  target.protocol = Protocol::kExpect;
  target.third_party = true;
  target.exchange = std::make_shared<Exchange>(
      Exchange{.request = "PING\n", .response = {{.literal = "PING\n"}}});
  EXPECT_THAT(Smoked(target), Contains(kDies));
}

TEST(SmokeTest, FindsNothingInAReferenceOfWhichNothingIsKnown) {
  Target target = ReferenceTarget("reference/poll");
  target.third_party = true;
  target.protocol = Protocol::kNone;
  EXPECT_THAT(Smoked(target), IsEmpty());
}

TEST(SmokeTest, NamesTheRunThatAFindingIsOf) {
  const std::vector<SmokeFinding> findings = Smoked(Mortal());
  ASSERT_FALSE(findings.empty());
  EXPECT_THAT(findings.front().finding.scenario, testing::StartsWith("random-1-"));
}

}  // namespace
}  // namespace hupstorm
