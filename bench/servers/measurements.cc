#include "bench/servers/measurements.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "bench/load/load_generator.h"
#include "bench/measuring.h"
#include "bench/servers/measured_server.h"
#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

constexpr int kOwnDescriptors = 64;  // of a server or of hupstorm, beside the connections
constexpr int kEndPatienceMs = 200;
constexpr int kMany = 1000;  // connections: above, a turn must be longer
constexpr size_t kMemoryMessage = 1024;
// What all messages of a cell may take: they are in the kernel's queues at the same time, and
// beyond that Linux may begin to hold TCP's memory short.
constexpr size_t kMostInFlight = size_t{256} * 1024 * 1024;

// A server, the clients that load it, and what came of its turns.
struct Contestant {
  const EchoPeer* peer;
  std::unique_ptr<MeasuredServer> server;
  std::unique_ptr<LoadGenerator> clients;
  LoadResult load = {};  // of all turns
  ServerSample sample = {};
};

// A turn: what `exchange`, which gives a LoadResult, takes.
template <typename Exchange>
void Measure(Contestant& contestant, Exchange exchange) {
  const double cpu = contestant.server->CpuSeconds();
  const LoadResult result = exchange(*contestant.clients);
  const double used = contestant.server->CpuSeconds() - cpu;
  const auto count = static_cast<double>(std::max<uint64_t>(1, result.count));
  contestant.sample.cpu_us.push_back(used * 1e6 / count);
  contestant.sample.per_second.push_back(count / result.seconds);
  LoadResult& all = contestant.load;
  all.seconds += result.seconds;
  all.cpu_seconds += result.cpu_seconds;
  all.latency_ns.insert(all.latency_ns.end(), result.latency_ns.begin(), result.latency_ns.end());
}

ServerSample SampleOf(const Contestant& contestant) {
  const LoadResult& load = contestant.load;
  const auto us = [&load](double fraction) {
    return static_cast<double>(Percentile(load.latency_ns, fraction)) / 1000;
  };
  ServerSample sample = contestant.sample;
  sample.p50_us = {us(0.5)};
  sample.p99_us = {us(0.99)};
  sample.p999_us = {us(0.999)};
  sample.generator_share = {load.cpu_seconds / load.seconds};
  return sample;
}

class Campaign {
 public:
  Campaign(const Peers& peers, const ServersPlan& plan) {
    results_.peers = peers;
    results_.plan = plan;
    if (processors_.server() < 0) {
      results_.notes.emplace_back(
          "There is one processor: server and generator share it, and throughput is that of both.");
    }
    for (const std::string& name : peers.missing) {
      results_.notes.push_back(fmt::format("Not built, and left out: {}.", name));
    }
    FitPlan();
  }

  void Run(const BenchSettings& settings) {
    const Share whole = {settings};
    const auto all = static_cast<double>(results_.plan.cells.size() + 2) * settings.repeats;
    double done = 0;
    const auto part = [&](const std::string& what) {
      part_ = what;
      share_.emplace(whole.Part(done / all, (done + 1) / all));
      ++done;
    };
    for (int repeat = 0; repeat < settings.repeats; ++repeat) {
      first_ = static_cast<size_t>(repeat);
      for (const ServersCell& cell : results_.plan.cells) {
        part(fmt::format("{} connections, {} B", cell.connections, cell.message_bytes));
        MeasureTurns(cell, /*opens=*/false, results_.cells[cell]);
      }
      part("connections a second");
      MeasureTurns({.connections = 1}, /*opens=*/true, results_.connections);
      part("memory");
      MeasureMemory();
    }
  }

  Measurements Take() { return std::move(results_); }

 private:
  // Leaves out what this machine does not allow.
  void FitPlan() {
    ServersPlan& plan = results_.plan;
    int most = plan.idle_connections;
    for (const ServersCell& cell : plan.cells) most = std::max(most, cell.connections);
    const int wished = std::max(most, plan.most_together);
    descriptors_.emplace(wished + kOwnDescriptors);
    const int allowed = std::min(descriptors_->limit() - kOwnDescriptors, wished);
    plan.most_together = std::min(plan.most_together, allowed);
    if (allowed < most) {
      results_.notes.push_back(
          fmt::format("A process may open {} descriptors here, so there are no cells of more than "
                      "{} connections. ulimit -n raises that.",
                      allowed + kOwnDescriptors, allowed));
      plan.idle_connections = std::min(plan.idle_connections, allowed);
    }
    std::erase_if(plan.cells, [this, allowed](const ServersCell& cell) {
      if (cell.connections > allowed) return true;
      if (static_cast<size_t>(cell.connections) * cell.message_bytes <= kMostInFlight) return false;
      results_.notes.push_back(
          fmt::format("{} connections with messages of {} KiB are left out: "
                      "they would hold {} MiB in the kernel's queues.",
                      cell.connections, cell.message_bytes / 1024,
                      static_cast<size_t>(cell.connections) * cell.message_bytes / 1024 / 1024));
      return true;
    });
  }

  // Each time another one first.
  std::vector<Contestant> Contestants(const ServersCell& cell) {
    const std::vector<EchoPeer>& peers = results_.peers.found;
    std::vector<Contestant> contestants;
    for (size_t i = 0; i < peers.size(); ++i) {
      const EchoPeer& peer = peers[(first_ + i) % peers.size()];
      if (cell.connections > peer.most_connections) continue;
      if (peer.small_only && cell.message_bytes != kSmallMessage) continue;
      contestants.push_back({.peer = &peer, .server = nullptr, .clients = nullptr});
    }
    ++first_;
    return contestants;
  }

