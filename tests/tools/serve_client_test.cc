// `serve` and `client` on real sockets: the shim is linked and must stay out of the way.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "target/target.h"
#include "tests/tools/command.h"

namespace hupstorm {
namespace {

using ::testing::HasSubstr;

CommandResult Talk(const ServingCommand& server, const std::string& text) {
  CommandInput input;
  input.standard_input = text;
  return Hupstorm({"client", server.endpoint()}, input);
}

TEST(ServeTest, EachMultiplexerEchoesAndStopsCleanly) {
  for (const char* multiplexer : {"select", "poll", "epoll-lt", "epoll-et"}) {
    ServingCommand server({"--multiplexer", multiplexer});
    const CommandResult result = Talk(server, "hello\nworld");
    EXPECT_EQ(result.exit_code, 0) << multiplexer << result.err;
    EXPECT_EQ(result.out, "hello\nworld");
    EXPECT_EQ(result.err, "");
    EXPECT_EQ(server.Stop(SIGTERM), 0);
  }
}

TEST(ServeTest, CtrlCStopsItCleanly) {
  ServingCommand server({});
  EXPECT_EQ(Talk(server, "a").out, "a");
  EXPECT_EQ(server.Stop(SIGINT), 0);
}

TEST(ServeTest, APortInUseIsExplained) {
  const ServingCommand server({});
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{}, {"--target", "doc000/epoll-queue"}}) {
    std::vector<std::string> arguments = {"serve", "--port", std::to_string(server.port())};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const CommandResult result = Hupstorm(arguments);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, HasSubstr("is in use by another program"));
  }
}

TEST(ServeTest, ADocumentsServerServesForRealToo) {
  ServingCommand server({"--target", "doc003/epoll-http"});
  CommandResult result;
  do {  // it says where it will listen just before it does
    result = Talk(server, "GET / HTTP/1.0\r\n\r\n");
  } while (result.exit_code == 2);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out, kHttpResponse);
  EXPECT_EQ(server.Stop(SIGTERM), 0);
}

TEST(ClientTest, MegabytesComeBackWholeAndInOrder) {
  const ServingCommand server({});
  std::string text;
  for (int i = 0; text.size() < 4'000'000; ++i) text += std::to_string(i) + ' ';
  const CommandResult result = Talk(server, text);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(result.out == text) << result.out.size() << " of " << text.size() << " bytes";
}

TEST(ClientTest, NobodyThereIsExplained) {
  std::string endpoint;
  {
    const ServingCommand server({});
    endpoint = server.endpoint();
  }
  const CommandResult result = Hupstorm({"client", endpoint});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("Connection refused"));
  EXPECT_THAT(result.err, HasSubstr("hupstorm serve"));
}

TEST(ClientTest, OnATerminalItPromptsAndShowsWhatCameBack) {
  if (!HasTerminals()) GTEST_SKIP() << "there are no pseudo-terminals here";
  const ServingCommand server({});
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(terminal, 0);
  ASSERT_EQ(grantpt(terminal), 0);
  ASSERT_EQ(unlockpt(terminal), 0);
  const std::string name = ptsname(terminal);
  const std::string endpoint = server.endpoint();
  const pid_t pid = fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    const int side = open(name.c_str(), O_RDWR);
    dup2(side, STDIN_FILENO);
    dup2(side, STDOUT_FILENO);
    execl(HUPSTORM_COMMAND, "hupstorm", "client", endpoint.c_str(), nullptr);
    _exit(127);
  }
  std::string seen;
  const auto read_until = [&](const std::string& wanted) {
    char block[1024];
    while (seen.find(wanted) == std::string::npos) {
      const ssize_t count = read(terminal, block, sizeof block);
      if (count <= 0) break;
      seen.append(block, static_cast<size_t>(count));
    }
  };
  read_until("please input:");
  ASSERT_EQ(write(terminal, "hello\n", 6), 6);
  read_until("received: hello\r\nplease input:");
  ASSERT_EQ(write(terminal, "\x04", 1), 1);  // Ctrl-D
  int status = -1;
  waitpid(pid, &status, 0);
  close(terminal);
  EXPECT_THAT(seen, HasSubstr("received: hello"));
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace hupstorm
