// The servers that hupstorm is tried on work by themselves.

#include "tests/process/servers.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "scenarios/language/exchange.h"
#include "scenarios/oracles/http_response_reader.h"
#include "scenarios/oracles/response_matcher.h"
#include "tests/process/plain_process.h"

namespace hupstorm {
namespace {

class RunningServer {
 public:
  explicit RunningServer(const std::string& command)
      : port_(FreePort()), folder_(MakeFolder()), process_(FillIn(command, port_, folder_)) {}
  ~RunningServer() {
    process_.Signal(SIGTERM);
    process_.EndsWithin(kServerPatienceMs);
    std::filesystem::remove_all(folder_);
  }

  int Connect() { return ConnectTo(port_, &process_); }
  PlainProcess& process() { return process_; }

 private:
  static std::string MakeFolder() {
    std::string name = testing::TempDir() + "server.XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder");
    return name;
  }

  int port_;
  std::string folder_;
  PlainProcess process_;
};

// Says what a client of that protocol says, and checks what it gets.
void TalkEcho(int fd, bool drains) {
  std::string bytes;
  const size_t size = drains ? 1 << 20 : 1 << 10;
  for (int i = 0; bytes.size() < size; ++i) bytes += std::to_string(i) + ' ';
  EXPECT_TRUE(Converse(fd, bytes, drains, drains ? SIZE_MAX : bytes.size()) == bytes);
}

void TalkExpect(int fd, const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  const struct Exchange exchange = ParseExchange(text, file);
  ResponseMatcher responses(&exchange);
  const uint64_t count = exchange.close ? 1 : 3;
  for (uint64_t i = 0; i < count; ++i) {
    const bool last = i + 1 == count;
    const std::string got = Converse(fd, exchange.request, last, last ? SIZE_MAX : 1);
    EXPECT_EQ(responses.Take(got, count), got.size()) << got;
  }
  responses.End();
  EXPECT_EQ(responses.whole(), count);
}

void TalkHttp(int fd) {
  HttpResponseReader response;
  const std::string got = Converse(fd, "GET / HTTP/1.0\r\n\r\n", false, SIZE_MAX);
  EXPECT_EQ(response.Take(got), got.size()) << response.difference();
  EXPECT_TRUE(response.whole()) << got;
}

void ExpectEcho(int fd) {
  EXPECT_EQ(Converse(fd, "hello", /*half_close=*/false, 5), "hello");
  close(fd);
}

class CorrectServerTest : public testing::TestWithParam<CorrectServer> {};

TEST_P(CorrectServerTest, ServesAndStops) {
  const CorrectServer& server = GetParam();
  RunningServer running(server.command);
  for (int i = 0; i < 2; ++i) {
    const int fd = running.Connect();
    ASSERT_GE(fd, 0) << "nobody listens; exit code " << running.process().exit_code();
    if (server.protocol == "echo") {
      TalkEcho(fd, server.drains);
    } else if (server.protocol == "http") {
      TalkHttp(fd);
    } else if (server.protocol == "none") {
      EXPECT_FALSE(Converse(fd, "", /*half_close=*/false, 1).empty());
    } else {
      TalkExpect(fd, server.protocol.substr(server.protocol.find(':') + 1));
    }
    close(fd);
  }
  running.process().Signal(SIGTERM);
  ASSERT_TRUE(running.process().EndsWithin(kServerPatienceMs));
  const int code = running.process().exit_code();
  EXPECT_TRUE(code == 0 || code == 128 + SIGTERM) << code;
}

const auto kName = [](const auto& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(Servers, CorrectServerTest, testing::ValuesIn(CorrectServers()), kName);

// A server with a defect does what it should where nothing goes wrong.
class DefectiveServerTest : public testing::TestWithParam<DefectiveServer> {};

TEST_P(DefectiveServerTest, EchoesAShortMessage) {
  RunningServer running(GetParam().command);
  ExpectEcho(running.Connect());
}

INSTANTIATE_TEST_SUITE_P(Servers, DefectiveServerTest, testing::ValuesIn(DefectiveServers()),
                         kName);

// Starters that misbehave do so.

TEST(MisbehavingServerTest, DiesAtStart) {
  RunningServer running(PythonServer("dies_at_start"));
  EXPECT_LT(running.Connect(), 0);
  EXPECT_EQ(running.process().exit_code(), 1);
}

TEST(MisbehavingServerTest, IgnoresSigterm) {
  const int port = FreePort();
  PlainProcess process(FillIn(PythonServer("ignores_sigterm"), port, ""));
  close(ConnectTo(port, &process));
  process.Signal(SIGTERM);
  ExpectEcho(ConnectTo(port, &process));
}

TEST(MisbehavingServerTest, PrintsGigabytes) {
  const int port = FreePort();
  PlainProcess process(FillIn(PythonServer("prints_gigabytes"), port, ""));
  ExpectEcho(ConnectTo(port, &process));
}

TEST(MisbehavingServerTest, KeepsItsPort) {
  const int port = FreePort();
  PlainProcess process(FillIn(PythonServer("keeps_port"), port, ""));
  ExpectEcho(ConnectTo(port, &process));
  process.Signal(SIGTERM);
  ASSERT_TRUE(process.EndsWithin(kServerPatienceMs));
  EXPECT_GE(ConnectTo(port, nullptr), 0) << "nobody holds the port";
}

TEST(MisbehavingServerTest, ForksAway) {
  const int port = FreePort();
  PlainProcess process(FillIn(PythonServer("forks_away"), port, ""));
  ASSERT_TRUE(process.EndsWithin(kServerPatienceMs));
  EXPECT_EQ(process.exit_code(), 0);
  ExpectEcho(ConnectTo(port, nullptr));
  int ended = 0;
  for (pid_t orphan; (orphan = FindOrphan()) > 0; ++ended) {
    kill(orphan, SIGTERM);
    ASSERT_EQ(waitpid(orphan, nullptr, 0), orphan);
  }
  EXPECT_GT(ended, 0);
}

}  // namespace
}  // namespace hupstorm
