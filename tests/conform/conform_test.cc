// Random programs on both kernels: that they are the same for a seed, that they do something, that
// the kernels agree, and that a kernel that lies is found out.

#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/epoll.h>

#include <cstdint>
#include <span>
#include <vector>

#include "conform/campaign.h"
#include "conform/generator.h"
#include "conform/report.h"
#include "kernel/host_kernel.h"
#include "kernel/simulated/simulated_kernel.h"
#include "kernel/syscalls_layer.h"
#include "tests/tools/command.h"

namespace hupstorm::conform {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;

TEST(GeneratorTest, AnyBytesMakeAProgramAndTheSameBytesTheSame) {
  std::vector<uint8_t> bytes(100);  // the first of them choose what kinds of calls there will be
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 37);
  const Program program = Generate(bytes);
  EXPECT_EQ(program.operations, Generate(bytes).operations);
  size_t telling = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::vector<uint8_t> other = bytes;
    other[i] ^= 1;
    if (Generate(other).operations != program.operations) ++telling;
  }
  EXPECT_GE(telling, bytes.size() / 4);
  EXPECT_EQ(Generate(std::span<const uint8_t>()).operations,
            Generate(std::span<const uint8_t>()).operations);
}

TEST(GeneratorTest, AProgramIsTheSameForItsSeedAndNumber) {
  EXPECT_EQ(Generate(3, 5).operations, Generate(3, 5).operations);
  EXPECT_NE(Generate(3, 5).operations, Generate(3, 6).operations);
  EXPECT_NE(Generate(3, 5).operations, Generate(4, 5).operations);
}

// Whatever the layers say, the programs themselves are run on both kernels.
CampaignResult Compare(SimulatedKernel& kernel, Syscalls& simulation, uint64_t seed,
                       uint64_t programs, size_t most_findings = 10) {
  HostKernel host;
  Runner runner(kernel, simulation, host);
  Campaign campaign;
  campaign.seed = seed;
  campaign.programs = programs;
  campaign.most_findings = most_findings;
  return RunCampaign(runner, campaign, [](uint64_t, size_t) {});
}

std::string TextsOf(const CampaignResult& result) {
  std::string text;
  for (const Finding& finding : result.findings) {
    text += FindingText(finding.shrunk) + "\n" + TestSource(finding.shrunk) + "\n";
  }
  return text;
}

TEST(AgreementTest, TheSimulationDoesWhatLinuxDoes) {
  SimulatedKernel kernel;
  const CampaignResult result = Compare(kernel, kernel, 2718281828, 2000);
  EXPECT_EQ(result.programs, 2000u);
  EXPECT_TRUE(result.findings.empty()) << TextsOf(result);

  // And there was something to agree on.
  const auto calls = [&result](Code code) {
    return result.statistics.calls()[static_cast<size_t>(code)];
  };
  for (int i = 0; i < kCodes; ++i) {
    EXPECT_GT(calls(static_cast<Code>(i)).made, 20u) << CodeName(static_cast<Code>(i));
  }
  for (const int error : {EAGAIN, ECONNRESET, ENOTCONN, ECONNREFUSED, EINVAL, EBADF}) {
    EXPECT_THAT(calls(Code::kRecv).errors, Contains(Key(error)));
  }
  for (const int error : {EAGAIN, ECONNRESET, EPIPE, ECONNREFUSED}) {
    EXPECT_THAT(calls(Code::kSend).errors, Contains(Key(error)));
  }
  for (const int error : {EINPROGRESS, EALREADY, EISCONN, ECONNREFUSED}) {
    EXPECT_THAT(calls(Code::kConnect).errors, Contains(Key(error)));
  }
  for (const uint32_t events : {uint32_t{EPOLLIN}, uint32_t{EPOLLPRI},
                                EPOLLIN | EPOLLOUT | EPOLLRDHUP, EPOLLIN | EPOLLERR | EPOLLHUP}) {
    EXPECT_THAT(result.statistics.epoll_events(), Contains(Key(events)));
  }
  EXPECT_GT(result.declared, 0u);
}

// Says that a reset is an end of input.
class HidesResets final : public SyscallsLayer {
 public:
  using SyscallsLayer::SyscallsLayer;

 private:
  bool Enter(SystemCall&) override { return true; }
  void Leave(SystemCall& call) override {
    if (call.call == Call::kRecv && call.result == -1 && call.error == ECONNRESET) {
      call.result = 0;
      call.error = 0;
    }
  }
};

