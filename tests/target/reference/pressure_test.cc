// Clients that do not read, and clients that do not stop: bounded, fair, and never a busy loop.

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/target/reference/running_server.h"

namespace hupstorm {
namespace {

using PressureTest = EchoServerTest;

constexpr size_t kHighWater = 64 * 1024;  // the default high-water mark
constexpr int kPings = 200;

// Sends for as long as something moves. Between two looks the server makes whole rounds, since
// `other` gets its answers, so when nothing moves any more the server has ceased to read.
size_t SendUntilStuck(Client& client, Client& other, std::string_view bytes) {
  size_t sent = 0;
  for (int idle = 0; idle < 20; ++idle) {
    while (const size_t count = client.SendSome(bytes.substr(sent))) {
      sent += count;
      idle = 0;
    }
    EXPECT_TRUE(other.Ping());
  }
  return sent;
}

TEST_P(PressureTest, ASlowReaderIsHeldBackAndCostsNothing) {
  RunningServer server(GetParam());
  server.Start();
  Client other(server.port());
  Client slow(server.port(), 4096);
  const std::string bytes = Pattern(32 << 20);
  const size_t sent = SendUntilStuck(slow, other, bytes);
  ASSERT_LT(sent, bytes.size());

  const int waits = spy_.count(Watched::kWait);
  for (int i = 0; i < kPings; ++i) ASSERT_TRUE(other.Ping());
  EXPECT_LE(spy_.count(Watched::kWait), waits + kPings + 5) << "a busy loop";
  EXPECT_LE(spy_.most_held(), kHighWater);
  EXPECT_GE(spy_.most_held(), kHighWater / 2);

  slow.ShutdownWrite();
  EXPECT_TRUE(slow.ReceiveToEnd() == bytes.substr(0, sent));
  EXPECT_LE(spy_.most_held(), kHighWater);
}

TEST_P(PressureTest, AHalfClosedClientThatDoesNotReadCostsNothing) {
  const std::string bytes = Pattern(16 << 20);
  // The server reads to the end of input with more in hand than its socket takes (tcp_wmem).
  RunningServer server(GetParam(), {.high_water = bytes.size(), .low_water = 1});
  server.Start();
  Client other(server.port());
  Client silent(server.port(), 4096);
  silent.Send(bytes);
  silent.ShutdownWrite();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(other.Ping());
  ASSERT_GT(spy_.most_held(), 1U << 20);
  const int waits = spy_.count(Watched::kWait);
  for (int i = 0; i < kPings; ++i) ASSERT_TRUE(other.Ping());
  EXPECT_LE(spy_.count(Watched::kWait), waits + kPings + 5) << "a busy loop";
  EXPECT_TRUE(silent.ReceiveToEnd() == bytes);
  EXPECT_TRUE(spy_.AwaitRest(1));
}

TEST_P(PressureTest, AStuckClientThatResetsIsNoticed) {
  RunningServer server(GetParam());
  server.Start();
  Client other(server.port());
  Client stuck(server.port(), 4096);
  SendUntilStuck(stuck, other, Pattern(32 << 20));
  stuck.Reset();
  EXPECT_TRUE(spy_.AwaitRest(1));
  const int waits = spy_.count(Watched::kWait);
  for (int i = 0; i < kPings; ++i) ASSERT_TRUE(other.Ping());
  EXPECT_LE(spy_.count(Watched::kWait), waits + kPings + 5) << "a busy loop";
}

TEST_P(PressureTest, AClientThatNeverStopsDoesNotStarveTheOthers) {
  RunningServer server(GetParam());
  server.Start();
  Client other(server.port());
  Client hog(server.port());
  std::atomic<bool> enough = false;
  std::thread reader([&] {
    char part[64 * 1024];
    while (recv(hog.fd(), part, sizeof(part), 0) > 0) {
    }
  });
  std::thread writer([&] {
    const std::string bytes = Pattern(256 * 1024);
    while (!enough) hog.Send(bytes);
    hog.ShutdownWrite();
  });
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(other.Ping());
  EXPECT_TRUE(Client(server.port()).Ping());
  enough = true;
  writer.join();
  reader.join();
  EXPECT_LE(spy_.most_calls_in_a_round(), 16);
}

TEST_P(PressureTest, AnIdleServerSleepsWithoutALimit) {
  RunningServer server(GetParam());
  server.Start();
  Client client(server.port());
  ASSERT_TRUE(client.Ping());
  EXPECT_TRUE(spy_.AwaitRest(0));
}

TEST_P(PressureTest, ARoundTripTakesNoCallTooMany) {
  RunningServer server(GetParam());
  server.Start();
  Client client(server.port());
  ASSERT_TRUE(client.Ping());
  ASSERT_TRUE(spy_.AwaitRest(0));
  const int recvs = spy_.count(Watched::kRecv);
  const int sends = spy_.count(Watched::kSend);
  const int waits = spy_.count(Watched::kWait);
  const int controls = spy_.count(Watched::kEpollCtl);
  for (int i = 0; i < kPings; ++i) ASSERT_TRUE(client.Ping());
  ASSERT_TRUE(spy_.AwaitRest(0));
  EXPECT_EQ(spy_.count(Watched::kSend), sends + kPings);
  // Edge-triggered, a second recv has to say that there is no more, or it finds the next ping.
  const bool edge = GetParam() == MultiplexerKind::kEpollEdge;
  EXPECT_LE(spy_.count(Watched::kRecv), recvs + (edge ? 2 * kPings : kPings));
  EXPECT_LE(spy_.count(Watched::kWait), waits + kPings + 1);
  EXPECT_EQ(spy_.count(Watched::kEpollCtl), controls);
}

TEST_P(PressureTest, TheHeapIsAfterAStormWhatItWasBefore) {
  RunningServer server(GetParam());
  server.Start();
  ASSERT_TRUE(spy_.AwaitRest(0));
  const int64_t before = spy_.heap_at_last_wait();
  const std::string bytes = Pattern(200 * 1024);
  std::vector<Client> clients;
  constexpr int kClients = 500;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back(server.port(), 4096);
    clients.back().SendSome(bytes);
  }
  for (int i = 0; i < kClients; ++i) {
    if (i % 2 == 0) {
      clients[static_cast<size_t>(i)].Reset();
    } else {
      clients[static_cast<size_t>(i)].Close();
    }
  }
  ASSERT_TRUE(spy_.AwaitRest(kClients));
  EXPECT_EQ(spy_.heap_at_last_wait(), before);
}

HUPSTORM_ALL_FORMS(PressureTest);

}  // namespace
}  // namespace hupstorm
