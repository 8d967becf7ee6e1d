// The canary is a correct server, but for one way through it.

#include "target/canary/canary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scenarios/language/parse.h"
#include "scenarios/worlds/simulated_world.h"

namespace hupstorm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> OraclesThatReport(const std::string& text) {
  SimulatedWorld world;
  std::vector<std::string> oracles;
  for (const Finding& finding :
       world.Run(ParseScenario(text, "test"), CanaryTarget(), {}).findings) {
    oracles.push_back(finding.oracle);
  }
  return oracles;
}

TEST(CanaryTest, EchoesAndEndsWithItsClient) {
  EXPECT_THAT(OraclesThatReport("a connect\na send 64KiB\na shutdown write\na read all\n"
                                "expect a received 64KiB\nexpect a eof\n"),
              IsEmpty());
}

TEST(CanaryTest, HoldsOutputForClientsThatDoNotRead) {
  EXPECT_THAT(OraclesThatReport("server buffer send 1B\nc[1..8] buffer 1B\nc[1..8] connect\n"
                                "c[1..8] send 256KiB\na connect\na send 1KiB\na read all\n"
                                "expect a received 1KiB\nc[1..4] shutdown write\nc[5..6] reset\n"),
              IsEmpty());
}

TEST(CanaryTest, BearsWhatLinuxDoesToCalls) {
  EXPECT_THAT(
      OraclesThatReport("fault recv short 1 always\nfault send short 1 always\n"
                        "fault wait EINTR times 3\nfault accept EMFILE times 2\n"
                        "fault send EAGAIN after 5 once\nfault epoll_ctl ENOMEM after 4 once\n"
                        "c[1..4] connect\nc[1..4] send 100\nc[1..4] shutdown write\n"),
      IsEmpty());
}

constexpr char kHalfClosedWithBytesLeft[] =
    "server buffer send 1B\na buffer 1B\na connect\na send 32KiB\na shutdown write\n";

TEST(CanaryTest, LosesTheTailAfterAnInterruptedWaitAndAnothersInput) {
  const std::string begin = kHalfClosedWithBytesLeft;
  EXPECT_THAT(OraclesThatReport(begin + "server interrupt\nb connect\nb send 1B\n"),
              ElementsAre("lost-bytes"));
}

TEST(CanaryTest, LosesNothingWhereAnyPartOfThatIsMissing) {
  const std::string begin = kHalfClosedWithBytesLeft;
  EXPECT_THAT(OraclesThatReport(begin + "server interrupt\n"), IsEmpty());
  EXPECT_THAT(OraclesThatReport(begin + "b connect\nb send 1B\n"), IsEmpty());
  EXPECT_THAT(OraclesThatReport(begin + "b connect\nb send 1B\nserver interrupt\n"), IsEmpty());
  EXPECT_THAT(OraclesThatReport("a connect\na send 32KiB\na shutdown write\nserver interrupt\n"
                                "b connect\nb send 1B\n"),
              IsEmpty());
}

}  // namespace
}  // namespace hupstorm
