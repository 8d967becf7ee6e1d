// What the comparison of servers measures, and how often.

#include "bench/servers/measurements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

using testing::AllOf;
using testing::Each;
using testing::Gt;
using testing::HasSubstr;
using testing::Key;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr ServersCell kCell = {.connections = 3, .message_bytes = kSmallMessage};

Peers TwoOfTheReference() {
  const EchoPeer one = {.name = "one", .command = {HUPSTORM_REFERENCE, "epoll-lt"}};
  EchoPeer other = one;
  other.name = "other";
  return {.found = {one, other}, .missing = {}};
}

ServersPlan ShortPlan() {
  ServersPlan plan;
  plan.cells = {kCell};
  plan.window = std::chrono::milliseconds(12);
  plan.turns = 4;
  plan.turns_apart = 2;
  plan.most_opened = 40;
  plan.idle_connections = 20;
  return plan;
}

std::vector<double> TurnsOf(const ServersPlan& plan, Figure figure) {
  BenchSettings settings;
  settings.repeats = 2;
  const Measurements results = MeasureServers(TwoOfTheReference(), plan, settings);
  const ServerSamples& samples = results.cells.at(kCell);
  EXPECT_THAT(samples, UnorderedElementsAre(Key("one"), Key("other")));
  EXPECT_THAT(samples.at("one"), SizeIs(2)) << "a sample for each repeat";
  return samples.at("other").at(1).*figure;
}

TEST(MeasureServersTest, ServersSideBySideHaveAllTheirTurns) {
  EXPECT_THAT(TurnsOf(ShortPlan(), &ServerSample::cpu_us), AllOf(SizeIs(4), Each(Gt(0))));
}

TEST(MeasureServersTest, WhereAllConnectionsAreTooManyAServerIsStartedForEachTurn) {
  ServersPlan plan = ShortPlan();
  plan.most_together = 2 * kCell.connections - 1;
  EXPECT_THAT(TurnsOf(plan, &ServerSample::cpu_us), AllOf(SizeIs(2), Each(Gt(0))));
  EXPECT_THAT(TurnsOf(plan, &ServerSample::p50_us), AllOf(SizeIs(1), Each(Gt(0))));
}

// What is said where that server is measured.
std::string Failure(const EchoPeer& peer) {
  Peers peers = TwoOfTheReference();
  peers.found[1] = peer;
  ServersPlan plan = ShortPlan();
  plan.cells = {{.connections = 1, .message_bytes = kSmallMessage}};  // bad_echo serves one
  try {
    MeasureServers(peers, plan, {});
  } catch (const FailedError& error) {
    return error.what();
  }
  return "";
}

TEST(MeasureServersTest, AServerThatDiesIsNamedWithHowAndWhere) {
  const std::string failure = Failure({.name = "dying", .command = {HUPSTORM_BAD, "die"}});
  EXPECT_THAT(failure, AllOf(HasSubstr("the server on dying was killed by signal 6 (Aborted)"),
                             HasSubstr("1 connections, 64 B"), HasSubstr("bad_echo die PORT")));
}

TEST(MeasureServersTest, AServerThatDoesNotEchoIsNamedWithWhatItDid) {
  const std::string failure = Failure({.name = "wrong", .command = {HUPSTORM_BAD, "change"}});
  EXPECT_THAT(failure, AllOf(HasSubstr("the server on wrong did not echo"), HasSubstr("byte 63")));
}

}  // namespace
}  // namespace hupstorm
