// How many scenarios a second one processor runs, and how many placements of a sweep.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "bench/harness/echo_crowd.h"
#include "bench/harness/parts.h"
#include "bench/measuring.h"
#include "scenarios/language/fit.h"
#include "scenarios/sweep/sweep.h"
#include "scenarios/worlds/simulated_world.h"
#include "target/reference/reference.h"
#include "tools/catalogue/scenario_catalogue.h"

namespace hupstorm::harness {
namespace {

// Of a scenario, spread over all its calls: large ones would stand for all.
constexpr size_t kMostPlacements = 100;

constexpr double kNsOfASecond = 1e9;

std::vector<const Scenario*> EchoScenarios(const Target& target, size_t every) {
  std::vector<const Scenario*> scenarios;
  for (size_t i = 0; i < Suite().size(); i += every) {
    if (Fits(Suite()[i], target)) scenarios.push_back(&Suite()[i]);
  }
  return scenarios;
}

double SuiteRate(World& world, const std::vector<const Scenario*>& scenarios,
                 const Target& target) {
  const int64_t start = ThreadCpuNs();
  for (const Scenario* const scenario : scenarios) world.Run(*scenario, target, {});
  return kNsOfASecond * static_cast<double>(scenarios.size()) /
         static_cast<double>(ThreadCpuNs() - start);
}

// Of the runs alone: what a survey takes is for all of a scenario's.
double SweepRate(World& world, const std::vector<const Scenario*>& scenarios,
                 const Target& target) {
  int64_t ns = 0;
  uint64_t runs = 0;
  for (const Scenario* const scenario : scenarios) {
    Sweep sweep(world, *scenario, target, {});
    const std::vector<Disturbance> all = sweep.TakeSurvey(/*all=*/false).found.disturbances;
    const size_t every = std::max<size_t>(1, all.size() / kMostPlacements);
    const int64_t start = ThreadCpuNs();
    for (size_t i = 0; i < all.size(); i += every) {
      sweep.Run(all[i]);
      ++runs;
    }
    ns += ThreadCpuNs() - start;
  }
  return kNsOfASecond * static_cast<double>(runs) / static_cast<double>(ns);
}

void AddRates(const Share& share, SimulatedWorld& world, BenchReport& report) {
  const std::vector<Target> targets = ReferenceTargets();
  const size_t every = share.Choose<size_t>(20, 1);
  std::map<std::string, std::vector<double>> scenario_rates;
  std::map<std::string, std::vector<double>> sweep_rates;
  size_t suite = 0;
  share.TakeTurns(
      targets,
      [](const Target& target) { return fmt::format("scenarios a second, {}", target.name); },
      [&](const Target& target) {
        const std::vector<const Scenario*> scenarios = EchoScenarios(target, every);
        suite = scenarios.size();
        scenario_rates[target.name].push_back(SuiteRate(world, scenarios, target));
        sweep_rates[target.name].push_back(
            SweepRate(world, EchoScenarios(target, every * 5), target));
      });
  BenchTable table{
      .title = "Runs a second, on one processor",
      .header = {"server", "scenarios of the suite", "placements of a sweep"},
      .notes = {fmt::format("{} scenarios, one after another in one process, all oracles "
                            "included. Placements: of each fifth scenario, {} or so.",
                            suite, kMostPlacements)}};
  for (const Target& target : targets) {
    const Spread rate = SpreadOf(scenario_rates[target.name]);
    const Spread sweep = SpreadOf(sweep_rates[target.name]);
    table.rows.push_back({target.name, SpreadText(rate), SpreadText(sweep)});
    report.figures["scenarios_per_second"][target.name] = SpreadJson(rate);
    report.figures["placements_per_second"][target.name] = SpreadJson(sweep);
  }
  report.tables.push_back(std::move(table));
}

void AddCrowds(const Share& share, SimulatedWorld& world, BenchReport& report) {
  const Target target = ReferenceTarget("reference/epoll-lt");
  struct Crowd {
    int size;
    Scenario scenario;
    std::vector<double> us = {};     // of a client
    std::vector<double> rates = {};  // scenarios a second
  };
  std::vector<Crowd> crowds;
  for (const int size : LoadsOf(share)) crowds.push_back({size, PassingCrowd(size)});
  share.TakeTurns(
      crowds,
      [](const Crowd& crowd) { return fmt::format("a scenario of {} clients", crowd.size); },
      [&](Crowd& crowd) {
        const double ns =
            CostOf([&] { world.Run(crowd.scenario, target, {}); }, std::chrono::milliseconds(10));
        crowd.us.push_back(ns / crowd.size / 1000);
        crowd.rates.push_back(kNsOfASecond / ns);
      });
  BenchTable table{.title = "A scenario by number of clients",
                   .header = {"clients", "a second", "us for each client"},
                   .notes = {"reference/epoll-lt. Each client connects, sends 100 bytes, gets them "
                             "back and is seen off."}};
  Plot plot{.file = "scenario-by-clients",
            .title = "A scenario's cost for each of its clients",
            .x_label = "clients",
            .y_label = "us of CPU time",
            .series = {{.name = target.name}}};
  for (const Crowd& crowd : crowds) {
    const std::string name = std::to_string(crowd.size);
    const Spread us = SpreadOf(crowd.us);
    AddRow(table, report.figures["crowds"][name], name,
           {{"scenarios_per_second", SpreadOf(crowd.rates)}, {"client_us", us}});
    plot.series[0].points.push_back({crowd.size, us});
  }
  report.tables.push_back(std::move(table));
  report.plots.push_back(std::move(plot));
}

}  // namespace

void AddScenarioRates(const Share& share, BenchReport& report) {
  SimulatedWorld world;
  AddRates(share.Part(0, 0.8), world, report);
  AddCrowds(share.Part(0.8, 1), world, report);
}

}  // namespace hupstorm::harness
