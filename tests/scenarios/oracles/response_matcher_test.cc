#include "scenarios/oracles/response_matcher.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace hupstorm {
namespace {

// In one piece, and in pieces of one byte: the same must come out.
size_t TakeBytes(ResponseMatcher& matcher, std::string_view bytes, uint64_t owed, bool one_by_one) {
  if (!one_by_one) return matcher.Take(bytes, owed);
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (matcher.Take(bytes.substr(i, 1), owed) == 0) return i;
  }
  return bytes.size();
}

class ResponseMatcherTest : public testing::TestWithParam<bool> {
 protected:
  size_t Take(std::string_view bytes, uint64_t owed) {
    return TakeBytes(matcher_, bytes, owed, GetParam());
  }
  Exchange exchange_;
  ResponseMatcher matcher_;
};

TEST_P(ResponseMatcherTest, CountsWholeResponses) {
  exchange_.response = {{"+PONG\r\n"}};
  matcher_ = ResponseMatcher(&exchange_);
  EXPECT_EQ(Take("+PONG\r\n+PONG\r\n+PO", 3), 17u);
  EXPECT_EQ(matcher_.whole(), 2u);
  EXPECT_EQ(matcher_.begun(), 3u);
  EXPECT_EQ(Take("NG\r\n", 3), 4u);
  EXPECT_EQ(matcher_.whole(), 3u);
  EXPECT_TRUE(matcher_.at_start());
}

TEST_P(ResponseMatcherTest, AGreetingComesFirstAndOnce) {
  exchange_.greeting = {{"220 "}, {"\r\n", true}};
  exchange_.response = {{"ok\r\n"}};
  matcher_ = ResponseMatcher(&exchange_);
  EXPECT_FALSE(matcher_.greeted());
  EXPECT_EQ(Take("220 hel", 0), 7u);
  EXPECT_FALSE(matcher_.greeted());
  EXPECT_EQ(Take("lo\r\nok\r\n220 hello\r\n", 2), 8u);
  EXPECT_TRUE(matcher_.greeted());
  EXPECT_EQ(matcher_.whole(), 1u);
  matcher_ = ResponseMatcher(&exchange_);
  EXPECT_EQ(Take("2ok", 1), 1u);
  EXPECT_EQ(matcher_.Difference("ok", 1),
            "the greeting differs at its byte 1: expected \"20 \", got \"ok\"");
}

TEST_P(ResponseMatcherTest, FindsTheFirstByteThatDiffers) {
  exchange_.response = {{"+PONG\r\n"}};
  matcher_ = ResponseMatcher(&exchange_);
  EXPECT_EQ(Take("+PONG\r\n+PING\r\n", 2), 9u);
  EXPECT_EQ(matcher_.Difference("ING\r\n", 2),
            R"(response 2 differs at its byte 2: expected "ONG\r\n", got "ING\r\n")");
}

TEST_P(ResponseMatcherTest, TakesNoMoreThanIsOwed) {
  exchange_.response = {{"ab"}};
  matcher_ = ResponseMatcher(&exchange_);
  EXPECT_EQ(Take("ababab", 2), 4u);
  EXPECT_EQ(matcher_.Difference("ab", 2), "got \"ab\" beyond the 2 responses that it is owed");
  matcher_ = ResponseMatcher(&exchange_);
  EXPECT_EQ(Take("ab", 0), 0u);
  EXPECT_EQ(matcher_.Difference("ab", 0), "got \"ab\", and is owed nothing yet");
}

TEST_P(ResponseMatcherTest, AGapEndsAtTheFirstPlaceOfTheNextString) {
  exchange_.response = {{"<"}, {"aab", true}, {">"}};
  matcher_ = ResponseMatcher(&exchange_);
  // The string's beginning comes before itself, and the gap may be empty.
  EXPECT_EQ(Take("<aaab><aab><xaabaab", 3), 16u);
  EXPECT_EQ(matcher_.whole(), 2u);
  EXPECT_EQ(matcher_.Difference("aab", 3),
            R"(response 3 differs at its byte 5: expected ">", got "aab")");
}

TEST_P(ResponseMatcherTest, AGapMayComeFirst) {
  exchange_.response = {{"\n", true}};
  matcher_ = ResponseMatcher(&exchange_);
  EXPECT_EQ(Take("one\n\ntwo\n", 3), 9u);
  EXPECT_EQ(matcher_.whole(), 3u);
}

TEST_P(ResponseMatcherTest, AnOpenEndIsEndedByTheConnection) {
  exchange_.response = {{"HTTP"}};
  exchange_.open_end = exchange_.close = true;
  matcher_ = ResponseMatcher(&exchange_);
  EXPECT_EQ(Take("HTTP/1.0 200 OK\r\n\r\nhello", 1), 24u);
  EXPECT_EQ(matcher_.whole(), 0u);
  matcher_.End();
  EXPECT_EQ(matcher_.whole(), 1u);
  EXPECT_TRUE(matcher_.at_start());
}

TEST_P(ResponseMatcherTest, TheConnectionsEndEndsNothingElse) {
  exchange_.response = {{"a"}, {"b", true}};
  matcher_ = ResponseMatcher(&exchange_);
  Take("ax", 1);
  matcher_.End();
  EXPECT_EQ(matcher_.whole(), 0u);
  EXPECT_EQ(matcher_.begun(), 2u);
  EXPECT_EQ(matcher_.Awaited(), "\"b\"");
}

INSTANTIATE_TEST_SUITE_P(Pieces, ResponseMatcherTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "OneByOne" : "AtOnce"; });

}  // namespace
}  // namespace hupstorm
