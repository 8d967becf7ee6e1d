// The places of calls of programs that are not ours, on the simulated kernel and on Linux.

#include <gmock/gmock.h>

#include <filesystem>
#include <map>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>

#include "kernel/stacks/place.h"
#include "scenarios/language/parse.h"
#include "scenarios/worlds/inside/inside_world.h"
#include "scenarios/worlds/process_world.h"
#include "tests/scenarios/stacks/marks.h"

namespace hupstorm {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::Contains;
using testing::Each;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr char kScenario[] = R"(
a connect
a send 5B
b connect
b send 4B
expect a received 5B
expect b received 4B
a shutdown write
b reset
)";

enum class Kernel : bool { kSimulated, kLinux };

RunResult RunOf(const std::string& command, Kernel kernel, bool heap_stacks = false) {
  Target target;
  target.name = "exec";
  target.third_party = true;
  target.protocol = Protocol::kNone;
  RunOptions options;
  options.heap_stacks = heap_stacks;
  if (!heap_stacks) options.stacks_at.resize(1000);
  std::iota(options.stacks_at.begin(), options.stacks_at.end(), 1);
  const Scenario scenario = ParseScenario(kScenario, "stacks.scn");
  if (kernel == Kernel::kLinux) {
    ProcessOptions process;
    process.command = command;
    process.preload_library = HUPSTORM_PRELOAD;
    return ProcessWorld(process).Run(scenario, target, options);
  }
  return InsideWorld({.command = command, .library = HUPSTORM_INSIDE})
      .Run(scenario, target, options);
}

// The places of all calls, by what was called.
std::map<std::string, std::vector<Place>> PlacesOf(const std::string& command, Kernel kernel) {
  const RunResult result = RunOf(command, kernel);
  PlaceFinder finder;
  std::map<std::string, std::vector<Place>> places;
  for (const CallStack& stack : result.stacks) {
    places[stack.callee].push_back(finder.Find(stack, result.stacks));
  }
  return places;
}

std::string Program(const std::string& name) { return HUPSTORM_STACKS "/" + name + " {port}"; }

std::string Python(const std::string& name) {
  return HUPSTORM_TEST_PYTHON " " HUPSTORM_STACKS_SERVERS "/" + name + ".py {port}";
}

// Where the program has died.
Place DeathOf(const std::string& command, Kernel kernel) {
  PlaceFinder finder;
  for (const CallStack& stack : RunOf(command, kernel).stacks) {
    if (stack.death) return finder.Find(stack);
  }
  return {};
}

class KernelTest : public testing::TestWithParam<Kernel> {};
INSTANTIATE_TEST_SUITE_P(Kernels, KernelTest, testing::Values(Kernel::kSimulated, Kernel::kLinux),
                         [](const auto& info) {
                           return info.param == Kernel::kLinux ? "Linux" : "Simulated";
                         });

class ProgramPlacesTest : public testing::TestWithParam<std::tuple<std::string, Kernel>> {};

// What a scenario comes upon once the program has begun to serve. Its setup is seen by a world on
// Linux only.
TEST_P(ProgramPlacesTest, EachCallHasItsLine) {
  const auto& [name, kernel] = GetParam();
  const std::string file = name.starts_with("c_") || name == "c" ? "echo.c" : "echo.cc";
  auto places = PlacesOf(Program(name), kernel);
  for (const char* const call : {"poll", "accept", "recv", "close"}) {
    EXPECT_THAT(places[call], AllOf(Not(IsEmpty()), Each(IsAtMark(file, call)))) << call;
  }
  EXPECT_THAT(places["shutdown"], Contains(IsAtMark(file, "shutdown")));
  EXPECT_THAT(places["send"],
              AllOf(Contains(IsAtMark(file, "first")), Contains(IsAtMark(file, "flush"))));
  EXPECT_THAT(places["send"], Each(AnyOf(IsAtMark(file, "first"), IsAtMark(file, "second"),
                                         IsAtMark(file, "flush"))));
}

INSTANTIATE_TEST_SUITE_P(Programs, ProgramPlacesTest,
                         testing::Combine(testing::Values("c", "c_optimised", "gcc",
                                                          "gcc_optimised", "clang_optimised",
                                                          "lines_apart", "shared"),
                                          testing::Values(Kernel::kSimulated, Kernel::kLinux)),
                         [](const auto& info) {
                           return std::get<0>(info.param) +
                                  (std::get<1>(info.param) == Kernel::kLinux ? "_Linux"
                                                                             : "_Simulated");
                         });

