// `hupstorm run --exec` on servers that are not ours, held on Linux.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "tests/process/lifeline.h"
#include "tests/process/servers.h"
#include "tests/tools/command.h"

namespace hupstorm {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

using Words = std::vector<std::string>;

// A word of every area of the suite, as far as it fits what a server speaks.
const Words kEverybodys = {"accept/burst",
                           "accept/emfile-for-a-while",
                           "accept/more-arrive-during-accept",
                           "hup-err/connect-reset-connect",
                           "lifecycle/start-and-stop",
                           "lifecycle/stop-with-idle-clients",
                           "reset/before-accept-many",
                           "reset/idle",
                           "timing/connect-before-the-wait"};
const Words kOfStreams = {"descriptors/epoll-has-no-room",
                          "descriptors/limit-of-three",
                          "half-close/idle",
                          "half-close/many-at-once",
                          "lifecycle/rounds-of-everything",
                          "reset/during-second-recv",
                          "reset/mid-stream",
                          "reset/rounds-of-resets-while-finishing",
                          "reuse/many-at-once",
                          "slow-reader/beside-a-fast-one",
                          "slow-reader/reads-at-last",
                          "short-io/everything-at-once",
                          "timing/data-during-recv"};
const Words kOfRequests = {
    "http/beside-an-unfinished-request", "http/one-request", "http/reset-in-the-request",
    "http/rounds-of-requests",           "http/short-sends", "http/two-halves"};

Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

Words SelectionFor(const CorrectServer& server) {
  if (!server.drains) return kEverybodys;
  if (server.name == "socat")
    return {"accept/burst", "half-close/many-at-once", "reset/mid-stream"};
  if (server.name == "nginx_close") return {"http/one-request", "http/rounds-of-requests"};
  return server.protocol == "http" ? kOfRequests : kEverybodys + kOfStreams;
}

CommandResult Exec(const std::string& command, const std::string& protocol, const Words& rest) {
  return Hupstorm(Words{"run", "--exec", command, "--world", "loopback", "--protocol", protocol} +
                  rest);
}

// "oracle scenario" of each finding.
std::set<std::string> FoundIn(const nlohmann::json& report) {
  std::set<std::string> found;
  for (const auto& finding : report.at("findings")) {
    found.insert(finding.at("oracle").get<std::string>() + ' ' +
                 finding.at("scenario").get<std::string>());
  }
  return found;
}

// ---- Servers that do what their protocol says.

class CorrectServerCommandTest : public testing::TestWithParam<CorrectServer> {};

TEST_P(CorrectServerCommandTest, IsReportedForWhatIsKnownOfItAndNothingElse) {
  const CorrectServer& server = GetParam();
  const TemporaryFolder folder;
  std::string command = server.command;
  if (const size_t at = command.find("{folder}"); at != std::string::npos) {
    command.replace(at, 8, folder.path());
  }
  // One at a time: nginx's would share the folder.
  const CommandResult result =
      Exec(command, server.protocol, SelectionFor(server) + Words{"--json", "--jobs", "1"});
  EXPECT_EQ(result.exit_code, server.known.empty() ? 0 : 1) << result.err;
  const nlohmann::json report = JsonOf(result);
  EXPECT_EQ(report.at("world"), "process");
  EXPECT_EQ(report.at("target"), command);
  EXPECT_EQ(report.at("scenarios"), SelectionFor(server).size());
  EXPECT_EQ(FoundIn(report), server.known) << report.dump(1);
}

const auto kName = [](const auto& info) { return info.param.name; };
INSTANTIATE_TEST_SUITE_P(Servers, CorrectServerCommandTest, testing::ValuesIn(CorrectServers()),
                         kName);

// ---- Servers with one defect.

class DefectiveServerCommandTest : public testing::TestWithParam<DefectiveServer> {};

TEST_P(DefectiveServerCommandTest, IsReportedByAnOracleOfItsDefect) {
  const CommandResult result =
      Exec(GetParam().command, "echo", GetParam().scenarios + Words{"--json"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  std::set<std::string> oracles;
  const nlohmann::json report = JsonOf(result);
  for (const auto& finding : report.at("findings")) oracles.insert(finding.at("oracle"));
  bool is_caught = false;
  for (const std::string& oracle : GetParam().oracles) is_caught |= oracles.contains(oracle);
  EXPECT_TRUE(is_caught) << report.dump(1);
}

INSTANTIATE_TEST_SUITE_P(Servers, DefectiveServerCommandTest, testing::ValuesIn(DefectiveServers()),
                         kName);

// ---- What a user sees.

TEST(ProcessCommandTest, TextShowsWhatTheServerWroteAndHowToReplay) {
  const std::string command = PythonServer("reset_kills");
  const CommandResult result = Exec(command, "echo", {"reset/mid-stream"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out,
              ContainsRegex("epoll_echo.py:[0-9]+: server-died: it called exit\\(1\\)"));
  EXPECT_THAT(result.out, HasSubstr("server-died: it called exit(1): ConnectionResetError"));
  EXPECT_THAT(result.out, HasSubstr("  the server wrote"));
  EXPECT_THAT(result.out, HasSubstr("--exec '" + command + "'"));
  EXPECT_THAT(result.out, HasSubstr(": 1 scenario run in "));
}

TEST(ProcessCommandTest, WhatTookTheTimeIsSaid) {
  const nlohmann::json report =
      JsonOf(Exec(PythonServer("epoll_echo"), "echo", {"half-close", "--json", "--jobs", "1"}));
  double all = 0;
  double last = report.at("seconds");
  for (const auto& slow : report.at("slowest")) {
    EXPECT_LE(slow.at("seconds"), last);
    last = slow.at("seconds");
    all += last;
    EXPECT_THAT(slow.at("scenario").get<std::string>(), HasSubstr("half-close/"));
  }
  EXPECT_EQ(report.at("slowest").size(), 5u);
  EXPECT_GT(last, 0);
  EXPECT_LE(all, report.at("seconds"));
}

TEST(ProcessCommandTest, AScenarioIsShrunkAndTheReplayShowsTheFindingAgain) {
  const TemporaryFolder folder;
  const std::string out = folder.path() + "/small.scn";
  const std::string command = PythonServer("reset_kills");
  const CommandResult result =
      Hupstorm({"shrink", "reset/mid-stream", "--exec", command, "--world", "loopback", "-o", out,
                "--oracle", "server-died", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json json = JsonOf(result);
  EXPECT_LE(json.at("steps_after"), 3) << json.at("text");
  const nlohmann::json replay =
      JsonOf(Hupstorm({"replay", out, "--exec", command, "--world", "loopback", "--json"}));
  ASSERT_FALSE(replay.at("findings").empty());
  EXPECT_EQ(replay.at("findings").at(0).at("fingerprint"), json.at("fingerprint"));
}

TEST(ProcessCommandTest, JsonHoldsTheOutputAndTheReplayShowsTheFindingAgain) {
  const CommandResult result =
      Exec(PythonServer("reset_kills"), "echo", {"reset/mid-stream", "--json"});
  const nlohmann::json report = JsonOf(result);
  ASSERT_EQ(report.at("findings").size(), 1u) << report.dump(1);
  const nlohmann::json& finding = report.at("findings")[0];
  EXPECT_EQ(finding.at("oracle"), "server-died");
  EXPECT_THAT(finding.at("output").get<std::string>(), HasSubstr("ConnectionResetError"));

  // As a user would paste it.
  CommandInput shell;
  shell.program = "/bin/sh";
  const std::string folder = std::filesystem::path(HUPSTORM_COMMAND).parent_path();
  const CommandResult replay = Hupstorm(
      {"-c", "PATH=" + folder + ":$PATH; " + finding.at("replay").get<std::string>()}, shell);
  EXPECT_EQ(replay.exit_code, 1) << replay.err;
  EXPECT_THAT(replay.out, HasSubstr("!!! server-died: "));
  EXPECT_THAT(replay.out, ContainsRegex("recv(from)?\\(.*ECONNRESET"));
  EXPECT_THAT(replay.out, HasSubstr("ConnectionResetError"));
}

TEST(ProcessCommandTest, AStaticBinaryIsJudgedFromOutsideAndItIsSaid) {
  if (StaticEcho().empty()) GTEST_SKIP() << "no static C library here";
  const CommandResult result = Exec(StaticEcho(), "echo", {"accept/burst"});
  EXPECT_EQ(result.exit_code, 0) << result.out << result.err;
  EXPECT_THAT(result.out, ContainsRegex("The server was judged from outside: .*statically linked"));
}

// ---- Servers that do not start as they should, or do not end.

struct Starter {
  std::string name;
  std::string patience;  // --start-timeout
  std::string message;   // a regular expression; empty: it serves
};

class StarterTest : public testing::TestWithParam<Starter> {};

TEST_P(StarterTest, IsToldPlainlyAndNoProcessIsLeft) {
  const Starter& starter = GetParam();
  Lifeline lifeline;
  const CommandResult result =
      Exec(lifeline.Prefix() + "echo up >&9; " + PythonServer(starter.name), "echo",
           {"accept/burst", "reset/idle", "--jobs", "1", "--start-timeout", starter.patience});
  EXPECT_EQ(lifeline.ReadLine(), "up");
  EXPECT_TRUE(lifeline.IsLetGoWithin(0)) << "a process is left";
  if (starter.message.empty()) {
    EXPECT_THAT(result.exit_code, AnyOf(0, 1)) << result.err;
    EXPECT_THAT(result.out, HasSubstr("2 scenarios run in "));
  } else {
    EXPECT_EQ(result.exit_code, 2) << result.out;
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, AllOf(ContainsRegex(starter.message), Not(HasSubstr("terminate"))));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Starters, StarterTest,
    testing::Values(
        Starter{"never_listens", "0.4", "after 0\\.4 s the server does not listen on port [0-9]+"},
        Starter{"prints_before_it_listens", "0.6", "after 0\\.6 s .*it wrote: "},
        Starter{"wrong_port", "2", "after 2 s .*, but on port [0-9]+ "},
        Starter{"dies_at_start", "20", "ended before it listened .*exit\\(1\\); it wrote: "},
        Starter{"forks_away", "20", ""}, Starter{"keeps_port", "20", ""},
        Starter{"ignores_sigterm", "20", ""}, Starter{"prints_gigabytes", "20", ""}),
    kName);

TEST(ProcessCommandTest, ACommandThatDoesNotSayWhereThePortGoesIsRefused) {
  const CommandResult result = Exec("./my_server --port 80", "echo", {"accept/burst"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("{port}"));
}

// Takes some time to start, as a virtual machine does, in each scenario.
TEST(ProcessCommandTest, ARunOfASlowServerSaysHowFarItIsAndKeepsThatWhenItIsKilled) {
  const TemporaryFolder folder;
  const std::string log = folder.Write("log", "");
  const std::string command =
      "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; exec " + ForkEcho();
  const pid_t pid = fork();
  if (pid == 0) {
    if (freopen(log.c_str(), "w", stderr) == nullptr) _exit(127);
    if (freopen("/dev/null", "w", stdout) == nullptr) _exit(127);
    execl(HUPSTORM_COMMAND, "hupstorm", "run", "half-close", "reset", "reuse", "--json", "--jobs",
          "1", "--exec", command.c_str(), nullptr);
    _exit(127);
  }
  std::string text;
  for (int look = 0; look < 6000 && text.find('\n') == std::string::npos; ++look) {
    usleep(10'000);
    std::ifstream file(log);
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  EXPECT_THAT(text, ContainsRegex("^running scenarios: [a-z-]+, [0-9]+ of [0-9]+, 0 findings, "
                                  "about [0-9]+ (s|min) left\n"));
}

TEST(ProcessCommandTest, OneThatDoesNotEndIsReportedForThat) {
  const CommandResult result =
      Exec(PythonServer("ignores_sigterm"), "echo", {"lifecycle/start-and-stop", "--json"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(FoundIn(JsonOf(result)), Contains(HasSubstr("shutdown-hang ")));
}

}  // namespace
}  // namespace hupstorm
