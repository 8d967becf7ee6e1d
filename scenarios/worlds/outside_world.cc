#include "scenarios/worlds/outside_world.h"

#include <errno.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/loopback_address.h"
#include "base/resource_limit.h"
#include "base/timespec.h"
#include "kernel/linux/outside/outside_kernel.h"
#include "scenarios/oracles/finding_list.h"
#include "scenarios/oracles/ledger.h"
#include "scenarios/worlds/last_words.h"
#include "scenarios/worlds/loopback_host.h"
#include "scenarios/worlds/rest_watch.h"
#include "scenarios/worlds/scenario_clients.h"
#include "scenarios/worlds/scenario_run.h"

namespace hupstorm {
namespace {

// Real time that a script may wait in all.
constexpr uint64_t kLongestWaitNs = 2 * kSecondNs;
// For a server that was asked to stop, once one like it has been seen not to.
constexpr int64_t kStopPatienceOnceKnownNs = 1 * kSecondNs;

// As many clients at once are a crowd: servers limit how many they take (worker_connections,
// maxclients, RLIMIT_NOFILE), and that is not known from outside.
constexpr size_t kCrowd = 500;

// An answer is owed for each read, and reads are not seen: as many as were
// answered, and one at least.
void CountReads(ClientFacts& client) {
  constexpr uint64_t kAnswer = sizeof(kAckAnswer) - 1;
  const uint64_t answers = (client.stream.received() + kAnswer - 1) / kAnswer;
  const uint64_t reads = std::max<uint64_t>(answers, client.consumed > 0 ? 1 : 0);
  for (; client.reads < reads; ++client.reads) client.stream.CountRead();
}

bool IsOver(const ClientFacts& client) {
  return client.closed || client.reset || client.refused || client.was_reset || client.aborted;
}

// The client has bytes in its way that it does not take.
bool IsStuck(const ClientFacts& client) { return client.unsent > 0 && !client.reading; }

// What the client has sent has not reached the server, which would have room for it: TCP lost it,
// as it may on a busy machine, and sends it again.
bool IsOnItsWay(const ClientFacts& client) {
  return !IsOver(client) && client.accepted && client.unread == 0 &&
         client.consumed < client.stream.sent();
}

bool Owes(const ClientFacts& client) {
  if (client.turned_away) return false;
  if (IsOnItsWay(client)) return true;
  if (client.server_open && (client.finished_sending || client.was_reset) && !IsStuck(client)) {
    return true;
  }
  if (IsOver(client) || client.end_of_input) return false;
  if (!client.accepted || (client.unread > 0 && !IsStuck(client))) return true;
  if (!client.reading || client.stream.answer_is_optional()) return false;
  return !client.stream.complete() ||
         (client.stream.must_end() && client.stream.has_full_request());
}

// Brings the server's side of every client up to date, also what it has read and sent, and which
// clients it had to turn away.
void FillInFacts(Ledger& ledger, ScenarioClients& clients, const OutsideKernel& kernel) {
  const bool counts_reads =
      ledger.target->protocol == Protocol::kAck && !ledger.target->third_party;
  clients.Refresh();
  size_t open = 0;
  for (size_t i = 0; i < ledger.client_count; ++i) {
    ClientFacts& client = ledger.clients[i];
    const OutsideKernel::Transfer transfer = kernel.TransferOf(clients.PeerOf(static_cast<int>(i)));
    client.consumed = transfer.consumed;
    client.answered = transfer.answered;
    if (counts_reads) CountReads(client);
    if (!client.closed && !client.reset && !client.refused) ++open;
  }
  if (open < kCrowd && (open == 0 || !kernel.IsShortOfDescriptors())) return;
  for (ClientFacts& client : ledger.InUse()) {
    const bool ended = client.end_of_input || client.was_reset;
    if (client.consumed == 0 && (!client.accepted || ended)) client.turned_away = true;
  }
}

// What the server, at rest, has not done and could: not what its clients keep it from. FillInFacts
// must have been called.
std::vector<Debt> DebtsOf(const Ledger& ledger, const ScenarioClients& clients,
                          const OutsideKernel& kernel) {
  std::vector<Debt> debts;
  for (size_t i = 0; i < ledger.client_count; ++i) {
    const ClientFacts& client = ledger.clients[i];
    if (!Owes(client)) continue;
    const PeerId peer = clients.PeerOf(static_cast<int>(i));
    // Another when the client has done something, or got something.
    const std::string which = fmt::format(
        "{} {} {} {} {} {} {}", peer, client.accepted, client.unread, client.consumed,
        client.stream.sent(), client.stream.received(),
        client.finished_sending + 2 * client.closed + 4 * client.reset + 8 * client.reading);
    debts.push_back({.which = StableHash(which),
                     .is_of_tcp = kernel.IsInHandshake(peer) || IsOnItsWay(client)});
  }
  return debts;
}

}  // namespace

class OutsideWorld::Impl final : private ServerHost {
 public:
  explicit Impl(OutsideServer server) : server_(std::move(server)) {
    if (!server_.start) RequireAllowed(server_.address);
    RaiseDescriptorLimit();
  }

