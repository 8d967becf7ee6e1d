// The gate as a user calls it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <pugixml.hpp>
#include <sstream>

#include "tests/tools/command.h"

namespace hupstorm {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// One defect, which one oracle reports in a handful of scenarios.
const std::vector<std::string> kOneDefect = {"--target", "doc001/poll", "--mend",
                                             "all-but=half-close-drops-queue"};

std::vector<std::string> Gate(std::vector<std::string> more) {
  std::vector<std::string> arguments = {"gate"};
  arguments.insert(arguments.end(), kOneDefect.begin(), kOneDefect.end());
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::string ContentOf(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(GateCommandTest, SaysOfEachAreaWhatItDidAndHowLongItTook) {
  const CommandResult result = Hupstorm({"gate", "--target", "reference/poll"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, AllOf(ContainsRegex("suite +[0-9.]+ s  [0-9]+ scenarios: nothing found"),
                                ContainsRegex("sweep +[0-9.]+ s  [0-9]+ placements: nothing found"),
                                ContainsRegex("fuzz +[0-9.]+ s  20000 random scenarios"),
                                HasSubstr("reference/poll: the gate is open")));
}

TEST(GateCommandTest, ABugIsReportedOnceAndItsCommandShowsIt) {
  const CommandResult result = Hupstorm(Gate({"--json"}));
  EXPECT_EQ(result.exit_code, 1) << result.err;
  const nlohmann::json report = JsonOf(result);
  EXPECT_EQ(report["holds"], false);
  std::set<std::string> bugs;
  for (const auto& finding : report["findings"]) {
    EXPECT_TRUE(bugs.insert(finding["bug"]).second);
    EXPECT_EQ(finding["place"]["file"], "target/documented/poll_queue.cc");
    EXPECT_EQ(finding["again"], true);
    EXPECT_THAT(finding["replay"].get<std::string>(), HasSubstr(" replay "));
  }
  EXPECT_EQ(report["new"], bugs.size());
  EXPECT_LE(bugs.size(), 2u);
}

TEST(GateCommandTest, WhatTheSweepAndTheFuzzAreaFindIsWrittenAsScenarios) {
  const TemporaryFolder folder;
  const CommandResult result = Hupstorm(Gate({"--out", folder.path() + "/new", "--json"}));
  EXPECT_EQ(result.exit_code, 1) << result.err;
  int written = 0;
  const nlohmann::json report = JsonOf(result);
  for (const auto& finding : report["findings"]) {
    if (finding["area"] == "suite") continue;
    const std::string file = finding["file"];
    EXPECT_TRUE(std::filesystem::exists(file)) << file;
    const nlohmann::json replayed = JsonOf(
        Hupstorm({"replay", file, "--target", kOneDefect[1], "--mend", kOneDefect[3], "--json"}));
    EXPECT_THAT(replayed["findings"].dump(), HasSubstr(finding["fingerprint"].get<std::string>()));
    ++written;
  }
  EXPECT_GT(written, 0);
}

TEST(GateCommandTest, TheSameSeedFindsTheSame) {
  const std::vector<std::string> one =
      Gate({"--no-sweep", "--json", "--seed", "5", "--fuzz-runs", "3000"});
  std::vector<std::string> two = one;
  two.insert(two.end(), {"--jobs", "1"});
  const auto texts = [](const CommandResult& result) {
    std::vector<std::string> texts;
    const nlohmann::json report = JsonOf(result);
    for (const auto& finding : report["findings"]) texts.push_back(finding["text"]);
    return texts;
  };
  const std::vector<std::string> found = texts(Hupstorm(one));
  EXPECT_THAT(found, Not(IsEmpty()));
  EXPECT_EQ(texts(Hupstorm(two)), found);
}

TEST(GateCommandTest, AScenarioOfTheUsersIsRunOnTopOfTheSuite) {
  const TemporaryFolder folder;
  const std::string mine =
      folder.Write("mine.scn", "target echo\na connect\na send 1B\nexpect a received 2B\n");
  const CommandResult result =
      Hupstorm({"gate", mine, "--target", "reference/poll", "--no-sweep", "--fuzz-runs", "0"});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr(mine + ":4: expectation: "),
                                ContainsRegex("sweep +not run: --no-sweep"),
                                ContainsRegex("fuzz +not run: --fuzz-runs 0")));
}

TEST(GateCommandTest, InputsOfACorpusAreRun) {
  const TemporaryFolder folder;
  folder.Write("input", std::string("\x00\x01\x02 anything", 12));
  folder.Write("a.scn", "target echo\na connect\nexpect a received 1B\n");
  folder.Write("empty", "");
  folder.Write("README.txt", "no input");
  const nlohmann::json report = JsonOf(
      Hupstorm(Gate({"--corpus", folder.path(), "--no-sweep", "--fuzz-runs", "0", "--json"})));
  const auto& areas = report["areas"];
  ASSERT_EQ(areas[1]["area"], "corpus");
  EXPECT_EQ(areas[1]["cases"], 3);
  EXPECT_EQ(areas[1]["failed"], 1);
}

TEST(GateCommandTest, ABaselineToleratesWhatItNamesAndSaysWhatIsGone) {
  const TemporaryFolder folder;
  const std::string baseline = folder.path() + "/baseline";
  const auto gate = [&](std::vector<std::string> more) {
    more.insert(more.end(), {"--baseline", baseline, "--fuzz-runs", "500"});
    return Hupstorm(more);
  };
  const CommandResult written = gate(Gate({"--update-baseline"}));
  EXPECT_EQ(written.exit_code, 0) << written.err;
  EXPECT_THAT(written.out, HasSubstr("tolerated from now on"));
  const std::string first = ContentOf(baseline);
  EXPECT_EQ(gate(Gate({})).exit_code, 0);
  EXPECT_EQ(gate(Gate({"--update-baseline", "--jobs", "1"})).exit_code, 0);
  EXPECT_EQ(ContentOf(baseline), first) << "the same findings give the same file";

  const CommandResult mended = gate({"gate", "--target", "doc001/poll", "--mend", "all"});
  EXPECT_EQ(mended.exit_code, 0) << mended.out;
  EXPECT_THAT(mended.out, HasSubstr("gone: doc001/poll "));
  const CommandResult other = gate({"gate", "--target", "reference/poll"});
  EXPECT_THAT(other.out, Not(HasSubstr("gone:"))) << "nothing is known of doc001/poll";
}

// Both keep memory without end, which has one fingerprint.
TEST(GateCommandTest, ABaselineDoesNotHideAnotherBugOfTheSameFingerprint) {
  const TemporaryFolder folder;
  const std::string baseline = folder.path() + "/baseline";
  const auto gate = [&](const std::string& mend, std::vector<std::string> more) {
    more.insert(more.begin(), {"gate", "--target", "doc003/epoll-http", "--mend", mend,
                               "--no-sweep", "--fuzz-runs", "0", "--baseline", baseline});
    return Hupstorm(more);
  };
  constexpr char kOne[] = "all-but=hup-keeps-request-state";
  constexpr char kBoth[] = "all-but=hup-keeps-request-state,close-keeps-connection-state";
  EXPECT_EQ(gate(kOne, {"--update-baseline"}).exit_code, 0);
  EXPECT_EQ(gate(kOne, {}).exit_code, 0);
  const CommandResult both = gate(kBoth, {"--json"});
  EXPECT_EQ(both.exit_code, 1) << both.err;
  const nlohmann::json report = JsonOf(both);
  for (const auto& finding : report["findings"]) {
    EXPECT_EQ(finding["oracle"], "heap-leak");
    EXPECT_EQ(finding["fingerprint"], report["findings"][0]["fingerprint"]);
  }
  EXPECT_THAT(gate(kBoth, {}).out, HasSubstr("the gate is shut: 1 new bug, 1 tolerated"));

  // As the first hupstorms wrote it: neither bugs nor scenarios.
  folder.Write("baseline", "doc003/epoll-http heap-leak " +
                               report["findings"][0]["fingerprint"].get<std::string>() + "\n");
  const CommandResult older = gate(kBoth, {});
  EXPECT_EQ(older.exit_code, 0) << older.out;
  EXPECT_THAT(older.out, HasSubstr("the baseline does not say in which scenarios 1 of its"));
  EXPECT_EQ(JsonOf(gate(kBoth, {"--json"}))["known_anywhere"], 1);

  EXPECT_EQ(gate(kBoth, {"--update-baseline"}).exit_code, 0);
  EXPECT_EQ(gate(kBoth, {}).exit_code, 0);
  EXPECT_EQ(gate(kOne, {"--update-baseline"}).exit_code, 0);
  EXPECT_EQ(gate(kBoth, {}).exit_code, 1) << "what does not show any more is not kept";
}

TEST(GateCommandTest, TheReportForJUnitHasACaseForEachScenarioAndTarget) {
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/junit.xml";
  const nlohmann::json report = JsonOf(Hupstorm(Gate({"--junit", file, "--json"})));
  pugi::xml_document document;
  ASSERT_TRUE(document.load_file(file.c_str()));
  const pugi::xml_node suite = document.child("testsuites").first_child();
  EXPECT_STREQ(suite.attribute("name").value(), "suite");
  EXPECT_EQ(suite.attribute("failures").as_int(), report["areas"][0]["failed"]);
  const pugi::xml_node half_close = suite.find_child_by_attribute("name", "half-close/echo-drains");
  EXPECT_STREQ(half_close.attribute("classname").value(), "suite.doc001/poll");
  int with_time_line = 0;
  for (const pugi::xml_node one : suite.children("testcase")) {
    const std::string failure = one.child("failure").text().get();
    with_time_line += failure.find("listen(") != std::string::npos;
  }
  EXPECT_GT(with_time_line, 0);
}

TEST(GateCommandTest, TheReportInSarifNamesAPlaceInTheDocumentsSource) {
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/gate.sarif";
  Hupstorm(Gate({"--sarif", file, "--no-sweep"}));
  const nlohmann::json run = nlohmann::json::parse(ContentOf(file))["runs"][0];
  int with_source = 0;
  for (const auto& result : run["results"]) {
    const auto& rule = run["tool"]["driver"]["rules"].at(result["ruleIndex"].get<size_t>());
    EXPECT_EQ(rule["id"], result["ruleId"]);
    const auto& place = result["locations"][0]["physicalLocation"];
    EXPECT_EQ(place["artifactLocation"]["uri"], "target/documented/poll_queue.cc");
    EXPECT_GT(place["region"]["startLine"], 1);
    const auto& around = result["relatedLocations"];
    EXPECT_THAT(around[0]["message"]["text"].get<std::string>(), HasSubstr("called by "));
    EXPECT_EQ(around.back()["message"]["text"], "the scenario that shows it");
    ++with_source;
  }
  EXPECT_GT(with_source, 0);
}

TEST(GateCommandTest, AnExecutableThatIsNotMadeForItIsNotRun) {
  for (const char* const executable : {HUPSTORM_COMMAND, "/bin/true", "/no/such/file"}) {
    const CommandResult result = Hupstorm({"gate", "--executable", executable});
    EXPECT_EQ(result.exit_code, 2) << executable;
    EXPECT_THAT(result.err, HasSubstr("no executable made by CMake's hupstorm_add_server"));
  }
}

TEST(GateCommandTest, BadUseIsSaidBeforeTheWorkBegins) {
  const TemporaryFolder folder;
  const std::string broken = folder.Write("broken", "what is this\n");
  for (const auto& [arguments, message] :
       std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--update-baseline"}, "--update-baseline needs --baseline"},
           {{"--baseline", folder.path() + "/none"}, "there is no such file"},
           {{"--baseline", broken}, broken + ":1:9: \"this\" is no number of a bug"},
           {{"--junit", folder.path() + "/no/where.xml"}, "where.xml"},
           {{"--corpus", folder.path() + "/none"}, "none"}}) {
    const CommandResult result = Hupstorm(Gate(arguments));
    EXPECT_EQ(result.exit_code, 2) << message;
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_THAT(result.out, IsEmpty()) << message;
  }
}

// Serves one client, and spins from the second on.
constexpr char kSpins[] = R"(import socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
first, _ = listener.accept()
while data := first.recv(4096): first.sendall(data)
first.close()
listener.accept()
while True: pass
)";

