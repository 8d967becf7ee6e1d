// What a client gets back: every byte, in order, also after its half-close, whatever the calls of
// the server run into on the way.

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/target/reference/running_server.h"

namespace hupstorm {
namespace {

using StreamTest = EchoServerTest;

TEST_P(StreamTest, EchoesInOrder) {
  RunningServer server(GetParam());
  server.Start();
  for (const size_t size : {1, 1000, 65'535, 65'536, 65'537, 4 << 20}) {
    Client client(server.port());
    EXPECT_TRUE(client.Exchange(Pattern(size)) == Pattern(size)) << size;
  }
}

TEST_P(StreamTest, DrainsAfterHalfCloseThenCloses) {
  RunningServer server(GetParam());
  server.Start();
  // The client's window is so small that most of it is still with the server at the half-close.
  Client client(server.port(), 4096);
  const std::string bytes = Pattern(100 * 1024);
  client.Send(bytes);
  client.ShutdownWrite();
  EXPECT_TRUE(client.ReceiveToEnd() == bytes);
  EXPECT_TRUE(spy_.AwaitRest(1));
}

TEST_P(StreamTest, EndOfInputWithoutDataCloses) {
  RunningServer server(GetParam());
  server.Start();
  Client half_closed(server.port());
  half_closed.ShutdownWrite();
  EXPECT_EQ(half_closed.ReceiveToEnd(), "");
  Client closed(server.port());
  closed.Close();
  EXPECT_TRUE(spy_.AwaitRest(2));
}

TEST_P(StreamTest, ShortCallsLoseNothing) {
  for (const size_t most : {1, 7, 4095}) {
    spy_.Reset();
    spy_.Shorten(Watched::kSend, most, 500);
    spy_.Shorten(Watched::kRecv, most + 1, 500);
    RunningServer server(GetParam());
    server.Start();
    Client client(server.port());
    EXPECT_TRUE(client.Exchange(Pattern(200'000)) == Pattern(200'000)) << most;
  }
}

TEST_P(StreamTest, InterruptedCallsAreMadeAgain) {
  for (const Watched call : {Watched::kWait, Watched::kAccept, Watched::kRecv, Watched::kSend}) {
    spy_.Reset();
    spy_.Fail(call, EINTR, 20);
    RunningServer server(GetParam());
    server.Start();
    Client client(server.port());
    EXPECT_TRUE(client.Exchange(Pattern(100'000)) == Pattern(100'000));
  }
}

TEST_P(StreamTest, ReadinessThatProvesWrongDoesNoHarm) {
  RunningServer server(GetParam());
  server.Start();
  Client client(server.port());
  ASSERT_TRUE(client.Ping());
  ASSERT_TRUE(spy_.AwaitRest(0));
  // Each time the second event is there for the form that needs a new edge.
  const int recvs = spy_.count(Watched::kRecv);
  spy_.Fail(Watched::kRecv, EAGAIN);
  client.Send("a");
  ASSERT_TRUE(spy_.AwaitCount(Watched::kRecv, recvs + 1));
  client.Send("b");
  EXPECT_EQ(client.Receive(2), "ab");

  ASSERT_TRUE(spy_.AwaitRest(0));
  const int accepts = spy_.count(Watched::kAccept);
  spy_.Fail(Watched::kAccept, EAGAIN);
  Client first(server.port());
  ASSERT_TRUE(spy_.AwaitCount(Watched::kAccept, accepts + 1));
  Client second(server.port());
  EXPECT_TRUE(second.Ping());
  EXPECT_TRUE(first.Ping());
}

TEST_P(StreamTest, UrgentBytesKeepTheirPlace) {
  RunningServer server(GetParam());
  server.Start();
  Client client(server.port());
  client.Send("ab");
  client.SendUrgent('c');
  client.Send("de");
  EXPECT_EQ(client.Receive(5), "abcde");
  client.SendUrgent('f');
  EXPECT_EQ(client.Receive(1), "f");
  client.SendUrgent('g');
  client.SendUrgent('h');
  client.ShutdownWrite();
  EXPECT_EQ(client.ReceiveToEnd(), "gh");
}

// The bytes and their urgent mark are there before the server looks: its first recv stops short of
// the mark, and no further event announces the rest.
TEST_P(StreamTest, BytesAfterAnUrgentMarkAreNotForgotten) {
  RunningServer server(GetParam());
  Client client(server.port());
  client.Send("ab");
  client.SendUrgent('c');
  client.Send("de");
  server.Start();
  EXPECT_EQ(client.Receive(5), "abcde");
}

TEST_P(StreamTest, SurvivesAResetBeforeEachCall) {
  struct Case {
    Watched call;
    int nth;
  };
  std::vector<Case> cases = {{Watched::kAccept, 1}, {Watched::kAccept, 2}, {Watched::kRecv, 1},
                             {Watched::kRecv, 2},   {Watched::kSend, 1},   {Watched::kSend, 2},
                             {Watched::kWait, 1},   {Watched::kWait, 2},   {Watched::kWait, 3}};
  if (is_epoll()) cases.push_back({Watched::kEpollCtl, 1});
  for (const auto& [call, nth] : cases) {
    // After a half-close the error is EPIPE, which comes with SIGPIPE, otherwise ECONNRESET.
    for (const bool half_close : {false, true}) {
      SCOPED_TRACE(testing::Message() << "call " << static_cast<int>(call) << ", occurrence " << nth
                                      << ", half-close " << half_close);
      spy_.Reset();
      RunningServer server(GetParam());
      Client client(server.port(), 4096);
      Client bystander(server.port());
      // More than one recv takes, and more than the client's window and one send pass on.
      client.Send(Pattern(100 * 1024));
      bystander.Send("still here");
      spy_.Before(call, nth, [&] {
        if (half_close) client.ShutdownWrite();
        client.Reset();
      });
      server.Start();
      EXPECT_EQ(bystander.Receive(10), "still here");
      ASSERT_TRUE(spy_.AwaitHook());
      EXPECT_TRUE(Client(server.port()).Ping());
      EXPECT_TRUE(bystander.Ping());
      EXPECT_TRUE(spy_.AwaitRest(2));
    }
  }
}

TEST_P(StreamTest, AnErrorEndsItsOwnConnectionOnly) {
  for (const Watched call : {Watched::kRecv, Watched::kSend}) {
    for (const int error : {ECONNRESET, EPIPE, ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ENOTCONN,
                            ECONNABORTED, ENOBUFS, ENOMEM, EACCES}) {
      SCOPED_TRACE(error);
      spy_.Reset();
      RunningServer server(GetParam());
      server.Start();
      Client bystander(server.port());
      ASSERT_TRUE(bystander.Ping());
      ASSERT_TRUE(spy_.AwaitRest(0));
      Client client(server.port());
      spy_.Fail(call, error);
      client.Send("x");
      EXPECT_TRUE(client.IsEnded());
      EXPECT_TRUE(bystander.Ping());
      EXPECT_TRUE(spy_.AwaitRest(1));
    }
  }
}

// The server sleeps through a reset of `old` and the arrival of `young`; then one batch of events
// holds both, and `young` gets the descriptor of `old`.
TEST_P(StreamTest, AReusedDescriptorIsANewClient) {
  RunningServer server(GetParam());
  server.Start();
  Client old(server.port());
  ASSERT_TRUE(old.Ping());
  std::unique_ptr<Client> young;
  Client waker(server.port());
  ASSERT_TRUE(waker.Ping());
  spy_.Before(Watched::kWait, 1, [&] {
    old.Send("of the old client");
    old.Reset();
    young = std::make_unique<Client>(server.port());
    young->Send("young");
  });
  waker.Send("!");
  EXPECT_EQ(waker.Receive(1), "!");
  ASSERT_TRUE(spy_.AwaitHook());
  EXPECT_EQ(young->Receive(5), "young");
  EXPECT_TRUE(young->Ping());
}

HUPSTORM_ALL_FORMS(StreamTest);

}  // namespace
}  // namespace hupstorm
