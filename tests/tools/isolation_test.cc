// Servers that crash, exit or spin must cost one scenario, whatever world they run in. The world
// here just calls the target, so that what is tested is the isolation alone.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tools/cli/errors.h"
#include "tools/isolation/isolated_runner.h"

namespace hupstorm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

// The port tells the target which scenario it is called for.
class CallingWorld final : public World {
 public:
  RunResult Run(const Scenario& scenario, const Target& target, const RunOptions&) override {
    target.serve(static_cast<uint16_t>(scenario.rounds));
    RunResult result;
    result.calls = scenario.rounds;
    return result;
  }
};

std::vector<Scenario> MakeScenarios(uint32_t count) {
  std::vector<Scenario> scenarios(count);
  for (uint32_t i = 0; i < count; ++i) {
    scenarios[i].name = "scenario-" + std::to_string(i);
    scenarios[i].file = scenarios[i].name + ".scn";
    scenarios[i].rounds = i;
  }
  return scenarios;
}

Target MakeTarget(std::string name, std::function<void(uint16_t)> serve) {
  Target target;
  target.name = std::move(name);
  target.serve = std::move(serve);
  return target;
}

IsolationOptions Options(int workers = 1) {
  IsolationOptions options;
  options.workers = workers;
  options.make_world = [](int) { return std::make_unique<CallingWorld>(); };
  return options;
}

// Runs `count` scenarios against one target; the results in the order of the scenarios.
std::vector<RunResult> RunAll(const Target& target, uint32_t count,
                              const IsolationOptions& options = Options()) {
  const std::vector<Scenario> scenarios = MakeScenarios(count);
  std::vector<Job> jobs;
  for (const Scenario& scenario : scenarios) jobs.push_back({&scenario, &target});
  std::vector<RunResult> results(count);
  RunIsolated(jobs, options,
              [&](size_t job, RunResult result) { results[job] = std::move(result); });
  return results;
}

TEST(IsolatedRunnerTest, GivesBackEachResultOnce) {
  const Target target = MakeTarget("fine", [](uint16_t) {});
  const std::vector<Scenario> scenarios = MakeScenarios(50);
  std::vector<Job> jobs;
  for (const Scenario& scenario : scenarios) jobs.push_back({&scenario, &target});
  std::vector<int> times(50, 0);
  RunIsolated(jobs, Options(3), [&](size_t job, RunResult result) {
    ++times[job];
    EXPECT_EQ(result.calls, job);
  });
  EXPECT_EQ(times, std::vector<int>(50, 1));
}

TEST(IsolatedRunnerTest, ACrashIsAFindingAndTheNextScenarioRuns) {
  const Target target = MakeTarget("crashes", [](uint16_t port) {
    if (port != 1) return;
    signal(SIGSEGV, SIG_DFL);  // a sanitizer's handler would turn it into an exit
    raise(SIGSEGV);
  });
  const std::vector<RunResult> results = RunAll(target, 3);
  EXPECT_THAT(results[0].findings, SizeIs(0));
  ASSERT_THAT(results[1].findings, SizeIs(1));
  EXPECT_THAT(results[2].findings, SizeIs(0));
  EXPECT_EQ(results[2].calls, 2u);
  const Finding& finding = results[1].findings[0];
  EXPECT_EQ(finding.oracle, "server-died");
  EXPECT_EQ(finding.target, "crashes");
  EXPECT_EQ(finding.scenario, "scenario-1");
  EXPECT_EQ(finding.file, "scenario-1.scn");
  EXPECT_THAT(finding.evidence, HasSubstr("SIGSEGV"));
  EXPECT_THAT(finding.fingerprint, SizeIs(16));
}

TEST(IsolatedRunnerTest, ExitIsAFindingWithItsStatus) {
  const Target target = MakeTarget("exits", [](uint16_t port) {
    if (port == 0) _exit(7);
  });
  const std::vector<RunResult> results = RunAll(target, 2);
  ASSERT_THAT(results[0].findings, SizeIs(1));
  EXPECT_EQ(results[0].findings[0].oracle, "server-died");
  EXPECT_THAT(results[0].findings[0].evidence, HasSubstr("exit(7)"));
  EXPECT_THAT(results[1].findings, SizeIs(0));
}

TEST(IsolatedRunnerTest, ExitWithStatusZeroIsADeathToo) {
  const Target target = MakeTarget("exits", [](uint16_t) { _exit(0); });
  const std::vector<RunResult> results = RunAll(target, 1);
  ASSERT_THAT(results[0].findings, SizeIs(1));
  EXPECT_THAT(results[0].findings[0].evidence, HasSubstr("exit(0)"));
}

TEST(IsolatedRunnerTest, SpinningWithoutACallIsABusyLoop) {
  const Target target = MakeTarget("spins", [](uint16_t port) {
    volatile bool forever = port == 1;
    while (forever) {
    }
  });
  IsolationOptions options = Options(2);
  options.timeout = std::chrono::milliseconds(300);
  const std::vector<RunResult> results = RunAll(target, 4, options);
  EXPECT_THAT(results[0].findings, SizeIs(0));
  ASSERT_THAT(results[1].findings, SizeIs(1));
  EXPECT_EQ(results[1].findings[0].oracle, "busy-loop");
  EXPECT_THAT(results[1].findings[0].evidence, HasSubstr("0.3 s without a system call"));
  EXPECT_EQ(results[3].calls, 3u);
}

