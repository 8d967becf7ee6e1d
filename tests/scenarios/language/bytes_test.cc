#include "scenarios/language/bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "scenarios/language/opcodes.h"
#include "scenarios/language/parse.h"
#include "scenarios/language/print.h"

namespace {

// Calls of operator new on this thread.
thread_local uint64_t allocations = 0;

}  // namespace

// Not inlined: g++ would take one without the other for a mismatch.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* block = std::malloc(size)) return block;
  throw std::bad_alloc();
}
// So that delete finds what it expects: std::stable_sort takes its buffer by this one.
[[gnu::noinline]] void* operator new(size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, size_t) noexcept { std::free(block); }

namespace hupstorm {
namespace {

Scenario Parse(const std::string& text) { return ParseScenario(text, "test"); }

size_t EncodedSize(const std::string& text) { return EncodeScenario(Parse(text)).size(); }

std::vector<uint8_t> RandomBytes(uint64_t seed, size_t count) {
  std::vector<uint8_t> bytes(count);
  uint64_t state = seed;
  for (uint8_t& byte : bytes) {
    state = state * 6364136223846793005 + 1442695040888963407;
    byte = static_cast<uint8_t>(state >> 56);
  }
  return bytes;
}

TEST(BytesTest, NoBytesAreTheShortestScenario) {
  EXPECT_EQ(DecodeScenario({}), Parse("a connect"));
}

TEST(BytesTest, ExpectationsAreLeftOut) {
  const Scenario with = Parse("a connect\nexpect a connected\na send 10\nexpect a received 10");
  EXPECT_EQ(DecodeScenario(EncodeScenario(with)), Parse("a connect\na send 10"));
}

TEST(BytesTest, CommonStepsTakeOneToThreeBytes) {
  EXPECT_EQ(EncodedSize("a connect"), 1);
  EXPECT_EQ(EncodedSize("c connect"), 1);
  EXPECT_EQ(EncodedSize("a connect\nand a reset"), 2);
  EXPECT_EQ(EncodedSize("a shutdown write"), 1);
  EXPECT_EQ(EncodedSize("a send 64KiB"), 2);
  EXPECT_EQ(EncodedSize("a[0..7] connect"), 3);
  EXPECT_EQ(EncodedSize("each b[1..3] close"), 3);
  EXPECT_EQ(EncodedSize("at recv 2 of a: a reset"), 3);
  EXPECT_EQ(EncodedSize("fault accept EMFILE once"), 3);
  EXPECT_EQ(EncodedSize("wait 30s"), 2);
  EXPECT_EQ(EncodedSize("a send \"hello\""), 7);
}

TEST(BytesTest, FewBytesSayMuch) {
  size_t steps = 0;
  for (uint64_t seed = 1; seed <= 1000; ++seed) {
    steps += DecodeScenario(RandomBytes(seed, 128)).steps.size();
  }
  EXPECT_GE(steps / 1000, 50);
}

TEST(BytesTest, RandomBytesMostlyConnectBeforeTheySend) {
  size_t useful = 0;
  size_t all = 0;
  for (uint64_t seed = 1; seed <= 1000; ++seed) {
    std::array<bool, 26> connected{};
    for (const Step& step : DecodeScenario(RandomBytes(seed, 128)).steps) {
      if (!IsClientAction(step.action)) continue;
      bool& known = connected.at(step.clients.letter - 'a');
      if (step.action == Action::kConnect) {
        known = true;
      } else {
        ++all;
        useful += known ? 1 : 0;
      }
    }
  }
  EXPECT_GE(useful * 100 / all, 60);
}

TEST(BytesTest, EveryOpcodeHasAnItem) {
  for (int first = 0; first < 256; ++first) {
    // A prefix or header needs a step after it to be seen; each step is one that prints.
    const std::vector<uint8_t> bytes{static_cast<uint8_t>(first), 0, 0, 0, 0, 0};
    const Scenario scenario = DecodeScenario(bytes);
    EXPECT_EQ(ParseScenario(PrintScenario(scenario), "opcode"), scenario) << first;
  }
}

TEST(BytesTest, EveryPairOfCallAndOutcomeIsOneThatLinuxProduces) {
  const auto code = std::find_if(opcodes::kOpcodes.begin(), opcodes::kOpcodes.end(),
                                 [](auto& o) { return o.item == opcodes::Item::kFault; });
  for (int pair = 0; pair < 256; ++pair) {
    const std::vector<uint8_t> bytes{static_cast<uint8_t>(code - opcodes::kOpcodes.begin()),
                                     static_cast<uint8_t>(pair), 4, 0};
    const Step step = DecodeScenario(bytes).steps.at(0);
    ASSERT_EQ(step.action, Action::kFault);
    EXPECT_TRUE(IsLegal(step.fault.call, step.fault.outcome)) << PrintStep(step);
  }
}

TEST(BytesTest, StepsBeyondTheMostAreLeftOut) {
  EXPECT_EQ(DecodeScenario(std::vector<uint8_t>(kMaxSteps + 100, 0)).steps.size(), kMaxSteps);
}

TEST(BytesTest, TextBeyondTheMostEndsTheScenario) {
  std::vector<uint8_t> bytes;
  const std::vector<uint8_t> one =
      EncodeScenario(Parse("a send \"" + std::string(kMaxText, 'x') + "\""));
  for (int i = 0; i < 20; ++i) bytes.insert(bytes.end(), one.begin(), one.end());
  size_t text = 0;
  const Scenario scenario = DecodeScenario(bytes);
  for (const Step& step : scenario.steps) text += step.text.size();
  EXPECT_EQ(text, kMaxAllText);
  EXPECT_EQ(ParseScenario(PrintScenario(scenario), "printed"), scenario);
}

TEST(BytesTest, AScheduleStandsBehindATargetThatNoEncoderWrites) {
  const auto code = static_cast<uint8_t>(
      std::find_if(opcodes::kOpcodes.begin(), opcodes::kOpcodes.end(),
                   [](const auto& row) { return row.item == opcodes::Item::kTarget; }) -
      opcodes::kOpcodes.begin());
  EXPECT_EQ(DecodeScenario(std::vector<uint8_t>{code, opcodes::kEscape, 6, 0}),
            Parse("schedule 7\na connect"));
  EXPECT_EQ(DecodeScenario(std::vector<uint8_t>{code, 2, 0}), Parse("target http\na connect"));
}

TEST(BytesTest, NothingOfTheFormerScenarioStays) {
  Scenario reused = Parse(
      "# Title.\ntarget http\nrounds 7\nschedule 9\nat recv 2 of a: each z[1..2] send 9\n"
      "fault recv of b short 2 after 3 times 4\na send \"text\"\nwait 3s\nserver stop");
  reused.name = "name";
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const std::vector<uint8_t> bytes = RandomBytes(seed, 64);
    DecodeScenario(bytes, reused);
    const Scenario fresh = DecodeScenario(bytes);
    ASSERT_EQ(reused, fresh);
    ASSERT_EQ(reused.name + reused.file + reused.title, "");
  }
}

TEST(BytesTest, DecodingAllocatesNothingOnceWarm) {
  std::vector<std::vector<uint8_t>> inputs;
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    inputs.push_back(RandomBytes(seed, 128));
    // Only long texts, which have an escape, may need the heap.
    for (uint8_t& byte : inputs.back()) byte = byte == opcodes::kEscape ? 254 : byte;
  }
  Scenario scenario;
  scenario.steps.reserve(128);
  DecodeScenario(inputs[0], scenario);
  const uint64_t before = allocations;
  for (const auto& bytes : inputs) DecodeScenario(bytes, scenario);
  EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace hupstorm
