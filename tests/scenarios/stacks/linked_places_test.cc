// The places of a linked server's calls.

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/sanitizers.h"
#include "kernel/stacks/place.h"
#include "kernel/stacks/script_frames.h"
#include "scenarios/language/parse.h"
#include "scenarios/worlds/simulated_world.h"
#include "tests/scenarios/stacks/marks.h"

void ServeUnoptimised(uint16_t port);
void ServeOptimised(uint16_t port);
void ServeWithoutLines(uint16_t port);
void ServeLeaks(uint16_t port);
void ServeLeaksOptimised(uint16_t port);
void ServeUntilItThrows(uint16_t port);
void ServeUntilACallFails(uint16_t port);

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

RunResult RunOf(void (*serve)(uint16_t), std::vector<uint64_t> stacks_at,
                bool heap_stacks = false) {
  static SimulatedWorld world;
  Target target;
  target.name = "stacks";
  target.protocol = Protocol::kNone;
  target.serve = serve;
  RunOptions options;
  options.stacks_at = std::move(stacks_at);
  options.heap_stacks = heap_stacks;
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

TEST(LinkedStacksTest, WhatIsKeptWasAllocatedWhereMostBytesAre) {
  if (HUPSTORM_SANITIZER_OWNS_HEAP) GTEST_SKIP() << "a sanitizer has malloc";
  for (void (*const serve)(uint16_t) : {ServeLeaks, ServeLeaksOptimised}) {
    const RunResult result = RunOf(serve, {}, /*heap_stacks=*/true);
    ASSERT_FALSE(result.stacks.empty());
    EXPECT_GT(result.stacks[0].kept_blocks, 0);
    EXPECT_THAT(PlaceFinder().Find(result.stacks[0]), IsAtMark("leaks.cc", "leak"));
  }
}

Finding DeathOf(void (*serve)(uint16_t), std::vector<CallStack>& stacks) {
  SimulatedWorld world;
  Target target;
  target.name = "throws";
  target.protocol = Protocol::kNone;
  target.serve = serve;
  RunOptions options;
  options.find_blame = true;
  RunResult result = world.Run(ParseScenario(kScenario, "stacks.scn"), target, options);
  stacks = std::move(result.stacks);
  const auto death = std::ranges::find(result.findings, "server-died", &Finding::oracle);
  return death == result.findings.end() ? Finding() : *death;
}

TEST(LinkedStacksTest, AnExceptionThatLeavesTheServerWasThrownWhereItWas) {
  if (HUPSTORM_SANITIZER_OWNS_HEAP) GTEST_SKIP() << "a sanitizer has __cxa_throw";
  std::vector<CallStack> stacks;
  const Finding death = DeathOf(ServeUntilItThrows, stacks);
  EXPECT_EQ(death.oracle, "server-died");
  EXPECT_EQ(death.call, 0u) << death.cause;
  const auto thrown = std::ranges::find_if(stacks, &CallStack::death);
  ASSERT_NE(thrown, stacks.end());
  EXPECT_EQ(thrown->callee, "throw");
  EXPECT_THAT(PlaceFinder().Find(*thrown), IsAtMark("throws.cc", "throw"));
}

TEST(LinkedStacksTest, OneThatTellsOfACallIsAboutThatCall) {
  std::vector<CallStack> stacks;
  const Finding death = DeathOf(ServeUntilACallFails, stacks);
  EXPECT_THAT(death.cause, testing::StartsWith("shutdown failed with"));
  EXPECT_NE(death.failure, 0u);
  const auto call = std::ranges::find(stacks, death.call, &CallStack::call);
  ASSERT_NE(call, stacks.end());
  EXPECT_THAT(PlaceFinder().Find(*call), IsAtMark("throws.cc", "call"));
}

TEST(TracebackTest, AScriptDiedWhereItsLastWordsSay) {
  constexpr std::string_view kText = R"(started
Traceback (most recent call last):
  File "/home/me/echo.py", line 30, in <module>
    serve()
  File "/home/me/echo.py", line 12, in serve
    data = client.recv(1024)
ConnectionResetError: [Errno 104] Connection reset by peer
)";
  CallStack stack;
  AddTraceback(kText, stack);
  EXPECT_EQ(stack.callee, "raise");
  EXPECT_THAT(stack.script,
              testing::ElementsAre(
                  ScriptLine{.file = "/home/me/echo.py", .function = "serve", .line = 12},
                  ScriptLine{.file = "/home/me/echo.py", .function = "<module>", .line = 30}));
  // It has gone on after that.
  CallStack later;
  AddTraceback(std::string(kText) + "served one more\nstopped\n", later);
  EXPECT_THAT(later.script, IsEmpty());
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
