// Servers that end their process or never call, in the simulated world, one child process each.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <memory>
#include <set>
#include <string>

#include "scenarios/language/parse.h"
#include "scenarios/worlds/simulated_world.h"
#include "tools/isolation/isolated_runner.h"

namespace hupstorm {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// Accepts one client, one at a time, reads once and then does `deed` if it got an 'x'.
Target ServerThat(void (*deed)()) {
  Target target;
  target.name = "test/server";
  target.serve = [deed](uint16_t port) {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    listen(listener, 8);
    while (true) {
      const int client = accept(listener, nullptr, nullptr);
      char byte = 0;
      if (recv(client, &byte, 1, 0) == 1) {
        if (byte == 'x') deed();
        send(client, &byte, 1, MSG_NOSIGNAL);
      }
      close(client);
    }
  };
  return target;
}

// Two scenarios: in the first the server does its deed, in the second it need not.
std::vector<RunResult> RunBoth(const Target& target,
                               std::chrono::milliseconds timeout = std::chrono::seconds(2)) {
  const Scenario deed = ParseScenario("a connect\na send \"x\"\n", "deed.scn");
  const Scenario none = ParseScenario("target any\na connect\na close\n", "none.scn");
  const std::vector<Job> jobs = {{&deed, &target}, {&none, &target}};
  IsolationOptions options;
  options.timeout = timeout;
  options.make_world = [](int) { return std::make_unique<SimulatedWorld>(); };
  std::vector<RunResult> results(jobs.size());
  RunIsolated(jobs, options,
              [&](size_t job, RunResult result) { results[job] = std::move(result); });
  return results;
}

const Finding& FirstFinding(const std::vector<RunResult>& results) {
  static const Finding kNone;
  EXPECT_THAT(results[0].findings, Not(IsEmpty()));
  return results[0].findings.empty() ? kNone : results[0].findings[0];
}

TEST(IsolatedTargetsTest, AServerThatCrashesDied) {
  const std::vector<RunResult> results = RunBoth(ServerThat([] { raise(SIGSEGV); }));
  EXPECT_EQ(FirstFinding(results).oracle, "server-died");
  EXPECT_THAT(FirstFinding(results).evidence, HasSubstr("SEGV"));
  EXPECT_GT(results[1].calls, 0u) << "the next scenario did not run";
}

TEST(IsolatedTargetsTest, AServerThatAbortsDied) {
  const std::vector<RunResult> results = RunBoth(ServerThat([] { abort(); }));
  EXPECT_EQ(FirstFinding(results).oracle, "server-died");
  EXPECT_THAT(FirstFinding(results).evidence, HasSubstr("SIGABRT"));
  EXPECT_GT(results[1].calls, 0u);
}

TEST(IsolatedTargetsTest, AServerThatExitsDied) {
  const std::vector<RunResult> results = RunBoth(ServerThat([] { exit(7); }));
  EXPECT_EQ(FirstFinding(results).oracle, "server-died");
  EXPECT_THAT(FirstFinding(results).evidence, HasSubstr("exit("));
  EXPECT_GT(results[1].calls, 0u);
}

TEST(IsolatedTargetsTest, AServerThatSpinsWithoutACallIsABusyLoop) {
  const std::vector<RunResult> results = RunBoth(ServerThat([] {
    volatile bool forever = true;
    while (forever) {
    }
  }));
  EXPECT_EQ(FirstFinding(results).oracle, "busy-loop");
  EXPECT_THAT(FirstFinding(results).evidence, HasSubstr("2 s without a system call"));
  EXPECT_GT(results[1].calls, 0u);
}

// Of two calls in turn, one of them first; never waits, and its calls move nothing.
template <bool first>
void LoopOfCalls() {
  for (bool receives = first;; receives = !receives) {
    char byte = 0;
    if (receives) {
      recv(257, &byte, 1, MSG_DONTWAIT);
    } else {
      fcntl(257, F_GETFL);
    }
  }
}

TEST(IsolatedTargetsTest, WhichCallOfALoopIsTheLastDoesNotTellBusyLoopsApart) {
  std::set<std::string> fingerprints;
  std::set<std::string> evidence;
  for (void (*const deed)() : {LoopOfCalls<false>, LoopOfCalls<true>}) {
    const Finding finding = FirstFinding(RunBoth(ServerThat(deed)));
    EXPECT_EQ(finding.oracle, "busy-loop");
    fingerprints.insert(finding.fingerprint);
    evidence.insert(finding.evidence);
  }
  EXPECT_EQ(fingerprints.size(), 1u);
  EXPECT_GT(evidence.size(), 1u) << "the last call was the same: " << *evidence.begin();
}

// Computes for about `milliseconds` of the processor's time, which the simulation lets alone.
void Compute(int64_t milliseconds) {
  const std::clock_t end = std::clock() + milliseconds * CLOCKS_PER_SEC / 1000;
  while (std::clock() < end) {
  }
}

TEST(IsolatedTargetsTest, AServerThatIsSlowButGoesOnCallingIsNoBusyLoop) {
  const std::vector<RunResult> results = RunBoth(ServerThat([] {
                                                   for (int i = 0; i < 100; ++i) {
                                                     Compute(20);
                                                     timespec now = {};
                                                     clock_gettime(CLOCK_MONOTONIC, &now);
                                                   }
                                                 }),
                                                 std::chrono::milliseconds(500));
  for (const Finding& finding : results[0].findings) EXPECT_NE(finding.oracle, "busy-loop");
  EXPECT_GT(results[0].calls, 100u);
}

}  // namespace
}  // namespace hupstorm
