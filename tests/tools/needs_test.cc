// Which disturbances of a scenario a bug is said to need: what a person would say.

#include "tools/shrink/needs.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "scenarios/language/parse.h"
#include "target/documented/documented.h"
#include "tests/tools/command.h"
#include "tools/plan/choose_server.h"
#include "tools/plan/run_options.h"

namespace hupstorm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Words = std::vector<std::string>;
using nlohmann::json;

// "a half-closes:7", its line.
Words In(const json& needs) {
  Words words;
  for (const json& need : needs) {
    words.push_back(
        fmt::format("{}:{}", need.at("what").get<std::string>(), need.at("line").get<int>()));
  }
  return words;
}

// Of the first finding. `defect`: "doc000/epoll-queue:short-send-drops".
json Replay(const std::string& defect, const std::string& scenario, const Words& more = {}) {
  const TemporaryFolder folder;
  const size_t colon = defect.find(':');
  Words words = {"replay",   folder.Write("s.scn", "# It fails.\n" + scenario),
                 "--target", defect.substr(0, colon),
                 "--mend",   "all-but=" + defect.substr(colon + 1),
                 "--json"};
  words.insert(words.end(), more.begin(), more.end());
  return JsonOf(Hupstorm(words)).at("findings").at(0);
}

Words NeedsOf(const std::string& defect, const std::string& scenario) {
  return In(Replay(defect, scenario).at("needs").at("all"));
}

// What else goes wrong in it is not named.
constexpr char kShortSend[] =
    "target echo\n"
    "fault recv short 1000 once\n"
    "fault send short 7 once\n"
    "a connect\n"
    "a read all\n"
    "b connect\n"
    "b read all\n"
    "a send 2KiB\n"
    "wait 1s\n"
    "b reset\n"
    "a send 100B\n"
    "a shutdown write\n";

TEST(NeedsTest, OfManyDisturbancesTheShortSendIsNamedAtItsLineOfTheServer) {
  for (const std::string world : {"simulated", "loopback"}) {
    const json finding =
        Replay("doc000/epoll-queue:short-send-drops", kShortSend, {"--world", world});
    EXPECT_EQ(finding.at("oracle"), "lost-bytes");
    const json& needs = finding.at("needs");
    EXPECT_THAT(In(needs.at("all")), ElementsAre("send takes at most 7 bytes:4")) << world;
    EXPECT_THAT(needs.at("all").at(0).at("place").get<std::string>(), HasSubstr("epoll_queue.cc:"));
    EXPECT_THAT(needs.at("any"), IsEmpty());
    EXPECT_EQ(needs.at("takes_more"), false);
    EXPECT_EQ(needs.at("not_known_because"), "");
  }
}

TEST(NeedsTest, UrgentDataIsNamed) {
  EXPECT_THAT(NeedsOf("doc001/poll:urgent-data-kills",
                      "target echo\na connect\nb connect\na read all\nb read all\na send 10B\n"
                      "b shutdown write\na send urgent\n"),
              ElementsAre("a sends urgent data:9"));
}

TEST(NeedsTest, TwoThatAreNeededTogetherAreBothNamed) {
  EXPECT_THAT(
      NeedsOf("doc001/select:exceptional-after-close",
              "target echo\na connect\nb connect\na read all\nwait 1s\na send urgent\n"
              "and a shutdown write\nb close\n"),
      ElementsAre("a sends urgent data:7", "a half-closes in one batch with the step before:8"));
}

TEST(NeedsTest, AClientThatReadsLateIsADisturbance) {
  EXPECT_THAT(NeedsOf("doc001/select:half-close-drops-queue",
                      "target echo\nb connect\na buffer 4KiB\na connect\na send 64KiB\n"
                      "a shutdown write\nb reset\nwait 1s\na read all\n"),
              ElementsAre("a receive buffer of 4KiB for a:4", "a does not read all at once:10",
                          "a half-closes:7"));
}

TEST(NeedsTest, AClientThatDoesNotReadIsADisturbance) {
  EXPECT_THAT(NeedsOf("doc002/epoll-ack:blocking-client-socket",
                      "target ack\na buffer 2KiB\nserver buffer send 4KiB\na connect\n"
                      "a send 1MiB\nwait 1s\nc connect\nc shutdown write\nb connect\nb read all\n"
                      "b send 1KiB\n"),
              ElementsAre("a receive buffer of 2KiB for a:3", "a does not read:5"));
}

