// Fully mended servers under clients that do their worst.

#include <gmock/gmock.h>

#include <algorithm>
#include <deque>
#include <string>

#include "target/documented/documented.h"
#include "tests/target/documented/server_process.h"

namespace hupstorm {
namespace {

// More than are served at once, and as many as the shortest backlog holds: five.
constexpr int kWaiting = 5;

Target Mended(DocumentedServer server) { return DocumentedTarget(server, AllMends(server)); }

// Bytes that are not the same a little further on.
std::string Pattern(size_t count) {
  std::string bytes(count, '\0');
  uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

class MendedEchoTest : public testing::TestWithParam<DocumentedServer> {
 protected:
  void ExpectServed(const ServerProcess& server) {
    Client client(server);
    client.Send("still there?");
    EXPECT_EQ(client.Read(12), "still there?");
  }
};

TEST_P(MendedEchoTest, DrainsAfterAHalfClose) {
  ServerProcess server(Mended(GetParam()));
  Client client(server);
  const std::string bytes = Pattern(200'000);
  client.Send(bytes);
  client.ShutdownWrite();
  const Client::Rest rest = client.ReadToEnd();
  EXPECT_TRUE(rest.bytes == bytes);
  EXPECT_EQ(rest.error, 0);
}

TEST_P(MendedEchoTest, SurvivesResets) {
  ServerProcess server(Mended(GetParam()));
  const std::string bytes = Pattern(5'000);
  for (int i = 0; i < 50; ++i) {
    Client client(server);
    if (i % 2 == 1) client.Send(bytes);
    if (i % 4 == 3) client.Read(1);
    if (i % 5 == 4) client.ShutdownWrite();
    client.Reset();
  }
  ExpectServed(server);
}

TEST_P(MendedEchoTest, SurvivesResetsThatComeInOneBatch) {
  ServerProcess server(Mended(GetParam()));
  for (int round = 0; round < 5; ++round) {
    std::deque<Client> clients;
    for (int i = 0; i < 4; ++i) {
      clients.emplace_back(server);
      clients.back().Send("x");
      EXPECT_EQ(clients.back().Read(1), "x");
    }
    server.Freeze();
    for (size_t i = 0; i < clients.size(); ++i) {
      if (i % 2 == 0) clients[i].Send("y");
      clients[i].Reset();
    }
    server.Thaw();
  }
  ExpectServed(server);
}

TEST_P(MendedEchoTest, StopsReadingFromASlowReaderAndLosesNothing) {
  ServerProcess server(Mended(GetParam()), {.keep_log = false});
  Client slow(server, 4096);
  const std::string bytes = Pattern(64 << 20);
  const size_t taken = slow.SendWhileTaken(bytes);
  ASSERT_LT(taken, bytes.size());
  ExpectServed(server);
  slow.ShutdownWrite();
  const Client::Rest rest = slow.ReadToEnd();
  EXPECT_EQ(rest.bytes.size(), taken);
  EXPECT_TRUE(rest.bytes == bytes.substr(0, taken));
}

TEST_P(MendedEchoTest, ServesEverybodyWithFewDescriptors) {
  ServerProcess server(Mended(GetParam()), {.spare_descriptors = 4});
  std::deque<Client> clients;
  for (int i = 0; i < kWaiting; ++i) {
    clients.emplace_back(server);
    clients.back().Send(std::to_string(i));
  }
  for (int i = 0; i < kWaiting; ++i) {
    EXPECT_EQ(clients[i].Read(1), std::to_string(i));
    clients[i].Close();
  }
  ExpectServed(server);
}

TEST_P(MendedEchoTest, EchoesWhatIsAroundUrgentData) {
  ServerProcess server(Mended(GetParam()));
  Client client(server);
  client.Send("abc");
  client.SendUrgent();
  client.Send("def");
  EXPECT_EQ(client.Read(6), "abcdef");
  client.SendUrgent();
  client.ShutdownWrite();
  const Client::Rest rest = client.ReadToEnd();
  EXPECT_EQ(rest.bytes, "");
  EXPECT_EQ(rest.error, 0);
}

TEST_P(MendedEchoTest, TakesUrgentDataAndAFinAtOnce) {
  ServerProcess server(Mended(GetParam()));
  Client client(server);
  client.Send("x");
  EXPECT_EQ(client.Read(1), "x");
  server.Freeze();
  client.SendUrgent();
  client.ShutdownWrite();
  server.Thaw();
  EXPECT_EQ(client.ReadToEnd().error, 0);
  ExpectServed(server);
}

TEST_P(MendedEchoTest, HoldsNothingWhenAllClientsHaveGone) {
  ServerProcess server(Mended(GetParam()));
  ExpectServed(server);
  const int before = server.OpenDescriptors();
  for (int round = 0; round < 3; ++round) {
    std::deque<Client> clients;
    for (int i = 0; i < kWaiting; ++i) clients.emplace_back(server);
    for (Client& client : clients) {
      client.Send("x");
      client.ShutdownWrite();
    }
    for (Client& client : clients) EXPECT_EQ(client.ReadToEnd().bytes, "x");
  }
  Client last(server);
  last.Send("x");
  EXPECT_EQ(last.Read(1), "x");
  EXPECT_LE(server.OpenDescriptors(), before + 1);
}

INSTANTIATE_TEST_SUITE_P(Servers, MendedEchoTest,
                         testing::Values(DocumentedServer::kEpollQueue,
                                         DocumentedServer::kSelectQueue,
                                         DocumentedServer::kPollQueue));

TEST(MendedSelectQueueTest, ServesDescriptorsThatSelectCannot) {
  ServerProcess server(Mended(DocumentedServer::kSelectQueue), {.first_descriptor = 1021});
  std::deque<Client> clients;
  for (int i = 0; i < kWaiting; ++i) clients.emplace_back(server);
  for (Client& client : clients) client.Send("abc");
  for (Client& client : clients) EXPECT_EQ(client.Read(3), "abc");
}

class MendedAckTest : public testing::Test {
 protected:
  const std::string answer_ = kAckAnswer;
  const Target target_ = Mended(DocumentedServer::kEpollAck);
};

TEST_F(MendedAckTest, ServesTheOthersWhenOneLeaves) {
  ServerProcess server(target_);
  Client older(server);
  older.Send("x");
  EXPECT_EQ(older.Read(answer_.size()), answer_);
  Client younger(server);
  younger.Send("x");
  EXPECT_EQ(younger.Read(answer_.size()), answer_);
  older.Close();
  Client third(server);
  third.Send("x");
  EXPECT_EQ(third.Read(answer_.size()), answer_);
  younger.Send("x");
  EXPECT_EQ(younger.Read(answer_.size()), answer_);
}

TEST_F(MendedAckTest, TakesBytesThatAreNoUtf8) {
  ServerProcess server(target_);
  Client client(server);
  for (const char* bytes : {"\xff\xfe", "\xe6", "\x88\x91", "\xe6"}) {
    client.Send(bytes);
    EXPECT_EQ(client.Read(answer_.size()), answer_);
  }
  EXPECT_TRUE(server.WaitForLog("我"));
  client.ShutdownWrite();
  EXPECT_EQ(client.ReadToEnd().error, 0);
}

TEST_F(MendedAckTest, SurvivesResets) {
  ServerProcess server(target_);
  for (int i = 0; i < 50; ++i) {
    Client client(server);
    if (i % 2 == 1) client.Send("x");
    client.Reset();
  }
  Client client(server);
  client.Send("x");
  EXPECT_EQ(client.Read(answer_.size()), answer_);
}

TEST_F(MendedAckTest, OwesASlowReaderEveryAnswer) {
  ServerProcess server(target_, {.keep_log = false});
  Client slow(server, 4096);
  const std::string bytes(1 << 20, 'x');
  size_t sent = 0;
  for (size_t taken = bytes.size(); taken == bytes.size(); sent += taken) {
    taken = slow.SendWhileTaken(bytes);
    ASSERT_LT(sent, size_t{1} << 30);
  }
  Client other(server);
  other.Send("x");
  EXPECT_EQ(other.Read(answer_.size()), answer_);
  slow.ShutdownWrite();
  const Client::Rest rest = slow.ReadToEnd();
  EXPECT_EQ(rest.error, 0);
  ASSERT_EQ(rest.bytes.size() % answer_.size(), 0U);
  EXPECT_GE(rest.bytes.size() / answer_.size(), sent / 1024);
  for (size_t at = 0; at < rest.bytes.size(); at += answer_.size()) {
    ASSERT_EQ(rest.bytes.compare(at, answer_.size(), answer_), 0) << at;
  }
}

TEST_F(MendedAckTest, ServesEverybodyWithFewDescriptors) {
  ServerProcess server(target_, {.spare_descriptors = 4});
  std::deque<Client> clients;
  for (int i = 0; i < kWaiting; ++i) {
    clients.emplace_back(server);
    clients.back().Send("x");
  }
  for (Client& client : clients) {
    EXPECT_EQ(client.Read(answer_.size()), answer_);
    client.Close();
  }
}

class MendedHttpTest : public testing::Test {
 protected:
  static void ExpectAnswer(Client& client) {
    const Client::Rest rest = client.ReadToEnd();
    EXPECT_EQ(rest.bytes, kHttpResponse);
    EXPECT_EQ(rest.error, 0);
  }
  void ExpectServed() {
    Client client(server_);
    client.Send("GET / HTTP/1.0\r\n\r\n");
    ExpectAnswer(client);
  }

  ServerProcess server_{Mended(DocumentedServer::kEpollHttp)};
};

TEST_F(MendedHttpTest, EndsInOrderThoughTheClientSendsOn) {
  Client client(server_);
  client.Send("GET / HTTP/1.0\r\n\r\n" + std::string(20'000, 'x'));
  ExpectAnswer(client);
  client.Send(std::string(20'000, 'y'));
  client.ShutdownWrite();
  EXPECT_TRUE(server_.WaitForLog("close fd : "));
  EXPECT_FALSE(client.IsReset(0));
}

TEST_F(MendedHttpTest, FindsTheBlankLineWhereverReadsCutIt) {
  for (const std::string blank_line : {"\n\n", "\n\r\n"}) {
    for (size_t length = 1020; length <= 1026; ++length) {
      Client client(server_);
      ExpectServed();  // so that the connection before it has been accepted
      server_.Freeze();
      client.Send(std::string(length, 'x') + blank_line);
      server_.Thaw();
      ExpectAnswer(client);
    }
  }
}

TEST_F(MendedHttpTest, RefusesAnEndlessHeader) {
  Client client(server_);
  client.Send(std::string(kDocumentedRequestLimit + 20'000, 'x'));
  const Client::Rest rest = client.ReadToEnd();
  EXPECT_EQ(rest.bytes, "");
  EXPECT_EQ(rest.error, 0);
  ExpectServed();
}

TEST_F(MendedHttpTest, TakesBytesThatAreNoUtf8) {
  Client client(server_);
  client.Send("GET /\xff HTTP/1.0\r\n\r\n");
  ExpectAnswer(client);
}

TEST_F(MendedHttpTest, AnswersAClientThatHasHalfClosed) {
  Client client(server_);
  client.Send("GET / HTTP/1.0\r\n\r\n");
  client.ShutdownWrite();
  ExpectAnswer(client);
  EXPECT_TRUE(server_.WaitForLog("close fd : "));
}

TEST_F(MendedHttpTest, SurvivesClientsThatLeaveAtAnyTime) {
  for (int i = 0; i < 60; ++i) {
    Client client(server_);
    if (i % 3 == 1) client.Send("GET /");
    if (i % 3 == 2) client.Send("GET / HTTP/1.0\r\n\r\n");
    if (i % 4 == 3) client.ShutdownWrite();
    if (i % 2 == 1) client.Reset();
  }
  ExpectServed();
}

TEST(MendedHttpLimitTest, ServesEverybodyWithFewDescriptors) {
  ServerProcess server(Mended(DocumentedServer::kEpollHttp), {.spare_descriptors = 4});
  std::deque<Client> clients;
  for (int i = 0; i < kWaiting; ++i) {
    clients.emplace_back(server);
    clients.back().Send("GET / HTTP/1.0\r\n\r\n");
  }
  for (Client& client : clients) {
    EXPECT_EQ(client.ReadToEnd().bytes, kHttpResponse);
    client.Close();
  }
}

}  // namespace
}  // namespace hupstorm
