// How grave a finding is.

#include "scenarios/oracles/severity.h"

#include <gtest/gtest.h>

#include <string>

#include "scenarios/language/parse.h"

namespace hupstorm {
namespace {

Severity Of(Effect effect, const std::string& steps, const std::string& protocol = "echo",
            int step = 0) {
  return SeverityOf(effect, ParseScenario("target " + protocol + "\n" + steps, "s.scn"), step);
}

constexpr char kPlain[] = "a connect\na send 1B\na close\n";
constexpr char kHalfClose[] = "a connect\na send 1B\na shutdown write\na read all\n";

TEST(SeverityTest, WhatAClientAloneDoesToTheServerOrToOthersIsHigh) {
  for (const Effect effect : {Effect::kDies, Effect::kLosesService, Effect::kLosesBytes}) {
    EXPECT_EQ(Of(effect, kPlain), Severity::kHigh);
  }
  EXPECT_EQ(Of(Effect::kDies, kHalfClose), Severity::kHigh);
  EXPECT_EQ(Of(Effect::kLosesService, kHalfClose), Severity::kHigh);
}

TEST(SeverityTest, ALeakIsMedium) {
  EXPECT_EQ(Of(Effect::kLeaks, kPlain), Severity::kMedium);
  EXPECT_EQ(Of(Effect::kLeaks, kHalfClose), Severity::kMedium);
}

TEST(SeverityTest, WhatOnlyTheClientThatHalfClosesLosesIsMediumAndOfHttpLow) {
  EXPECT_EQ(Of(Effect::kLosesBytes, kHalfClose), Severity::kMedium);
  EXPECT_EQ(Of(Effect::kLosesBytes, "a connect\na request 300B\na shutdown write\n", "http"),
            Severity::kLow);
}

TEST(SeverityTest, AHalfCloseAfterItShowedTellsNothing) {
  EXPECT_EQ(Of(Effect::kLosesBytes, kHalfClose, "echo", /*step=*/2), Severity::kHigh);
}

TEST(SeverityTest, AShortageOfTheMachineMakesItLessGrave) {
  for (const char* const error : {"ENOMEM", "ENOBUFS", "ENFILE"}) {
    const std::string steps = std::string("fault accept ") + error + " once\na connect\n";
    EXPECT_EQ(Of(Effect::kDies, steps), Severity::kMedium) << error;
    EXPECT_EQ(Of(Effect::kLeaks, steps), Severity::kLow) << error;
  }
}

TEST(SeverityTest, ClientsTakeTheDescriptorsOfAServerThemselves) {
  EXPECT_EQ(Of(Effect::kDies, "fault accept EMFILE once\na connect\n"), Severity::kHigh);
}

TEST(SeverityTest, WhatMerelyEndsDifferentlyIsLow) {
  EXPECT_EQ(Of(Effect::kEndsDifferently, kPlain), Severity::kLow);
}

TEST(SeverityTest, NamesAreReadBack) {
  for (const Severity severity : {Severity::kLow, Severity::kMedium, Severity::kHigh}) {
    EXPECT_EQ(SeverityFromName(SeverityName(severity)), severity);
  }
  EXPECT_EQ(SeverityFromName("grave"), std::nullopt);
}

}  // namespace
}  // namespace hupstorm
