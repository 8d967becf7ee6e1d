#include "bench/harness/echo_crowd.h"

#include <gtest/gtest.h>

#include <vector>

#include "kernel/syscalls_layer.h"
#include "scenarios/worlds/simulated_world.h"
#include "target/reference/reference.h"

namespace hupstorm::harness {
namespace {

// Counts what the server has moved.
class Counter final : public SyscallsLayer {
 public:
  using SyscallsLayer::SyscallsLayer;
  int64_t accepted = 0;
  int64_t received = 0;
  int64_t sent = 0;

 protected:
  bool Enter(SystemCall&) override { return true; }
  void Leave(SystemCall& call) override {
    if (call.result < 0) return;
    if (FamilyOf(call.call) == CallFamily::kAccept) ++accepted;
    // Its eventfd, by which it hears of the signal, is no connection.
    if (call.call == Call::kRecv) received += call.result;
    if (call.call == Call::kSend) sent += call.result;
  }
};

TEST(EchoCrowdTest, PlayedByHandEachServerEchoesAllAndStops) {
  const EchoCrowd crowd{.clients = 4, .messages = 5, .bytes = 100};
  for (const Target& target : ReferenceTargets()) {
    HandPlayed hand(crowd);
    for (int run = 0; run < 2; ++run) {
      Counter counter(hand.kernel());
      hand.Run(target, counter);
      EXPECT_EQ(counter.accepted, 4) << target.name;
      EXPECT_EQ(counter.received, 4 * 5 * 100) << target.name;
      EXPECT_EQ(counter.sent, 4 * 5 * 100) << target.name;
      EXPECT_EQ(hand.kernel().open_descriptor_count(), 0) << target.name;
    }
  }
}

TEST(EchoCrowdTest, WatchedItSeesEachByteOfEachClient) {
  const EchoCrowd crowd{.clients = 4, .messages = 5, .bytes = 100};
  for (const Target& target : ReferenceTargets()) {
    HandPlayed hand(crowd);
    for (int run = 0; run < 2; ++run) {
      hand.RunWatched(target);
      ASSERT_EQ(hand.ledger().client_count, 4U) << target.name;
      for (size_t i = 0; i < 4; ++i) {
        const ClientFacts& client = hand.ledger().clients[i];
        EXPECT_EQ(client.consumed, 500U) << target.name;
        EXPECT_EQ(client.answered, 500U) << target.name;
        EXPECT_EQ(client.stream.received(), 500U) << target.name;
        EXPECT_FALSE(client.stream.mismatch()) << target.name;
      }
      EXPECT_TRUE(hand.ledger().spins.empty()) << target.name;
    }
  }
}

TEST(EchoCrowdTest, TheScenarioDoesTheSame) {
  const EchoCrowd crowd{.clients = 4, .messages = 5, .bytes = 100};
  std::vector<ClientView> views;
  RunOptions options;
  options.client_views = &views;
  const RunResult result =
      SimulatedWorld().Run(ScenarioOf(crowd), ReferenceTarget("reference/poll"), options);
  EXPECT_TRUE(result.findings.empty());
  ASSERT_GE(views.size(), 4u);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(views[i].received, 500u);
}

TEST(EchoCrowdTest, MoreClientsThanALetterHasAreOfSeveral) {
  const Scenario scenario = PassingCrowd(25'000);
  ASSERT_EQ(scenario.steps.size(), 6u);
  EXPECT_EQ(scenario.steps[2].clients.letter, 'c');
  EXPECT_EQ(scenario.steps[2].clients.first, 0u);
  EXPECT_EQ(scenario.steps[2].clients.last, 4'999u);
}

}  // namespace
}  // namespace hupstorm::harness
