// A linked server's crash is at the line where it came. In the release build: a sanitizer's own
// handler would come first.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "scenarios/language/parse.h"
#include "scenarios/worlds/simulated_world.h"
#include "tests/scenarios/listening_on.h"
#include "tools/isolation/isolated_runner.h"
#include "tools/report/bugs.h"

namespace hupstorm {
namespace {

using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::Not;

// Takes clients one at a time, and does `deed` for an 'x'.
Target ServerThat(void (*deed)()) {
  Target target;
  target.name = "test/server";
  target.serve = [deed](uint16_t port) {
    const int listener = ListeningOn(port);
    while (true) {
      const int client = accept(listener, nullptr, nullptr);
      char byte = 0;
      if (recv(client, &byte, 1, 0) == 1 && byte == 'x') deed();
      close(client);
    }
  };
  return target;
}

// In the first scenario the server does its deed, in the second it need not.
std::vector<RunResult> RunBoth(const Target& target) {
  const Scenario deed = ParseScenario("a connect\na send \"x\"\n", "deed.scn");
  const Scenario none = ParseScenario("target any\na connect\na close\n", "none.scn");
  const std::vector<Job> jobs = {{&deed, &target}, {&none, &target}};
  IsolationOptions options;
  options.make_world = [](int) { return std::make_unique<SimulatedWorld>(); };
  std::vector<RunResult> results(jobs.size());
  RunIsolated(jobs, options,
              [&](size_t job, RunResult result) { results[job] = std::move(result); });
  return results;
}

constexpr int kLineOfCrash = __LINE__ + 3;
[[gnu::noinline]] void Crash() {
  volatile int* volatile nowhere = nullptr;
  *nowhere = 1;
}
constexpr int kLineOfAbort = __LINE__ + 1;
[[gnu::noinline]] void Abort() { abort(); }
constexpr int kLineOfSecondFree = __LINE__ + 4;
[[gnu::noinline]] void FreeTwice() {
  void* volatile block = malloc(32);
  free(block);
  free(block);
}
constexpr int kLineOfRecursion = __LINE__ + 3;
[[gnu::noinline]] int Recurse(volatile int* depth) {  // NOLINT: until the stack is full
  volatile int deeper = *depth + 1;
  return deeper < 0 ? 0 : Recurse(&deeper) + *depth;
}

TEST(LinkedCrashTest, ACrashIsAtItsLineOfTheServer) {
  struct Case {
    void (*deed)();
    int line;
  };
  const Case cases[] = {{Crash, kLineOfCrash},
                        {Abort, kLineOfAbort},
                        {FreeTwice, kLineOfSecondFree},
                        {[] {
                           int depth = 0;
                           Recurse(&depth);
                         },
                         kLineOfRecursion}};
  for (const Case& one : cases) {
    const Target target = ServerThat(one.deed);
    std::vector<RunResult> results = RunBoth(target);
    ASSERT_THAT(results[0].findings, Not(IsEmpty()));
    BugNamer({&target, 1}).Name(results[0]);
    const Place& place = results[0].findings[0].place;
    EXPECT_THAT(place.file, EndsWith("linked_crash_test.cc")) << one.line;
    EXPECT_LE(place.line, one.line) << place.function;
    EXPECT_GE(place.line, one.line - 2) << place.function;
    EXPECT_GT(results[1].calls, 0u);
  }
}

}  // namespace
}  // namespace hupstorm
