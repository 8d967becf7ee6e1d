#include "scenarios/worlds/outside_world.h"

#include <errno.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "base/resource_limit.h"
#include "base/loopback_address.h"
#include "kernel/linux/outside/outside_kernel.h"
#include "scenarios/worlds/last_words.h"
#include "scenarios/worlds/loopback_host.h"
#include "scenarios/worlds/outside_facts.h"
#include "scenarios/worlds/rest_watch.h"
#include "scenarios/worlds/scenario_run.h"

namespace hupstorm {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

// Real time that a script may wait in all.
constexpr uint64_t kLongestWaitNs = 2 * kSecond;
// For a server that was asked to stop, once one like it has been seen not to.
constexpr int64_t kStopPatienceOnceKnownNs = 1 * kSecond;

// A base, so that it is there before the run that is given it.
struct OutsideKernelHolder {
  OutsideKernel outside;
};

}  // namespace

class OutsideWorld::Impl final : private OutsideKernelHolder, public ScenarioRun {
 public:
  explicit Impl(OutsideServer server)
      : ScenarioRun(outside), server_(std::move(server)), rest_(outside) {
    if (!server_.start) RequireAllowed(server_.address);
    RaiseDescriptorLimit();
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

  void ResetKernel() override { outside.Reset(); }

  uint16_t ChoosePort() override {
    OutsideServer::Instance instance = {.address = server_.address};
    if (server_.start) instance = server_.start();
    RequireAllowed(instance.address);
    outside.Attach(instance.address, instance.root);
    if (!server_.start && IsLoopback(instance.address) && !outside.SeesSockets()) {
      throw WorldFailed("nobody listens at the server's address");
    }
    return ntohs(reinterpret_cast<const sockaddr_in&>(instance.address).sin_port);
  }

  // Nobody counts its blocks: its heap is not judged.
  HeapUse HeapOfServer() override { return {}; }
  int64_t MemoryOfServer() override { return outside.Memory(); }
  bool NeedsWarmUp() override { return true; }
  bool IsOffLimits(int) override { return false; }

  void Serve(const Target&, uint16_t, Syscalls&) override {
    struct Ending {
      ~Ending() {
        if (run.server_.output) run.KeepOutput(run.server_.output());
      }
      Impl& run;
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
        outside.AwaitClients(0);
        NoteFacts();
        outside.LetGo();
        if (!ledger().asked_to_stop || !ended->as_asked) Die(ended->words);
        return;
      }
      if (!HasBegun()) outside.NoteStart();
      const auto asleep = outside.SleepsOnOneClient();
      KernelDriver& driver = *this;
      driver.OnBlock(asleep ? asleep->call : Call::kEpollWait, asleep ? asleep->fd : -1, -1);
    }
  }

  // Waits until the server is at rest, as seen from outside, or has had the time that it may take
  // for what it owes. Says how the server has ended, where it has.
  std::optional<Ended> AwaitRest() {
    rest_.StartWaiting();
    const int64_t start = outside.now_ns();
    while (true) {
      MarkProgress();  // every wait here ends by itself
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
      if (AwaitsEnd()) {
        const int64_t patience =
            hung_before_ ? std::min(kStopPatienceOnceKnownNs, server_.stop_patience.count())
                         : server_.stop_patience.count();
        if (CanBeAsked() && outside.now_ns() - start < patience) {
          rest_.WaitOn();
          continue;
        }
        hung_before_ = hung_before_ || CanBeAsked();
        return std::nullopt;
      }
      if (!IsJudgedNext()) return std::nullopt;
      if (!rest_.HasPatienceFor(DebtsOf(ledger(), clients(), outside))) return std::nullopt;
      rest_.WaitOn();
    }
  }

  bool CanBeAsked() const {
    return outside.SignalDisposition(SIGTERM) != DrivenKernel::Disposition::kDefault;
  }

  // To look at thousands of clients after each step takes long.
  bool IsTimeForFacts() {
    constexpr size_t kMany = 64;
    constexpr int kSeldom = 16;
    return IsJudgedNext() || ledger().client_count <= kMany || ++rests_ % kSeldom == 0;
  }

  void NoteFacts() {
    FillInFacts(ledger(), clients(), outside);
    for (size_t i = 0; i < ledger().client_count; ++i) NoteHeld(ledger().clients[i]);
  }

  void NoteSpin() {
    if (!ledger().spins.empty()) return;
    int in_close_wait = 0;
    int client = -1;
    for (size_t i = 0; i < ledger().client_count; ++i) {
      if (!ledger().clients[i].close_wait || !ledger().clients[i].server_open) continue;
      ++in_close_wait;
      client = static_cast<int>(i);
    }
    std::string what = rest_.SpinEvidence();
    if (in_close_wait == 1) {
      what += fmt::format("; {}'s is in CLOSE-WAIT",
                          ledger().ClientName(ledger().clients[static_cast<size_t>(client)]));
    } else if (in_close_wait > 1) {
      what += fmt::format("; {} of them are in CLOSE-WAIT", in_close_wait);
      client = -1;
    }
    ledger().spins.push_back(
        {.what = std::move(what), .client = client, .step = current_step(), .context = 0});
  }

  std::optional<Ended> LookForEnd() {
    if (server_.ended) {
      const auto end = server_.ended();
      if (!end) return std::nullopt;
      const bool by_itself = WIFEXITED(end->status);
      return Ended{.words = LastWords(end->status, end->output),
                   .as_asked = by_itself || WTERMSIG(end->status) == SIGTERM};
    }
    if (outside.ProcessesAreGone()) return Ended{.words = "its process has ended"};
    if (outside.SeesSockets() && !outside.SeesProcesses() && !outside.HasListener()) {
      return Ended{.words = "nobody listens on its port any more"};
    }
    return std::nullopt;
  }

  const OutsideServer server_;
  RestWatch rest_;
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
      case Action::kServerBufferSend:
      case Action::kServerBufferReceive:
        return "limits and buffers are the server's own, seen from outside";
      case Action::kServerInterrupt:
        return "a call is interrupted from inside only";
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
  return waits > kLongestWaitNs ? "it waits for more than 2 s, which are real here" : "";
}

RunResult OutsideWorld::Run(const Scenario& scenario, const Target& target,
                            const RunOptions& options) {
  if (!WhyNot(scenario).empty()) return {};
  return impl_->Run(scenario, target, options);
}

}  // namespace hupstorm
