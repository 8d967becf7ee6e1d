// Measures what the documents claim: the waits by themselves, the whole server, and what Linux
// does.

#include <fmt/format.h>
#include <sys/select.h>

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <tuple>
#include <vector>

#include "bench/benches.h"
#include "bench/claims/echo_process.h"
#include "bench/claims/verdicts.h"
#include "bench/load/load_generator.h"
#include "bench/measuring.h"
#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

// The forms take so many turns in each repeat.
constexpr int kTurns = 5;
// What this process has open beside the connections.
constexpr int kOtherDescriptors = 100;
// For the clients that select turns away.
constexpr int kLeastDescriptors = FD_SETSIZE + 76 + kOtherDescriptors;

// In one turn.
int RoundsOf(const Share& share, Load load, int connections) {
  // With one active each round is one event, and looks at all connections, if the form is select or
  // poll.
  const int rounds =
      load == Load::kOne
          ? std::clamp(600'000 / connections, 40, share.Choose(100, 600))
          : std::clamp(share.Choose(3000, 30'000) / ActiveOf(load, connections), 15, 400);
  return rounds / kTurns;
}

// All but what it costs.
WaitFigure CountWaits(WaitRounds& rounds, MultiplexerKind form, int count, Load load) {
  const WaitCounts counted = rounds.Count(8);
  return {.form = form,
          .connections = count,
          .load = load,
          .active = ActiveOf(load, count),
          .waits = counted.waits,
          .copied = counted.copied,
          .bytes = counted.bytes_per_event()};
}

std::vector<WaitFigure> MeasureWaits(const Share& share, const std::vector<int>& counts,
                                     const Connections& connections) {
  // By connections, load and form: the order of the tables.
  std::map<std::tuple<int, Load, MultiplexerKind>, WaitFigure> figures;
  const int64_t clock_ns = ThreadCpuClockNs();
  const auto measure = [&](int count, Load load, int turn) {
    for (const MultiplexerKind form : kForms) {
      WaitRounds rounds(form, connections, count, load);
      if (!rounds.watches_all()) continue;
      WaitFigure& figure = figures[std::tuple(count, load, form)];
      if (figure.connections == 0) figure = CountWaits(rounds, form, count, load);
      if (turn == 0) figure.cpu_ns.emplace_back();
      figure.cpu_ns.back().push_back(rounds.Measure(RoundsOf(share, load, count), clock_ns));
    }
  };
  share.TakeTurns(
      counts, [](int count) { return fmt::format("waits on {} connections", count); },
      [&](int count) {
        for (const Load load : kLoads) {
          if (count < 10 && load == Load::kTenth) continue;
          for (int turn = 0; turn < kTurns; ++turn) measure(count, load, turn);
        }
      });
  std::vector<WaitFigure> all;
  for (auto& entry : figures) all.push_back(std::move(entry.second));
  return all;
}

// A server and its clients.
struct Echoing {
  Echoing(const EchoFigure& figure, bool counted)
      : server(figure.form, counted),
        clients({.port = server.port(), .connections = figure.clients}) {
    clients.Connect();
  }
  EchoProcess server;
  LoadGenerator clients;
};

EchoFigure CountEchoes(EchoFigure figure) {
  constexpr int kRounds = 20;
  Echoing it(figure, /*counted=*/true);
  it.clients.ExchangeOnce(figure.active);
  const CallCounts before = it.server.Counts();
  for (int round = 0; round < kRounds; ++round) it.clients.ExchangeOnce(figure.active);
  const CallCounts made = it.server.Counts().Since(before);
  const double echoes = kRounds * figure.active;
  figure.calls = static_cast<double>(made.all()) / echoes;
  figure.waits = static_cast<double>(made.waits()) / echoes;
  return figure;
}

// CPU time of each form's server per echo, one repeat: the servers run side by side and take turns.
void MeasureEchoes(const Share& share, std::span<EchoFigure> figures) {
  std::vector<std::unique_ptr<Echoing>> contestants;
  const int active = figures.front().active;
  for (EchoFigure& figure : figures) {
    contestants.push_back(std::make_unique<Echoing>(figure, /*counted=*/false));
    contestants.back()->clients.ExchangeOnce(active);
    figure.cpu_ns.emplace_back();
  }
  const int turns = share.Choose(5, 20);
  const int rounds = std::max(2, share.Choose(500, 4000) / active / turns);
  for (int turn = 0; turn < turns; ++turn) {
    for (size_t i = 0; i < figures.size(); ++i) {
      auto& [server, clients] = *contestants[i];
      const double start = server.CpuSeconds();
      for (int round = 0; round < rounds; ++round) clients.ExchangeOnce(active);
      figures[i].cpu_ns.back().push_back((server.CpuSeconds() - start) * 1e9 / rounds / active);
    }
  }
}

std::vector<EchoFigure> MeasureServers(const Share& share) {
  std::vector<EchoFigure> all;
  std::vector<size_t> loads;  // where the figures of each begin
  for (const int clients : {10, share.Choose(100, 900)}) {
    for (const int active : {1, clients}) {
      loads.push_back(all.size());
      for (const MultiplexerKind form : kForms) {
        all.push_back(CountEchoes({.form = form, .clients = clients, .active = active}));
      }
    }
  }
  const auto of = [&all](size_t first) { return std::span(all).subspan(first, std::size(kForms)); };
  share.TakeTurns(
      loads,
      [&](size_t first) {
        return fmt::format("the whole server, {} of {} clients active", all[first].active,
                           all[first].clients);
      },
      [&](size_t first) { MeasureEchoes(share, of(first)); });
  return all;
}

}  // namespace

BenchReport BenchClaims(const BenchSettings& wished) {
  BenchSettings settings = wished;
  if (settings.quick) settings.repeats = 1;
  const Share whole = {settings};
  std::vector<int> counts = whole.Choose<std::vector<int>>(
      {1, 10, 100, 1000}, {1, 3, 10, 30, 100, 300, 1000, 3000, 10'000});
  const int wanted = counts.back();
  const ManyDescriptors descriptors(std::max(wanted + kOtherDescriptors, kLeastDescriptors));
  if (descriptors.limit() < kLeastDescriptors) {
    throw FailedError(
        fmt::format("this needs {0} descriptors, and the process may have {1}: raise the limit "
                    "(ulimit -n {0}) and try again",
                    kLeastDescriptors, descriptors.limit()));
  }
  ClaimFigures figures;
  figures.connections = std::min(wanted, descriptors.limit() - kOtherDescriptors);
  for (int& count : counts) count = std::min(count, figures.connections);
  counts.erase(std::unique(counts.begin(), counts.end()), counts.end());

  const OneProcessor one_processor;
  whole.Report(0, "what Linux does");
  figures.epoll_memory = WitnessEpollMemory();
  figures.select_limit = WitnessSelectLimit();
  figures.echoes = MeasureServers(whole.Part(0, 0.3));
  whole.Report(0.3, fmt::format("making {} connections", figures.connections));
  figures.waits = MeasureWaits(whole.Part(0.3, 1), counts, Connections(figures.connections));
  return ClaimsReport(figures, wanted);
}

}  // namespace hupstorm
