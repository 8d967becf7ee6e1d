// What watching and judging a server costs: its calls in a whole run, beside the same on the bare
// kernel.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "bench/harness/cpu_cost.h"
#include "bench/harness/echo_crowd.h"
#include "bench/harness/parts.h"
#include "kernel/syscalls_layer.h"
#include "kernel/trace/trace_recorder.h"
#include "scenarios/worlds/simulated_world.h"
#include "target/reference/reference.h"
#include "tools/cli/errors.h"

namespace hupstorm::harness {
namespace {

constexpr char kServer[] = "reference/epoll-lt";

class CallCounter final : public SyscallsLayer {
 public:
  using SyscallsLayer::SyscallsLayer;
  uint64_t calls() const { return calls_; }

 protected:
  bool Enter(SystemCall&) override { return true; }
  void Leave(SystemCall&) override { ++calls_; }

 private:
  uint64_t calls_ = 0;
};

uint64_t CallsByHand(HandPlayed& hand, const Target& target) {
  CallCounter counter(hand.kernel());
  hand.Run(target, counter);
  return counter.calls();
}

uint64_t CallsInRun(World& world, const Scenario& scenario, const Target& target,
                    const RunOptions& options) {
  const RunResult result = world.Run(scenario, target, options);
  if (!result.findings.empty()) {
    throw FailedError(
        fmt::format("{} was found guilty: {}", target.name, result.findings.front().evidence));
  }
  return result.calls;
}

// One way to have the calls made.
struct Way {
  std::string key;
  std::string name;
  uint64_t calls = 0;
  std::function<void()> run;
  std::vector<double> costs = {};  // of a call
};

// What was aimed at, and whether the figures bear it out.
struct Aim {
  std::string aim;
  std::string figures;
  bool holds = false;
};

void AddAims(const std::vector<Way>& ways, const nlohmann::ordered_json& layers,
             BenchReport& report) {
  const double shim = layers["shim"]["call_ns"]["median"];
  const double unread = layers["trace_unread"]["added_ns"]["median"];
  const double bare = SpreadOf(ways[0].costs).median;
  const auto added = [&](const char* key) {
    const auto way =
        std::find_if(ways.begin(), ways.end(), [key](const Way& each) { return each.key == key; });
    return Added(ways[0].costs, way->costs).median;
  };
  const auto beside_kernel = [bare](const char* aim, double cost) {
    return Aim{aim, fmt::format("{:.1f} ns a call beside {:.1f}", cost, bare), cost < bare};
  };
  const std::vector<Aim> aims = {
      beside_kernel("watching a server, and comparing each byte, costs less than kernel, server "
                    "and clients",
                    added("by_hand_watched")),
      beside_kernel("the same with the script, and oracles that judge", added("run")),
      beside_kernel("the same with a trace that is read", added("run_recorded")),
      {"a trace that nobody reads costs nothing",
       fmt::format("{:.2f} ns beside {:.1f}", unread, shim), unread < shim * 0.03},
  };
  BenchTable table{.title = "What was aimed at", .header = {"aim", "figures", "holds"}};
  auto& figures = report.figures["aims"] = nlohmann::ordered_json::array();
  for (const Aim& aim : aims) {
    table.rows.push_back({aim.aim, aim.figures, aim.holds ? "yes" : "no"});
    figures.push_back({{"aim", aim.aim}, {"figures", aim.figures}, {"holds", aim.holds}});
  }
  report.tables.push_back(std::move(table));
}

}  // namespace

void AddRunCosts(const Share& share, BenchReport& report) {
  const Target target = ReferenceTarget(kServer);
  const EchoCrowd crowd;
  const Scenario scenario = ScenarioOf(crowd);
  HandPlayed hand(crowd);
  size_t bytes_of_trace = 0;
  TraceRecorder recorder(hand.kernel(), [&](const SystemCall&, const std::string& line) {
    bytes_of_trace += line.size();
  });
  SimulatedWorld world;
  const RunOptions judged;
  RunOptions recorded;
  recorded.record_time_line = true;
  const uint64_t by_hand = CallsByHand(hand, target);
  const uint64_t in_run = CallsInRun(world, scenario, target, judged);
  std::vector<Way> ways = {
      {"by_hand", "the bare kernel, clients played by hand", by_hand,
       [&] { hand.Run(target, hand.kernel()); }},
      {"by_hand_traced", "the same, with a trace that is read", by_hand,
       [&] { hand.Run(target, recorder); }},
      {"by_hand_watched", "the same, watched, each byte compared", by_hand,
       [&] { hand.RunWatched(target); }},
      {"run", "a whole run: script, monitor and oracles", in_run,
       [&] { CallsInRun(world, scenario, target, judged); }},
      {"run_recorded", "a run with its time line", in_run,
       [&] { CallsInRun(world, scenario, target, recorded); }},
  };
  const std::chrono::milliseconds wall(share.settings.quick ? 5 : 60);
  const int repeats = share.settings.repeats * 3;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    share.Report(static_cast<double>(repeat) / repeats, "runs beside the bare kernel");
    for (Way& way : ways) {
      way.costs.push_back(CostOf(way.run, wall) / static_cast<double>(way.calls));
    }
  }
  BenchTable table{
      .title = "What a run costs for each call of the server, in ns of CPU time",
      .header = {"", "calls", "a call", "added"},
      .notes = {fmt::format("{}: {} clients, each sends {} messages of {} bytes. The server's own "
                            "work, and what its clients do, are part of each row.",
                            kServer, crowd.clients, crowd.messages, crowd.bytes)}};
  auto& figures = report.figures["run"] = nlohmann::ordered_json::object();
  for (const Way& way : ways) {
    const Spread added = Added(ways[0].costs, way.costs);
    table.rows.push_back({way.name, fmt::format("{}", way.calls), SpreadText(SpreadOf(way.costs)),
                          &way == &ways[0] ? "" : fmt::format("{:.1f}", added.median)});
    figures[way.key] = {{"calls", way.calls},
                        {"call_ns", SpreadJson(SpreadOf(way.costs))},
                        {"added_ns", SpreadJson(added)}};
  }
  report.tables.push_back(std::move(table));
  AddAims(ways, report.figures["layers"], report);
}

}  // namespace hupstorm::harness
