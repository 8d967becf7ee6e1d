// What the gate finds beyond the suite is told by bugs too: each documented defect by itself is
// one, seldom two, whatever goes wrong at whichever call and whatever a fuzzer makes up; and no
// other defect's.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scenarios/language/fit.h"
#include "scenarios/worlds/simulated_world.h"
#include "target/documented/documented.h"
#include "tools/catalogue/scenario_catalogue.h"
#include "tools/gate/gate.h"
#include "tools/report/bugs.h"

namespace hupstorm {
namespace {

// Bounds, as there are many defects: every so many of the suite's scenarios, which are swept, and
// random ones made of these.
constexpr size_t kEvery = 6;
constexpr uint64_t kRandom = 2000;

struct Booked {
  const Defect* defect = nullptr;           // null: all are mended
  std::map<std::string, std::string> bugs;  // with a text about each
};

Booked GateOf(DocumentedServer server, const Defect* defect) {
  const MendSet mends = defect == nullptr ? AllMends(server) : AllBut(*defect);
  ServerChoice choice;
  choice.targets = {DocumentedTarget(server, mends)};
  choice.name = choice.targets.front().name;
  choice.world = "simulated";
  choice.place.make_world = [](int) { return std::make_unique<SimulatedWorld>(); };
  choice.place.why_not = [](const Scenario&) { return std::string(); };
  choice.as_options = [](const std::string& target) { return "--target " + target; };
  std::vector<Job> jobs;
  size_t number = 0;
  for (const Scenario& scenario : Suite()) {
    if (!Fits(scenario, choice.targets.front()) || number++ % kEvery != 0) continue;
    jobs.push_back({&scenario, &choice.targets.front()});
  }
  GateSettings settings;
  settings.server = &choice;
  settings.isolation.make_world = choice.place.make_world;
  settings.jobs = jobs;
  settings.fuzz_runs = kRandom;
  Booked booked = {.defect = defect, .bugs = {}};
  for (const GateFinding& found : RunGate(settings).findings) {
    const Finding& finding = found.finding;
    if (IsExpectation(finding)) continue;
    booked.bugs.emplace(BugOf(finding), fmt::format("{}: {} ({} in {}): {}\n", found.area,
                                                    finding.oracle, PlaceText(finding.place),
                                                    finding.place.function, finding.evidence));
  }
  return booked;
}

std::string TextOf(const Booked& booked) {
  std::string text =
      std::string(booked.defect == nullptr ? "mended" : booked.defect->full_name) + "\n";
  for (const auto& [bug, what] : booked.bugs) text += "  " + what;
  return text;
}

// Of all defects, in their order.
const std::vector<Booked>& AllBooked() {
  static const std::vector<Booked> all = [] {
    std::vector<Booked> made;
    for (const Defect& defect : Defects()) made.push_back(GateOf(defect.server, &defect));
    return made;
  }();
  return all;
}

TEST(GateBugsTest, ADefectByItselfIsOneBugSeldomTwo) {
  size_t bugs = 0;
  std::string several;
  for (const Booked& booked : AllBooked()) {
    EXPECT_LE(booked.bugs.size(), 2U) << TextOf(booked);
    if (booked.bugs.size() > 1) several += TextOf(booked);
    bugs += booked.bugs.size();
  }
  EXPECT_LE(bugs, Defects().size() * 11 / 10) << several;
  EXPECT_GE(bugs, Defects().size() * 9 / 10) << "too little was run to see the defects";
}

TEST(GateBugsTest, NoTwoDefectsOfOneServerShareABug) {
  std::map<std::string, const Booked*> owner;
  for (const Booked& booked : AllBooked()) {
    for (const auto& [bug, what] : booked.bugs) {
      const auto [known, is_new] = owner.emplace(bug, &booked);
      EXPECT_TRUE(is_new) << TextOf(*known->second) << TextOf(booked);
    }
  }
}

TEST(GateBugsTest, AMendedServerShowsNone) {
  for (int i = 0; i < kDocumentedServerCount; ++i) {
    const Booked booked = GateOf(static_cast<DocumentedServer>(i), nullptr);
    EXPECT_TRUE(booked.bugs.empty()) << TextOf(booked);
  }
}

}  // namespace
}  // namespace hupstorm