TEST(PlantedDifferenceTest, AWrongResultIsFoundAndMadeSmall) {
  SimulatedKernel kernel;
  HidesResets liar(kernel);
  const CampaignResult result = Compare(kernel, liar, 1, 2000, 1);
  ASSERT_EQ(result.findings.size(), 1u);
  const Shrunk& shrunk = result.findings[0].shrunk;
  EXPECT_EQ(shrunk.mismatch.kind, "recv: ECONNRESET on Linux, 0 simulated");
  // A listener, a client, connect, accept, something that is answered with RST, recv.
  EXPECT_LE(shrunk.program.operations.size(), 8u) << FindingText(shrunk);
  EXPECT_EQ(shrunk.program.operations.back().code, Code::kRecv);
  EXPECT_THAT(FindingText(shrunk), AllOf(HasSubstr("> recv("), HasSubstr("Linux: -1 ECONNRESET"),
                                         HasSubstr("simulation: 0")));
  EXPECT_THAT(TestSource(shrunk),
              AllOf(HasSubstr("TEST_P(KernelTest, "), HasSubstr("= Listen("), HasSubstr("Await("),
                    HasSubstr("EXPECT_THAT(Invoke<Call::kRecv>(kernel, "),
                    HasSubstr("SyscallFailsWith(ECONNRESET)")));
}

// Forgets to report a half-close to poll.
class HidesHalfCloses final : public SyscallsLayer {
 public:
  using SyscallsLayer::SyscallsLayer;

 private:
  bool Enter(SystemCall&) override { return true; }
  void Leave(SystemCall& call) override {
    if (call.call != Call::kPoll) return;
    auto* const fds = call.Pointer<pollfd>(0);
    for (size_t i = 0; i < call.Size(1); ++i) fds[i].revents &= ~POLLRDHUP;
  }
};

TEST(PlantedDifferenceTest, AMissingEventIsFoundAndMadeSmall) {
  SimulatedKernel kernel;
  HidesHalfCloses liar(kernel);
  const CampaignResult result = Compare(kernel, liar, 1, 100, 1);
  ASSERT_EQ(result.findings.size(), 1u);
  const Shrunk& shrunk = result.findings[0].shrunk;
  EXPECT_TRUE(shrunk.mismatch.of_readiness);
  EXPECT_THAT(shrunk.mismatch.kind, HasSubstr("only Linux POLLRDHUP"));
  EXPECT_LE(shrunk.program.operations.size(), 5u) << FindingText(shrunk);
  EXPECT_THAT(TestSource(shrunk), AllOf(HasSubstr("EXPECT_EQ(Ready("), HasSubstr("POLLRDHUP")));
}

TEST(DifferencesTest, EachHasItsReason) {
  EXPECT_LE(DeclaredDifferences().size(), 8u);
  for (const DeclaredDifference& declared : DeclaredDifferences()) {
    EXPECT_NE(declared.name, "");
    EXPECT_NE(declared.reason, "") << declared.name;
  }
}

TEST(ConformCommandTest, ListsTheDeclaredDifferences) {
  const CommandResult result = Hupstorm({"conform", "--list-differences"});
  EXPECT_EQ(result.exit_code, 0);
  const nlohmann::json listed = JsonOf(Hupstorm({"conform", "--list-differences", "--json"}));
  ASSERT_EQ(listed.at("declared").size(), DeclaredDifferences().size());
  for (const auto& declared : listed.at("declared")) {
    EXPECT_THAT(result.out, HasSubstr(declared.at("name").get<std::string>()));
  }
}

TEST(ConformCommandTest, RunsOneProgramAndSaysWhatItDoes) {
  const CommandResult result = Hupstorm({"conform", "--seed", "5", "--program", "7"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr(ProgramText(Generate(5, 7))), HasSubstr("1 programs")));
}

TEST(ConformCommandTest, PrintsJson) {
  const nlohmann::json json =
      JsonOf(Hupstorm({"conform", "--programs", "50", "--statistics", "--json"}));
  EXPECT_EQ(json.at("programs"), 50);
  EXPECT_TRUE(json.at("differences").empty());
  EXPECT_GT(json.at("statistics").at("calls").at("send").at("made"), 0);
  EXPECT_FALSE(json.at("statistics").at("epoll_events").empty());
}

TEST(ConformCommandTest, HelpHasExamplesAndBadUsageIsRefused) {
  EXPECT_THAT(Hupstorm({"conform", "--help"}).out, HasSubstr("Examples:\n  hupstorm conform"));
  EXPECT_EQ(Hupstorm({"conform", "--programs", "none"}).exit_code, 2);
  EXPECT_EQ(Hupstorm({"conform", "--programs", "3", "--program", "3"}).exit_code, 2);
}

TEST(ConformCommandTest, WithoutDescriptorsItSaysThatItFailed) {
  CommandInput shell;
  shell.program = "/bin/sh";
  const CommandResult result =
      Hupstorm({"-c", "ulimit -n 6; exec \"$0\" conform --programs 5", HUPSTORM_COMMAND}, shell);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, AllOf(HasSubstr("EMFILE"), Not(HasSubstr("terminate"))));
}

}  // namespace
}  // namespace hupstorm::conform
