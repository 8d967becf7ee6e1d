// The end of the server: at once, with everything closed and put back, also by an exception.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include <string>
#include <system_error>
#include <thread>

#include "target/reference/posix_error.h"
#include "target/reference/reference.h"
#include "tests/target/reference/running_server.h"

namespace hupstorm {
namespace {

using StopTest = EchoServerTest;

const Target& TargetOf(MultiplexerKind kind) {
  static const std::vector<Target> targets = ReferenceTargets();
  for (const Target& target : targets) {
    if (target.name == "reference/" + std::string(MultiplexerName(kind))) return target;
  }
  throw std::logic_error("no such target");
}

// A port that was free a moment ago.
uint16_t FreePort() {
  const UniqueFd probe(Must(socket(AF_INET, SOCK_STREAM, 0), "socket"));
  sockaddr_in name = {};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(name);
  Must(bind(probe.get(), reinterpret_cast<sockaddr*>(&name), length), "bind");
  Must(getsockname(probe.get(), reinterpret_cast<sockaddr*>(&name), &length), "getsockname");
  return ntohs(name.sin_port);
}

void (*SigtermHandler())(int) {
  struct sigaction action = {};
  sigaction(SIGTERM, nullptr, &action);
  return action.sa_handler;
}

TEST_P(StopTest, LeavesNothingOpen) {
  const int before = OpenDescriptors();
  RunningServer server(GetParam());
  server.Start();
  Client idle(server.port());
  ASSERT_TRUE(idle.Ping());
  Client stuck(server.port(), 4096);
  while (stuck.SendSome(Pattern(1 << 20)) > 0) {
  }
  server.Stop();
  server.Join();
  EXPECT_TRUE(idle.IsEnded());
  idle.Close();
  stuck.Close();
  EXPECT_EQ(OpenDescriptors(), before + 1);  // the stop signal's own
}

TEST_P(StopTest, ServesWhatWasReadyWhenAskedToStop) {
  RunningServer server(GetParam());
  server.Start();
  Client client(server.port());
  ASSERT_TRUE(client.Ping());
  Client waker(server.port());
  ASSERT_TRUE(waker.Ping());
  spy_.Before(Watched::kWait, 1, [&] {
    server.Stop();
    client.Send("last words");
  });
  waker.Send("!");
  EXPECT_EQ(client.ReceiveToEnd(), "last words");
  server.Join();
}

TEST_P(StopTest, SigtermStopsATargetAndItsFormerHandlerComesBack) {
  const Target& target = TargetOf(GetParam());
  const uint16_t port = FreePort();
  const auto former = signal(SIGTERM, SIG_IGN);
  const int before = OpenDescriptors();
  std::thread thread([&] {
    const ServerThread scope;
    target.serve(port);
  });
  ASSERT_TRUE(spy_.AwaitCount(Watched::kWait, 1));
  EXPECT_NE(SigtermHandler(), SIG_IGN);
  Client client(port);
  EXPECT_TRUE(client.Ping());
  pthread_kill(thread.native_handle(), SIGTERM);
  thread.join();
  EXPECT_TRUE(client.IsEnded());
  client.Close();
  EXPECT_EQ(SigtermHandler(), SIG_IGN);
  EXPECT_EQ(OpenDescriptors(), before);
  signal(SIGTERM, former);
}

TEST_P(StopTest, AnExceptionOutOfAnyCallLeavesNothingOpen) {
  struct Case {
    Watched call;
    int skip;
  };
  for (const auto& [call, skip] :
       {Case{Watched::kWait, 0}, Case{Watched::kWait, 2}, Case{Watched::kAccept, 0},
        Case{Watched::kRecv, 0}, Case{Watched::kRecv, 1}, Case{Watched::kSend, 0}}) {
    SCOPED_TRACE(testing::Message() << static_cast<int>(call) << " after " << skip);
    spy_.Reset();
    const uint16_t port = FreePort();
    const auto former = signal(SIGTERM, SIG_IGN);
    const int before = OpenDescriptors();
    bool thrown = false;
    spy_.Fail(call, kThrow, 1, skip);
    // By the time of the first wait the server listens.
    std::unique_ptr<Client> client;
    spy_.Before(Watched::kWait, 1, [&] {
      client = std::make_unique<Client>(port, 4096);
      client->Send(Pattern(100 * 1024));
    });
    std::thread thread([&] {
      const ServerThread scope;
      try {
        TargetOf(GetParam()).serve(port);
      } catch (const LeftTheCall&) {
        thrown = true;
      }
    });
    thread.join();
    EXPECT_TRUE(thrown);
    client.reset();
    EXPECT_EQ(SigtermHandler(), SIG_IGN);
    EXPECT_EQ(OpenDescriptors(), before);
    signal(SIGTERM, former);
  }
}

TEST_P(StopTest, APortInUseIsAnError) {
  RunningServer server(GetParam());
  const int before = OpenDescriptors();
  EXPECT_THROW(TargetOf(GetParam()).serve(server.port()), std::system_error);
  EXPECT_EQ(OpenDescriptors(), before);
}

TEST(EchoServerOptionsTest, BadOnesAreRefused) {
  const StopSignal stop;
  EchoServer::Options options;
  options.address = "localhost";
  EXPECT_THROW(EchoServer(options, stop), std::invalid_argument);
  options = {};
  options.limits = {.high_water = 10, .low_water = 10};
  EXPECT_THROW(EchoServer(options, stop), std::invalid_argument);
}

TEST(MultiplexerNameTest, NamesAndKindsMatch) {
  for (const char* name : {"select", "poll", "epoll-lt", "epoll-et"}) {
    const auto kind = MultiplexerFromName(name);
    ASSERT_TRUE(kind.has_value());
    EXPECT_EQ(MultiplexerName(*kind), name);
  }
  EXPECT_FALSE(MultiplexerFromName("kqueue").has_value());
}

HUPSTORM_ALL_FORMS(StopTest);

}  // namespace
}  // namespace hupstorm