  void Start(Contestant& contestant, const ServersCell& cell) const {
    contestant.server = std::make_unique<MeasuredServer>(*contestant.peer, processors_.server());
    contestant.clients =
        std::make_unique<LoadGenerator>(LoadSettings{.port = contestant.server->port(),
                                                     .connections = cell.connections,
                                                     .message_bytes = cell.message_bytes});
  }

  // Runs `action(contestant)`. If the server fails it says which and how.
  template <typename Action>
  void Guarded(Contestant& contestant, Action action) const {
    try {
      action(contestant);
    } catch (const LoadError& error) {
      const std::string end = contestant.server->End(kEndPatienceMs);
      throw FailedError(
          fmt::format("the server on {} {} while it was measured ({}){}; to look at it: {} PORT",
                      contestant.peer->name, end.empty() ? "did not echo" : end, part_,
                      end.empty() ? fmt::format(": {}", error.what()) : "",
                      fmt::join(contestant.peer->command, " ")));
    }
  }

  // All servers that are measured in a cell, each turn another one first: messages on its
  // connections, or, if it `opens` them, connections that carry one each.
  void MeasureTurns(const ServersCell& cell, bool opens, ServerSamples& samples) {
    std::vector<Contestant> all = Contestants(cell);
    const ServersPlan& plan = results_.plan;
    const bool side_by_side = cell.connections * static_cast<int>(all.size()) <= plan.most_together;
    const int turns = !side_by_side              ? plan.turns_apart
                      : cell.connections > kMany ? plan.turns_of_many
                                                 : plan.turns;
    const auto begin = [&](Contestant& contestant) {
      Start(contestant, cell);
      if (!opens) Guarded(contestant, [](Contestant& it) { it.clients->Connect(); });
    };
    const auto exchange = [&](LoadGenerator& clients) {
      return opens ? clients.ExchangeConnections(plan.window / turns,
                                                 plan.most_opened / static_cast<uint64_t>(turns))
                   : clients.ExchangeMessages(plan.window / turns);
    };
    if (side_by_side) std::for_each(all.begin(), all.end(), begin);
    const size_t steps = all.size() * static_cast<size_t>(turns);
    for (size_t step = 0; step < steps; ++step) {
      Contestant& contestant = all[(step / all.size() + step) % all.size()];
      Report(step, steps, contestant);
      if (!side_by_side) begin(contestant);
      Guarded(contestant, [&](Contestant& it) { Measure(it, exchange); });
      if (side_by_side) continue;
      contestant.clients.reset();
      contestant.server.reset();
    }
    for (const Contestant& contestant : all) {
      samples[contestant.peer->name].push_back(SampleOf(contestant));
    }
  }

  // Of connections that have carried a message and wait for the next.
  void MeasureMemory() {
    std::vector<Contestant> all = Contestants({.connections = 1});
    for (Contestant& contestant : all) {
      const EchoPeer& peer = *contestant.peer;
      if (peer.kind == PeerKind::kControl) continue;
      Report(&contestant - all.data(), all.size(), contestant);
      Start(contestant, {.connections = 1, .message_bytes = kMemoryMessage});
      const int more = std::min(results_.plan.idle_connections, peer.most_connections) - 1;
      Guarded(contestant, [&](Contestant& it) {
        it.clients->Connect();
        const double before = it.server->OwnMemoryBytes();
        LoadGenerator clients(
            {.port = it.server->port(), .connections = more, .message_bytes = kMemoryMessage});
        clients.Connect();
        results_.memory[peer.name].push_back((it.server->OwnMemoryBytes() - before) / more);
      });
      contestant.clients.reset();
      contestant.server.reset();
    }
  }

  template <typename Number>
  void Report(Number done, size_t all, const Contestant& contestant) const {
    share_->Report(static_cast<double>(done) / static_cast<double>(all),
                   fmt::format("{}: {}", part_, contestant.peer->name));
  }

  std::optional<ManyDescriptors> descriptors_;  // the servers inherit the limit
  TwoProcessors processors_;
  AwakeProcessor server_awake_{processors_.server()};
  AwakeProcessor generator_awake_{processors_.generator()};
  Measurements results_;
  std::string part_;            // what is measured
  size_t first_ = 0;            // which server has the first turn
  std::optional<Share> share_;  // of that
};

}  // namespace

ServersPlan MakeServersPlan(bool quick) {
  ServersPlan plan;
  std::vector<int> connections = {1, 10, 100, 1000, 10'000};
  std::vector<size_t> sizes = {kSmallMessage, 1024, 16 * 1024, 64 * 1024};
  if (quick) {
    connections = {1, 100};
    sizes = {kSmallMessage, 16 * 1024};
    plan.window = std::chrono::milliseconds(40);
    plan.turns = 2;
    plan.most_opened = 500;
    plan.idle_connections = 500;
  }
  for (const size_t bytes : sizes) {
    for (const int count : connections) plan.cells.push_back({count, bytes});
  }
  return plan;
}

Measurements MeasureServers(const Peers& peers, const ServersPlan& plan,
                            const BenchSettings& settings) {
  Campaign campaign(peers, plan);
  campaign.Run(settings);
  return campaign.Take();
}

}  // namespace hupstorm
