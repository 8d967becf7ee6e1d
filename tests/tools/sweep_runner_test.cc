// Sweeps of servers that end their process, or never come back.

#include "tools/sweep/sweep_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "scenarios/language/parse.h"
#include "scenarios/worlds/simulated_world.h"
#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// Serves one client after another, and does `deed` when recv fails.
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
      if (client < 0) continue;
      char bytes[64];
      ssize_t count = 0;
      while ((count = recv(client, bytes, sizeof bytes, 0)) > 0) {
        for (ssize_t sent = 0; sent < count;) {
          const ssize_t taken = send(client, bytes + sent, count - sent, MSG_NOSIGNAL);
          if (taken < 0) break;
          sent += taken;
        }
      }
      if (count < 0) deed();
      close(client);
    }
  };
  return target;
}

void Crash() { raise(SIGSEGV); }
void CloseQuietly() {}
void Hang() {
  volatile bool forever = true;
  while (forever) {
  }
}

class SweepRunnerTest : public ::testing::Test {
 protected:
  SweepRunnerTest() {
    settings_.isolation.make_world = [](int) { return std::make_unique<SimulatedWorld>(); };
    settings_.isolation.timeout = std::chrono::milliseconds(2000);
    settings_.isolation.workers = 2;
  }

  SweepReport SweepOf(const Target& target) {
    const Job job{&scenario_, &target};
    return RunSweep({&job, 1}, settings_);
  }

  const Scenario scenario_ =
      ParseScenario("# Two sends.\na connect\na read all\na send 10B\na send 10B\n", "test.scn");
  SweepSettings settings_;
};

TEST_F(SweepRunnerTest, TheSweepGoesOnAfterACrash) {
  const SweepReport quiet = SweepOf(ServerThat(CloseQuietly));
  EXPECT_THAT(quiet.findings, IsEmpty());
  EXPECT_GT(quiet.placements, 20u);
  const SweepReport report = SweepOf(ServerThat(Crash));
  EXPECT_EQ(report.placements, quiet.placements);
  ASSERT_THAT(report.findings, SizeIs(1));
  const SweepFinding& found = report.findings.front();
  EXPECT_EQ(found.finding.oracle, "server-died");
  EXPECT_THAT(found.finding.evidence, HasSubstr("SEGV"));
  EXPECT_GT(found.runs, 1u);
  EXPECT_TRUE(found.alone);
}

TEST_F(SweepRunnerTest, AFindingsTextIsTheScenarioWithWhatGoesWrong) {
  const SweepReport report = SweepOf(ServerThat(Crash));
  ASSERT_THAT(report.findings, SizeIs(1));
  const SweepFinding& found = report.findings.front();
  ASSERT_THAT(found.placement, SizeIs(1));
  EXPECT_THAT(found.text, HasSubstr("target echo\n" + found.placement[0] + "\na connect\n"));
  EXPECT_NO_THROW(ParseScenario(found.text, "found.scn"));
}

TEST_F(SweepRunnerTest, ThePairsOfAThingThatCrashesAloneAreNotRun) {
  settings_.most_pairs = 200;
  const SweepReport report = SweepOf(ServerThat(Crash));
  ASSERT_THAT(report.findings, SizeIs(1));
  EXPECT_THAT(report.findings.front().placement, SizeIs(1));
  EXPECT_GT(report.pairs, 50u);
  EXPECT_GT(report.pairs_left_out, 0u);
}

TEST_F(SweepRunnerTest, WorkersDoNotChangeWhatIsFound) {
  settings_.most_pairs = 100;
  settings_.isolation.workers = 1;
  const SweepReport one = SweepOf(ServerThat(Crash));
  settings_.isolation.workers = 4;
  const SweepReport four = SweepOf(ServerThat(Crash));
  EXPECT_EQ(one.placements, four.placements);
  EXPECT_EQ(one.pairs, four.pairs);
  ASSERT_EQ(one.findings.size(), four.findings.size());
  EXPECT_EQ(one.findings.front().text, four.findings.front().text);
  EXPECT_EQ(one.findings.front().runs, four.findings.front().runs);
}

TEST_F(SweepRunnerTest, AServerThatIsBrokenAnywayIsReportedWithNothingGoingWrong) {
  const Target target = [] {
    Target dead = ServerThat(Crash);
    dead.serve = [](uint16_t) { _exit(3); };
    return dead;
  }();
  const SweepReport report = SweepOf(target);
  ASSERT_THAT(report.findings, SizeIs(1));
  EXPECT_THAT(report.findings.front().placement, IsEmpty());
  EXPECT_EQ(report.placements, 0u);
}

TEST_F(SweepRunnerTest, ASweepThatOnlyTimesOutIsBrokenOffWithWhatItHasFound) {
  settings_.isolation.most_timeouts = 2;
  const SweepReport report = SweepOf(ServerThat(Hang));
  EXPECT_THAT(report.broken_off, HasSubstr("given up"));
  ASSERT_THAT(report.findings, Not(IsEmpty()));
  EXPECT_EQ(report.findings.front().finding.oracle, "busy-loop");
}

TEST_F(SweepRunnerTest, AServerThatHangsInEachScenarioIsGivenUpBeforeAllAreSurveyed) {
  settings_.isolation.most_timeouts = 5;  // more than are surveyed side by side
  Target target = ServerThat(Hang);
  target.serve = [](uint16_t) { Hang(); };
  const std::vector<Job> jobs(200, Job{&scenario_, &target});
  EXPECT_THAT([&] { RunSweep(jobs, settings_); },
              ::testing::ThrowsMessage<FailedError>(HasSubstr("given up, as 5")));
}

TEST_F(SweepRunnerTest, FilesAreNamedByTheCaller) {
  settings_.file_of = [](const Finding& finding) { return "out/" + finding.oracle; };
  const SweepReport report = SweepOf(ServerThat(Crash));
  ASSERT_THAT(report.findings, SizeIs(1));
  EXPECT_EQ(report.findings.front().finding.file, "out/server-died");
}

}  // namespace
}  // namespace hupstorm