  RunResult Run(const Scenario& scenario, const Target& target, const RunOptions& options) {
    connections_ = MostConnections(scenario);
    return run_.Run(scenario, target, options);
  }
  bool starts_servers() const { return static_cast<bool>(server_.start); }

 private:
  // How the server has ended, in words.
  struct Ended {
    std::string words;
    bool as_asked = false;  // as SIGTERM ends a process
  };

  void RequireAllowed(const sockaddr_storage& address) const {
    if (server_.allow_remote || IsLoopback(address)) return;
    throw std::invalid_argument("the server's address is not loopback");
  }

  uint16_t Prepare() override {
    kernel_.Reset();
    OutsideServer::Instance instance = {.address = server_.address};
    if (server_.start) instance = server_.start(connections_);
    RequireAllowed(instance.address);
    kernel_.Attach(instance.address, instance.root);
    if (!server_.start && !server_.has_ended && IsLoopback(instance.address) &&
        !kernel_.SeesSockets()) {
      throw WorldFailed("nobody listens at the server's address");
    }
    return PortOf(instance.address);
  }

  HeapUse Heap() override { return {}; }
  int64_t Memory() override { return kernel_.Memory(); }
  bool NeedsWarmUp() override { return true; }
  bool KnowsRest() const override { return false; }

  void Serve(const Target&, uint16_t, Syscalls&) override {
    struct Ending {
      ~Ending() {
        if (host.server_.output) host.run_.KeepOutput(host.server_.output());
      }
      Impl& host;
    } ending{*this};
    try {
      ServeUntilEnd();
    } catch (const std::system_error& error) {
      throw WorldFailed(error.what());
    }
  }

  void ServeUntilEnd() {
    rest_.StartRun();
    while (true) {
      if (const auto ended = AwaitRest()) {
        kernel_.AwaitClients(0);
        NoteFacts();
        kernel_.LetGo();
        if (!run_.ledger().asked_to_stop || !ended->as_asked) run_.Die(ended->words);
        return;
      }
      if (!run_.HasBegun()) kernel_.NoteStart();
      const auto asleep = kernel_.SleepsOnOneClient();
      run_.OnBlock(asleep ? asleep->call : Call::kEpollWait, asleep ? asleep->fd : -1, -1);
    }
  }

  // Waits until the server is at rest, as seen from outside, or has had the time that it may take
  // for what it owes. Says how the server has ended, if it has.
  std::optional<Ended> AwaitRest() {
    rest_.StartWaiting();
    const int64_t start = kernel_.now_ns();
    while (true) {
      run_.MarkProgress();  // every wait here ends by itself
      if (auto ended = LookForEnd()) return ended;
      switch (rest_.Look()) {
        case RestWatch::State::kMoving:
          continue;
        case RestWatch::State::kSpinning:
          NoteFacts();
          NoteSpin();
          return std::nullopt;
        case RestWatch::State::kAtRest:
          break;
      }
      if (IsTimeForFacts()) NoteFacts();
      if (run_.AwaitsEnd()) {
        const int64_t patience =
            hung_before_ ? std::min(kStopPatienceOnceKnownNs, server_.stop_patience.count())
                         : server_.stop_patience.count();
        if (CanBeAsked() && kernel_.now_ns() - start < patience) {
          rest_.WaitOn();
          continue;
        }
        hung_before_ = hung_before_ || CanBeAsked();
        return std::nullopt;
      }
      if (!run_.IsJudgedNext()) return std::nullopt;
      if (!rest_.HasPatienceFor(DebtsOf(run_.ledger(), run_.clients(), kernel_)))
        return std::nullopt;
      rest_.WaitOn();
    }
  }

  bool CanBeAsked() const {
    return kernel_.SignalDisposition(SIGTERM) != DrivenKernel::Disposition::kDefault;
  }

