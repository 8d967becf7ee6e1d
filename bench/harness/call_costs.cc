// Each call on the simulation beside the same call on Linux.

#include <fmt/format.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/harness/measured_calls.h"
#include "bench/harness/parts.h"

namespace hupstorm::harness {
namespace {

constexpr int kUnloaded = 10;  // connections beside the measured one

// By the call's name, the kernel, and the number of connections.
struct Case {
  std::string name;
  Platform platform;
  int connections;
  friend auto operator<=>(const Case&, const Case&) = default;
};
using Costs = std::map<Case, std::vector<double>>;

Costs Measure(const Share& share, const std::vector<int>& loads) {
  const std::chrono::milliseconds wall(share.Choose(3, 30));
  std::vector<std::pair<const MeasuredCallKind*, Case>> cases;
  for (const MeasuredCallKind& kind : MeasuredCallKinds()) {
    const std::string name(kind.name);
    cases.push_back({&kind, {name, Platform::kLinux, kUnloaded}});
    cases.push_back({&kind, {name, Platform::kSimulated, kUnloaded}});
    for (const int load : loads) {
      if (!kind.under_load || load == kUnloaded) continue;
      cases.push_back({&kind, {name, Platform::kSimulated, load}});
    }
  }
  // Opened once: 100,000 connections take as long as all that is measured on them.
  std::map<std::pair<Platform, int>, std::unique_ptr<LoadedKernel>> kernels;
  Costs costs;
  share.TakeTurns(
      cases,
      [](const auto& each) {
        return fmt::format("{} with {} connections", each.first->name, each.second.connections);
      },
      [&](const auto& each) {
        const auto& [kind, it] = each;
        auto& kernel = kernels[{it.platform, it.connections}];
        if (kernel == nullptr) {
          kernel = std::make_unique<LoadedKernel>(it.platform, it.connections);
        }
        costs[it].push_back(CostOf(kind->Make(*kernel), wall));
      });
  return costs;
}

void AddUnloaded(const Costs& costs, BenchReport& report) {
  BenchTable table{
      .title = "What a call costs, in ns of CPU time",
      .header = {"call", "simulated", "Linux, loopback", "Linux / simulated"},
      .notes = {fmt::format("With {} connections open. recv and send move 64 bytes.", kUnloaded)}};
  for (const MeasuredCallKind& kind : MeasuredCallKinds()) {
    const std::string name(kind.name);
    const std::vector<double>& simulated = costs.at({name, Platform::kSimulated, kUnloaded});
    const std::vector<double>& on_linux = costs.at({name, Platform::kLinux, kUnloaded});
    const Spread ratio = Ratio(simulated, on_linux);
    AddRow(table, report.figures["calls"][name], name,
           {{"simulated_ns", SpreadOf(simulated)},
            {"linux_ns", SpreadOf(on_linux)},
            {"ratio", ratio, fmt::format("{:.1f}", ratio.median)}});
  }
  report.tables.push_back(std::move(table));
}

void AddLoaded(const Costs& costs, const std::vector<int>& loads, BenchReport& report) {
  BenchTable table{.title = "What a simulated call costs by number of connections, in ns",
                   .header = {"call"}};
  for (const int load : loads) table.header.push_back(std::to_string(load));
  table.header.emplace_back("most / fewest");
  Plot plot{.file = "simulated-call-by-connections",
            .title = "A simulated call",
            .x_label = "connections",
            .y_label = "ns of CPU time"};
  for (const MeasuredCallKind& kind : MeasuredCallKinds()) {
    if (!kind.under_load) continue;
    const std::string name(kind.name);
    const auto among = [&](int load) -> const std::vector<double>& {
      return costs.at({name, Platform::kSimulated, load});
    };
    std::vector<Cell> cells;
    PlotSeries& series = plot.series.emplace_back(PlotSeries{.name = name});
    for (const int load : loads) {
      const Spread spread = SpreadOf(among(load));
      cells.push_back({std::to_string(load), spread});
      series.points.push_back({load, spread});
    }
    const Spread growth = Ratio(among(loads.front()), among(loads.back()));
    cells.push_back({"", growth, fmt::format("{:.2f}", growth.median)});
    AddRow(table, report.figures["load"][name], name, cells);
  }
  report.tables.push_back(std::move(table));
  report.plots.push_back(std::move(plot));
}

}  // namespace

void AddCallCosts(const Share& share, BenchReport& report) {
  const std::vector<int> loads = LoadsOf(share);
  const Costs costs = Measure(share, loads);
  AddUnloaded(costs, report);
  AddLoaded(costs, loads, report);
}

}  // namespace hupstorm::harness
