// What --protocol expect:FILE reads: what a file means, and what a user reads after each mistake.

#include "scenarios/language/exchange.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace hupstorm {
namespace {

TEST(ExchangeTest, ARequestAndItsResponse) {
  const Exchange exchange = ParseExchange(
      "# redis answers PING.\nrequest \"PING\\r\\n\"  # so\nresponse \"+PONG\\r\\n\"\n", "a");
  EXPECT_EQ(exchange.request, "PING\r\n");
  ASSERT_EQ(exchange.response.size(), 1u);
  EXPECT_EQ(exchange.response[0].literal, "+PONG\r\n");
  EXPECT_FALSE(exchange.response[0].after_any);
  EXPECT_FALSE(exchange.open_end);
  EXPECT_FALSE(exchange.close);
}

TEST(ExchangeTest, StringsNextToEachOtherAreOne) {
  const Exchange exchange = ParseExchange(
      "request \"GET / \"\"HTTP/1.0\\r\\n\"\n\n        \"\\r\\n\"\r\nresponse\n  \"a\" \"b\"", "a");
  EXPECT_EQ(exchange.request, "GET / HTTP/1.0\r\n\r\n");
  ASSERT_EQ(exchange.response.size(), 1u);
  EXPECT_EQ(exchange.response[0].literal, "ab");
}

TEST(ExchangeTest, PartsThatVary) {
  const Exchange exchange =
      ParseExchange("request \"x\" response *\"a\"*\n\"b\" \"c\"\n  close", "a");
  ASSERT_EQ(exchange.response.size(), 2u);
  EXPECT_EQ(exchange.response[0].literal, "a");
  EXPECT_TRUE(exchange.response[0].after_any);
  EXPECT_EQ(exchange.response[1].literal, "bc");
  EXPECT_TRUE(exchange.response[1].after_any);
  EXPECT_FALSE(exchange.open_end);
  EXPECT_TRUE(exchange.close);
}

TEST(ExchangeTest, AnOpenEnd) {
  const Exchange exchange =
      ParseExchange("request \"x\"\nresponse \"HTTP/1.0 200\" * close\n", "a");
  EXPECT_EQ(exchange.response.size(), 1u);
  EXPECT_TRUE(exchange.open_end);
}

TEST(ExchangeTest, AGreetingComesBeforeTheRequest) {
  const Exchange exchange =
      ParseExchange("greeting \"220 \" \"hello\" * \"\\r\\n\"\nrequest \"x\" response \"y\"", "a");
  ASSERT_EQ(exchange.greeting.size(), 2u);
  EXPECT_EQ(exchange.greeting[0].literal, "220 hello");
  EXPECT_EQ(exchange.greeting[1].literal, "\r\n");
  EXPECT_TRUE(exchange.greeting[1].after_any);
  EXPECT_EQ(exchange.request, "x");
  ASSERT_EQ(exchange.response.size(), 1u);
  EXPECT_FALSE(exchange.response[0].after_any);
}

TEST(ExchangeTest, EscapesAreThoseOfScenarios) {
  EXPECT_EQ(ParseExchange(R"(request "\x00\t\0\\\"\xfF" response "y")", "a").request,
            std::string("\0\t\0\\\"\xff", 6));
}

struct Mistake {
  std::string text;
  std::string error;
  friend std::ostream& operator<<(std::ostream& out, const Mistake& m) { return out << m.error; }
};

class ExchangeMistakeTest : public testing::TestWithParam<Mistake> {};

TEST_P(ExchangeMistakeTest, SaysWhereAndWhat) {
  std::string error = "no error";
  try {
    ParseExchange(GetParam().text, "a.expect");
  } catch (const ParseError& caught) {
    error = caught.what();
  }
  EXPECT_EQ(error, "a.expect:" + GetParam().error) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Table, ExchangeMistakeTest,
    testing::Values(
        Mistake{"", "1:1: expected \"request\" or \"greeting\", found the end of the file"},
        Mistake{"\n# nothing",
                "2:10: expected \"request\" or \"greeting\", found the end of the file"},
        Mistake{"requst \"a\"",
                "1:1: expected \"request\" or \"greeting\", found \"requst\"; did you mean "
                "\"request\"?"},
        Mistake{"response \"a\"", "1:1: expected \"request\" or \"greeting\", found \"response\""},
        Mistake{"greeting request \"a\"", "1:10: expected a string or \"*\", found \"request\""},
        Mistake{"greeting \"a\" * request \"b\"", "1:16: expected a string, found \"request\""},
        Mistake{"greeting \"a\" response \"b\"",
                "1:14: expected a string, \"*\" or \"request\", found \"response\""},
        Mistake{"request", "1:8: expected a string, found the end of the file"},
        Mistake{"request PING", "1:9: expected a string, found \"PING\""},
        Mistake{"request \"\"", "1:9: expected a string of at least one byte, found \"\""},
        Mistake{"request \"a\" *",
                "1:13: expected a string (only a response can have parts that vary) or "
                "\"response\", found \"*\""},
        Mistake{"request \"a\"",
                "1:12: expected a string or \"response\", found the end of the "
                "file"},
        Mistake{"request \"a\"\nrespons \"b\"",
                "2:1: expected a string or \"response\", found \"respons\"; did you mean "
                "\"response\"?"},
        Mistake{"request \"a\"\nresponse",
                "2:9: expected a string or \"*\", found the end of the file"},
        Mistake{"request \"a\"\nresponse close",
                "2:10: expected a string or \"*\", found \"close\""},
        Mistake{"request \"a\"\nresponse *", "2:11: expected a string, found the end of the file"},
        Mistake{"request \"a\"\nresponse * close",
                "2:12: expected a string: a response of any bytes would say nothing, found "
                "\"close\""},
        Mistake{"request \"a\"\nresponse \"b\" * *",
                "2:16: expected a string or \"close\" after \"*\", found \"*\""},
        Mistake{"request \"a\"\nresponse \"b\" **",
                "2:14: expected a string, \"*\" or \"close\", found \"**\""},
        Mistake{"request \"a\"\nresponse \"b\" *\n",
                "2:15: expected a string after \"*\", or \"close\": else nothing says where it "
                "ends, found the end of the file"},
        Mistake{"request \"a\"\nresponse \"b\" clse",
                "2:14: expected a string, \"*\" or \"close\", found \"clse\"; did you mean "
                "\"close\"?"},
        Mistake{"request \"a\" response \"b\"\nrequest \"c\"",
                "2:1: expected one request and its response in a file, found \"request\""},
        Mistake{"request \"a\" response \"b\" close \"c\"",
                "1:32: expected the end of the file after \"close\", found a string"},
        Mistake{"request \"a",
                "1:9: expected a '\"' that ends this string, found the end of the "
                "line"},
        Mistake{std::string("request \"a\"\n\0", 13), "2:1: expected text, found a NUL byte"}));

TEST(ExchangeTest, SizesAreBounded) {
  const std::string half = "\"" + std::string(kMaxRequest / 2, 'x') + "\"\n";
  EXPECT_NO_THROW(ParseExchange("request " + half + half + "response \"y\"", "a"));
  EXPECT_THROW(ParseExchange("request " + half + half + "\"x\" response \"y\"", "a"), ParseError);
}

}  // namespace
}  // namespace hupstorm
