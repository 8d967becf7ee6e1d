// A server that is not what it was said to be: one message, and no finding.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "tests/process/servers.h"
#include "tests/tools/command.h"

namespace hupstorm {
namespace {

using ::testing::_;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

using Words = std::vector<std::string>;

std::string Other(const std::string& kind) {
  const std::string command = PythonServer("other_protocol");
  const size_t at = command.find(" {port}");
  return command.substr(0, at) + " " + kind + command.substr(at);
}

CommandResult RunAs(const std::string& command, const std::string& protocol,
                    const Words& rest = {}) {
  Words words = {"run", "--world", "loopback", "--exec", command, "--protocol", protocol};
  words.insert(words.end(), rest.begin(), rest.end());
  words.push_back("half-close/idle");
  return Hupstorm(words);
}

void ExpectRefused(const CommandResult& result, const std::string& why) {
  EXPECT_EQ(result.exit_code, 2) << result.out << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr(why));
}

TEST(OtherProtocolTest, IsNamedWithWhatToSay) {
  ExpectRefused(RunAs(Other("http"), "echo"), "it speaks HTTP: say --protocol http");
  ExpectRefused(RunAs(Other("http"), "ack"), "it speaks HTTP: say --protocol http");
  ExpectRefused(RunAs(Other("tls"), "echo"), "it speaks TLS");
  ExpectRefused(RunAs(Other("tls"), "http"), "it speaks TLS");
  ExpectRefused(RunAs(Other("greets"), "echo"),
                "it speaks first, \"220 hello\\r\\n\", before its client has said anything: say "
                "--protocol none");
  ExpectRefused(RunAs(Other("answers"), "echo"), "it answers \"GET / HTTP/1.0\\r\\n");
  ExpectRefused(RunAs(PythonServer("epoll_echo"), "http"), "say --protocol echo");
}

TEST(OtherProtocolTest, OneThatEndsWithItsFirstAnswerIsNamedIfTheFileDoesNotSaySo) {
  const TemporaryFolder folder;
  const std::string request = "request \"PING\\r\\n\"\nresponse \"+PONG\\r\\n\"\n";
  const std::string keeps = folder.Write("keeps.expect", request);
  const std::string closes = folder.Write("closes.expect", request + "close\n");
  ExpectRefused(RunAs(Other("once"), "expect:" + keeps), "say `close` at the end of FILE");
  EXPECT_EQ(RunAs(Other("once"), "expect:" + closes, {"http/one-request"}).exit_code, 0);
}

// Two bugs of one server in the same call: a baseline with the one does not let the other through.
TEST(KnownAnswersTest, AWrongAnswerIsAnotherBugThanOneThatIsCutOff) {
  const TemporaryFolder folder;
  const std::string file =
      folder.Write("parts.expect",
                   "request \"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n\"\nresponse \"HTTP/1.1 200 "
                   "OK\\r\\nContent-Length: 60000\\r\\n\\r\\n" +
                       std::string(60000, 'b') + "\"\nclose\n");
  const nlohmann::json findings =
      JsonOf(Hupstorm({"run", "--world", "loopback", "--exec", PythonServer("writes_in_parts"),
                       "--protocol", "expect:" + file, "--json", "http/bytes-after-the-response",
                       "http/short-sends"}))
          .at("findings");
  std::map<std::string, std::string> evidence;
  for (const auto& finding : findings)
    evidence[finding.at("fingerprint")] += finding.at("evidence");
  const auto wrong = HasSubstr("is answered wrongly: response 1 differs at its byte");
  const auto cut_off = HasSubstr("and then a reset");
  EXPECT_THAT(evidence, Contains(testing::Pair(_, AllOf(wrong, Not(cut_off)))));
  EXPECT_THAT(evidence, Contains(testing::Pair(_, AllOf(cut_off, Not(wrong)))));
}

TEST(OtherProtocolTest, NothingIsExpectedOfOneThatIsNotKnown) {
  EXPECT_EQ(RunAs(Other("greets"), "none").exit_code, 0);
}

TEST(OtherProtocolTest, UdpIsToldAtTheEndOfThePatience) {
  ExpectRefused(RunAs(Other("udp"), "echo", {"--start-timeout", "1"}),
                "hupstorm is for servers of TCP");
}

TEST(OtherProtocolTest, ServersThatListenAtIpv6AloneAreTested) {
  const CommandResult held = RunAs(Other("ipv6"), "echo");
  EXPECT_EQ(held.exit_code, 0) << held.out << held.err;
  const CommandResult outside = RunAs(Other("ipv6"), "echo", {"--outside"});
  EXPECT_EQ(outside.exit_code, 0) << outside.out << outside.err;
}

// Its buffers are those of the port that hupstorm gave, whatever it listened on first.
TEST(OtherProtocolTest, AnOperatorsPortIsNotTheServers) {
  const CommandResult result = RunAs(Other("admin"), "echo", {"slow-reader/never-reads"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
}

// An answer that is wrong is a bug, and not another protocol.
TEST(OtherProtocolTest, AnEchoServerWithABugIsReportedForTheBug) {
  for (const char* const bug : {"dies", "cuts", "shifts"}) {
    const CommandResult result = RunAs(Other(bug), "echo");
    EXPECT_EQ(result.exit_code, 1) << bug << '\n' << result.out << result.err;
  }
}

CommandResult RunWithLimit(const std::string& ulimit) {
  CommandInput shell;
  shell.program = "/bin/sh";
  return Hupstorm({"-c", "ulimit " + ulimit + "; exec \"$0\" \"$@\"", HUPSTORM_COMMAND, "run",
                   "--world", "loopback", "--exec", PythonServer("epoll_echo"), "half-close/idle"},
                  shell);
}

TEST(DescriptorsTest, TooFewForHupstormAreBadUsage) {
  ExpectRefused(RunWithLimit("-n 256"), "raise the limit");
}

TEST(DescriptorsTest, ALimitThatItMayRaiseIsOfNoMatter) {
  EXPECT_EQ(RunWithLimit("-Sn 256").exit_code, 0);
}

TEST(DescriptorsTest, AScenarioWithTooManyClientsIsLeftOutWithTheReason) {
  CommandInput shell;
  shell.program = "/bin/sh";
  const CommandResult result =
      Hupstorm({"-c", "ulimit -n 1024; exec \"$0\" \"$@\"", HUPSTORM_COMMAND, "run", "--world",
                "loopback", "--exec", PythonServer("epoll_echo"), "descriptors/beyond-fd-setsize"},
               shell);
  EXPECT_EQ(result.exit_code, 2) << result.out;
  EXPECT_THAT(result.err, HasSubstr("more clients than hupstorm may have descriptors"));
}

}  // namespace
}  // namespace hupstorm
