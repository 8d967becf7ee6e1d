// The two forms of a scenario say the same: properties over random scenarios and random bytes.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "scenarios/language/bytes.h"
#include "scenarios/language/parse.h"
#include "scenarios/language/print.h"
#include "scenarios/language/scenario.h"
#include "tests/scenarios/language/generate.h"

namespace hupstorm {
namespace {

RC_GTEST_PROP(RoundTripTest, TextOfAnyScenarioParsesToIt, ()) {
  const Scenario scenario = *generate::Scenarios(true);
  const std::string text = PrintScenario(scenario);
  const Scenario parsed = ParseScenario(text, "generated");
  RC_ASSERT(parsed == scenario);
  RC_ASSERT(PrintScenario(parsed) == text);
}

RC_GTEST_PROP(RoundTripTest, BytesOfAnyScenarioDecodeToIt, ()) {
  const Scenario scenario = *generate::Scenarios(false);
  RC_ASSERT(DecodeScenario(EncodeScenario(scenario)) == scenario);
}

RC_GTEST_PROP(RoundTripTest, TextToBytesToTextIsTheIdentity, ()) {
  const std::string text = PrintScenario(*generate::Scenarios(false));
  const Scenario decoded = DecodeScenario(EncodeScenario(ParseScenario(text, "generated")));
  RC_ASSERT(PrintScenario(decoded) == text);
}

RC_GTEST_PROP(RoundTripTest, AnyBytesGiveAScenarioThatPrintsAndEncodes,
              (const std::vector<uint8_t>& bytes)) {
  const Scenario scenario = DecodeScenario(bytes);
  RC_ASSERT(!scenario.steps.empty());
  RC_ASSERT(ParseScenario(PrintScenario(scenario), "decoded") == scenario);
  RC_ASSERT(DecodeScenario(EncodeScenario(scenario)) == scenario);
}

// rapidcheck's vectors are short; long inputs meet every opcode with every kind of operand.
TEST(RoundTripTest, LongRandomBytesGiveAScenarioThatPrintsAndEncodes) {
  uint64_t state = 1;
  Scenario scenario;
  for (int i = 0; i < 300; ++i) {
    std::vector<uint8_t> bytes(2000);
    for (uint8_t& byte : bytes) {
      state = state * 6364136223846793005 + 1442695040888963407;
      byte = static_cast<uint8_t>(state >> 56);
      if (i % 3 == 0 && state >> 40 % 8 == 0) byte = 255;  // escapes
    }
    DecodeScenario(bytes, scenario);
    const std::string text = PrintScenario(scenario);
    ASSERT_EQ(ParseScenario(text, "decoded"), scenario) << text;
    ASSERT_EQ(DecodeScenario(EncodeScenario(scenario)), scenario) << text;
  }
}

TEST(RoundTripTest, TheLargestAmountsSurvive) {
  const std::string text =
      "target any\nrounds 1000\n"
      "schedule 1000000000\n"
      "z[0..9999] send 64MiB\n"
      "and at setsockopt 1000000 of z[9999]: each z[9998..9999] request 64MiB\n"
      "wait 24h\n"
      "limit descriptors 1000000\n"
      "limit descriptors minus 1000000\n"
      "server buffer receive 64MiB\n"
      "fault recv of z[9999] short 67108864 after 1000000 times 1000000\n"
      "z send \"" +
      std::string(kMaxText, 'x') + "\"\n";
  const Scenario scenario = ParseScenario(text, "largest");
  EXPECT_EQ(PrintScenario(scenario), text);
  EXPECT_EQ(DecodeScenario(EncodeScenario(scenario)), scenario);
}

}  // namespace
}  // namespace hupstorm