TEST(IsolatedRunnerTest, TheReasonOfADeathIsQuotedFromItsLastWords) {
  const Target target = MakeTarget("sanitized", [](uint16_t) {
    std::fprintf(stderr, "==1==ERROR: AddressSanitizer: heap-use-after-free on 0x6\n");
    std::fprintf(stderr, "SUMMARY: AddressSanitizer: heap-use-after-free a.cc:3 in Echo\n");
    std::fprintf(stderr, "==1==ABORTING\n");
    _exit(1);
  });
  const std::vector<RunResult> results = RunAll(target, 1);
  ASSERT_THAT(results[0].findings, SizeIs(1));
  EXPECT_THAT(results[0].findings[0].evidence,
              HasSubstr("SUMMARY: AddressSanitizer: heap-use-after-free a.cc:3 in Echo"));
}

TEST(IsolatedRunnerTest, TheSameDeathHasTheSameFingerprintAndAnotherHasAnother) {
  const Target target = MakeTarget("exits", [](uint16_t port) { _exit(port < 2 ? 5 : 6); });
  const std::vector<RunResult> results = RunAll(target, 3);
  EXPECT_EQ(results[0].findings.at(0).fingerprint, results[1].findings.at(0).fingerprint);
  EXPECT_NE(results[0].findings.at(0).fingerprint, results[2].findings.at(0).fingerprint);
}

TEST(IsolatedRunnerTest, WhatOneScenarioPrintedIsNotQuotedForTheNext) {
  const Target target = MakeTarget("talks", [](uint16_t port) {
    if (port == 0) std::fprintf(stderr, "SUMMARY: of the first\n");
    if (port == 1) _exit(3);
  });
  const std::vector<RunResult> results = RunAll(target, 2);
  ASSERT_THAT(results[1].findings, SizeIs(1));
  EXPECT_THAT(results[1].findings[0].evidence, Not(HasSubstr("of the first")));
}

TEST(IsolatedRunnerTest, ATargetGetsAProcessOfItsOwn) {
  static int calls = 0;  // of the process
  std::vector<Target> targets;
  for (const char* name : {"a", "b"}) {
    targets.push_back(MakeTarget(name, [](uint16_t) {
      if (++calls > 2) _exit(9);
    }));
  }
  const std::vector<Scenario> scenarios = MakeScenarios(2);
  std::vector<Job> jobs;
  for (const Target& target : targets) {
    for (const Scenario& scenario : scenarios) jobs.push_back({&scenario, &target});
  }
  size_t findings = 0;
  RunIsolated(jobs, Options(),
              [&](size_t, RunResult result) { findings += result.findings.size(); });
  EXPECT_EQ(findings, 0u);
  EXPECT_EQ(calls, 0);
}

TEST(IsolatedRunnerTest, AFailureOfTheWorldItselfIsNotAFinding) {
  const Target target =
      MakeTarget("fine", [](uint16_t) { throw std::runtime_error("the world is broken"); });
  try {
    RunAll(target, 1);
    FAIL() << "no exception";
  } catch (const FailedError& error) {
    EXPECT_THAT(error.what(), HasSubstr("the world is broken"));
  }
}

TEST(IsolatedRunnerTest, WorkersDieWithTheirParent) {
  int pipe_fds[2];
  ASSERT_EQ(pipe(pipe_fds), 0);
  const pid_t parent = fork();
  ASSERT_GE(parent, 0);
  if (parent == 0) {
    close(pipe_fds[0]);
    const Target target = MakeTarget("waits", [&](uint16_t) {
      const pid_t self = getpid();
      if (write(pipe_fds[1], &self, sizeof self) != static_cast<ssize_t>(sizeof self)) _exit(1);
      pause();
    });
    RunAll(target, 1);
    _exit(0);
  }
  close(pipe_fds[1]);
  pid_t worker = 0;
  ASSERT_EQ(read(pipe_fds[0], &worker, sizeof worker), static_cast<ssize_t>(sizeof worker));
  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  // The worker holds the write end: this returns when it is gone.
  char byte;
  EXPECT_EQ(read(pipe_fds[0], &byte, 1), 0);
  close(pipe_fds[0]);
}

TEST(IsolatedRunnerTest, LargeResultsArriveWhole) {
  class TalkativeWorld final : public World {
   public:
    RunResult Run(const Scenario&, const Target&, const RunOptions&) override {
      RunResult result;
      for (int i = 0; i < 50'000; ++i) {
        result.time_line.push_back(
            {TimeLineEntry::Kind::kCall, i, i, "recv(258, ...) = " + std::to_string(i)});
      }
      result.sockets.push_back({"a", "CLOSE-WAIT", "FIN-WAIT-2", 258, 1, 2, 3});
      result.steps_not_reached = {4, 5};
      return result;
    }
  };
  IsolationOptions options = Options();
  options.make_world = [](int) { return std::make_unique<TalkativeWorld>(); };
  const std::vector<RunResult> results = RunAll(MakeTarget("any", nullptr), 1, options);
  ASSERT_THAT(results[0].time_line, SizeIs(50'000));
  EXPECT_EQ(results[0].time_line.back().text, "recv(258, ...) = 49999");
  EXPECT_EQ(results[0].time_line.back().ns, 49'999);
  ASSERT_THAT(results[0].sockets, SizeIs(1));
  EXPECT_EQ(results[0].sockets[0].server_state, "CLOSE-WAIT");
  EXPECT_EQ(results[0].sockets[0].client_recv_q, 3u);
  EXPECT_THAT(results[0].steps_not_reached, ElementsAre(4, 5));
}

}  // namespace
}  // namespace hupstorm
