// hupstorm's commands on somebody else's program, on the simulated kernel.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/process/servers.h"
#include "tests/tools/command.h"

namespace hupstorm {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

using Words = std::vector<std::string>;

std::string Twin(const std::string& pair) {
  return HUPSTORM_PAIRS "/pair_" + pair + " {port} --bug";
}

CommandResult Inside(Words words, const std::string& command, const Words& more = {}) {
  words.insert(words.end(), {"--exec", command, "--world", "simulated"});
  words.insert(words.end(), more.begin(), more.end());
  return Hupstorm(words);
}

TEST(InsideCommandTest, WhatLinuxShowsTooIsConfirmed) {
  const CommandResult result =
      Inside({"run", "half-close/idle"}, Twin("greets_first"), {"--protocol", "none"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("close-wait-leak"), HasSubstr("; confirmed on Linux"),
                                Not(HasSubstr("not reproduced"))));
}

TEST(InsideCommandTest, WhatLinuxDoesNotShowIsListedApartAndDoesNotCount) {
  const std::string server = PythonServer("forgets_where_simulated");
  const CommandResult result = Inside({"run", "half-close/idle"}, server);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out,
              AllOf(ContainsRegex("^What Linux does not show[^\n]*\n[^\n]*close-wait-leak"),
                    HasSubstr("; not reproduced on Linux"), HasSubstr(": nothing found; ")));
  EXPECT_EQ(Inside({"run", "half-close/idle"}, server, {"--unconfirmed"}).exit_code, 1);
}

TEST(InsideCommandTest, JsonSaysWhatIsConfirmed) {
  const auto of_twin = JsonOf(
      Inside({"run", "half-close/idle", "--json"}, Twin("greets_first"), {"--protocol", "none"}));
  EXPECT_EQ(of_twin["world"], "simulated");
  EXPECT_EQ(of_twin["findings"][0]["confirmed"], true);
  const auto of_other =
      JsonOf(Inside({"run", "half-close/idle", "--json"}, PythonServer("forgets_where_simulated")));
  EXPECT_EQ(of_other["findings"][0]["confirmed"], false);
}

TEST(InsideCommandTest, WhatLinuxCannotHaveIsFoundAndSaidNotToBeConfirmed) {
  const auto json = JsonOf(
      Inside({"run", "timing/vanished-client", "--json"}, PythonServer("forgets_where_simulated")));
  ASSERT_THAT(json["findings"], Not(SizeIs(0)));
  EXPECT_TRUE(json["findings"][0]["confirmed"].is_null());
  EXPECT_THAT(json["findings"][0]["unconfirmed_because"].get<std::string>(),
              HasSubstr("a host cannot vanish"));
}

// On both worlds: a fault that is needed, beside others that are not.
TEST(InsideCommandTest, TheDisturbanceThatABugNeedsIsNamed) {
  const TemporaryFolder folder;
  const std::string file =
      folder.Write("s.scn",
                   "# It fails.\ntarget echo\nfault recv short 1000 once\nfault send short 7 once\n"
                   "a connect\na read all\nb connect\na send 2KiB\nwait 1s\nb reset\n"
                   "a send 100B\n");
  for (const char* const world : {"simulated", "loopback"}) {
    const CommandResult result =
        Hupstorm({"replay", file, "--exec", HUPSTORM_PLANTED "/poll_echo {port} short-write",
                  "--world", world});
    EXPECT_THAT(result.out, ContainsRegex("because send took 7 of 1000 bytes in [a-z_]+\n"
                                          "  needs: send takes at most 7 bytes at "
                                          "poll_echo\\.c:[0-9]+ \\(line 4\\)\n"))
        << world;
  }
}

TEST(InsideCommandTest, AGateIsShutByWhatIsConfirmedAlone) {
  const Words gate = {"gate", "--fuzz-runs", "0", "--no-sweep"};
  EXPECT_THAT(Inside(gate, Twin("greets_first"), {"--protocol", "none"}).out,
              AllOf(HasSubstr("; confirmed on Linux"), HasSubstr("the gate is shut")));
  const std::string server = PythonServer("forgets_where_simulated");
  const CommandResult open = Inside(gate, server);
  EXPECT_THAT(open.out, ContainsRegex("the gate is open, [0-9]+ not reproduced on Linux"));
  EXPECT_EQ(open.exit_code, 0) << open.out;
  EXPECT_EQ(Inside(gate, server, {"--unconfirmed"}).exit_code, 1);
}

TEST(InsideCommandTest, ASweepGoesOverTheCallsOfAProgram) {
  const CommandResult correct =
      Inside({"sweep", "half-close/echo-drains"}, HUPSTORM_PAIRS "/libevent_echo {port}");
  EXPECT_EQ(correct.exit_code, 0) << correct.out;
  EXPECT_THAT(correct.out, ContainsRegex("[0-9]{2,} placements in [^\n]*nothing found"));
  const CommandResult twin =
      Inside({"sweep", "half-close/idle"}, Twin("greets_first"), {"--protocol", "none"});
  EXPECT_EQ(twin.exit_code, 1);
  EXPECT_THAT(twin.out, AllOf(HasSubstr("close-wait-leak"), HasSubstr("; confirmed on Linux")));
}

