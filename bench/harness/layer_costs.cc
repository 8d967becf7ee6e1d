// What each layer adds to a call, and what watching and judging a server adds: the same calls with
// it, and without.

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/harness/echo_crowd.h"
#include "bench/harness/loaded_kernel.h"
#include "bench/harness/parts.h"
#include "bench/measuring.h"
#include "kernel/faults/fault_injector.h"
#include "kernel/in_force.h"
#include "kernel/trace/trace_recorder.h"
#include "scenarios/worlds/simulated_world.h"
#include "target/reference/reference.h"
#include "tools/cli/errors.h"

namespace hupstorm::harness {
namespace {

constexpr int kMessage = 64;
constexpr int64_t kNobody = 1'000'000;  // the key of a connection that there is not
constexpr char kServer[] = "reference/epoll-lt";
// Cheap, and what is compared is small: more often than other things.
constexpr int kTimes = 3;

// One way to have calls made.
struct Way {
  std::string key;                                        // in the figures
  std::string name;                                       // in the table
  std::function<double(std::chrono::milliseconds)> cost;  // of one call, in ns
  size_t beside = 0;                                      // what it adds to: an earlier way
  std::vector<double> costs = {};
};

void Measure(const Share& share, const char* what, int full_ms, std::vector<Way>& ways) {
  const std::chrono::milliseconds wall(share.Choose(5, full_ms));
  share.TakeTurns(
      ways, [what](const Way&) { return what; },
      [wall](Way& way) { way.costs.push_back(way.cost(wall)); }, kTimes);
}

Spread AddedBy(const std::vector<Way>& ways, const std::string& key) {
  const auto way =
      std::find_if(ways.begin(), ways.end(), [&key](const Way& each) { return each.key == key; });
  return Added(ways[way->beside].costs, way->costs);
}

// Columns "a call" and "added".
std::vector<Cell> CellsOf(const std::vector<Way>& ways, const Way& way) {
  const Spread added = AddedBy(ways, way.key);
  return {{"call_ns", SpreadOf(way.costs)},
          {"added_ns", added, &way == ways.data() ? "-" : fmt::format("{:.1f}", added.median)}};
}

// A descriptor's key is its number.
class ByDescriptor final : public FaultWorld {
 public:
  int64_t ConnectionOf(int fd) override { return fd; }
  void ResetPeerOf(int, bool) override {}
  void OnAborted(int) override {}
};

// What an echo server does once it runs: it waits, reads a message and sends it back. A stack of
// layers, with a kernel of its own.
class EchoCalls {
 public:
  using MakeLayer = std::function<std::unique_ptr<Syscalls>(Syscalls& kernel)>;

  // The calls go through the layer that `make_layer` puts on the kernel, if any; unless `direct`,
  // they come there through the shim in libc's place, as a server's.
  explicit EchoCalls(bool direct, const MakeLayer& make_layer = nullptr)
      : direct_(direct),
        layer_(make_layer ? make_layer(kernel_) : nullptr),
        top_(layer_ ? *layer_ : kernel_) {
    epoll_event event = {.events = EPOLLIN, .data = {.fd = loaded_.measured().server}};
    Do<Call::kEpollCtl>(kernel_, epoll_, EPOLL_CTL_ADD, event.data.fd, &event);
  }

  double Cost(std::chrono::milliseconds wall) {
    constexpr int kCallsOfARound = 3;
    return CostOf({.run_batch = [this] { RunBatch(); }, .prepare = [this] { Prepare(); }}, wall) /
           kCallsOfARound;
  }

 private:
  void Prepare() {
    // Text, as a trace would show it: other bytes take it longer to write.
    std::array<char, size_t{MeasuredCall::kBatch} * kMessage> bytes;
    const int client = loaded_.measured().client;
    while (Invoke<Call::kRecv>(kernel_, client, bytes.data(), bytes.size(), 0) > 0) {
    }
    bytes.fill('x');
    Do<Call::kSend>(kernel_, client, bytes.data(), bytes.size(), 0);
  }