TEST_P(KernelTest, ACoroutineHasItsLinesWhereItIsResumed) {
  auto places = PlacesOf(Program("coroutine"), GetParam());
  for (const char* const call : {"poll", "accept", "recv", "send", "close"}) {
    EXPECT_THAT(places[call], AllOf(Not(IsEmpty()), Each(IsAtMark("coroutine.cc", call)))) << call;
  }
  EXPECT_THAT(places["recv"], Each(Field(&Place::function, HasSubstr("Echo"))));
}

TEST_P(KernelTest, RustsOwnLibraryIsNotToBlame) {
  for (const char* const name : {"rust", "rust_optimised"}) {
    if (!std::filesystem::exists(std::string(HUPSTORM_STACKS "/") + name)) GTEST_SKIP();
    auto places = PlacesOf(Program(name), GetParam());
    for (const char* const call : {"accept4", "recv", "send", "shutdown"}) {
      EXPECT_THAT(places[call], AllOf(Not(IsEmpty()), Each(IsAtMark("echo.rs", call)))) << call;
    }
  }
}

TEST_P(KernelTest, APythonProgramHasTheLinesOfItsScript) {
  auto places = PlacesOf(Python("echo"), GetParam());
  for (const char* const call : {"select", "accept4", "recv", "send", "shutdown"}) {
    EXPECT_THAT(places[call], AllOf(Not(IsEmpty()), Each(IsAtMark("echo.py", call)))) << call;
  }
  EXPECT_THAT(places["close"], Contains(IsAtMark("echo.py", "close")));
  EXPECT_THAT(places["recv"], Each(Field(&Place::function, "echo")));
}

TEST_P(KernelTest, OfAsyncioTheUsersOwnFunctionsAreTaken) {
  auto places = PlacesOf(Python("asyncio_echo"), GetParam());
  EXPECT_THAT(places["send"], AllOf(Not(IsEmpty()), Each(IsAtMark("asyncio_echo.py", "send"))));
}

TEST_P(KernelTest, WithoutLinesTheFunctionIsToldAndWhatToDo) {
  auto places = PlacesOf(Program("without_lines"), GetParam());
  ASSERT_THAT(places["recv"], Not(IsEmpty()));
  for (const Place& place : places["recv"]) {
    EXPECT_EQ(place.line, 0);
    EXPECT_NE(place.function, "");
    EXPECT_THAT(place.Hint(), HasSubstr("-g"));
    EXPECT_EQ(place.site, places["recv"].front().site);
  }
}

TEST_P(KernelTest, AStrippedProgramTellsItsOffsets) {
  auto places = PlacesOf(Program("stripped"), GetParam());
  ASSERT_THAT(places["recv"], Not(IsEmpty()));
  const std::string site = places["recv"].front().site;
  EXPECT_THAT(site, testing::MatchesRegex("stripped\\+0x[0-9a-f]+"));
  EXPECT_THAT(places["recv"].front().Hint(), HasSubstr("strip"));
  for (const Place& place : places["recv"]) EXPECT_EQ(place.site, site);
  EXPECT_NE(places["poll"].front().site, site);
}

TEST_P(KernelTest, AFaultIsWhereItCame) {
  for (const char* const manner : {"null", "abort", "libc"}) {
    const Place place = DeathOf(Program("dies") + " " + manner, GetParam());
    EXPECT_THAT(place, IsAtMark("dies.c", manner));
  }
}

TEST_P(KernelTest, AnExitIsWhereItWasCalled) {
  for (const char* const manner : {"exit", "_exit"}) {
    const Place place = DeathOf(Program("dies") + " " + manner, GetParam());
    EXPECT_THAT(place, IsAtMark("dies.c", manner));
    EXPECT_EQ(place.call, manner);
  }
}

TEST(HeapPlacesTest, WhatIsKeptWasAllocatedWhereMostBytesAre) {
  const RunResult result = RunOf(Program("leaks"), Kernel::kSimulated, /*heap_stacks=*/true);
  ASSERT_FALSE(result.stacks.empty());
  EXPECT_GT(result.stacks[0].kept_blocks, 0);
  EXPECT_THAT(PlaceFinder().Find(result.stacks[0]), IsAtMark("leaks.cc", "leak"));
}

TEST_P(KernelTest, AServerThatLivesHasNoDeath) { EXPECT_FALSE(DeathOf(Program("c"), GetParam())); }

}  // namespace
}  // namespace hupstorm
