#include "scenarios/oracles/ledger.h"

#include <gtest/gtest.h>

namespace hupstorm {
namespace {

class HeldUpTest : public testing::Test {
 protected:
  HeldUpTest() {
    ledger_.AddClient().connected = true;
    ledger_.AddClient().connected = true;
    ledger_.blocks.push_back({.call = Call::kRecv, .client = 0});
  }

  ClientFacts& other() { return ledger_.clients[1]; }

  Ledger ledger_;
};

TEST_F(HeldUpTest, AClientInTheAcceptQueueIsHeldUpByOneThatIsWaitedFor) {
  EXPECT_TRUE(ledger_.IsHeldUp(other()));
  EXPECT_FALSE(ledger_.IsHeldUp(ledger_.clients[0]));
}

TEST_F(HeldUpTest, OneThatIsServedIsNot) {
  other().accepted = true;
  EXPECT_FALSE(ledger_.IsHeldUp(other()));
}

// Linux sends SYN-ACK again a second later, and then there may be room.
TEST_F(HeldUpTest, OneWhoseHandshakeWaitsForTcpIsNot) {
  other().in_handshake = true;
  EXPECT_FALSE(ledger_.IsHeldUp(other()));
}

}  // namespace
}  // namespace hupstorm
