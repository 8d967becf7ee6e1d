#include "scenarios/language/parse.h"

#include <gtest/gtest.h>

#include <string>

#include "scenarios/language/print.h"

namespace hupstorm {
namespace {

Scenario Parse(const std::string& text) { return ParseScenario(text, "test.scn"); }
Step First(const std::string& line) { return Parse(line).steps.at(0); }
std::string Reprinted(const std::string& line) { return PrintStep(First(line)); }

TEST(ParseTest, AScenarioIsHeadersAndSteps) {
  const Scenario scenario = Parse(
      "# A client sends, half-closes at once and only then\n"
      "# reads. Every byte must come back.\n"
      "target ack\n"
      "rounds 8\n"
      "schedule 7\n"
      "\n"
      "a connect\n"
      "  \ta send 64KiB   # comment\n"
      "expect a received at least 1KiB\n");
  EXPECT_EQ(scenario.title, "A client sends, half-closes at once and only then reads.");
  EXPECT_EQ(scenario.file, "test.scn");
  EXPECT_EQ(scenario.protocol, Protocol::kAck);
  EXPECT_EQ(scenario.rounds, 8);
  EXPECT_EQ(scenario.schedule, 7);
  ASSERT_EQ(scenario.steps.size(), 3);
  EXPECT_EQ(scenario.steps[1].line, 8);
  EXPECT_EQ(scenario.steps[1].amount, 65536);
  EXPECT_EQ(scenario.steps[2].action, Action::kExpectReceivedAtLeast);
}

TEST(ParseTest, HeadersHaveDefaults) {
  const Scenario scenario = Parse("a connect");
  EXPECT_EQ(scenario.protocol, Protocol::kEcho);
  EXPECT_EQ(scenario.rounds, 1);
  EXPECT_EQ(scenario.schedule, 0);
  EXPECT_EQ(scenario.title, "");
  EXPECT_EQ(Parse("target any\na connect").protocol, std::nullopt);
}

TEST(ParseTest, TheTitleIsTheFirstSentenceOfTheFirstComment) {
  EXPECT_EQ(Parse("a connect\n# Later. More.").title, "Later.");
  EXPECT_EQ(Parse("# No end\n\n# Another.\na connect").title, "No end");
  EXPECT_EQ(Parse("#Waits 1.5 s!  Then\na connect").title, "Waits 1.5 s!");
  EXPECT_EQ(Parse("a connect # not this\n# But this.\n").title, "But this.");
  EXPECT_EQ(Parse("# Control\x1b\rcharacters.\na connect").title, "Control characters.");
  EXPECT_EQ(Parse("# \n#\n#  Blanks \t go. \na connect").title, "Blanks go.");
}

TEST(ParseTest, LineEndsMayBeOfEitherKind) {
  EXPECT_EQ(Parse("# T.\r\na connect\r\nb connect\r\n"), Parse("a connect\nb connect"));
  EXPECT_EQ(Parse("# T.\r\na connect\r\n").title, "T.");
  EXPECT_EQ(Parse("\xef\xbb\xbf"
                  "a connect"),
            Parse("a connect"));
}

TEST(ParseTest, CommentsHoldAnyBytes) {
  EXPECT_EQ(Parse("# \xff\xfe\n# \"unterminated\na connect # \xe6\x88"), Parse("a connect"));
}

TEST(ParseTest, PlacementsAndGroups) {
  const Step step = First("at recv 2 of b[3]: each c[1..200] reset");
  ASSERT_TRUE(step.at);
  EXPECT_EQ(step.at->call, CallFamily::kRecv);
  EXPECT_EQ(step.at->occurrence, 2);
  EXPECT_EQ(step.at->client, (Clients{'b', 3, 3}));
  EXPECT_TRUE(step.each);
  EXPECT_EQ(step.clients, (Clients{'c', 1, 200}));
  EXPECT_EQ(First("at accept 1: a reset").at->client, std::nullopt);
  EXPECT_TRUE(Parse("a send 1\nand a close").steps[1].together);
}

TEST(ParseTest, FaultRules) {
  const Step step = First("fault send of a short 7 after 2 times 3");
  EXPECT_EQ(step.fault, (FaultRule{.call = CallFamily::kSend,
                                   .outcome = FaultOutcome::kShort,
                                   .amount = 7,
                                   .after = 2,
                                   .times = 3}));
  EXPECT_EQ(step.fault_client, (Clients{'a', 0, 0}));
  EXPECT_EQ(First("fault accept EMFILE once").fault.times, 1);
  EXPECT_EQ(First("fault accept EMFILE always").fault.times, kAlways);
}

TEST(ParseTest, StringsHoldEveryByte) {
  EXPECT_EQ(First(R"(a send "\r\n\t\0\\\"\xe6\x88 # : [x]")").text,
            std::string("\r\n\t\0\\\"\xe6\x88 # : [x]", 16));
  EXPECT_EQ(First("a send \"\xe6\x88\x91\"").text, "\xe6\x88\x91");
}

TEST(PrintTest, TextIsCanonical) {
  EXPECT_EQ(Reprinted("a[0]   send 65536"), "a send 64KiB");
  EXPECT_EQ(Reprinted("a send 65537B"), "a send 65537B");
  EXPECT_EQ(Reprinted("a read 2048KiB"), "a read 2MiB");
  EXPECT_EQ(Reprinted("wait 60s"), "wait 1m");
  EXPECT_EQ(Reprinted("wait 1500ms"), "wait 1500ms");
  EXPECT_EQ(Reprinted("c[4..4] connect"), "c[4] connect");
  EXPECT_EQ(Reprinted("fault recv EINTR after 0 times 1"), "fault recv EINTR once");
  EXPECT_EQ(Reprinted("expect a received 0"), "expect a received 0B");
  EXPECT_EQ(Reprinted("a send \"\xe6\x88\x91\\x41\""), "a send \"\\xe6\\x88\\x91A\"");
}

// Each line of the grammar, as it prints.
class CanonicalLineTest : public testing::TestWithParam<std::string> {};

TEST_P(CanonicalLineTest, PrintsAsItIsWritten) { EXPECT_EQ(Reprinted(GetParam()), GetParam()); }

INSTANTIATE_TEST_SUITE_P(
    Grammar, CanonicalLineTest,
    testing::Values("a connect", "c[1..200] connect", "each c[1..200] connect", "a send 1B",
                    "a send urgent", "a send \"x\\r\\n\\x00\"", "a request", "a request 300B",
                    "a request first 10B", "a shutdown write", "a close", "a reset", "a vanish",
                    "a read 4KiB", "a read all", "a read none", "a buffer 4KiB", "server stop",
                    "server interrupt", "server buffer send 4KiB", "server buffer receive 4KiB",
                    "limit descriptors 0", "limit descriptors minus 20", "limit descriptors none",
                    "wait 24h", "wait 1ns", "fault none", "fault accept EMFILE once",
                    "fault wait ENOMEM always", "fault send of b[2] short 1 after 2 times 3",
                    "fault recv EAGAIN always", "at recv 2 of a: a reset", "at accept 1: wait 1s",
                    "at call 1000000: server stop", "at recv 2 of a: expect a received 1KiB",
                    "at accept 9: expect a open", "expect a received 1KiB",
                    "expect a received at least 1KiB", "expect a received \"HTTP\"",
                    "expect c[1..9] eof", "expect a reset", "expect a open", "expect a connected",
                    "expect a refused", "expect server running", "expect server stopped"));

}  // namespace
}  // namespace hupstorm
