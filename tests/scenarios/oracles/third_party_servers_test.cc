// Servers whose answers are not the documents': what the oracles must catch of them, and what they
// must leave alone, by what is known of the answers (--protocol).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scenarios/language/fit.h"
#include "scenarios/language/parse.h"
#include "scenarios/oracles/client_stream.h"
#include "tests/scenarios/control_server.h"
#include "tests/scenarios/world_under_test.h"

namespace hupstorm {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// "lost-bytes: a: ..."
std::vector<std::string> FindingsOf(Bug bug, Speaks speaks, const std::string& text) {
  WorldUnderTest world;
  const Scenario scenario = ParseScenario(text, "control.scn");
  const Target target = ControlTarget(bug, speaks);
  EXPECT_EQ(WhyNotFor(scenario, target), "");
  std::vector<std::string> findings;
  for (const Finding& finding : world.Run(scenario, target, {}).findings) {
    findings.push_back(finding.oracle + ": " + finding.evidence);
  }
  return findings;
}

struct Control {
  std::string test;  // CamelCase
  Speaks speaks;
  Bug bug;
  std::string oracle;    // that must report
  std::string evidence;  // a part of what it must say
  std::string scenario;
};

void PrintTo(const Control& control, std::ostream* out) { *out << control.test; }

const Control kControls[] = {
    // expect, without an end
    {"ExpectWrongAnswer", Speaks::kExpect, Bug::kAnswersWrongly, "lost-bytes",
     "response 1 differs at its byte 1: expected \"PONG \", got \"?ONG 1\\r\\n\"",
     "a connect\na read all\na send 6B\n"},
    {"ExpectWrongAnswerToTheProbe", Speaks::kExpect, Bug::kAnswersWrongly, "accept-stopped",
     "a new client is accepted and served wrongly: response 1 differs at its byte 1",
     "a connect\n"},
    {"ExpectNoAnswerToTheProbe", Speaks::kExpect, Bug::kNeverAnswers, "accept-stopped",
     "a new client is accepted, is owed 1 response and gets 0", "a connect\n"},
    {"ExpectNoAnswer", Speaks::kExpect, Bug::kNeverAnswers, "lost-bytes",
     "a is owed 10922 responses and got 0, then the server ended the connection",
     "a connect\na read all\na send 64KiB\na shutdown write\n"},
    {"ExpectAnswerToHalfARequest", Speaks::kExpect, Bug::kAnswersEachRead, "lost-bytes",
     "a: got \"+PONG 2\\r\\n\" beyond the 1 response that it is owed",
     "a connect\na read all\na send 6B\na send 3B\na send 3B\n"},
    {"ExpectTailDropped", Speaks::kExpect, Bug::kDropsTail, "lost-bytes", "response 2 differs at",
     "fault send short 11 once\na connect\na read all\na send 12B\na send 6B\n"},
    {"ExpectHalfClosedCutOff", Speaks::kExpect, Bug::kCutsOffHalfClosed, "lost-bytes",
     "is owed 5461 responses and got ",
     "server buffer send 4KiB\na buffer 4KiB\na connect\na send 32KiB\na shutdown write\na read "
     "all\n"},
    {"ExpectQueueGrows", Speaks::kExpect, Bug::kReadsWithoutBound, "unbounded-queue",
     "the server held ", "a connect\na send 4MiB\n"},
    {"ExpectRequestsPileUp", Speaks::kExpect, Bug::kNeverAnswers, "unbounded-queue",
     "the server held ", "a connect\na send 4MiB\n"},
    {"ExpectFinIgnored", Speaks::kExpect, Bug::kIgnoresFin, "close-wait-leak", "CLOSE-WAIT",
     "a connect\na send 100B\na shutdown write\n"},
    {"ExpectNoGreeting", Speaks::kGreetsAndAnswers, Bug::kNeverAnswers, "lost-bytes",
     "a is owed the greeting and 1 response and got 0 bytes of the greeting, then the server ended",
     "a connect\na read all\na send 6B\na shutdown write\n"},
    {"ExpectFinInARequestIgnored", Speaks::kExpect, Bug::kIgnoresFin, "close-wait-leak",
     "CLOSE-WAIT", "target any\na connect\na request first 3B\na shutdown write\n"},
    // expect, with one
    {"ExpectCloseWrongAnswer", Speaks::kExpectClose, Bug::kAnswersWrongly, "truncated-response",
     "is answered wrongly: response 1 differs at its byte 1: expected \"ello \", got \"?llo 1",
     "target http\na connect\na read all\na request\n"},
    {"ExpectCloseNeverEnds", Speaks::kExpectClose, Bug::kNeverEnds, "truncated-response",
     "got the whole response, but the server never ended the connection",
     "target http\na connect\na read all\na request\n"},
    {"ExpectCloseCut", Speaks::kExpectClose, Bug::kCutsResponse, "truncated-response",
     "is owed 1 response, got 8 bytes of it without \"\\r\\n\" before the end",
     "target http\na connect\na read all\na request\n"},
    {"ExpectCloseClosedUnread", Speaks::kExpectClose, Bug::kClosesUnread, "truncated-response",
     "then a reset instead of an orderly end", "target http\na connect\na read all\na send 4KiB\n"},
    {"ExpectCloseNoAnswer", Speaks::kExpectClose, Bug::kNeverAnswers, "truncated-response",
     "is owed 1 response, got 0 before the end", "target http\na connect\na read all\na request\n"},
    // http
    {"HttpNoResponse", Speaks::kThirdPartyHttp, Bug::kAnswersWrongly, "truncated-response",
     R"(is answered wrongly: expected "HTTP/1.x" and a status, got "H?TP/1.1 404 Not Found)",
     "target http\na connect\na read all\na request\n"},
    {"HttpCut", Speaks::kThirdPartyHttp, Bug::kCutsResponse, "truncated-response",
     "is owed a response, got 50 bytes before the end",
     "target http\na connect\na read all\na request\n"},
    {"HttpNeverEnds", Speaks::kThirdPartyHttp, Bug::kNeverEnds, "truncated-response",
     "got the whole response, but the server never ended the connection",
     "target http\na connect\na read all\na request\n"},
    {"HttpBodyNeverEnds", Speaks::kThirdPartyHttpToTheEnd, Bug::kNeverEnds, "stalled",
     "is owed a response, and the last of it came only when it had sent its FIN",
     "target http\na connect\na read all\na request\n"},
    {"HttpClosedUnread", Speaks::kThirdPartyHttp, Bug::kClosesUnread, "truncated-response",
     "then a reset instead of an orderly end",
     "target http\na connect\na read all\na request 4KiB\n"},
    {"HttpClosedUnreadLongAgo", Speaks::kThirdPartyHttp, Bug::kClosesUnread, "truncated-response",
     "then a reset instead of an orderly end",
     "target http\na connect\na read all\na request 4KiB\nwait 2s\na send 1B\n"},
    {"HttpNoAnswerToTheProbe", Speaks::kThirdPartyHttp, Bug::kNeverAnswers, "accept-stopped",
     "is accepted, is owed a response and gets nothing", "target http\na connect\n"},
    // ack
    {"AckNoAnswer", Speaks::kThirdPartyAck, Bug::kNeverAnswers, "lost-bytes",
     "a is owed an answer and got nothing, then the server ended the connection",
     "target ack\na connect\na read all\na send 10B\na shutdown write\n"},
    {"AckNoAnswerToTheProbe", Speaks::kThirdPartyAck, Bug::kNeverAnswers, "accept-stopped",
     "is accepted, is owed an answer and gets nothing", "target ack\na connect\n"},
    // none
    {"NoneFinIgnored", Speaks::kNone, Bug::kIgnoresFin, "close-wait-leak", "CLOSE-WAIT",
     "a connect\na shutdown write\n"},
    {"NoneResetForgotten", Speaks::kNone, Bug::kForgetsAfterReset, "fd-leak", "3 connections",
     "c[1..3] connect\nc[1..3] reset\n"},
    {"NoneResetKills", Speaks::kNone, Bug::kDiesOfReset, "server-died", "recv failed",
     "a connect\na reset\n"},
    {"NoneSpins", Speaks::kNone, Bug::kAlwaysAsksToWrite, "busy-loop", "nothing moved",
     "a connect\n"},
    {"NoneStopsAccepting", Speaks::kNone, Bug::kStopsAccepting, "accept-stopped",
     "a new client is not accepted", "a connect\nfault accept EMFILE once\nb connect\n"},
    {"NoneStopIgnored", Speaks::kNone, Bug::kIgnoresStop, "shutdown-hang", "SIGTERM",
     "a connect\na send 5B\n"},
};

