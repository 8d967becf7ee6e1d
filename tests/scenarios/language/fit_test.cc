#include "scenarios/language/fit.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "scenarios/language/parse.h"

namespace hupstorm {
namespace {

Target ThirdParty(Protocol protocol, bool close = false) {
  Target target;
  target.protocol = protocol;
  target.third_party = true;
  if (protocol == Protocol::kExpect) {
    target.exchange = std::make_shared<const Exchange>(
        Exchange{.request = "x", .response = {{"y"}}, .close = close});
  }
  return target;
}

std::string Why(const Target& target, const std::string& text) {
  return WhyNotFor(ParseScenario(text, "a.scn"), target);
}

TEST(FitTest, AScenarioIsForItsProtocol) {
  for (const Protocol protocol : {Protocol::kEcho, Protocol::kAck, Protocol::kHttp}) {
    const std::string name(ProtocolName(protocol));
    EXPECT_EQ(Why(ThirdParty(protocol), "target " + name + "\na connect\n"), "");
    EXPECT_EQ(Why(ThirdParty(protocol), "target any\na connect\n"), "");
    const std::string other = name == "http" ? "ack" : "http";
    EXPECT_EQ(Why(ThirdParty(protocol), "target " + other + "\na connect\n"),
              "it is written for " + other + " servers");
  }
}

TEST(FitTest, WhereNothingIsKnownAnythingMayBeSent) {
  EXPECT_EQ(Why(ThirdParty(Protocol::kNone), "a connect\na send \"hi\"\na send urgent\n"), "");
  EXPECT_EQ(Why(ThirdParty(Protocol::kNone), "target http\na connect\n"),
            "it is written for http servers");
}

TEST(FitTest, OnlyTheKnownRequestMayBeSent) {
  const Target stays = ThirdParty(Protocol::kExpect);
  EXPECT_EQ(Why(stays, "a connect\na send 64KiB\n"), "");
  EXPECT_EQ(Why(stays, "a connect\na send \"hi\"\n"),
            "it sends a text of its own, and only one request is known");
  EXPECT_EQ(Why(stays, "target any\na connect\na send urgent\n"),
            "it sends urgent data in the middle of requests");
}

TEST(FitTest, AThirdPartyServerMayDoWhatItLikesFirst) {
  const std::string placed = "a connect\nat recv 9 of a: expect a received 4B\n";
  EXPECT_EQ(Why(Target(), placed), "");
  EXPECT_EQ(
      Why(ThirdParty(Protocol::kEcho), placed),
      "it expects something at one of the server's calls, which only a known server is held to");
}

TEST(FitTest, FewServersAreMeantToSurviveAnyShortage) {
  Target server = ThirdParty(Protocol::kEcho);
  for (const char* step : {"fault wait ENOMEM once", "limit descriptors minus 3"}) {
    server.hardened = false;
    EXPECT_EQ(Why(server, "a connect\n" + std::string(step) + "\n"),
              "it is for hardened servers (--hardened)");
    server.hardened = true;
    EXPECT_EQ(Why(server, "a connect\n" + std::string(step) + "\n"), "");
  }
  server.hardened = false;
  EXPECT_EQ(Why(server, "fault wait EINTR once\nfault accept ENOMEM once\nlimit descriptors 3\n"),
            "");
}

TEST(FitTest, AServerThatEndsTheConnectionIsLikeHttp) {
  const Target ends = ThirdParty(Protocol::kExpect, /*close=*/true);
  EXPECT_EQ(Why(ends, "target http\na connect\na request 400B\n"), "");
  EXPECT_EQ(Why(ends, "target any\na connect\n"), "");
  EXPECT_EQ(Why(ends, "target echo\na connect\n"), "it is written for echo servers");
  EXPECT_EQ(Why(ThirdParty(Protocol::kExpect), "target http\na connect\n"),
            "it is written for http servers");
}

bool IsExpected(const Target& target, const std::string& header, const std::string& expectation) {
  const Scenario scenario = ParseScenario(header + "\na connect\n" + expectation + "\n", "a.scn");
  return IsExpectedOf(target, scenario, scenario.steps.back());
}

TEST(FitTest, WhatIsReceivedIsExpectedOfKnownServersOnly) {
  Target documented;
  documented.protocol = Protocol::kHttp;
  EXPECT_TRUE(IsExpected(documented, "target http", "expect a received 114B"));
  EXPECT_TRUE(IsExpected(ThirdParty(Protocol::kEcho), "target echo", "expect a received 4B"));
  for (const char* received :
       {"expect a received 4B", "expect a received at least 4B", "expect a received \"HTTP\""}) {
    EXPECT_FALSE(IsExpected(ThirdParty(Protocol::kHttp), "target http", received));
    EXPECT_FALSE(IsExpected(ThirdParty(Protocol::kExpect), "target echo", received));
    EXPECT_FALSE(IsExpected(ThirdParty(Protocol::kNone), "target echo", received));
    EXPECT_TRUE(IsExpected(ThirdParty(Protocol::kNone), "target any", received));
  }
}

TEST(FitTest, WhatBecomesOfAConnectionIsExpectedWhereTheAnswersAreKnown) {
  for (const char* state : {"expect a eof", "expect a open", "expect a reset"}) {
    EXPECT_TRUE(IsExpected(ThirdParty(Protocol::kExpect), "target echo", state));
    EXPECT_FALSE(IsExpected(ThirdParty(Protocol::kNone), "target echo", state));
    EXPECT_TRUE(IsExpected(ThirdParty(Protocol::kNone), "target any", state));
  }
  EXPECT_TRUE(IsExpected(ThirdParty(Protocol::kNone), "target echo", "expect a connected"));
  EXPECT_TRUE(IsExpected(ThirdParty(Protocol::kNone), "target echo", "expect server running"));
}

}  // namespace
}  // namespace hupstorm
