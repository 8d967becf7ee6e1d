#include "bench/load/load_generator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bench/servers/measured_server.h"

namespace hupstorm {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr milliseconds kWindow{20};

EchoPeer Reference() { return {.name = "epoll-lt", .command = {HUPSTORM_REFERENCE, "epoll-lt"}}; }

EchoPeer Bad(const std::string& defect) {
  return {.name = defect, .command = {HUPSTORM_BAD, defect}};
}

// What the generator says of a server with that defect; empty where it notices nothing.
std::string Complaint(const std::string& defect) {
  MeasuredServer server(Bad(defect), -1);
  LoadGenerator clients({.port = server.port(), .patience = milliseconds(300)});
  try {
    clients.Connect();
    clients.ExchangeMessages(kWindow);
  } catch (const LoadError& error) {
    return error.what();
  }
  return "";
}

TEST(PercentileTest, OfNothingIsZero) { EXPECT_EQ(Percentile({}, 0.5), 0u); }

TEST(PercentileTest, OfAThousandNumbersInARow) {
  std::vector<uint64_t> numbers;
  for (uint64_t number = 1000; number >= 1; --number) numbers.push_back(number);
  EXPECT_EQ(Percentile(numbers, 0), 1u);
  EXPECT_EQ(Percentile(numbers, 0.5), 500u);
  EXPECT_EQ(Percentile(numbers, 0.99), 990u);
  EXPECT_EQ(Percentile(numbers, 0.999), 999u);
  EXPECT_EQ(Percentile(numbers, 1), 1000u);
}

TEST(PercentileTest, OneSlowMessageInAThousandIsAboveThe999th) {
  std::vector<uint64_t> numbers(1000, 10);
  numbers[500] = 1'000'000;
  EXPECT_EQ(Percentile(numbers, 0.999), 10u);
  EXPECT_EQ(Percentile(numbers, 0.9991), 1'000'000u);
}

TEST(LoadGeneratorTest, TheReferenceEchoesEveryByteOfEveryMessage) {
  for (const size_t bytes : {size_t{1}, size_t{64}, size_t{64 * 1024}, kMostMessageBytes}) {
    for (const int connections : {1, 70}) {
      MeasuredServer server(Reference(), -1);
      LoadGenerator clients(
          {.port = server.port(), .connections = connections, .message_bytes = bytes});
      clients.Connect();
      const LoadResult result = clients.ExchangeMessages(kWindow);
      EXPECT_GE(result.count, static_cast<uint64_t>(connections));
      EXPECT_EQ(result.latency_ns.size(), result.count);
      EXPECT_GE(result.seconds, 0.02);
      EXPECT_GT(result.cpu_seconds, 0);
      EXPECT_LE(result.cpu_seconds, result.seconds);
    }
  }
}

TEST(LoadGeneratorTest, MessagesCanBeExchangedAgain) {
  MeasuredServer server(Reference(), -1);
  LoadGenerator clients({.port = server.port(), .connections = 3});
  clients.Connect();
  EXPECT_GE(clients.ExchangeMessages(kWindow).count, 3u);
  EXPECT_GE(clients.ExchangeMessages(kWindow).count, 3u);
}

TEST(LoadGeneratorTest, NoMoreConnectionsAreOpenedThanAskedFor) {
  MeasuredServer server(Reference(), -1);
  LoadGenerator clients({.port = server.port()});
  EXPECT_EQ(clients.ExchangeConnections(std::chrono::hours(1), 40).count, 40u);
}

TEST(LoadGeneratorTest, FewerConnectionsThanItHasPlacesForAreOpened) {
  MeasuredServer server(Reference(), -1);
  LoadGenerator clients({.port = server.port()});
  EXPECT_EQ(clients.ExchangeConnections(std::chrono::hours(1), 2).count, 2u);
}

TEST(LoadGeneratorTest, AServerThatChangesAByteIsNoticed) {
  EXPECT_THAT(Complaint("change"), HasSubstr("byte 63 of message 3 on connection 0 came back"));
}

TEST(LoadGeneratorTest, AServerThatSwapsBytesIsNoticed) {
  EXPECT_THAT(Complaint("swap"), HasSubstr("byte 62 of message 3"));
}

TEST(LoadGeneratorTest, AServerThatLosesAByteIsNoticed) {
  EXPECT_THAT(Complaint("lose"), HasSubstr("1 messages got no answer, or a part of it, for 0.3 s"));
}

TEST(LoadGeneratorTest, AServerThatAddsAByteIsNoticed) {
  EXPECT_THAT(Complaint("add"), HasSubstr("sent more than it got, on connection 0"));
}

TEST(LoadGeneratorTest, AServerThatClosesAConnectionIsNoticed) {
  EXPECT_THAT(Complaint("close"), HasSubstr("closed connection 0 after 0 of 64 bytes"));
}

TEST(LoadGeneratorTest, AServerThatDiesIsNoticed) { EXPECT_NE(Complaint("die"), ""); }

TEST(LoadGeneratorTest, WhereNobodyListensItSaysSo) {
  uint16_t port = 0;
  {
    const MeasuredServer server(Reference(), -1);
    port = server.port();
  }
  LoadGenerator clients({.port = port});
  EXPECT_THROW(clients.Connect(), LoadError);
}

}  // namespace
}  // namespace hupstorm
