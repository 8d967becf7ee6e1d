// What `hupstorm_bench claims` counts, what Linux does when it is asked, and the command itself.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <unistd.h>

#include <filesystem>
#include <pugixml.hpp>

#include "bench/bench_report.h"
#include "bench/claims/call_counter.h"
#include "bench/claims/echo_process.h"
#include "bench/claims/wait_rounds.h"
#include "bench/claims/witnesses.h"
#include "bench/load/load_generator.h"
#include "bench/measuring.h"
#include "kernel/host_kernel.h"
#include "kernel/in_force.h"
#include "tests/bench/bench_command.h"

namespace hupstorm {
namespace {

using ::testing::HasSubstr;

TEST(CopiedBytesTest, SelectCopiesEachSetInWholeLongsBothWays) {
  EXPECT_EQ(SelectBytes(1, 2, false, false, false), (CopiedBytes{.in = 16, .out = 16}));
  EXPECT_EQ(SelectBytes(64, 2, false, false, false), (CopiedBytes{.in = 16, .out = 16}));
  EXPECT_EQ(SelectBytes(65, 2, false, false, false), (CopiedBytes{.in = 32, .out = 32}));
  EXPECT_EQ(SelectBytes(FD_SETSIZE, 3, false, false, false), (CopiedBytes{.in = 384, .out = 384}));
}

TEST(CopiedBytesTest, SelectGivesTheTimeoutBackUnlessItIsZero) {
  EXPECT_EQ(SelectBytes(0, 0, true, false, false), (CopiedBytes{.in = 16, .out = 16}));
  EXPECT_EQ(SelectBytes(0, 0, true, true, false), (CopiedBytes{.in = 16, .out = 0}));
  EXPECT_EQ(SelectBytes(64, 1, true, true, true), (CopiedBytes{.in = 24, .out = 0}));
}

TEST(CopiedBytesTest, PollTakesAllOfEachEntryAndGivesBackTwoBytes) {
  EXPECT_EQ(PollBytes(1000, false), (CopiedBytes{.in = 8000, .out = 2000}));
  EXPECT_EQ(PollBytes(1000, true), (CopiedBytes{.in = 8000, .out = 0}));
}

TEST(CopiedBytesTest, EpollCopiesEventsOnly) {
  EXPECT_EQ(EpollWaitBytes(3), (CopiedBytes{.in = 0, .out = 36}));
  EXPECT_EQ(EpollWaitBytes(0), CopiedBytes());
  EXPECT_EQ(EpollWaitBytes(-1), CopiedBytes());
  EXPECT_EQ(EpollCtlBytes(EPOLL_CTL_ADD), (CopiedBytes{.in = 12, .out = 0}));
  EXPECT_EQ(EpollCtlBytes(EPOLL_CTL_DEL), CopiedBytes());
}

TEST(CallCounterTest, CountsEachCallAndWhatItCopies) {
  HostKernel linux_itself;
  CallCounts counts;
  CallCounter counter(linux_itself, counts);
  const int event = Invoke<Call::kEventfd>(counter, 1, EFD_CLOEXEC);
  ASSERT_GE(event, 0);

  fd_set set;
  FD_ZERO(&set);
  FD_SET(event, &set);
  timeval now = {};
  ASSERT_EQ(Invoke<Call::kSelect>(counter, event + 1, &set, nullptr, nullptr, &now), 1);
  EXPECT_EQ(counts.copied, (CopiedBytes{.in = 8 + 16, .out = 8}));

  CallCounts before = counts;
  pollfd entries[2] = {{.fd = event, .events = POLLIN, .revents = 0},
                       {.fd = -1, .events = 0, .revents = 0}};
  ASSERT_EQ(Invoke<Call::kPoll>(counter, entries, 2, 0), 1);
  EXPECT_EQ(counts.Since(before).copied, (CopiedBytes{.in = 16, .out = 4}));

  before = counts;
  const int epoll = Invoke<Call::kEpollCreate1>(counter, EPOLL_CLOEXEC);
  epoll_event wanted = {.events = EPOLLIN, .data = {.u64 = 0}};
  ASSERT_EQ(Invoke<Call::kEpollCtl>(counter, epoll, EPOLL_CTL_ADD, event, &wanted), 0);
  epoll_event events[8];
  ASSERT_EQ(Invoke<Call::kEpollWait>(counter, epoll, events, 8, 0), 1);
  EXPECT_EQ(counts.Since(before).copied, (CopiedBytes{.in = 12, .out = 12}));
  EXPECT_EQ(counts.Since(before).all(), 3U);

  EXPECT_EQ(counts.waits(), 3U);
  EXPECT_EQ(counts.of(Call::kEventfd), 1U);
  Invoke<Call::kClose>(counter, epoll);
  Invoke<Call::kClose>(counter, event);
}

class WaitRoundsTest : public ::testing::TestWithParam<Load> {
 protected:
  static constexpr int kConnections = 200;

