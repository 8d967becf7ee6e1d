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

std::chrono::milliseconds Wall(const Share& share) {
  return std::chrono::milliseconds(share.Choose(3, 30));
}

// The kernels are opened once: 100,000 connections take as long as all that is measured on them.
class Kernels {
 public:
  LoadedKernel& At(Platform platform, int connections) {
    auto& kernel = kernels_[{platform, connections}];
    if (kernel == nullptr) kernel = std::make_unique<LoadedKernel>(platform, connections);
    return *kernel;
  }

 private:
  std::map<std::pair<Platform, int>, std::unique_ptr<LoadedKernel>> kernels_;
};

void AddUnloaded(const Share& share, Kernels& kernels, BenchReport& report) {
  using Costs = std::map<std::string_view, std::vector<double>>;  // by the call's name
  std::map<Platform, Costs> costs;
  share.TakeTurns(
      MeasuredCallKinds(), [](const auto& kind) { return fmt::format("calls, {}", kind.name); },
      [&](const MeasuredCallKind& kind) {
        for (const Platform platform : {Platform::kLinux, Platform::kSimulated}) {
          const MeasuredCall call = kind.Make(kernels.At(platform, kUnloaded));
          costs[platform][kind.name].push_back(CostOf(call, Wall(share)));
        }
      });
  BenchTable table{
      .title = "What a call costs, in ns of CPU time",
      .header = {"call", "simulated", "Linux, loopback", "Linux / simulated"},
      .notes = {fmt::format("With {} connections open. recv and send move 64 bytes.", kUnloaded)}};
  for (const MeasuredCallKind& kind : MeasuredCallKinds()) {
    const std::string name(kind.name);
    const std::vector<double>& simulated = costs[Platform::kSimulated][kind.name];
    const std::vector<double>& on_linux = costs[Platform::kLinux][kind.name];
    const Spread ratio = Ratio(simulated, on_linux);
    AddRow(table, report.figures["calls"][name], name,
           {{"simulated_ns", SpreadOf(simulated)},
            {"linux_ns", SpreadOf(on_linux)},
            {"ratio", ratio, fmt::format("{:.1f}", ratio.median)}});
  }
  report.tables.push_back(std::move(table));
}

void AddLoaded(const Share& share, Kernels& kernels, BenchReport& report) {
  const std::vector<int> loads =
      share.Choose<std::vector<int>>({10, 1'000}, {10, 100, 1'000, 10'000, 100'000});
  std::vector<std::pair<const MeasuredCallKind*, int>> cases;
  for (const MeasuredCallKind& kind : MeasuredCallKinds()) {
    for (const int load : loads) {
      if (kind.under_load) cases.emplace_back(&kind, load);
    }
  }
  std::map<std::pair<const MeasuredCallKind*, int>, std::vector<double>> costs;
  share.TakeTurns(
      cases,
      [](const auto& each) {
        return fmt::format("{} with {} connections", each.first->name, each.second);
      },
      [&](const auto& each) {
        const MeasuredCall call = each.first->Make(kernels.At(Platform::kSimulated, each.second));
        costs[each].push_back(CostOf(call, Wall(share)));
      });
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
    std::vector<Cell> cells;
    PlotSeries& series = plot.series.emplace_back(PlotSeries{.name = name});
    for (const int load : loads) {
      const Spread spread = SpreadOf(costs[{&kind, load}]);
      cells.push_back({std::to_string(load), spread});
      series.points.push_back({.x = static_cast<double>(load), .y = spread});
    }
    const Spread growth = Ratio(costs[{&kind, loads.front()}], costs[{&kind, loads.back()}]);
    cells.push_back({"", growth, fmt::format("{:.2f}", growth.median)});
    AddRow(table, report.figures["load"][name], name, cells);
  }
  report.tables.push_back(std::move(table));
  report.plots.push_back(std::move(plot));
}

}  // namespace

void AddCallCosts(const Share& share, BenchReport& report) {
  Kernels kernels;
  AddUnloaded(share.Part(0, 0.5), kernels, report);
  AddLoaded(share.Part(0.5, 1), kernels, report);
}

}  // namespace hupstorm::harness
