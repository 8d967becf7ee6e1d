// Each call on the simulation beside the same call on Linux.

#include <fmt/format.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/harness/cpu_cost.h"
#include "bench/harness/parts.h"

namespace hupstorm::harness {
namespace {

constexpr int kUnloaded = 10;  // connections beside the measured one
constexpr int kLoads[] = {10, 100, 1'000, 10'000, 100'000};
constexpr int kQuickLoads[] = {10, 1'000};
constexpr std::string_view kUnderLoad[] = {
    "recv",         "recv EAGAIN, in turn", "send", "accept4 + close", "epoll_wait, 1 event",
    "epoll_ctl MOD"};

std::chrono::milliseconds Wall(const BenchSettings& settings) {
  return std::chrono::milliseconds(settings.quick ? 3 : 30);
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
  const std::span<const MeasuredCallKind> kinds = MeasuredCallKinds();
  std::vector<std::vector<double>> simulated(kinds.size());
  std::vector<std::vector<double>> on_linux(kinds.size());
  const int repeats = share.settings.repeats;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    for (size_t i = 0; i < kinds.size(); ++i) {
      share.Report((repeat + static_cast<double>(i) / static_cast<double>(kinds.size())) / repeats,
                   fmt::format("calls, {}", kinds[i].name));
      for (const Platform platform : {Platform::kLinux, Platform::kSimulated}) {
        const auto call = kinds[i].make(kernels.At(platform, kUnloaded));
        auto& costs = platform == Platform::kLinux ? on_linux[i] : simulated[i];
        costs.push_back(CostOf(*call, Wall(share.settings)));
      }
    }
  }
  BenchTable table{
      .title = "What a call costs, in ns of CPU time",
      .header = {"call", "simulated", "Linux, loopback", "Linux / simulated"},
      .notes = {fmt::format("With {} connections open. recv and send move 64 bytes.", kUnloaded)}};
  auto& figures = report.figures["calls"] = nlohmann::ordered_json::object();
  for (size_t i = 0; i < kinds.size(); ++i) {
    const Spread ratio = Ratio(simulated[i], on_linux[i]);
    table.rows.push_back({std::string(kinds[i].name), SpreadText(SpreadOf(simulated[i])),
                          SpreadText(SpreadOf(on_linux[i])), fmt::format("{:.1f}", ratio.median)});
    figures[std::string(kinds[i].name)] = {{"simulated_ns", SpreadJson(SpreadOf(simulated[i]))},
                                           {"linux_ns", SpreadJson(SpreadOf(on_linux[i]))},
                                           {"ratio", SpreadJson(ratio)}};
  }
  report.tables.push_back(std::move(table));
}

void AddLoaded(const Share& share, Kernels& kernels, BenchReport& report) {
  const bool quick = share.settings.quick;
  const std::span<const int> loads =
      quick ? std::span<const int>(kQuickLoads) : std::span<const int>(kLoads);
  std::vector<const MeasuredCallKind*> kinds;
  for (const MeasuredCallKind& kind : MeasuredCallKinds()) {
    for (const std::string_view name : kUnderLoad) {
      if (kind.name == name) kinds.push_back(&kind);
    }
  }
  std::map<std::pair<size_t, int>, std::vector<double>> costs;  // by kind and load
  const int repeats = share.settings.repeats;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    for (size_t i = 0; i < kinds.size(); ++i) {
      for (const int load : loads) {
        share.Report(
            (repeat + static_cast<double>(i) / static_cast<double>(kinds.size())) / repeats,
            fmt::format("{} with {} connections", kinds[i]->name, load));
        const auto call = kinds[i]->make(kernels.At(Platform::kSimulated, load));
        costs[{i, load}].push_back(CostOf(*call, Wall(share.settings)));
      }
    }
  }
  BenchTable table{.title = "What a simulated call costs by number of connections, in ns",
                   .header = {"call"}};
  for (const int load : loads) table.header.push_back(fmt::format("{}", load));
  table.header.push_back("most / fewest");
  Plot plot{.file = "simulated-call-by-connections",
            .title = "A simulated call",
            .x_label = "connections",
            .y_label = "ns of CPU time",
            .log_x = true,
            .log_y = false};
  auto& figures = report.figures["load"] = nlohmann::ordered_json::object();
  for (size_t i = 0; i < kinds.size(); ++i) {
    std::vector<std::string> row = {std::string(kinds[i]->name)};
    PlotSeries series{.name = row.front()};
    for (const int load : loads) {
      const Spread spread = SpreadOf(costs[{i, load}]);
      row.push_back(SpreadText(spread));
      series.points.push_back({.x = static_cast<double>(load), .y = spread});
      figures[row.front()][fmt::format("{}", load)] = SpreadJson(spread);
    }
    const Spread growth = Ratio(costs[{i, loads.front()}], costs[{i, loads.back()}]);
    row.push_back(fmt::format("{:.2f}", growth.median));
    table.rows.push_back(std::move(row));
    plot.series.push_back(std::move(series));
  }
  report.tables.push_back(std::move(table));
  report.plots.push_back(std::move(plot));
}

}  // namespace

void AddCallCosts(const Share& share, BenchReport& report) {
  Kernels kernels;
  const double middle = (share.from + share.to) / 2;
  AddUnloaded({share.settings, share.from, middle}, kernels, report);
  AddLoaded({share.settings, middle, share.to}, kernels, report);
}

}  // namespace hupstorm::harness