TEST(NeedsTest, AFaultOfAcceptIsNamed) {
  EXPECT_THAT(NeedsOf("doc001/select:accept-error-kills",
                      "target echo\nfault recv EAGAIN once\na connect\nfault accept EMFILE once\n"
                      "b connect\na reset\n"),
              ElementsAre("accept fails with EMFILE:5"));
}

TEST(NeedsTest, AResetInsideACallIsNamed) {
  EXPECT_THAT(NeedsOf("doc001/select:reset-kills-server",
                      "target echo\nb connect\na connect\nat wait 1: a reset\na send 100B\n"
                      "wait 1s\nb close\n"),
              ElementsAre("a resets inside wait 1:5"));
}

TEST(NeedsTest, WhereEitherOfTwoWillDoNeitherIsNeededAlone) {
  const json needs = Replay("doc001/select:accept-error-kills",
                            "target echo\nfault accept EMFILE once\nfault accept ENFILE once\n"
                            "a connect\nb connect\nwait 1s\n")
                         .at("needs");
  EXPECT_THAT(needs.at("all"), IsEmpty());
  EXPECT_THAT(In(needs.at("any")),
              ElementsAre("accept fails with EMFILE:3", "accept fails with ENFILE:4"));
}

TEST(NeedsTest, WhatShowsWithoutAnyNeedsNone) {
  const json needs = Replay("doc000/epoll-queue:fin-ignored",
                            "target echo\na connect\na read all\na send 10B\nwait 1s\n")
                         .at("needs");
  EXPECT_THAT(needs.at("all"), IsEmpty());
  EXPECT_THAT(needs.at("any"), IsEmpty());
  EXPECT_EQ(needs.at("takes_more"), false);
}

TEST(NeedsTest, WhatABoundLeavesOutIsSaid) {
  std::string waits;
  for (int i = 0; i < 40; ++i) waits += "wait 1ms\n";
  const json needs =
      Replay("doc000/epoll-queue:short-send-drops", std::string(kShortSend) + waits).at("needs");
  EXPECT_THAT(needs.at("all"), IsEmpty());
  EXPECT_EQ(needs.at("not_known_because"), "there are 45 disturbances");
}

TEST(NeedsTest, WhenTheTimeIsUpThatIsSaid) {
  ServerChoice server;
  server.targets = {DocumentedTarget(DocumentedServer::kEpollQueue, MendSet())};
  server.world = "simulated";
  server.place.make_world = MakerOf(server.world);
  const Scenario scenario = ParseScenario(kShortSend, "s.scn");
  Finding finding;
  finding.oracle = "lost-bytes";
  BugNamer bugs(server.targets);
  const ShownFinding shown = {&finding, &scenario, &server.targets.front()};
  FindNeeds(server, IsolationFor(server, {}), {.time = std::chrono::seconds(0)}, bugs, {&shown, 1});
  EXPECT_TRUE(finding.needs.looked);
  EXPECT_EQ(finding.needs.not_known_because, "0 s were up");
  FindNeeds(server, IsolationFor(server, {}), NeedsBoundsFor(server), bugs, {&shown, 1});
  EXPECT_EQ(finding.needs.not_known_because, "it did not show again")
      << "no run has that fingerprint";
}

TEST(NeedsTest, RunSweepAndShrinkTellThem) {
  const Words server = {"--target", "doc001/poll", "--mend", "all-but=urgent-data-kills", "--json"};
  const auto with = [&](Words words) {
    words.insert(words.end(), server.begin(), server.end());
    return JsonOf(Hupstorm(words));
  };
  const json run = with({"run", "urgent/one-byte"});
  EXPECT_THAT(In(run.at("bugs").at(0).at("needs").at("all")), SizeIs(1));
  EXPECT_EQ(run.at("findings").at(0).at("needs").at("scenario"), "urgent/one-byte");
  const json sweep = with({"sweep", "urgent/one-byte"});
  EXPECT_THAT(In(sweep.at("findings").at(0).at("needs").at("all")), SizeIs(1));
  EXPECT_THAT(In(with({"shrink", "urgent/one-byte"}).at("needs").at("all")),
              ElementsAre(HasSubstr("sends urgent data")));
}

}  // namespace
}  // namespace hupstorm
