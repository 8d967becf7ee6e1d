// The places of a linked server's calls.

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "kernel/sanitizers.h"
#include "kernel/stacks/place.h"
#include "scenarios/language/parse.h"
#include "scenarios/worlds/simulated_world.h"
#include "tests/scenarios/stacks/marks.h"

void ServeUnoptimised(uint16_t port);
void ServeOptimised(uint16_t port);
void ServeWithoutLines(uint16_t port);
void ServeLeaks(uint16_t port);
void ServeLeaksOptimised(uint16_t port);

namespace hupstorm {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::Field;
using testing::IsEmpty;
using testing::Not;

constexpr char kScenario[] = R"(
a connect
a send 5B
b connect
b send 4B
a shutdown write
b reset
)";

RunResult RunOf(void (*serve)(uint16_t), std::vector<uint64_t> stacks_at, bool heap_stack = false) {
  static SimulatedWorld world;
  Target target;
  target.name = "stacks";
  target.protocol = Protocol::kNone;
  target.serve = serve;
  RunOptions options;
  options.stacks_at = std::move(stacks_at);
  options.heap_stack = heap_stack;
  return world.Run(ParseScenario(kScenario, "stacks.scn"), target, options);
}

std::vector<uint64_t> AllCalls(uint64_t count = 1000) {
  std::vector<uint64_t> calls(count);
  std::iota(calls.begin(), calls.end(), 1);
  return calls;
}

// The places of all calls, by what was called.
std::map<std::string, std::vector<Place>> PlacesOf(void (*serve)(uint16_t)) {
  const RunResult result = RunOf(serve, AllCalls());
  PlaceFinder finder;
  std::map<std::string, std::vector<Place>> places;
  for (const CallStack& stack : result.stacks) {
    places[stack.callee].push_back(finder.Find(stack, result.stacks));
  }
  return places;
}

TEST(LinkedStacksTest, StacksAreTakenAtTheCallsThatAreAskedForAndNoOthers) {
  EXPECT_THAT(RunOf(ServeUnoptimised, {}).stacks, IsEmpty());
  const RunResult result = RunOf(ServeUnoptimised, {2, 5});
  ASSERT_EQ(result.stacks.size(), 2u);
  EXPECT_EQ(result.stacks[0].call, 2u);
  EXPECT_EQ(result.stacks[0].callee, "setsockopt");
  EXPECT_EQ(result.stacks[1].call, 5u);
  EXPECT_EQ(result.stacks[1].callee, "poll");
}

TEST(LinkedStacksTest, ARunWithStacksIsTheRunWithoutThem) {
  const RunResult without = RunOf(ServeOptimised, {});
  const RunResult with = RunOf(ServeOptimised, AllCalls());
  EXPECT_EQ(with.calls, without.calls);
  EXPECT_EQ(with.stacks.size(), with.calls);
}

class LinkedPlacesTest : public testing::TestWithParam<void (*)(uint16_t)> {};

TEST_P(LinkedPlacesTest, EachCallHasItsLine) {
  auto places = PlacesOf(GetParam());
  for (const char* const call :
       {"socket", "setsockopt", "bind", "listen", "poll", "accept", "recv", "close"}) {
    EXPECT_THAT(places[call], AllOf(Not(IsEmpty()), Each(IsAtMark("echo.cc", call)))) << call;
  }
}

TEST_P(LinkedPlacesTest, TheCallersOfAWrapperAreToBlameAndNoOtherFunctionsAre) {
  auto places = PlacesOf(GetParam());
  EXPECT_THAT(places["send"], Contains(IsAtMark("echo.cc", "first")));
  EXPECT_THAT(places["send"], Contains(IsAtMark("echo.cc", "second")));
  EXPECT_THAT(places["send"], Contains(IsAtMark("echo.cc", "flush")));
  EXPECT_THAT(places["send"],
              Each(testing::AnyOf(IsAtMark("echo.cc", "first"), IsAtMark("echo.cc", "second"),
                                  IsAtMark("echo.cc", "flush"))));
}

TEST_P(LinkedPlacesTest, CallsOfOneCalleeInOneFunctionAreNumbered) {
  auto places = PlacesOf(GetParam());
  EXPECT_THAT(places["shutdown"],
              Contains(AllOf(IsAtMark("echo.cc", "shutdown"), Field(&Place::which, 2))));
  for (const Place& place : places["send"]) {
    EXPECT_EQ(place.which, place.line == LineOfMark("echo.cc", "second") ? 2 : 1) << place.site;
  }
}

INSTANTIATE_TEST_SUITE_P(Servers, LinkedPlacesTest,
                         testing::Values(ServeUnoptimised, ServeOptimised));

TEST(LinkedStacksTest, WithoutLinesTheFunctionIsToldAndWhatToDo) {
  auto places = PlacesOf(ServeWithoutLines);
  ASSERT_THAT(places["bind"], Not(IsEmpty()));
  const Place place = places["bind"].front();
  EXPECT_EQ(place.line, 0);
  EXPECT_THAT(place.function,
              testing::AnyOf(testing::HasSubstr("Listen"), testing::HasSubstr("Serve")));
  EXPECT_THAT(place.Hint(), testing::HasSubstr("-g"));
  EXPECT_THAT(place.site, testing::HasSubstr(":bind#1"));
}

TEST(LinkedStacksTest, WhatIsKeptWasAllocatedWhereMostBlocksAre) {
  if (HUPSTORM_SANITIZER_OWNS_HEAP) GTEST_SKIP() << "a sanitizer has malloc";
  for (void (*const serve)(uint16_t) : {ServeLeaks, ServeLeaksOptimised}) {
    const RunResult result = RunOf(serve, {}, /*heap_stack=*/true);
    ASSERT_EQ(result.stacks.size(), 1u);
    EXPECT_TRUE(result.stacks[0].heap);
    EXPECT_THAT(PlaceFinder().Find(result.stacks[0]), IsAtMark("leaks.cc", "leak"));
  }
}

TEST(LinkedStacksTest, TheStackBeginsAtTheServersFunctionAndEndsThere) {
  auto places = PlacesOf(ServeUnoptimised);
  const std::vector<Frame>& stack = places["listen"].front().stack;
  ASSERT_GE(stack.size(), 3u);
  EXPECT_EQ(stack.front().function, "(anonymous namespace)::Listen");
  for (const Frame& frame : stack) {
    EXPECT_THAT(frame.function, Not(testing::HasSubstr("hupstorm::")));
  }
}

}  // namespace
}  // namespace hupstorm