  void RunBatch() {
    epoll_event event;
    char bytes[kMessage];
    if (direct_) {
      InBatches([&] {
        Do<Call::kEpollWait>(top_, epoll_, &event, 1, 0);
        const int count = Do<Call::kRecv>(top_, event.data.fd, bytes, sizeof bytes, 0);
        Do<Call::kSend>(top_, event.data.fd, bytes, static_cast<size_t>(count), MSG_NOSIGNAL);
      })();
    } else {
      const ServerScope scope(top_);
      InBatches([&] {
        Checked("epoll_wait", epoll_wait(epoll_, &event, 1, 0));
        const int count = Checked("recv", recv(event.data.fd, bytes, sizeof bytes, 0));
        Checked("send", send(event.data.fd, bytes, static_cast<size_t>(count), MSG_NOSIGNAL));
      })();
    }
  }

  const bool direct_;
  LoadedKernel loaded_{Platform::kSimulated, /*connections=*/0};
  Syscalls& kernel_ = loaded_.kernel();
  const int epoll_ = loaded_.epoll();
  const std::unique_ptr<Syscalls> layer_;
  Syscalls& top_;
};

std::vector<Way> MeasureLayers(const Share& share, BenchReport& report) {
  ByDescriptor world;
  size_t bytes_of_trace = 0;
  const auto injector = [&world](Syscalls& kernel) {
    return std::make_unique<FaultInjector>(kernel, world);
  };
  const auto injector_with_rule = [&injector](Syscalls& kernel) {
    auto layer = injector(kernel);
    layer->Add({.call = CallFamily::kRecv,
                .outcome = FaultOutcome::kEagain,
                .times = kAlways,
                .connection = kNobody});
    return layer;
  };
  const auto recorder = [&bytes_of_trace](Syscalls& kernel) {
    return std::make_unique<TraceRecorder>(
        kernel, [&bytes_of_trace](const SystemCall&, const std::string& line) {
          bytes_of_trace += line.size();
        });
  };
  const auto through = [](bool direct, const EchoCalls::MakeLayer& make_layer) {
    return [calls = std::make_shared<EchoCalls>(direct, make_layer)](
               std::chrono::milliseconds wall) { return calls->Cost(wall); };
  };
  std::vector<Way> ways = {
      {"kernel", "the simulated kernel", through(true, nullptr)},
      {"shim", "+ the shim in libc's place", through(false, nullptr)},
      {"injector", "+ shim + fault injector without rules", through(false, injector), 1},
      {"injector_one_rule", "+ shim + fault injector, a rule for another connection",
       through(false, injector_with_rule), 1},
      {"trace_read", "+ shim + trace recorder, read", through(false, recorder), 1},
      // As in a run without a time line, which makes no recorder.
      {"trace_unread", "+ shim + trace recorder that nobody reads", through(false, nullptr), 1}};
  Measure(share, "layers", 50, ways);
  BenchTable table{
      .title = "What each layer adds to a call, in ns of CPU time",
      .header = {"through", "a call", "added"},
      .notes = {"The mean of epoll_wait, recv and send, as an echo server makes them with one "
                "message of 64 bytes. What is added is beside the row above that has no layer: the "
                "shim beside the kernel, the others beside the shim."}};
  for (const Way& way : ways) {
    AddRow(table, report.figures["layers"][way.key], way.name, CellsOf(ways, way));
  }
  report.tables.push_back(std::move(table));
  return ways;
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

std::vector<Way> MeasureRuns(const Share& share, BenchReport& report) {
  const Target target = ReferenceTarget(kServer);
  const EchoCrowd crowd;
  const Scenario scenario = ScenarioOf(crowd);
  HandPlayed hand(crowd);
  uint64_t by_hand = 0;
  size_t bytes_of_trace = 0;
  TraceRecorder counter(hand.kernel(), [&](const SystemCall&, const std::string&) { ++by_hand; });
  TraceRecorder recorder(hand.kernel(), [&](const SystemCall&, const std::string& line) {
    bytes_of_trace += line.size();
  });
  SimulatedWorld world;
  const RunOptions judged;
  RunOptions recorded;
  recorded.record_time_line = true;
  hand.Run(target, counter);
  const uint64_t in_run = CallsInRun(world, scenario, target, judged);
  const auto each_of = [](uint64_t calls, const std::function<void()>& run) {
    return [calls, run](std::chrono::milliseconds wall) {
      return CostOf(run, wall) / static_cast<double>(calls);
    };
  };
  std::vector<Way> ways = {{"by_hand", "the bare kernel, clients played by hand",
                            each_of(by_hand, [&] { hand.Run(target, hand.kernel()); })},
                           {"by_hand_traced", "the same, with a trace that is read",
                            each_of(by_hand, [&] { hand.Run(target, recorder); })},
                           {"by_hand_watched", "the same, watched, each byte compared",
                            each_of(by_hand, [&] { hand.RunWatched(target); })},
                           {"run", "a whole run: script, monitor and oracles",
                            each_of(in_run, [&] { CallsInRun(world, scenario, target, judged); })},
                           {"run_recorded", "a run with its time line", each_of(in_run, [&] {
                              CallsInRun(world, scenario, target, recorded);
                            })}};
  Measure(share, "runs beside the bare kernel", 60, ways);
  BenchTable table{
      .title = "What a run costs for each call of the server, in ns of CPU time",
      .header = {"", "calls", "a call", "added"},
      .notes = {fmt::format("{}: {} clients, each sends {} messages of {} bytes. The server's own "
                            "work, and what its clients do, are part of each row.",
                            kServer, crowd.clients, crowd.messages, crowd.bytes)}};
  for (const Way& way : ways) {
    const uint64_t calls = way.key.starts_with("run") ? in_run : by_hand;
    std::vector<Cell> cells = CellsOf(ways, way);
    cells.insert(cells.begin(), {"", {}, std::to_string(calls)});
    Json& figures = report.figures["run"][way.key] = {{"calls", calls}};
    AddRow(table, figures, way.name, cells);
  }
  report.tables.push_back(std::move(table));
  return ways;
}

// What was aimed at, and whether the figures bear it out.
void AddAims(const std::vector<Way>& layers, const std::vector<Way>& runs, BenchReport& report) {
  BenchTable table{.title = "What was aimed at", .header = {"aim", "figures", "holds"}};
  const auto add = [&](const std::string& aim, const std::string& figures, bool holds) {
    table.rows.push_back({aim, figures, holds ? "yes" : "no"});
    report.figures["aims"].push_back({{"aim", aim}, {"figures", figures}, {"holds", holds}});
  };
  const double bare = SpreadOf(runs[0].costs).median;
  const auto beside_kernel = [&](const char* aim, const char* key) {
    const double cost = AddedBy(runs, key).median;
    add(aim, fmt::format("{:.1f} ns a call beside {:.1f}", cost, bare), cost < bare);
  };
  beside_kernel(
      "watching a server, and comparing each byte, costs less than kernel, server and clients",
      "by_hand_watched");
  beside_kernel("the same with the script, and oracles that judge", "run");
  beside_kernel("the same with a trace that is read", "run_recorded");
  const double shim = SpreadOf(layers[1].costs).median;
  const double unread = AddedBy(layers, "trace_unread").median;
  add("a trace that nobody reads costs nothing",
      fmt::format("{:.2f} ns beside {:.1f}", unread, shim), unread < shim * 0.03);
  report.tables.push_back(std::move(table));
}

}  // namespace

void AddLayerCosts(const Share& share, BenchReport& report) {
  const std::vector<Way> layers = MeasureLayers(share.Part(0, 0.5), report);
  const std::vector<Way> runs = MeasureRuns(share.Part(0.5, 1), report);
  AddAims(layers, runs, report);
}

}  // namespace hupstorm::harness
