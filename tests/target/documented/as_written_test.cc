// The servers as their documents wrote them: what they do for a client that behaves, and how the
// defects that need no luck show.

#include <gmock/gmock.h>

#include <deque>
#include <string>

#include "target/documented/documented.h"
#include "tests/target/documented/server_process.h"

namespace hupstorm {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Target AsWritten(DocumentedServer server) { return DocumentedTarget(server, NoMends(server)); }

class EchoAsWrittenTest : public testing::TestWithParam<DocumentedServer> {};

TEST_P(EchoAsWrittenTest, EchoesToEachClientItsOwn) {
  ServerProcess server(AsWritten(GetParam()));
  Client a(server);
  Client b(server);
  const std::string of_a(3000, 'a');
  a.Send(of_a);
  b.Send("b's");
  EXPECT_EQ(b.Read(3), "b's");
  EXPECT_EQ(a.Read(of_a.size()), of_a);
  a.Send("again");
  EXPECT_EQ(a.Read(5), "again");
}

TEST_P(EchoAsWrittenTest, DiesOfDescriptorExhaustion) {
  ServerProcess server(AsWritten(GetParam()), {.spare_descriptors = 4});
  std::deque<Client> clients;
  server.Freeze();  // or the last would be refused
  for (int i = 0; i < 5; ++i) clients.emplace_back(server);
  server.Thaw();
  EXPECT_EQ(server.Death(), "OSError: [Errno 24] Too many open files");
}

INSTANTIATE_TEST_SUITE_P(Servers, EchoAsWrittenTest,
                         testing::Values(DocumentedServer::kEpollQueue,
                                         DocumentedServer::kSelectQueue,
                                         DocumentedServer::kPollQueue));

TEST(EpollQueueAsWrittenTest, SpinsOnAFinAndKeepsTheConnection) {
  ServerProcess server(AsWritten(DocumentedServer::kEpollQueue));
  const int before = server.OpenDescriptors();
  Client(server).Close();
  EXPECT_TRUE(server.WaitForLog(" 1 个新事件,开始处理......", 1000));
  EXPECT_EQ(server.OpenDescriptors(), before + 1);
}

TEST(EpollQueueAsWrittenTest, LogsAsPythonPrints) {
  ServerProcess server(AsWritten(DocumentedServer::kEpollQueue));
  Client client(server);
  client.Send("it's\n");
  EXPECT_EQ(client.Read(5), "it's\n");
  EXPECT_TRUE(server.WaitForLog("queue empty"));
  const std::string log = server.Log();
  EXPECT_THAT(log, StartsWith("服务器启动成功,监听IP: ('127.0.0.1', " +
                              std::to_string(server.port()) + ")\n等待活动连接......\n"));
  EXPECT_THAT(log, HasSubstr("\n收到数据: b\"it's\\n\" 客户端: ('127.0.0.1', "));
}

TEST(SelectQueueAsWrittenTest, DiesOfAReset) {
  ServerProcess server(AsWritten(DocumentedServer::kSelectQueue));
  Client(server).Reset();
  EXPECT_EQ(server.Death(), "ConnectionResetError: [Errno 104] Connection reset by peer");
}

TEST(SelectQueueAsWrittenTest, DiesOfUrgentDataWithAFin) {
  ServerProcess server(AsWritten(DocumentedServer::kSelectQueue));
  Client client(server);
  EXPECT_TRUE(server.WaitForLog("new connection"));
  server.Freeze();
  client.SendUrgent();
  client.ShutdownWrite();
  server.Thaw();
  EXPECT_EQ(server.Death(), "OSError: [Errno 9] Bad file descriptor");
}

TEST(PollQueueAsWrittenTest, DiesOfAnUrgentByte) {
  ServerProcess server(AsWritten(DocumentedServer::kPollQueue));
  Client client(server);
  client.SendUrgent();
  EXPECT_EQ(server.Death(), "BlockingIOError: [Errno 11] Resource temporarily unavailable");
}

TEST(PollQueueAsWrittenTest, DiesOfBytesWithAReset) {
  ServerProcess server(AsWritten(DocumentedServer::kPollQueue));
  Client client(server);
  EXPECT_TRUE(server.WaitForLog("new connection"));
  server.Freeze();
  client.Send("x");
  client.Reset();
  server.Thaw();
  EXPECT_EQ(server.Death(), "OSError: [Errno 107] Transport endpoint is not connected");
}

TEST(EpollAckAsWrittenTest, AnswersAndDiesWhenTheClientCloses) {
  ServerProcess server(AsWritten(DocumentedServer::kEpollAck));
  Client client(server);
  client.Send("你好");
  const std::string answer = kAckAnswer;
  EXPECT_EQ(client.Read(answer.size()), answer);
  client.Close();
  EXPECT_EQ(server.Death(), "OSError: [Errno 9] Bad file descriptor");
  EXPECT_THAT(server.Log(), HasSubstr("你好\nfd:"));
  EXPECT_THAT(server.Log(), HasSubstr("--->addr:<socket.socket fd="));
}

TEST(EpollHttpAsWrittenTest, AnswersOneRequestAndEndsTheConnection) {
  ServerProcess server(AsWritten(DocumentedServer::kEpollHttp));
  Client client(server);
  client.Send("GET / HTTP/1.0\r\n\r\n");
  const Client::Rest rest = client.ReadToEnd();
  EXPECT_EQ(rest.bytes, kHttpResponse);
  EXPECT_EQ(rest.error, 0);
  EXPECT_TRUE(server.WaitForLog("close fd : "));
  EXPECT_THAT(server.Log(), HasSubstr("GET / HTTP/1.0\r\n"));
}

TEST(EpollHttpAsWrittenTest, ClosesWhereTheClientLeavesEarly) {
  ServerProcess server(AsWritten(DocumentedServer::kEpollHttp));
  Client client(server);
  client.Send("GET /");
  client.ShutdownWrite();
  EXPECT_EQ(client.ReadToEnd().error, 0);
  EXPECT_TRUE(server.WaitForLog("receiv client close : "));
}

TEST(EpollHttpAsWrittenTest, TheOriginalKeepsAClientThatLeftEarly) {
  ServerProcess server(DocumentedTarget(DocumentedServer::kEpollHttp, {}));
  const int before = server.OpenDescriptors();
  Client(server).Close();
  Client other(server);
  other.Send("GET / HTTP/1.0\n\n");
  EXPECT_EQ(other.ReadToEnd().bytes, kHttpResponse);
  EXPECT_TRUE(server.WaitForLog("close fd : "));
  EXPECT_EQ(server.OpenDescriptors(), before + 1);
}

}  // namespace
}  // namespace hupstorm