  WaitCounts Counted(MultiplexerKind kind) {
    return WaitRounds(kind, connections_, kConnections, GetParam()).Count(5);
  }

  ManyDescriptors descriptors_{kConnections + 100};
  OneProcessor one_processor_;
  Connections connections_{kConnections};
};

TEST_P(WaitRoundsTest, PollIsToldOfAllInOneCallThatCopiesAll) {
  const WaitCounts counted = Counted(MultiplexerKind::kPoll);
  const int active = ActiveOf(GetParam(), kConnections);
  EXPECT_EQ(counted.events, 5U * static_cast<unsigned>(active));
  EXPECT_DOUBLE_EQ(counted.waits, 1.0 / active);
  EXPECT_EQ(counted.copied, (CopiedBytes{.in = 5 * 200 * 8, .out = 5 * 200 * 2}));
  EXPECT_EQ(counted.watching.all(), 0U);
}

TEST_P(WaitRoundsTest, EpollCopiesTwelveBytesAnEventAndAsManyToWatchAConnection) {
  for (const MultiplexerKind kind : {MultiplexerKind::kEpollLevel, MultiplexerKind::kEpollEdge}) {
    const WaitCounts counted = Counted(kind);
    EXPECT_EQ(counted.copied, (CopiedBytes{.in = 0, .out = 12 * counted.events}));
    EXPECT_EQ(counted.watching.of(Call::kEpollCtl), 200U);
    EXPECT_EQ(counted.watching.copied, (CopiedBytes{.in = 12 * 200, .out = 0}));
  }
}

TEST_P(WaitRoundsTest, SelectCopiesTwoSetsUpToTheHighestDescriptor) {
  int highest = 0;
  for (int i = 0; i < kConnections; ++i) highest = std::max(highest, connections_.fd(i));
  const uint64_t bytes = 5 * 2 * 8 * (static_cast<uint64_t>(highest) / 64 + 1);
  const WaitCounts counted = Counted(MultiplexerKind::kSelect);
  // With a timeout, which does not come back as it was given.
  EXPECT_EQ(counted.copied, (CopiedBytes{.in = bytes + 5 * 16, .out = bytes + 5 * 16}));
}

TEST_P(WaitRoundsTest, TimeIsMeasured) {
  WaitRounds rounds(MultiplexerKind::kPoll, connections_, kConnections, GetParam());
  EXPECT_GT(rounds.Measure(5, 0), 0);
}

INSTANTIATE_TEST_SUITE_P(Loads, WaitRoundsTest,
                         ::testing::Values(Load::kOne, Load::kTenth, Load::kAll),
                         [](const auto& info) { return std::string(LoadName(info.param)); });

TEST(EchoProcessTest, EachFormOfEpollReceivesAndSendsOnceForEachEcho) {
  const OneProcessor one_processor;
  const auto calls = [](MultiplexerKind kind) {
    const EchoProcess server(kind, /*counted=*/true);
    LoadGenerator clients({.port = server.port(), .connections = 3});
    clients.Connect();
    const CallCounts before = server.Counts();
    for (int i = 0; i < 10; ++i) clients.ExchangeOnce(2);
    return server.Counts().Since(before);
  };
  const CallCounts level = calls(MultiplexerKind::kEpollLevel);
  const CallCounts edge = calls(MultiplexerKind::kEpollEdge);
  EXPECT_EQ(level.of(Call::kSend), 20U);
  EXPECT_EQ(level.of(Call::kRecv), 20U);
  EXPECT_EQ(edge.of(Call::kSend), 20U);
  // Once more where the next bytes come just after it was told of the first.
  EXPECT_GE(edge.of(Call::kRecv), 20U);
  EXPECT_LE(edge.of(Call::kRecv), 24U);
}

TEST(EchoProcessTest, ItsCpuTimeGrowsAsItServes) {
  const EchoProcess server(MultiplexerKind::kPoll, /*counted=*/false);
  LoadGenerator clients({.port = server.port()});
  clients.Connect();
  const double before = server.CpuSeconds();
  for (int i = 0; i < 100; ++i) clients.ExchangeOnce(1);
  EXPECT_GT(server.CpuSeconds(), before);
}

TEST(WitnessTest, EpollSharesNoMemoryWithItsProcess) {
  const EpollMemory memory = WitnessEpollMemory();
  EXPECT_EQ(memory.mmap_error, ENODEV);
  EXPECT_FALSE(memory.maps_changed);
  EXPECT_FALSE(memory.array_changed_by_event);
  EXPECT_EQ(memory.bytes_written_by_wait, 12);
}

TEST(WitnessTest, SelectEndsAtFdSetsizeByLibcNotByTheKernel) {
  const ManyDescriptors descriptors(1300);
  if (descriptors.limit() < 1300) GTEST_SKIP() << "fewer descriptors than this needs";
  const SelectLimit limit = WitnessSelectLimit();
  EXPECT_EQ(limit.fd_setsize, 1024);
  EXPECT_TRUE(limit.takes_last);
  EXPECT_FALSE(limit.takes_next);
  EXPECT_TRUE(limit.others_take_next);
  EXPECT_TRUE(limit.kernel_takes_next);
  EXPECT_EQ(limit.served_by_poll, limit.clients);
  EXPECT_LT(limit.served_by_select, 1024);
  EXPECT_GT(limit.served_by_select, 1000);
}

TEST(BenchClaimsCommandTest, QuickPrintsJson) {
  const CommandResult result = Bench({"claims", "--quick", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json report = JsonOf(result);
  EXPECT_EQ(report.at("bench"), "claims");
  const nlohmann::json& figures = report.at("figures");
  EXPECT_EQ(figures.at("claims").size(), 7U);
  for (const nlohmann::json& claim : figures.at("claims")) {
    EXPECT_THAT(claim.at("verdict").get<std::string>(),
                ::testing::AnyOf("holds", "depends", "false"));
  }
  for (const nlohmann::json& wait : figures.at("waits")) {
    EXPECT_GT(wait.at("cpu_ns_per_event").at("median"), 0) << wait;
  }
  EXPECT_EQ(figures.at("epoll_memory").at("mmap_error"), "ENODEV");
}

TEST(BenchClaimsCommandTest, WritesTablesFiguresAndPlots) {
  const TemporaryFolder folder;
  const std::string out = folder.path() + "/new/figures";
  const CommandResult result = Bench({"claims", "--quick", "--out", out});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("What the documents claim"));
  EXPECT_TRUE(std::filesystem::exists(out + "/claims.md"));
  EXPECT_TRUE(std::filesystem::exists(out + "/claims.json"));
  if (!WhyNoPlots().empty()) GTEST_SKIP() << WhyNoPlots();
  for (const char* name :
       {"claims-cost-one-active", "claims-cost-all-active", "claims-bytes-one-active"}) {
    pugi::xml_document picture;
    const pugi::xml_parse_result parsed = picture.load_file((out + "/" + name + ".svg").c_str());
    EXPECT_TRUE(parsed) << name << ": " << parsed.description();
    EXPECT_STREQ(picture.document_element().name(), "svg");
  }
}

TEST(BenchClaimsCommandTest, ANameThatIsNoneIsBadUsage) {
  const CommandResult result = Bench({"claim"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("claims"));
}

TEST(BenchClaimsCommandTest, AFolderThatCannotBeMadeIsBadUsage) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("file", "");
  const CommandResult result = Bench({"claims", "--quick", "--out", file + "/figures"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("cannot write to"));
}

}  // namespace
}  // namespace hupstorm
