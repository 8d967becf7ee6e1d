// Each documented defect by itself is one bug, seldom two, at the line of the server's own file at
// which it is; and no other defect's.

#include "tools/report/bugs.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "scenarios/language/fit.h"
#include "scenarios/worlds/simulated_world.h"
#include "target/documented/documented.h"
#include "tools/catalogue/scenario_catalogue.h"

namespace hupstorm {
namespace {

// What the suite shows of one defect.
struct Shown {
  const Defect* defect = nullptr;
  Place first;                        // of the first finding
  std::map<std::string, Place> bugs;  // with the first place of each
};

Shown Show(const Defect& defect) {
  const Target target = DocumentedTarget(defect.server, AllBut(defect));
  SimulatedWorld world;
  RunOptions options;
  options.find_blame = true;
  BugNamer namer({&target, 1});
  Shown shown = {.defect = &defect, .first = {}, .bugs = {}};
  for (const Scenario& scenario : Suite()) {
    if (!Fits(scenario, target)) continue;
    RunResult result = world.Run(scenario, target, options);
    namer.Name(result);
    for (const Finding& finding : result.findings) {
      if (IsExpectation(finding)) continue;
      if (shown.bugs.empty()) shown.first = finding.place;
      shown.bugs.emplace(BugOf(finding), finding.place);
    }
  }
  return shown;
}

// Of all defects, in their order. It takes the suite for each of them.
const std::vector<Shown>& All() {
  static const std::vector<Shown> all = [] {
    std::vector<Shown> made;
    for (const Defect& defect : Defects()) made.push_back(Show(defect));
    return made;
  }();
  return all;
}

std::string Source(const Defect& defect) {
  return fmt::format("{}/target/documented/{}", HUPSTORM_SOURCE, SourceOf(defect.server));
}

std::vector<std::string> LinesOf(const std::string& file) {
  std::vector<std::string> lines;
  std::string text = ReadWhole(file).value();
  for (size_t at = 0, end; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    lines.push_back(text.substr(at, end - at));
  }
  return lines;
}

bool EndsStatement(std::string_view line) {
  line = line.substr(0, line.find("  //"));
  return line.empty() || line.ends_with(';') || line.ends_with('{') || line.ends_with('}');
}

// The line, from 1, lies in a statement that has the text on one of its lines.
bool IsWithin(const std::vector<std::string>& lines, int line, std::string_view text) {
  if (line < 1 || static_cast<size_t>(line) > lines.size()) return false;
  size_t begin = static_cast<size_t>(line) - 1;
  size_t end = begin;
  while (begin > 0 && !EndsStatement(lines[begin - 1])) --begin;
  while (end < lines.size() && !EndsStatement(lines[end])) ++end;
  return std::any_of(lines.begin() + static_cast<ptrdiff_t>(begin),
                     lines.begin() + static_cast<ptrdiff_t>(end) + 1,
                     [&](const std::string& one) { return one.find(text) != one.npos; });
}

bool IsIn(const Place& place, const Defect& defect) {
  if (!place.file.ends_with(std::string("/") + std::string(SourceOf(defect.server)))) return false;
  const std::vector<std::string> lines = LinesOf(Source(defect));
  return std::any_of(defect.places.begin(), defect.places.end(), [&](const Statement& statement) {
    return !statement.function.empty() &&
           place.function.ends_with(fmt::format("::{}", statement.function)) &&
           IsWithin(lines, place.line, statement.text);
  });
}

std::string TextOf(const Place& place) {
  return fmt::format("{} in {}", PlaceText(place), place.function);
}

// One finding of a run, blamed on call 5 at that line of a script; of no call for 0.
RunResult RunWith(const char* fingerprint, int line) {
  RunResult result;
  Finding& finding = result.findings.emplace_back();
  finding.oracle = "lost-bytes";
  finding.fingerprint = fingerprint;
  if (line == 0) return result;
  finding.call = 5;
  finding.cause = "send took 1 of 2 bytes";
  result.stacks.push_back({.call = 5,
                           .callee = "send",
                           .program = {},
                           .frames = {},
                           .script = {{"/none/server.py", "flush", line}}});
  return result;
}

TEST(BugNamerTest, AFindingThatWasNotSeenAgainIsTheBugThatItsFingerprintWasBlamedFor) {
  BugNamer namer({});
  RunResult unseen = RunWith("a", 0);
  RunResult other = RunWith("b", 0);
  RunResult seen = RunWith("a", 7);
  namer.Name(unseen);
  namer.Name(other);
  namer.Name(seen);
  Finding& finding = unseen.findings.front();
  EXPECT_EQ(BugOf(finding), "a");
  namer.Recall(finding);
  EXPECT_EQ(BugOf(finding), BugOf(seen.findings.front()));
  EXPECT_EQ(finding.place.line, 7);
  EXPECT_EQ(finding.cause, "send took 1 of 2 bytes");
  EXPECT_EQ(finding.call, 0U) << "that was a call of another run";
  namer.Recall(other.findings.front());
  EXPECT_EQ(BugOf(other.findings.front()), "b");
}

TEST(BugNamerTest, WhichOfSeveralBugsIsRecalledDoesNotDependOnTheirOrder) {
  std::vector<std::string> recalled;
  for (const bool turned : {false, true}) {
    BugNamer namer({});
    RunResult results[] = {RunWith("a", turned ? 9 : 7), RunWith("a", turned ? 7 : 9)};
    for (RunResult& result : results) namer.Name(result);
    RunResult unseen = RunWith("a", 0);
    namer.Recall(unseen.findings.front());
    recalled.push_back(BugOf(unseen.findings.front()));
  }
  EXPECT_EQ(recalled[0], recalled[1]);
}

TEST(BugsTest, EachDefectSaysWhereItIsInItsSource) {
  for (const Defect& defect : Defects()) {
    const std::vector<std::string> lines = LinesOf(Source(defect));
    EXPECT_FALSE(defect.places.front().function.empty()) << defect.full_name;
    for (const Statement& statement : defect.places) {
      EXPECT_TRUE(std::any_of(
          lines.begin(), lines.end(),
          [&](const std::string& line) { return line.find(statement.text) != line.npos; }))
          << defect.full_name << ": " << statement.text;
    }
  }
}

TEST(BugsTest, TheFirstPlaceThatIsNamedIsTheDefects) {
  // Of a client that is dropped from a table too early only the consequences are seen; and an
  // optimiser may leave a line out.
  constexpr size_t kMostMisses = 4;
  std::vector<std::string> misses;
  for (const Shown& shown : All()) {
    if (!shown.defect->reachable || IsIn(shown.first, *shown.defect)) continue;
    misses.push_back(fmt::format("{}: {}", shown.defect->full_name, TextOf(shown.first)));
  }
  EXPECT_LE(misses.size(), kMostMisses) << testing::PrintToString(misses);
}

TEST(BugsTest, EachPlaceIsInTheServersOwnFile) {
  for (const Shown& shown : All()) {
    for (const auto& [bug, place] : shown.bugs) {
      EXPECT_TRUE(place.file.ends_with(SourceOf(shown.defect->server)))
          << shown.defect->full_name << ": " << TextOf(place);
    }
  }
}

TEST(BugsTest, ADefectByItselfIsOneBugSeldomTwo) {
  size_t bugs = 0;
  for (const Shown& shown : All()) {
    std::string places;
    for (const auto& [bug, place] : shown.bugs) places += "  " + TextOf(place) + "\n";
    EXPECT_GE(shown.bugs.size(), shown.defect->reachable ? 1U : 0U) << shown.defect->full_name;
    EXPECT_LE(shown.bugs.size(), 2U) << shown.defect->full_name << "\n" << places;
    bugs += shown.bugs.size();
  }
  EXPECT_LE(bugs, Defects().size() * 11 / 10);
}

TEST(BugsTest, NoTwoDefectsOfOneServerShareABug) {
  std::map<std::string, const Defect*> owner;
  for (const Shown& shown : All()) {
    for (const auto& [bug, place] : shown.bugs) {
      const auto [known, is_new] = owner.emplace(bug, shown.defect);
      EXPECT_TRUE(is_new) << known->second->full_name << " and " << shown.defect->full_name << ": "
                          << TextOf(place);
    }
  }
}

}  // namespace
}  // namespace hupstorm
