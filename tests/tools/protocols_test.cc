#include "tools/catalogue/protocols.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "scenarios/language/parse.h"
#include "tools/catalogue/pages.h"
#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

std::string ErrorOf(const std::string& protocol) {
  try {
    ParseProtocol(protocol);
  } catch (const UsageError& error) {
    return error.what();
  } catch (const ParseError& error) {
    return error.what();
  }
  return "no error";
}

std::string Write(const std::string& name, const std::string& text) {
  std::string path = testing::TempDir() + name;
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

TEST(ProtocolTest, EachWordIsAProtocol) {
  EXPECT_EQ(ParseProtocol("echo").protocol, Protocol::kEcho);
  EXPECT_EQ(ParseProtocol("ack").protocol, Protocol::kAck);
  EXPECT_EQ(ParseProtocol("http").protocol, Protocol::kHttp);
  EXPECT_EQ(ParseProtocol("none").protocol, Protocol::kNone);
  EXPECT_EQ(ParseProtocol("none").exchange, nullptr);
}

TEST(ProtocolTest, AFileHoldsWhatIsExpected) {
  const std::string path = Write("good.expect", "request \"PING\"\nresponse \"PONG\" close\n");
  const SpokenProtocol spoken = ParseProtocol("expect:" + path);
  EXPECT_EQ(spoken.protocol, Protocol::kExpect);
  ASSERT_NE(spoken.exchange, nullptr);
  EXPECT_EQ(spoken.exchange->request, "PING");
  EXPECT_TRUE(spoken.exchange->close);
}

TEST(ProtocolTest, AMisspeltWordGetsTheNearest) {
  EXPECT_EQ(ErrorOf("htp"),
            "unknown protocol \"htp\"; did you mean \"http\"? To see all: hupstorm list "
            "protocols");
  EXPECT_EQ(ErrorOf("smtp"), "unknown protocol \"smtp\". To see all: hupstorm list protocols");
}

TEST(ProtocolTest, ExpectNeedsAFile) {
  EXPECT_THAT(ErrorOf("expect"), HasSubstr("needs a file: --protocol expect:FILE"));
  EXPECT_THAT(ErrorOf("expect:"), HasSubstr("needs a file after the colon"));
  EXPECT_EQ(ErrorOf("expect:/no/such/file"),
            "cannot read /no/such/file: No such file or directory");
}

TEST(ProtocolTest, AMistakeInTheFileIsShownByItsPlace) {
  const std::string path = Write("bad.expect", "request \"PING\"\nrespones \"PONG\"\n");
  EXPECT_EQ(ErrorOf("expect:" + path),
            path +
                ":2:1: expected a string or \"response\", found \"respones\"; did you mean "
                "\"response\"?");
}

TEST(ProtocolTest, EachHasAPage) {
  for (const ProtocolPage& page : ProtocolPages()) {
    EXPECT_THAT(PageOn(page.name, "hupstorm"),
                testing::StartsWith(std::string(page.name) + ": a protocol\n"));
    EXPECT_THAT(PageOn("protocols", "hupstorm"), HasSubstr(page.title));
    EXPECT_GT(page.page.size(), 100u) << page.name;
    EXPECT_THAT(page.page, EndsWith("."));
  }
}

}  // namespace
}  // namespace hupstorm
