// Whether an echo gave back what its client sent, where urgent bytes may come back or not.

#include "scenarios/oracles/client_stream.h"

#include <gtest/gtest.h>

#include <string_view>

namespace hupstorm {
namespace {

class EchoStreamTest : public testing::Test {
 protected:
  EchoStreamTest() { Restart(); }

  void Restart() { stream_.Reset(target_, 'a', 0); }
  // '!' stands for an urgent byte in `sent`, '?' for the same byte as text.
  void Send(std::string_view sent) {
    for (const char byte : sent) {
      if (byte == '!') {
        stream_.AppendUrgent();
      } else {
        stream_.AppendText(byte == '?' ? "!" : std::string_view(&byte, 1));
      }
    }
  }
  bool IsWhole(std::string_view sent, std::string_view received) {
    Restart();
    Send(sent);
    for (const char byte : received) stream_.Receive(std::string_view(&byte, 1));
    const bool is_whole = stream_.complete();
    Restart();
    Send(sent);
    stream_.Receive(received);
    EXPECT_EQ(stream_.complete(), is_whole) << sent << ": it matters how it came";
    return is_whole;
  }

  Target target_;
  ClientStream stream_;
};

TEST_F(EchoStreamTest, AnUrgentByteMayComeBackInItsPlaceOrNot) {
  EXPECT_TRUE(IsWhole("a!b", "ab"));
  EXPECT_TRUE(IsWhole("a!b", "a!b"));
  EXPECT_TRUE(IsWhole("a!!", "a!"));
  EXPECT_FALSE(IsWhole("a!b", "ab!"));
  EXPECT_FALSE(IsWhole("a!b", "a!!b"));
}

TEST_F(EchoStreamTest, ATextThatBeginsWithTheSameByteIsNotTakenForIt) {
  EXPECT_TRUE(IsWhole("!?x", "!x"));
  EXPECT_TRUE(IsWhole("!?x", "!!x"));
  EXPECT_TRUE(IsWhole("?!?", "!!"));
  EXPECT_TRUE(IsWhole("?!?", "!!!"));
  EXPECT_FALSE(IsWhole("?!?", "!"));
  EXPECT_FALSE(IsWhole("?!?", "!!!!"));
  EXPECT_FALSE(IsWhole("!?x", "x"));
  EXPECT_FALSE(IsWhole("!?x?", "!x!!"));
}

TEST_F(EchoStreamTest, AnUrgentByteThatCameBackIsNoTextThatFollowsLater) {
  Send("!");
  stream_.Receive("!");
  Send("?x");
  EXPECT_FALSE(stream_.complete());
  stream_.Receive("!x");
  EXPECT_TRUE(stream_.complete());
}

}  // namespace
}  // namespace hupstorm