  // To look at thousands of clients after each step takes long.
  bool IsTimeForFacts() {
    constexpr size_t kMany = 64;
    constexpr int kSeldom = 16;
    return run_.IsJudgedNext() || run_.ledger().client_count <= kMany || ++rests_ % kSeldom == 0;
  }

  void NoteFacts() {
    Ledger& ledger = run_.ledger();
    FillInFacts(ledger, run_.clients(), kernel_);
    for (ClientFacts& client : ledger.InUse()) {
      ledger.highest_descriptor = std::max(ledger.highest_descriptor, client.fd);
      run_.held_bytes().NoteHeld(client);
    }
  }

  void NoteSpin() {
    Ledger& ledger = run_.ledger();
    if (!ledger.spins.empty()) return;
    int in_close_wait = 0;
    int client = -1;
    for (size_t i = 0; i < ledger.client_count; ++i) {
      if (!ledger.clients[i].close_wait || !ledger.clients[i].server_open) continue;
      ++in_close_wait;
      client = static_cast<int>(i);
    }
    std::string what = rest_.SpinEvidence();
    if (in_close_wait == 1) {
      what += fmt::format("; {}'s is in CLOSE-WAIT",
                          ledger.ClientName(ledger.clients[static_cast<size_t>(client)]));
    } else if (in_close_wait > 1) {
      what += fmt::format("; {} of them are in CLOSE-WAIT", in_close_wait);
      client = -1;
    }
    ledger.spins.push_back(
        {.what = std::move(what), .client = client, .step = ledger.current_step, .context = 0});
  }

  std::optional<Ended> LookForEnd() {
    if (server_.ended) {
      const auto end = server_.ended();
      if (!end) return std::nullopt;
      const bool by_itself = WIFEXITED(StatusBehindShell(end->status));
      return Ended{.words = LastWordsOfCommand(end->status, end->errors, end->output),
                   .as_asked = by_itself || WTERMSIG(end->status) == SIGTERM};
    }
    if (server_.has_ended) return Ended{.words = "it ended at the first request"};
    if (kernel_.ProcessesAreGone()) return Ended{.words = "its process has ended"};
    if (kernel_.SeesSockets() && !kernel_.SeesProcesses() && !kernel_.HasListener()) {
      return Ended{.words = "nobody listens on its port any more"};
    }
    return std::nullopt;
  }

  const OutsideServer server_;
  OutsideKernel kernel_;
  ScenarioRun run_{kernel_, *this};
  RestWatch rest_{kernel_};
  uint64_t connections_ = 0;  // of the scenario, at most
  bool hung_before_ = false;
  int rests_ = 0;
};

OutsideWorld::OutsideWorld(OutsideServer server)
    : impl_(std::make_unique<Impl>(std::move(server))) {}
OutsideWorld::~OutsideWorld() = default;

std::string_view OutsideWorld::WhyNot(const Scenario& scenario) const {
  return WhyNot(scenario, impl_->starts_servers());
}

std::string_view OutsideWorld::WhyNot(const Scenario& scenario, bool starts_servers) {
  uint64_t waits = 0;
  for (const Step& step : scenario.steps) {
    if (step.at) return "a step that falls inside a call needs the server's calls to be held";
    switch (step.action) {
      case Action::kVanish:
        return "a host cannot vanish from this machine";
      case Action::kFault:
        return "a fault needs the server's calls to be held";
      case Action::kLimitDescriptors:
      case Action::kLimitMinus:
      case Action::kServerBufferSend:
      case Action::kServerBufferReceive:
        return "limits and buffers are the server's own, seen from outside";
      case Action::kServerInterrupt:
        return "a call is interrupted from inside only";
      case Action::kServerRestart:
        return "a server is started again in the simulation alone";
      case Action::kServerStop:
      case Action::kExpectServerStopped:
        if (!starts_servers) return "a server that ran before is not stopped";
        break;
      case Action::kWait:
        waits += step.amount;
        break;
      default:
        break;
    }
  }
  if (waits > kLongestWaitNs) return "it waits for more than 2 s, which are real here";
  return WhyNoRoom(scenario);
}

RunResult OutsideWorld::Run(const Scenario& scenario, const Target& target,
                            const RunOptions& options) {
  if (!WhyNot(scenario).empty()) return {};
  RunResult result = impl_->Run(scenario, target, options);
  result.remark = ScheduleNotKept(scenario);
  return result;
}

}  // namespace hupstorm
