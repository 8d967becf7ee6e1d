// How many scenarios a second one processor runs, and how many placements of a sweep.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "bench/harness/cpu_cost.h"
#include "bench/harness/echo_crowd.h"
#include "bench/harness/parts.h"
#include "scenarios/language/fit.h"
#include "scenarios/sweep/sweep.h"
#include "scenarios/worlds/simulated_world.h"
#include "target/reference/reference.h"
#include "tools/catalogue/scenario_catalogue.h"

namespace hupstorm::harness {
namespace {

constexpr int kCrowds[] = {10, 100, 1'000, 10'000, 100'000};
constexpr int kQuickCrowds[] = {10, 1'000};
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
  const size_t every = share.settings.quick ? 20 : 1;
  std::vector<std::vector<double>> scenario_rates(targets.size());
  std::vector<std::vector<double>> sweep_rates(targets.size());
  const int repeats = share.settings.repeats;
  const double total = static_cast<double>(targets.size()) * repeats;
  size_t suite = 0;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    for (size_t i = 0; i < targets.size(); ++i) {
      share.Report((repeat * static_cast<double>(targets.size()) + static_cast<double>(i)) / total,
                   fmt::format("scenarios a second, {}", targets[i].name));
      const std::vector<const Scenario*> scenarios = EchoScenarios(targets[i], every);
      suite = scenarios.size();
      scenario_rates[i].push_back(SuiteRate(world, scenarios, targets[i]));
      sweep_rates[i].push_back(SweepRate(world, EchoScenarios(targets[i], every * 5), targets[i]));
    }
  }
  BenchTable table{
      .title = "Runs a second, on one processor",
      .header = {"server", "scenarios of the suite", "placements of a sweep"},
      .notes = {fmt::format("{} scenarios, one after another in one process, all oracles "
                            "included. Placements: of each fifth scenario, {} or so.",
                            suite, kMostPlacements)}};
  auto& scenarios = report.figures["scenarios_per_second"] = nlohmann::ordered_json::object();
  auto& placements = report.figures["placements_per_second"] = nlohmann::ordered_json::object();
  for (size_t i = 0; i < targets.size(); ++i) {
    const Spread rate = SpreadOf(scenario_rates[i]);
    const Spread sweep = SpreadOf(sweep_rates[i]);
    table.rows.push_back({targets[i].name, SpreadText(rate), SpreadText(sweep)});
    scenarios[targets[i].name] = SpreadJson(rate);
    placements[targets[i].name] = SpreadJson(sweep);
  }
  report.tables.push_back(std::move(table));
}

void AddCrowds(const Share& share, SimulatedWorld& world, BenchReport& report) {
  const bool quick = share.settings.quick;
  const std::span<const int> sizes =
      quick ? std::span<const int>(kQuickCrowds) : std::span<const int>(kCrowds);
  const Target target = ReferenceTarget("reference/epoll-lt");
  std::map<int, std::vector<double>> costs;  // of a client, in ns
  std::map<int, Scenario> scenarios;
  for (const int size : sizes) scenarios[size] = PassingCrowd(size);
  const int repeats = share.settings.repeats;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    for (const int size : sizes) {
      share.Report(static_cast<double>(repeat) / repeats,
                   fmt::format("a scenario of {} clients", size));
      const double ns =
          CostOf([&] { world.Run(scenarios[size], target, {}); }, std::chrono::milliseconds(10));
      costs[size].push_back(ns / size);
    }
  }
  BenchTable table{.title = "A scenario by number of clients",
                   .header = {"clients", "a second", "us for each client"},
                   .notes = {"reference/epoll-lt. Each client connects, sends 100 bytes, gets them "
                             "back and is seen off."}};
  Plot plot{.file = "scenario-by-clients",
            .title = "A scenario's cost for each of its clients",
            .x_label = "clients",
            .y_label = "us of CPU time",
            .log_x = true,
            .log_y = false,
            .series = {{.name = target.name}}};
  auto& figures = report.figures["crowds"] = nlohmann::ordered_json::object();
  for (const int size : sizes) {
    std::vector<double> us;
    std::vector<double> rates;
    for (const double ns : costs[size]) {
      us.push_back(ns / 1000);
      rates.push_back(kNsOfASecond / (ns * size));
    }
    const Spread spread = SpreadOf(us);
    table.rows.push_back(
        {fmt::format("{}", size), SpreadText(SpreadOf(rates)), SpreadText(spread)});
    plot.series[0].points.push_back({.x = static_cast<double>(size), .y = spread});
    figures[fmt::format("{}", size)] = {{"scenarios_per_second", SpreadJson(SpreadOf(rates))},
                                        {"client_us", SpreadJson(spread)}};
  }
  report.tables.push_back(std::move(table));
  report.plots.push_back(std::move(plot));
}

}  // namespace

void AddScenarioRates(const Share& share, BenchReport& report) {
  SimulatedWorld world;
  const double middle = share.from + (share.to - share.from) * 0.8;
  AddRates({share.settings, share.from, middle}, world, report);
  AddCrowds({share.settings, middle, share.to}, world, report);
}

}  // namespace hupstorm::harness
