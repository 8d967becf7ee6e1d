#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kernel/faults/fault_rule.h"
#include "scenarios/oracles/oracles.h"
#include "target/documented/documented.h"
#include "tests/tools/command.h"

namespace hupstorm {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(HelpTest, EachCommandHasHelpWithExamples) {
  for (const char* command : {"list", "explain", "run", "replay", "matrix", "serve", "client"}) {
    const CommandResult result = Hupstorm({command, "--help"});
    EXPECT_EQ(result.exit_code, 0) << command;
    EXPECT_THAT(result.out, HasSubstr("Examples:\n  hupstorm " + std::string(command)));
  }
}

TEST(ListTest, TargetsAreTheReferencesAndTheDocuments) {
  const CommandResult result = Hupstorm({"list", "targets", "--json"});
  EXPECT_EQ(result.exit_code, 0);
  const nlohmann::json targets = JsonOf(result).at("targets");
  ASSERT_EQ(targets.size(), 10u);
  EXPECT_EQ(targets[0].at("name"), "reference/select");
  EXPECT_EQ(targets[8].at("name"), "doc003/epoll-http");
  EXPECT_EQ(targets[8].at("protocol"), "http");
  EXPECT_EQ(targets[9].at("name"), "canary");
  for (const auto& target : targets) EXPECT_NE(target.at("title"), "");
}

TEST(ListTest, TheSuiteIsFoundFromAnyFolder) {
  CommandInput input;
  input.folder = "/";
  const CommandResult result = Hupstorm({"list", "scenarios", "--json"}, input);
  const nlohmann::json scenarios = JsonOf(result).at("scenarios");
  EXPECT_GE(scenarios.size(), 80u);
  for (const auto& scenario : scenarios) {
    EXPECT_NE(scenario.at("title"), "") << scenario.at("file");
    EXPECT_THAT(scenario.at("file").get<std::string>(), ::testing::StartsWith("scenarios/suite/"));
  }
}

TEST(ListTest, DefectsOraclesAndFaultsAreAllThere) {
  EXPECT_EQ(JsonOf(Hupstorm({"list", "defects", "--json"})).at("defects").size(), Defects().size());
  EXPECT_EQ(JsonOf(Hupstorm({"list", "oracles", "--json"})).at("oracles").size(), Oracles().size());
  EXPECT_EQ(JsonOf(Hupstorm({"list", "faults", "--json"})).at("faults").size(),
            LegalFaults().size());
}

TEST(ListTest, TablesAreAligned) {
  const CommandResult result = Hupstorm({"list", "targets"});
  EXPECT_THAT(result.out, HasSubstr("reference/select    echo      the correct echo server"));
  EXPECT_THAT(result.out, HasSubstr("doc003/epoll-http   http      "));
}

TEST(ExplainTest, JsonHoldsTheSamePage) {
  const nlohmann::json page = JsonOf(Hupstorm({"explain", "busy-loop", "--json"}));
  EXPECT_EQ(page.at("name"), "busy-loop");
  EXPECT_EQ(page.at("page"), Hupstorm({"explain", "busy-loop"}).out);
}

TEST(ExplainTest, EachOracleHasAPage) {
  for (const Oracle& oracle : Oracles()) {
    const CommandResult result = Hupstorm({"explain", std::string(oracle.name)});
    EXPECT_EQ(result.exit_code, 0) << oracle.name;
    EXPECT_THAT(result.out, AllOf(HasSubstr("Holds when"), HasSubstr("What it means")));
  }
}

TEST(ExplainTest, EachDefectSaysWhatTheDocumentWroteAndHowToMendIt) {
  for (const Defect& defect : Defects()) {
    const CommandResult result = Hupstorm({"explain", std::string(defect.full_name)});
    EXPECT_EQ(result.exit_code, 0) << defect.full_name;
    EXPECT_THAT(result.out, AllOf(HasSubstr("What the document wrote"),
                                  HasSubstr("What triggers it"), HasSubstr("What goes wrong"),
                                  HasSubstr("How to mend it"), HasSubstr("Reported by")));
  }
}

TEST(ExplainTest, AFaultSaysWhereLinuxProducesIt) {
  const CommandResult one = Hupstorm({"explain", "accept/EMFILE"});
  EXPECT_THAT(one.out, AllOf(HasSubstr("accept(2)"), HasSubstr("fault accept EMFILE once")));
  const CommandResult all = Hupstorm({"explain", "ECONNRESET"});
  EXPECT_THAT(all.out, AllOf(HasSubstr("recv/ECONNRESET"), HasSubstr("send/ECONNRESET")));
}

TEST(ExplainTest, ATargetAndAScenario) {
  EXPECT_THAT(Hupstorm({"explain", "reference/epoll-et"}).out, HasSubstr("edge-triggered"));
  const nlohmann::json scenarios =
      JsonOf(Hupstorm({"list", "scenarios", "--json"})).at("scenarios");
  ASSERT_FALSE(scenarios.empty());
  const CommandResult result = Hupstorm({"explain", scenarios[0].at("name")});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out,
              AllOf(HasSubstr(scenarios[0].at("file").get<std::string>()), HasSubstr("connect")));
}

}  // namespace
}  // namespace hupstorm
