// Measures what the documents claim: the waits by themselves, the whole server, and what Linux
// does.

#include <fmt/format.h>
#include <sys/select.h>

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "bench/benches.h"
#include "bench/claims/echo_process.h"
#include "bench/claims/verdicts.h"
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

struct Plan {
  std::vector<int> connections;
  std::vector<int> clients;  // of the whole server
  int wait_events;           // in all rounds of one repeat, about
  int most_rounds;           // with one active: each round is one event
  int echoes;                // in one repeat
  int echo_turns;
};

Plan PlanOf(bool quick) {
  if (quick) {
    return {.connections = {1, 10, 100, 1000},
            .clients = {10, 100},
            .wait_events = 3000,
            .most_rounds = 100,
            .echoes = 500,
            .echo_turns = 5};
  }
  return {.connections = {1, 3, 10, 30, 100, 300, 1000, 3000, 10'000},
          .clients = {10, 900},
          .wait_events = 30'000,
          .most_rounds = 600,
          .echoes = 4000,
          .echo_turns = 20};
}

// Tells how much is done, in steps.
class Steps {
 public:
  Steps(const BenchSettings& settings, size_t total) : settings_(settings), total_(total) {}
  void Next(const std::string& what) {
    settings_.on_progress(static_cast<double>(done_++) / static_cast<double>(total_), what);
  }

 private:
  const BenchSettings& settings_;
  const size_t total_;
  size_t done_ = 0;
};

// In one turn.
int RoundsOf(const Plan& plan, Load load, int connections) {
  // Each looks at all connections, where the form is select or poll.
  const int rounds = load == Load::kOne
                         ? std::clamp(600'000 / connections, 40, plan.most_rounds)
                         : std::clamp(plan.wait_events / ActiveOf(load, connections), 15, 400);
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
          .bytes = counted.bytes_per_event(),
          .copied_before = counted.watching.copied,
          .calls_before = counted.watching.all()};
}

std::vector<WaitFigure> MeasureWaits(const Plan& plan, const Connections& connections, int repeats,
                                     Steps& steps) {
  // By connections, load and form: the order of the tables.
  std::map<std::tuple<int, Load, MultiplexerKind>, WaitFigure> figures;
  const int64_t clock_ns = ThreadCpuClockNs();
  for (int repeat = 0; repeat < repeats; ++repeat) {
    for (const int count : plan.connections) {
      steps.Next(fmt::format("waits on {} connections", count));
      for (const Load load : kLoads) {
        if (count < 10 && load == Load::kTenth) continue;
        for (int turn = 0; turn < kTurns; ++turn) {
          for (const MultiplexerKind form : kForms) {
            WaitRounds rounds(form, connections, count, load);
            if (!rounds.watches_all()) continue;
            WaitFigure& figure = figures[std::tuple(count, load, form)];
            if (figure.connections == 0) figure = CountWaits(rounds, form, count, load);
            if (turn == 0) figure.cpu_ns.emplace_back();
            figure.cpu_ns.back().push_back(rounds.Measure(RoundsOf(plan, load, count), clock_ns));
          }
        }
      }
    }
  }
  std::vector<WaitFigure> all;
  for (auto& entry : figures) all.push_back(std::move(entry.second));
  return all;
}

EchoFigure CountEchoes(MultiplexerKind form, int clients, int active) {
  constexpr int kRounds = 20;
  const EchoProcess server(form, /*counted=*/true);
  const EchoClients all(server.port(), clients);
  all.Exchange(active);
  const CallCounts before = server.Counts();
  for (int round = 0; round < kRounds; ++round) all.Exchange(active);
  const CallCounts made = server.Counts().Since(before);
  const double echoes = kRounds * active;
  return {.form = form,
          .clients = clients,
          .active = active,
          .calls = static_cast<double>(made.all()) / echoes,
          .waits = static_cast<double>(made.waits()) / echoes};
}

// CPU time of each form's server per echo, one repeat: the servers run side by side and take turns.
void MeasureEchoes(const Plan& plan, std::vector<EchoFigure>& figures) {
  struct Contestant {
    explicit Contestant(const EchoFigure& figure)
        : server(figure.form, /*counted=*/false), clients(server.port(), figure.clients) {
      clients.Exchange(figure.active);
    }
    EchoProcess server;
    EchoClients clients;
  };
  std::vector<std::unique_ptr<Contestant>> contestants;
  for (EchoFigure& figure : figures) {
    contestants.push_back(std::make_unique<Contestant>(figure));
    figure.cpu_ns.emplace_back();
  }
  const int active = figures.front().active;
  const int rounds = std::max(2, plan.echoes / active / plan.echo_turns);
  for (int turn = 0; turn < plan.echo_turns; ++turn) {
    for (size_t i = 0; i < figures.size(); ++i) {
      const auto& [server, clients] = *contestants[i];
      const int64_t start = server.CpuNs();
      for (int round = 0; round < rounds; ++round) clients.Exchange(active);
      figures[i].cpu_ns.back().push_back(static_cast<double>(server.CpuNs() - start) / rounds /
                                         active);
    }
  }
}

std::vector<EchoFigure> MeasureServers(const Plan& plan, int repeats, Steps& steps) {
  std::vector<EchoFigure> all;
  for (const int clients : plan.clients) {
    for (const int active : {1, clients}) {
      steps.Next(fmt::format("the whole server, {} of {} clients active", active, clients));
      std::vector<EchoFigure> figures;
      for (const MultiplexerKind form : kForms) {
        figures.push_back(CountEchoes(form, clients, active));
      }
      for (int repeat = 0; repeat < repeats; ++repeat) MeasureEchoes(plan, figures);
      all.insert(all.end(), figures.begin(), figures.end());
    }
  }
  return all;
}

}  // namespace

BenchReport BenchClaims(const BenchSettings& settings) {
  Plan plan = PlanOf(settings.quick);
  const int repeats = settings.quick ? 1 : settings.repeats;
  const int wanted = plan.connections.back();
  const ManyDescriptors descriptors(std::max(wanted + kOtherDescriptors, kLeastDescriptors));
  if (descriptors.limit() < kLeastDescriptors) {
    throw FailedError(
        fmt::format("this needs {0} descriptors, and the process may have {1}: raise the limit "
                    "(ulimit -n {0}) and try again",
                    kLeastDescriptors, descriptors.limit()));
  }
  ClaimFigures figures;
  figures.connections = std::min(wanted, descriptors.limit() - kOtherDescriptors);
  for (int& count : plan.connections) count = std::min(count, figures.connections);
  plan.connections.erase(std::unique(plan.connections.begin(), plan.connections.end()),
                         plan.connections.end());

  const OneProcessor one_processor;
  Steps steps(settings,
              2 + 2 * plan.clients.size() + static_cast<size_t>(repeats) * plan.connections.size());
  steps.Next("what Linux does");
  figures.epoll_memory = WitnessEpollMemory();
  figures.select_limit = WitnessSelectLimit();
  figures.echoes = MeasureServers(plan, repeats, steps);
  steps.Next(fmt::format("making {} connections", figures.connections));
  figures.waits = MeasureWaits(plan, Connections(figures.connections), repeats, steps);
  return ClaimsReport(figures, wanted);
}

}  // namespace hupstorm