// A client that is told 400 may try again.
TEST(RefusedRequestTest, ItsConnectionMayStayOpen) {
  const std::string ask = "target http\na connect\na read all\n";
  for (const char* const refused :
       {"GET / HTTP/1.0\\r\\n\\x00: x\\r\\n\\r\\n", "GET / HTTP/1.0\\n\\r\\n\\r\\n"}) {
    EXPECT_THAT(
        FindingsOf(Bug::kNeverEnds, Speaks::kThirdPartyHttp, ask + "a send \"" + refused + "\"\n"),
        IsEmpty())
        << refused;
  }
}

class ThirdPartyServerTest : public testing::TestWithParam<Control> {};

TEST_P(ThirdPartyServerTest, CatchesThePlantedBug) {
  const Control& control = GetParam();
  EXPECT_THAT(FindingsOf(control.bug, control.speaks, control.scenario),
              Contains(AllOf(StartsWith(control.oracle + ": "), HasSubstr(control.evidence))));
}

TEST_P(ThirdPartyServerTest, LeavesTheCorrectServerAlone) {
  const Control& control = GetParam();
  EXPECT_THAT(FindingsOf(Bug::kNone, control.speaks, control.scenario), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Controls, ThirdPartyServerTest, testing::ValuesIn(kControls),
                         [](const auto& info) { return info.param.test; });

// What a correct server may do although a server of ours would not.
struct Freedom {
  std::string test;  // CamelCase
  Speaks speaks;
  Bug bug;  // which is none, for this server
  std::string scenario;
};

void PrintTo(const Freedom& freedom, std::ostream* out) { *out << freedom.test; }

const Freedom kFreedoms[] = {
    {"NoneNeedNotEcho", Speaks::kNone, Bug::kNone,
     "a connect\na read all\na send 64KiB\nexpect a received 64KiB\nexpect a open\n"},
    {"NoneNeedNotAnswer", Speaks::kNone, Bug::kNeverAnswers,
     "a connect\na read all\na send 64KiB\na shutdown write\n"},
    {"NoneMayReset", Speaks::kNone, Bug::kClosesUnread, "a connect\na read all\na send 64KiB\n"},
    {"NoneMayBeGivenTextAndUrgentData", Speaks::kNone, Bug::kNone,
     "a connect\na read all\na send \"hello\"\na send urgent\n"},
    {"NoneMayKeepWhatItTakesIn", Speaks::kNone, Bug::kNeverAnswers, "a connect\na send 4MiB\n"},
    {"ExpectNothingForHalfARequest", Speaks::kExpect, Bug::kNone,
     "a connect\na read all\na send 3B\na shutdown write\n"},
    {"ExpectAnythingForHalfARequestThatHasEnded", Speaks::kExpect, Bug::kAnswersEachRead,
     "a connect\na read all\na send 3B\nand a shutdown write\n"},
    {"ExpectAGreetingFirst", Speaks::kGreetsAndAnswers, Bug::kNone,
     "a connect\na read all\na send 9B\na shutdown write\nb connect\nb shutdown write\n"},
    {"ExpectAPartOfARequestIsNone", Speaks::kExpect, Bug::kNone,
     "target any\na connect\na read all\na request first 64KiB\nb connect\nb request first 3B\n"
     "b request\nb request first 1B\nb shutdown write\n"},
    {"ExpectClosePartOfARequest", Speaks::kExpectClose, Bug::kNone,
     "target any\na connect\na read all\na request first 64KiB\na shutdown write\n"},
    {"ExpectIsNoEcho", Speaks::kExpect, Bug::kNone,
     "a connect\na read all\na send 60B\nexpect a received 60B\nexpect a open\n"},
    {"ItNeedNotMakeACallThatAStepWaitsFor", Speaks::kExpect, Bug::kNone,
     "a connect\na read all\nat shutdown 1 of a: a shutdown write\na send 6B\nexpect a eof\n"},
    {"ItMayTurnAwayForWantOfDescriptors", Speaks::kExpect, Bug::kTurnsAway,
     "a connect\nfault accept EMFILE once\nb connect\nb read all\nb send 6B\nexpect b open\n"},
    {"ExpectCloseHasAnotherLength", Speaks::kExpectClose, Bug::kNone,
     "target http\na connect\na read all\na request 400B\nexpect a received 114B\nexpect a eof\n"},
    {"ExpectCloseAnswersOnce", Speaks::kExpectClose, Bug::kNone,
     "target http\na connect\na read all\na request\nand a request\nand a send 1KiB\n"},
    {"HttpHasAnotherLength", Speaks::kThirdPartyHttp, Bug::kNone,
     "target http\na connect\na read all\na request\nexpect a received 114B\nexpect a eof\n"},
    {"HttpEndsWithTheConnection", Speaks::kThirdPartyHttpToTheEnd, Bug::kNone,
     "target http\na connect\na read all\na request\nexpect a eof\n"},
    {"HttpMayKeepTheConnectionOf11", Speaks::kThirdPartyHttp, Bug::kNeverEnds,
     "target http\na connect\na read all\na send \"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n\"\n"},
    {"HttpNeedNotReadBareNewlines", Speaks::kThirdPartyHttp, Bug::kNone,
     "target http\na connect\na read all\na send \"GET / HTTP/1.0\\n\\n\"\nexpect a eof\n"},
    {"AckIsWordedFreely", Speaks::kThirdPartyAck, Bug::kNone,
     "target ack\na connect\na read all\na send \"hi\"\nexpect a received 31B\n"},
};

TEST(ClientStreamTest, ARequestIsFullWithTheBodyThatItDeclares) {
  const Target target = ControlTarget(Bug::kNone, Speaks::kThirdPartyHttp);
  ClientStream stream;
  stream.Reset(target, 'a', 0);
  stream.AppendText("POST / HTTP/1.1\r\nHost: a\r\ncontent-length: 10\r\n\r\n012");
  EXPECT_FALSE(stream.has_full_request());
  EXPECT_TRUE(stream.answer_is_optional());
  stream.AppendText("3456");
  stream.AppendPattern(2);
  EXPECT_FALSE(stream.has_full_request());
  stream.AppendPattern(2);
  EXPECT_TRUE(stream.has_full_request());
  EXPECT_FALSE(stream.answer_is_optional());
}

class FreedomTest : public testing::TestWithParam<Freedom> {};

TEST_P(FreedomTest, IsNoFinding) {
  const Freedom& freedom = GetParam();
  EXPECT_THAT(FindingsOf(freedom.bug, freedom.speaks, freedom.scenario), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Freedoms, FreedomTest, testing::ValuesIn(kFreedoms),
                         [](const auto& info) { return info.param.test; });

}  // namespace
}  // namespace hupstorm