TEST(InsideCommandTest, ASweepOfAProgramOnLinuxIsRefused) {
  const std::string command = HUPSTORM_PAIRS "/libevent_echo {port}";
  const CommandResult result =
      Hupstorm({"sweep", "half-close/idle", "--world", "loopback", "--exec", command});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("needs the simulated kernel"));
  const CommandResult of_forking = Hupstorm({"sweep", "half-close/idle", "--exec", ForkEcho()});
  EXPECT_EQ(of_forking.exit_code, 2);
  EXPECT_THAT(of_forking.err, HasSubstr("it forks processes while it serves"));
}

// ---- Which world, if none is asked for.

TEST(InsideCommandTest, AProgramThatCanLiveThereDoes) {
  const std::string command = HUPSTORM_PAIRS "/libevent_echo {port}";
  const auto json = JsonOf(Hupstorm({"run", "half-close/idle", "--json", "--exec", command}));
  EXPECT_EQ(json["world"], "simulated");
  EXPECT_EQ(json["note"],
            "The program ran on the simulated kernel, in its own process, as it can live there "
            "(--world loopback: on Linux).");
  EXPECT_EQ(Hupstorm({"sweep", "half-close/idle", "--exec", command}).exit_code, 0);
}

TEST(InsideCommandTest, AProgramThatCannotLiveThereRunsOnLinux) {
  const CommandResult result = Hupstorm({"run", "half-close/idle", "--exec", ForkEcho()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("The program ran on Linux, as it cannot live on the simulated "
                                    "kernel: it forks processes while it serves."));
}

TEST(InsideCommandTest, AProgramThatIsNotSeenIsJudgedFromOutside) {
  if (StaticEcho().empty()) GTEST_SKIP() << "nothing can be linked statically here";
  const CommandResult result = Hupstorm({"run", "half-close/idle", "--exec", StaticEcho()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out,
              ContainsRegex("ran on Linux, [^\n]*The server was judged from outside: "));
}

TEST(InsideCommandTest, AProgramThatCannotGoOnThereDoesSoOnLinux) {
  const std::string command = HUPSTORM_PAIRS "/forks_at_a_reset {port}";
  const auto json = JsonOf(Hupstorm(
      {"run", "half-close/idle", "reset/idle", "--json", "--jobs", "1", "--exec", command}));
  EXPECT_EQ(json["world"], "simulated");
  EXPECT_THAT(json["findings"], SizeIs(0));
  ASSERT_THAT(json["ran_on_linux"], SizeIs(1));
  EXPECT_THAT(json["ran_on_linux"][0]["reason"].get<std::string>(),
              HasSubstr("it forks processes while it serves"));
  EXPECT_THAT(json["ran_on_linux"][0]["scenarios"], SizeIs(1));
}

TEST(InsideCommandTest, AGateOfSuchAProgramLeavesOutWhatIsMadeUpByTheThousand) {
  const CommandResult gate = Hupstorm({"gate", "reset/idle", "--fuzz-runs", "100", "--jobs", "1",
                                       "--exec", HUPSTORM_PAIRS "/forks_at_a_reset {port}"});
  EXPECT_EQ(gate.exit_code, 0) << gate.out << gate.err;
  EXPECT_THAT(gate.out, AllOf(ContainsRegex("[0-9]+ ran on Linux: [^\n]*it forks processes"),
                              ContainsRegex("\nsweep +not run: [^\n]*it forks processes"),
                              HasSubstr("the gate is open")));
}

TEST(InsideCommandTest, AFindingIsReplayedAndMadeSmall) {
  const CommandResult replay =
      Inside({"replay", "half-close/idle"}, Twin("greets_first"), {"--protocol", "none"});
  EXPECT_EQ(replay.exit_code, 1);
  EXPECT_THAT(replay.out, AllOf(HasSubstr("> a shutdown write"), HasSubstr("!!! close-wait-leak")));
  const TemporaryFolder folder;
  const std::string file = folder.Write("long.scn", "b connect\nb shutdown write\nwait 1s\n");
  const CommandResult shrunk =
      Inside({"shrink", file}, Twin("greets_first"), {"--protocol", "none"});
  EXPECT_THAT(shrunk.out, AllOf(HasSubstr("\na connect\n"), Not(HasSubstr("wait 1s"))));
}

TEST(InsideCommandTest, AProgramThatCannotLiveThereIsRefusedWithTheReason) {
  const CommandResult result = Inside({"run", "half-close/idle"}, ForkEcho());
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("it forks processes while it serves"),
                                HasSubstr("--world loopback")));
}

TEST(InsideCommandTest, AProgramThatSpeaksAnotherProtocolIsToldSo) {
  const CommandResult result = Inside({"run", "half-close/idle"}, PythonServer("greeting"));
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("--protocol"));
}

}  // namespace
}  // namespace hupstorm
