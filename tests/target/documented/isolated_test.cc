// One defect left, all others mended: it alone shows. Only those that loopback produces at will;
// races are for a world that can place a client's act inside a call.

#include <gmock/gmock.h>
#include <sys/syscall.h>

#include <deque>
#include <string>

#include "target/documented/documented.h"
#include "tests/target/documented/server_process.h"

namespace hupstorm {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Target Isolated(const std::string& full_name) {
  const Defect& defect = *FindDefect(full_name);
  return DocumentedTarget(defect.server, AllBut(defect));
}

TEST(EpollQueueIsolatedTest, FinIgnored) {
  ServerProcess server(Isolated("doc000/epoll-queue/fin-ignored"));
  Client(server).Close();
  EXPECT_TRUE(server.WaitForLog(" 1 个新事件,开始处理......", 1000));
}

TEST(EpollQueueIsolatedTest, AcceptErrorKills) {
  ServerProcess server(Isolated("doc000/epoll-queue/accept-error-kills"), {.spare_descriptors = 4});
  std::deque<Client> clients;
  server.Freeze();  // or the last would be refused
  for (int i = 0; i < 5; ++i) clients.emplace_back(server);
  server.Thaw();
  EXPECT_EQ(server.Death(), "OSError: [Errno 24] Too many open files");
}

TEST(EpollQueueIsolatedTest, ForeignLogLine) {
  ServerProcess server(Isolated("doc000/epoll-queue/foreign-log-line"));
  Client a(server);
  Client b(server);
  EXPECT_TRUE(server.WaitForLog("新连接", 2));
  server.Freeze();
  a.Send("from a");
  b.Send("from b");
  server.Thaw();
  EXPECT_EQ(a.Read(6), "from a");
  EXPECT_EQ(b.Read(6), "from b");
  EXPECT_TRUE(server.WaitForLog("发送数据: b'from b'", 2));
}

TEST(SelectQueueIsolatedTest, HalfCloseDropsQueue) {
  ServerProcess server(Isolated("doc001/select/half-close-drops-queue"));
  Client client(server);
  EXPECT_TRUE(server.WaitForLog("new connection"));
  server.Freeze();
  client.Send(std::string(5000, 'x'));
  client.ShutdownWrite();
  server.Thaw();
  EXPECT_LT(client.ReadToEnd().bytes.size(), 5000U);
}

TEST(SelectQueueIsolatedTest, ResetKillsServer) {
  ServerProcess server(Isolated("doc001/select/reset-kills-server"));
  Client(server).Reset();
  EXPECT_EQ(server.Death(), "ConnectionResetError: [Errno 104] Connection reset by peer");
}

TEST(SelectQueueIsolatedTest, GetpeernameKillsServer) {
  ServerProcess server(Isolated("doc001/select/getpeername-kills-server"));
  Client client(server);
  EXPECT_TRUE(server.WaitForLog("new connection"));
  server.Freeze();
  client.Send("x");
  client.Reset();
  server.Thaw();
  EXPECT_EQ(server.Death(), "OSError: [Errno 107] Transport endpoint is not connected");
}

TEST(SelectQueueIsolatedTest, FdSetsize) {
  ServerProcess server(Isolated("doc001/select/fd-setsize"), {.first_descriptor = 1023});
  Client client(server);
  EXPECT_EQ(server.Death(), "ValueError: filedescriptor out of range in select()");
}

TEST(SelectQueueIsolatedTest, UrgentDataCloses) {
  ServerProcess server(Isolated("doc001/select/urgent-data-closes"));
  Client client(server);
  EXPECT_TRUE(server.WaitForLog("new connection"));
  server.Freeze();
  client.Send(std::string(5000, 'x'));
  client.SendUrgent();
  server.Thaw();
  EXPECT_LT(client.ReadToEnd().bytes.size(), 5000U);
}

TEST(SelectQueueIsolatedTest, ExceptionalAfterClose) {
  ServerProcess server(Isolated("doc001/select/exceptional-after-close"));
  Client client(server);
  EXPECT_TRUE(server.WaitForLog("new connection"));
  server.Freeze();
  client.SendUrgent();
  client.ShutdownWrite();
  server.Thaw();
  EXPECT_EQ(server.Death(), "OSError: [Errno 9] Bad file descriptor");
}

TEST(SelectQueueIsolatedTest, ForeignLogLine) {
  ServerProcess server(Isolated("doc001/select/foreign-log-line"));
  Client first(server);
  EXPECT_TRUE(server.WaitForLog("new connection", 1));
  Client second(server);
  EXPECT_TRUE(server.WaitForLog("new connection", 2));
  first.Close();
  EXPECT_TRUE(server.WaitForLog("closing"));
  const std::string log = server.Log();
  const std::string start = "new connection from ";
  const size_t at = log.rfind(start) + start.size();
  const std::string address = log.substr(at, log.find('\n', at) - at);
  EXPECT_THAT(log, HasSubstr("closing " + address + " after"));
}

TEST(PollQueueIsolatedTest, UrgentDataKills) {
  ServerProcess server(Isolated("doc001/poll/urgent-data-kills"));
  Client client(server);
  client.SendUrgent();
  EXPECT_EQ(server.Death(), "BlockingIOError: [Errno 11] Resource temporarily unavailable");
}

TEST(PollQueueIsolatedTest, InputStarvesOutput) {
  ServerProcess server(Isolated("doc001/poll/input-starves-output"));
  Client client(server);
  EXPECT_TRUE(server.WaitForLog("new connection"));
  server.Freeze();
  client.Send(std::string(20'000, 'x'));
  server.Thaw();
  EXPECT_EQ(client.Read(20'000).size(), 20'000U);
  // Not a byte went back before all had been read.
  const std::string log = server.Log();
  EXPECT_GT(log.find("sending"), log.rfind("received"));
}

TEST(PollQueueIsolatedTest, ResetKillsServer) {
  ServerProcess server(Isolated("doc001/poll/reset-kills-server"));
  Client(server).Reset();
  EXPECT_EQ(server.Death(), "ConnectionResetError: [Errno 104] Connection reset by peer");
}

TEST(PollQueueIsolatedTest, HupKeepsQueueIsReached) {
  ServerProcess server(Isolated("doc001/poll/hup-keeps-queue"));
  Client client(server, 4096);
  const std::string much(64 << 20, 'x');
  client.SendWhileTaken(much);
  // The server waits for room to send only, so that a reset shows as POLLHUP without POLLIN.
  client.Reset();
  EXPECT_TRUE(server.WaitForLog("after receiving HUP"));
}

TEST(EpollAckIsolatedTest, UnregisterAfterClose) {
  ServerProcess server(Isolated("doc002/epoll-ack/unregister-after-close"));
  Client(server).Close();
  EXPECT_EQ(server.Death(), "OSError: [Errno 9] Bad file descriptor");
}

TEST(EpollAckIsolatedTest, PopitemRemovesWrongClient) {
  ServerProcess server(Isolated("doc002/epoll-ack/popitem-removes-wrong-client"));
  Client older(server);
  EXPECT_TRUE(server.WaitForLog("--->addr:", 1));
  Client younger(server);
  EXPECT_TRUE(server.WaitForLog("--->addr:", 3));
  older.Close();
  EXPECT_TRUE(server.WaitForLog("[closed]"));
  // Its socket has lost its place in the table, and with the next client its last name.
  Client third(server);
  EXPECT_EQ(younger.ReadToEnd().bytes, "");
}

TEST(EpollAckIsolatedTest, BlockingClientSocket) {
  ServerProcess server(Isolated("doc002/epoll-ack/blocking-client-socket"), {.keep_log = false});
  Client stuck(server, 4096);
  const std::string much(64 << 20, 'x');
  // Once the server sleeps in send it reads no more, and no other client is answered.
  for (int turns = 0; turns < 600 && !server.SleepsIn(SYS_sendto); ++turns) {
    stuck.SendWhileTaken(much);
  }
  ASSERT_TRUE(server.SleepsIn(SYS_sendto));
  Client other(server);
  other.Send("x");
  EXPECT_FALSE(other.IsReadable(300));
  stuck.Reset();
  const std::string answer = kAckAnswer;
  EXPECT_EQ(other.Read(answer.size()), answer);
}

TEST(EpollAckIsolatedTest, SplitUtf8Kills) {
  ServerProcess server(Isolated("doc002/epoll-ack/split-utf8-kills"));
  Client client(server);
  client.Send("\xe6\x88");
  EXPECT_THAT(server.Death(), StartsWith("UnicodeDecodeError: 'utf-8' codec can't decode bytes"));
}

TEST(EpollAckIsolatedTest, ResetKillsServer) {
  ServerProcess server(Isolated("doc002/epoll-ack/reset-kills-server"));
  Client(server).Reset();
  EXPECT_EQ(server.Death(), "ConnectionResetError: [Errno 104] Connection reset by peer");
}

TEST(EpollHttpIsolatedTest, ResetKillsServer) {
  ServerProcess server(Isolated("doc003/epoll-http/reset-kills-server"));
  Client(server).Reset();
  EXPECT_EQ(server.Death(), "ConnectionResetError: [Errno 104] Connection reset by peer");
}

TEST(EpollHttpIsolatedTest, NonUtf8RequestKills) {
  ServerProcess server(Isolated("doc003/epoll-http/non-utf8-request-kills"));
  Client client(server);
  client.Send("GET /\xff HTTP/1.0\n\n");
  EXPECT_THAT(server.Death(), StartsWith("UnicodeDecodeError: "));
}

TEST(EpollHttpIsolatedTest, UnreadInputResetsResponse) {
  ServerProcess server(Isolated("doc003/epoll-http/unread-input-resets-response"));
  Client client(server);
  client.Send("GET / HTTP/1.0\n\n" + std::string(5000, 'x'));
  EXPECT_TRUE(client.IsReset(10'000));
}

}  // namespace
}  // namespace hupstorm