TEST(GateCommandTest, AGateThatWasBrokenOffIsShutThoughAllThatItFoundIsTolerated) {
  const TemporaryFolder folder;
  const std::string server = folder.Write("spins.py", kSpins);
  const std::string baseline = folder.path() + "/baseline";
  std::vector<std::string> gate = {
      "gate",        "--world", "loopback",  "--exec", "python3 " + server + " {port}",
      "--fuzz-runs", "0",       "--timeout", "0.5"};
  const auto with = [&gate](std::vector<std::string> more) {
    more.insert(more.begin(), gate.begin(), gate.end());
    return Hupstorm(more);
  };
  const CommandResult found = with({"--json"});
  EXPECT_EQ(found.exit_code, 1) << found.err;
  const nlohmann::json report = JsonOf(found);
  EXPECT_THAT(report["broken_off"].get<std::string>(), HasSubstr("suite was broken off"));
  EXPECT_THAT(report["areas"][0]["did"].get<std::string>(),
              ContainsRegex("^[0-9]+ of [0-9]+ scenarios$"));
  EXPECT_LT(report["areas"][0]["cases"], 100) << "what was not run did not pass";
  ASSERT_EQ(report["findings"].size(), 1u) << found.out;
  const auto& spinning = report["findings"][0];
  EXPECT_EQ(spinning["oracle"], "busy-loop");

  EXPECT_EQ(with({"--baseline", baseline, "--update-baseline"}).exit_code, 3);
  EXPECT_FALSE(std::filesystem::exists(baseline)) << "written from half of the truth";

  folder.Write("baseline", "'" + spinning["target"].get<std::string>() + "' busy-loop " +
                               spinning["fingerprint"].get<std::string>() + "\n");
  const CommandResult tolerated = with({"--baseline", baseline});
  EXPECT_EQ(tolerated.exit_code, 3) << tolerated.out;
  EXPECT_THAT(tolerated.out, HasSubstr("the gate is shut: not all was run, 1 tolerated"));
}

