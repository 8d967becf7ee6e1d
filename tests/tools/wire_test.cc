#include "scenarios/worlds/wire.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "scenarios/language/parse.h"
#include "scenarios/language/print.h"

namespace hupstorm {
namespace {

constexpr char kEverything[] =
    "# A title.\n"
    "target ack\n"
    "rounds 3\n"
    "schedule 7\n"
    "c[1..200] connect\n"
    "and at recv 2 of c[7]: each c[1..9] send \"x\\0y\\n\"\n"
    "fault send of b short 7 after 2 times 9\n"
    "fault accept EMFILE always\n"
    "wait 30s\n"
    "expect a received 64KiB\n";

TEST(WireTest, AScenarioArrivesWhole) {
  Scenario scenario = ParseScenario(kEverything, "some/file.scn");
  scenario.name = "area/name";
  const Scenario arrived = Decode<Scenario>(Encode(scenario));
  EXPECT_EQ(arrived, scenario);
  EXPECT_EQ(PrintScenario(arrived), PrintScenario(scenario));
  EXPECT_EQ(arrived.name, scenario.name);
  EXPECT_EQ(arrived.file, scenario.file);
  EXPECT_EQ(arrived.title, scenario.title);
  for (size_t i = 0; i < scenario.steps.size(); ++i) {
    EXPECT_EQ(arrived.steps[i].line, scenario.steps[i].line);
  }
}

TEST(WireTest, AScenarioForAnyTargetAndWithoutStepsArrives) {
  Scenario scenario;
  scenario.protocol.reset();
  EXPECT_EQ(Decode<Scenario>(Encode(scenario)), scenario);
}

TEST(WireTest, WhatIsCutShortIsRefused) {
  const std::string bytes = Encode(ParseScenario(kEverything, "some/file.scn"));
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(Decode<Scenario>(std::string_view(bytes).substr(0, size)), std::runtime_error)
        << size;
  }
  EXPECT_THROW(Decode<Scenario>(bytes + "x"), std::runtime_error);
}

}  // namespace
}  // namespace hupstorm
