#include "scenarios/worlds/scenario_run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <exception>

namespace hupstorm {
namespace {

// A server that swallows the exception that ends a run, or that sleeps in a destructor while the
// exception passes, is given up after so many attempts.
constexpr int kMostEndRequests = 1000;

// Entries of a time line, so that a scenario of millions of steps does not take all memory.
constexpr size_t kLongestTimeLine = 1'000'000;

// One bug kills with many a descriptor, address and count.
std::string WithoutNumbers(std::string_view text) {
  std::string kept;
  for (size_t i = 0; i < text.size();) {
    if (!std::isdigit(static_cast<unsigned char>(text[i]))) {
      kept += text[i++];
      continue;
    }
    kept += '#';
    const bool is_hex = text.substr(i).starts_with("0x");
    if (is_hex) i += 2;
    const auto belongs = [&](unsigned char c) {
      return is_hex ? std::isxdigit(c) : std::isdigit(c);
    };
    while (i < text.size() && belongs(static_cast<unsigned char>(text[i]))) ++i;
  }
  return kept;
}

bool HasFaults(const Scenario& scenario) {
  return std::any_of(scenario.steps.begin(), scenario.steps.end(),
                     [](const Step& step) { return step.action == Action::kFault; });
}

}  // namespace

ScenarioRun::ScenarioRun(DrivenKernel& kernel)
    : kernel_(kernel),
      clients_(kernel_, ledger_),
      injector_(kernel_, *this),
      monitor_(injector_, ledger_, *this),
      recorder_(monitor_,
                [this](const CallRecord& call, std::string line) {
                  // What the server logs stands in the time line as such.
                  if (FamilyOf(call.call) == CallFamily::kSend && call.fd <= STDERR_FILENO) return;
                  Note(TimeLineEntry::Kind::kCall, std::move(line));
                  NameClientOf(call);
                }),
      call_logger_(monitor_, kernel_, injector_, ledger_, clients_, *this),
      memory_by_client_(ledger_) {}

RunResult ScenarioRun::Run(const Scenario& scenario, const Target& target,
                           const RunOptions& options) {
  StartRun(scenario, target, options);
  RunServer(target);
  if (!sockets_recorded_) RecordSockets();
  if (!ledger_.dead && ledger_.stopped) {
    LookAtDescriptors();
    ExpectAfterStop();
  }
  Judge(Moment::kStopped);
  for (const int step : monitor_.TakePlaced()) result_.steps_not_reached.push_back(step);
  result_.calls = monitor_.calls();
  result_.faults = injector_.injected();
  result_.findings = findings_.Take();
  return std::move(result_);
}

void ScenarioRun::StartRun(const Scenario& scenario, const Target& target,
                           const RunOptions& options) {
  ResetKernel();
  kernel_.set_driver(this);
  port_ = ChoosePort();
  start_ns_ = kernel_.now_ns();
  injector_.Reset();
  // A layer that has nothing to do costs a tenth of a run. A log says what it could do.
  const bool may_inject = HasFaults(scenario) || options.call_log != nullptr;
  monitor_.set_inner(may_inject ? static_cast<Syscalls&>(injector_) : kernel_);
  monitor_.Start(target.log_names_client, options.progress);
  ledger_.Clear();
  memory_by_client_.Clear();
  ledger_.target = &target;
  clients_.StartRound();
  call_logger_.Start(options.call_log);
  findings_.Start(target.name, scenario);
  result_ = RunResult{};
  scenario_ = &scenario;
  options_ = &options;
  phase_ = Phase::kStarting;
  next_step_ = 0;
  current_step_ = 0;
  next_of_each_ = 0;
  wait_until_ns_ = -1;
  round_ = 0;
  sockets_recorded_ = false;
  phase_started_ns_ = start_ns_;
  clock_moves_ = 0;
  connected_now_ = most_connected_ = 0;
  probe_ = -1;
  end_requests_ = 0;
  passing_at_step_ = 0;
}

Syscalls& ScenarioRun::TopLayer() {
  if (options_->record_time_line) return recorder_;
  if (options_->call_log != nullptr) return call_logger_;
  return monitor_;
}

void ScenarioRun::RunServer(const Target& target) {
  try {
    Serve(target, port_, TopLayer());
    if (ledger_.asked_to_stop) {
      ledger_.stopped = true;
    } else if (!ledger_.dead) {
      Die("serve() returned although nobody had asked the server to stop");
    }
  } catch (const EndOfRun&) {
    // Ended by the script, or killed by a signal, which is written down already.
  } catch (const WorldFailed&) {
    throw;
  } catch (const std::exception& error) {
    Die(fmt::format("uncaught exception: {}", error.what()));
  } catch (...) {
    Die("uncaught exception that is not a std::exception");
  }
}

void ScenarioRun::Die(std::string what) {
  ledger_.dead = true;
  const uint64_t context = StableHash(WithoutNumbers(what)) ^ monitor_.last_call();
  ledger_.deaths.push_back({.what = std::move(what),
                            .client = monitor_.last_client(),
                            .step = current_step_,
                            .context = context});
  OnIncident();
}

void ScenarioRun::EndRun() {
  if (++end_requests_ > kMostEndRequests) {
    std::fputs(
        "hupstorm: the server catches every exception, or sleeps in a destructor: cannot end it\n",
        stderr);
    std::abort();
  }
  throw EndOfRun{};
}

void ScenarioRun::OnBlock(Call call, int fd, int64_t deadline_ns) {
  const CallFamily family = FamilyOf(call);
  ledger_.blocked_outside_wait = family != CallFamily::kWait && call != Call::kNanosleep;
  ledger_.blocked_call = call;
  ledger_.blocked_client = fd >= 0 ? clients_.ClientOf(fd) : -1;
  call_logger_.NoteSleep();
  Advance(deadline_ns);
}

void ScenarioRun::OnSpin() {
  ledger_.blocked_outside_wait = false;
  Advance(-1);
}

// The server is at rest, or gets nowhere: makes the next thing happen.
void ScenarioRun::Advance(int64_t deadline_ns) {
  if (std::uncaught_exceptions() > 0) {
    // A destructor sleeps while the run ends: wake it, it cannot be left by another exception.
    if (++end_requests_ > kMostEndRequests) EndRun();
    kernel_.WakeBlockedCall();
    return;
  }
  if (end_requests_ > 0) EndRun();  // the server has swallowed the first one
  monitor_.OnStep();
  passing_at_step_ = injector_.passing();
  for (acted_ = false; !acted_;) {
    if (phase_ < Phase::kScript) {
      ContinueStart();
    } else if (phase_ == Phase::kScript) {
      ContinueScript(deadline_ns);
    } else {
      ContinueEpilogue(deadline_ns);
    }
  }
}

void ScenarioRun::AdvanceClock(int64_t ns) {
  const int64_t amount = ns - kernel_.now_ns();
  kernel_.AdvanceTo(ns);
  clients_.PumpChanged();
  if (options_->record_time_line && amount > 0) {
    Note(TimeLineEntry::Kind::kClock, fmt::format("{} ms", amount / 1'000'000));
  }
}

int64_t ScenarioRun::ConnectionOf(int fd) {
  const int client = clients_.ClientOf(fd);
  if (client < 0) return -2;
  const ClientFacts& facts = ledger_.clients[client];
  return static_cast<int64_t>(facts.letter) << 32 | facts.index;
}

void ScenarioRun::ResetPeerOf(int fd, bool fin_first) {
  clients_.ResetByNetwork(clients_.ClientOf(fd), fin_first);
}

void ScenarioRun::OnAborted(int fd) {
  const int client = clients_.ClientOf(fd);
  if (client >= 0) ledger_.clients[client].aborted = true;
}

void ScenarioRun::OnLogLine(std::string_view line) {
  Note(TimeLineEntry::Kind::kLog, std::string(line));
}

void ScenarioRun::AfterCall(const CallRecord& call) {
  if (kernel_.HasChangedPeers()) clients_.PumpChanged();
  if (memory_by_client_.counting()) {
    memory_by_client_.AfterCall(monitor_.call_client(), HeapOfServer().bytes);
  }
  switch (FamilyOf(call.call)) {
    case CallFamily::kAccept:
      if (call.result >= 0) OnAccepted(static_cast<int>(call.result));
      break;
    case CallFamily::kRecv:
      if (call.result > 0) {
        const int client = monitor_.call_client();
        if (client >= 0) NoteReceived(client, static_cast<uint64_t>(call.result));
      }
      break;
    case CallFamily::kSend:
      if (kernel_.fatal_sigpipes() > 0 && !ledger_.dead) {
        Die(fmt::format("killed by SIGPIPE in {}", CallName(call.call)));
        EndRun();
      }
      break;
    case CallFamily::kClose:
      if (call.result == 0 && monitor_.call_client() >= 0 && connected_now_ > 0) --connected_now_;
      break;
    default:
      break;
  }
}

// In the time line's last entry, which is this call.
void ScenarioRun::NameClientOf(const CallRecord& call) {
  const bool is_new = FamilyOf(call.call) == CallFamily::kAccept && call.result >= 0;
  const int client =
      is_new ? clients_.ClientOf(static_cast<int>(call.result)) : monitor_.call_client();
  if (client < 0 || result_.time_line.empty()) return;
  result_.time_line.back().client = ledger_.ClientName(ledger_.clients[client]);
}

void ScenarioRun::OnAccepted(int fd) {
  most_connected_ = std::max(most_connected_, ++connected_now_);
  const int client = clients_.ClientOf(fd);
  if (client < 0) return;
  ledger_.clients[client].accepted = true;
  ledger_.clients[client].port = clients_.PortOf(client);  // a SYN sent again may have another
}

void ScenarioRun::NoteReceived(int index, uint64_t count) {
  ClientFacts& client = ledger_.clients[index];
  if (ledger_.target->foreign) return NoteHeld(client);
  const uint64_t bound = ledger_.target->queue_bound;
  // What this call gave is not stored yet. (It need not have been consumed: MSG_PEEK.)
  const uint64_t before = client.consumed - std::min(client.consumed, count);
  const uint64_t held = client.stream.Held(before, client.answered);
  if (held <= bound / 2) return;
  if (!memory_by_client_.counting()) memory_by_client_.Begin(index, HeapOfServer().bytes);
  if (held > std::max(client.most_held, bound) && memory_by_client_.BearsOut(client, held)) {
    client.most_held = held;
  }
}

void ScenarioRun::NoteHeld(ClientFacts& client) {
  const uint64_t held = client.stream.Held(client.consumed, client.answered);
  if (held <= std::max(client.most_held, ledger_.target->queue_bound)) return;
  // Beside what it may hold for the others. Of a foreign server only whole pages are known.
  uint64_t least = ledger_.target->foreign ? held / 2 : held;
  for (size_t i = 0; i < ledger_.client_count; ++i) {
    const ClientFacts& other = ledger_.clients[i];
    if (&other == &client) continue;
    least += std::min(other.consumed, ledger_.target->queue_bound / 2);
  }
  if (MemoryOfServer() - memory_at_start_ > static_cast<int64_t>(least)) {
    client.most_held = held;
  }
}

void ScenarioRun::Judge(Moment moment) {
  const size_t before = findings_.findings().size();
  for (const Oracle* oracle : OraclesAt(moment)) oracle->judge(moment, ledger_, findings_);
  if (!options_->record_time_line) return;
  for (size_t i = before; i < findings_.findings().size(); ++i) {
    const Finding& finding = findings_.findings()[i];
    Note(TimeLineEntry::Kind::kFinding, finding.oracle + ": " + finding.evidence, finding.line);
  }
}

void ScenarioRun::Note(TimeLineEntry::Kind kind, std::string text, int line) {
  if (!options_->record_time_line) return;
  // Findings are few, and wanted however much came before them.
  if (result_.time_line.size() >= kLongestTimeLine && kind != TimeLineEntry::Kind::kFinding) {
    if (result_.time_line.size() > kLongestTimeLine) return;
    text = "the time line is cut here: it has a million entries";
    kind = TimeLineEntry::Kind::kEpilogue;
  }
  result_.time_line.push_back(
      {.kind = kind, .ns = kernel_.now_ns() - start_ns_, .line = line, .text = std::move(text)});
}

}  // namespace hupstorm