TEST(GateCommandTest, WhatIsLessGraveThanAskedLeavesTheGateOpen) {
  const auto gate = [](const char* severity) {
    return Hupstorm(Gate({"--no-sweep", "--fuzz-runs", "0", "--severity", severity}));
  };
  EXPECT_EQ(gate("medium").exit_code, 1);
  const CommandResult high = gate("high");
  EXPECT_EQ(high.exit_code, 0) << high.out;
  EXPECT_THAT(high.out, HasSubstr("the gate is open, 1 less grave than --severity"));
  EXPECT_EQ(gate("grave").exit_code, 2);
}

TEST(GateCommandTest, ABaselineOfFingerprintsHoldsAndIsWrittenAnewWithBugs) {
  const TemporaryFolder folder;
  const std::string baseline = folder.path() + "/baseline";
  const auto gate = [&](std::vector<std::string> more) {
    more.insert(more.end(), {"--no-sweep", "--fuzz-runs", "0"});
    return Hupstorm(Gate(more));
  };
  const nlohmann::json report = JsonOf(gate({"--json"}));
  std::string text;
  for (const auto& finding : report["findings"]) {
    for (const auto& symptom : finding["symptoms"]) {
      text += "doc001/poll " + symptom["oracle"].get<std::string>() + " " +
              symptom["fingerprint"].get<std::string>() + "  # ticket\n  in";
      for (const auto& scenario : symptom["shown_in"]) text += " " + scenario.get<std::string>();
      text += "\n";
    }
  }
  folder.Write("baseline", text);
  const CommandResult older = gate({"--baseline", baseline});
  EXPECT_EQ(older.exit_code, 0) << older.out;
  EXPECT_THAT(older.out, HasSubstr("--update-baseline names their bugs"));
  EXPECT_EQ(gate({"--baseline", baseline, "--update-baseline"}).exit_code, 0);
  EXPECT_THAT(ContentOf(baseline),
              AllOf(HasSubstr(report["findings"][0]["bug"].get<std::string>() + "  # ticket\n"),
                    Not(HasSubstr(report["findings"][0]["fingerprint"].get<std::string>()))));
  EXPECT_THAT(gate({"--baseline", baseline}).out, Not(HasSubstr("names their bugs")));
}

TEST(GateCommandTest, AGitHubRunnerGetsAnAnnotationForEachNewFinding) {
  ASSERT_EQ(setenv("GITHUB_ACTIONS", "true", 1), 0);
  const CommandResult result = Hupstorm(Gate({"--no-sweep", "--fuzz-runs", "0"}));
  unsetenv("GITHUB_ACTIONS");
  EXPECT_THAT(
      result.out,
      ContainsRegex("::error file=target/documented/poll_queue.cc,line=[0-9]+,title=[a-z-]+ in "
                    "doc001/poll::"));
}

}  // namespace
}  // namespace hupstorm
