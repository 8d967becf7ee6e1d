#include "scenarios/worlds/scenario_run.h"

#include <fmt/format.h>
#include <sys/select.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "scenarios/worlds/snapshots.h"

namespace hupstorm {
namespace {

// A server that swallows the exception that ends a run, or that sleeps in a destructor while the
// exception passes, is given up after this number of attempts.
constexpr int kMostEndRequests = 1000;
// A client that waits longer for others than this, on the server's clock, is held up: longer than
// what a server may have to do before.
constexpr int64_t kWaitPatienceNs = 2'000'000'000;
// Of calls in one run, the last ones.
constexpr size_t kMostStacks = 1'000'000;  // of as many calls as CallRecord keeps
// Steps of a scenario that are carried out while the server works on and on.
constexpr int kMostRestless = 2;

bool HasFaults(const Scenario& scenario) {
  return std::any_of(scenario.steps.begin(), scenario.steps.end(),
                     [](const Step& step) { return step.action == Action::kFault; });
}

}  // namespace

ScenarioRun::ScenarioRun(DrivenKernel& kernel, ServerHost& host)
    : kernel_(kernel),
      host_(host),
      time_line_(kernel),
      judge_(ledger_, time_line_),
      clients_(kernel, ledger_),
      clock_(kernel, clients_, time_line_),
      injector_(kernel, clients_),
      monitor_(injector_, kernel, ledger_, clients_, judge_, time_line_, *this),
      recorder_(monitor_,
                [this](const SystemCall& call, std::string line) {
                  // What the server logs stands in the time line as such; what it reads of files
                  // (/proc/self/stat) is another thing in each run, and none of clients.
                  const CallFamily family = FamilyOf(call.call);
                  if (family == CallFamily::kSend && call.Fd() <= STDERR_FILENO) return;
                  const bool is_file = host_.RunsHere() && !kernel_.Simulates(call.Fd());
                  if (family == CallFamily::kRecv && is_file) return;
                  host_.MarkThread(line);
                  time_line_.Note(TimeLineEntry::Kind::kCall, std::move(line), 0,
                                  ClientNameOf(call), ledger_.calls.current());
                }),
      call_logger_(monitor_, kernel, injector_, ledger_, clients_),
      held_bytes_(ledger_, host),
      descriptors_(ledger_, clients_, kernel, host),
      heap_(ledger_, host),
      throws_(ledger_, host),
      warm_up_(clients_, time_line_, host),
      script_(kernel, ledger_, clients_, injector_, monitor_.placed(), clock_, judge_, time_line_),
      epilogue_(kernel, ledger_, clients_, clock_, judge_, time_line_, host, descriptors_, heap_) {}

RunResult ScenarioRun::Run(const Scenario& scenario, const Target& target,
                           const RunOptions& options) {
  StartRun(scenario, target, options);
  Serve(target);
  return FinishRun();
}

void ScenarioRun::StartRun(const Scenario& scenario, const Target& target,
                           const RunOptions& options) {
  host_.SetWantsStacks(options.all_stacks || !options.stacks_at.empty());
  port_ = host_.Prepare();
  kernel_.set_driver(this);
  BeginScenario(scenario, target, options);
}

void ScenarioRun::BeginScenario(const Scenario& scenario, const Target& target,
                                const RunOptions& options) {
  scenario_ = &scenario;
  options_ = &options;
  injector_.Reset();
  starts_again_ = false;
  // A layer that has nothing to do costs a tenth of a run. A log says what it could do.
  const bool may_inject = HasFaults(scenario) || options.call_log != nullptr;
  monitor_.set_inner(may_inject ? static_cast<Syscalls&>(injector_) : kernel_);
  monitor_.Start(target, options);
  ledger_.Clear();
  ledger_.calls.Clear(options.find_blame);
  ledger_.target = &target;
  time_line_.Start(options.record_time_line);
  judge_.Start(target.name, scenario);
  clients_.Start(port_);
  call_logger_.Start(options.call_log);
  held_bytes_.Start();
  heap_.Start(scenario, options);
  warm_up_.Start();
  script_.Start(scenario);
  epilogue_.Start(scenario, options);
  result_ = RunResult{};
  stacks_.clear();
  stage_ = Stage::kStart;
  end_requests_ = restless_ = 0;
  passing_at_step_ = 0;
}

RunResult ScenarioRun::FinishRun() {
  if (stage_ != Stage::kEpilogue && epilogue_.round() == 0) RecordSockets();
  if (!ledger_.dead && ledger_.stopped) {
    descriptors_.EndServer();
    if (stage_ == Stage::kScript) script_.ExpectAfterStop();
  }
  judge_.At(Moment::kStopped);
  for (const int step : monitor_.placed().TakeAll()) result_.steps_not_reached.push_back(step);
  result_.limit_missed = LimitMissed();
  result_.calls = monitor_.calls();
  result_.faults = injector_.injected();
  result_.findings = judge_.Take();
  if (options_->find_blame) ChooseCallsToShow();
  std::vector<CallStack> stacks = StacksOfCalls();
  std::move(result_.stacks.begin(), result_.stacks.end(), std::back_inserter(stacks));  // of deaths
  for (CallStack& kept : heap_.TakeStacks()) stacks.push_back(std::move(kept));
  result_.stacks = std::move(stacks);
  result_.time_line = time_line_.Take();
  return std::move(result_);
}

// A scenario with that many clients is about select's: descriptors that an fd_set does not hold.
std::string ScenarioRun::LimitMissed() const {
  if (ledger_.client_count <= FD_SETSIZE || ledger_.highest_descriptor >= FD_SETSIZE) return "";
  if (ledger_.dead || MostConnections(*scenario_) <= FD_SETSIZE) return "";
  return fmt::format("no connection of the server has a descriptor above {} (FD_SETSIZE)",
                     FD_SETSIZE - 1);
}

Syscalls& ScenarioRun::top() {
  if (options_->record_time_line) return recorder_;
  if (options_->call_log != nullptr) return call_logger_;
  return monitor_;
}

void ScenarioRun::EndRun() {
  if (++end_requests_ > kMostEndRequests) {
    std::fputs(
        "hupstorm: the server catches every exception, or sleeps in a destructor: cannot end it\n",
        stderr);
    std::abort();
  }
  host_.LeaveServer();
  std::abort();  // not reached
}

void ScenarioRun::OnBlock(Call call, int fd, int64_t deadline_ns) {
  const bool waits_for_any = FamilyOf(call) == CallFamily::kWait || call == Call::kNanosleep;
  const int client = fd >= 0 ? clients_.ClientOf(fd) : -1;
  ledger_.blocks.clear();
  // A poll of one client is a wait for that client, unless the server does without its listener for
  // a while.
  const bool waits_for_one = client >= 0 && !ledger_.resource_shortage;
  if (!waits_for_any || waits_for_one) ledger_.blocks.push_back({.call = call, .client = client});
  threads_sleep_ = ledger_.spinning = false;
  monitor_.set_spin_goes_on(false);
  call_logger_.NoteSleep();
  Advance(deadline_ns);
}

void ScenarioRun::OnThreadsBlock(int64_t deadline_ns) {
  ledger_.blocks.clear();
  threads_sleep_ = true;
  ledger_.spinning = false;
  monitor_.set_spin_goes_on(false);
  call_logger_.NoteSleep();
  Advance(deadline_ns);
}

void ScenarioRun::OnSpin(int64_t deadline_ns) {
  ledger_.blocks.clear();
  threads_sleep_ = false;
  ledger_.spinning = true;
  const uint64_t moves = clock_.moves();
  Advance(deadline_ns);
  monitor_.set_spin_goes_on(clock_.moves() != moves);
}

void ScenarioRun::OnRestless() {
  if (++restless_ <= kMostRestless) return OnSpin(-1);
  result_.never_at_rest = true;
  EndRun();
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
  starts_again_ = false;
  result_.never_at_rest = clock_.IsWornOut();
  if (script_.server_killed() || result_.never_at_rest) {
    clients_.Refresh();
    EndRun();
  }
  if (threads_sleep_ || !ledger_.blocks.empty()) JudgeWaiting(deadline_ns);
  if (script_.restarts()) {
    if (script_.GivesTimeToStop(deadline_ns)) return;
    ledger_.stop_ignored = true;
    EndRun();
  }
  while (true) {
    if (stage_ == Stage::kStart) {
      if (warm_up_.Continue()) return;
      BeginScript();
    }
    if (stage_ == Stage::kScript) {
      if (script_.Continue(deadline_ns)) return;
      EndScript();
    }
    switch (epilogue_.Continue(deadline_ns)) {
      case Epilogue::Outcome::kActed:
        return;
      case Epilogue::Outcome::kPhaseDone:
        break;
      case Epilogue::Outcome::kNextRound:
        clients_.StartRound();
        script_.StartRound();
        stage_ = Stage::kScript;
        break;
      case Epilogue::Outcome::kNextScenario:
        BeginScript();
        break;
      case Epilogue::Outcome::kOver:
        EndRun();
    }
  }
}

// The server sleeps, some of it in calls on single clients: does another wait for that?
void ScenarioRun::JudgeWaiting(int64_t deadline_ns) {
  if (stage_ == Stage::kStart || !host_.KnowsRest() || ledger_.asked_to_stop) return;
  // A server that is short of something may let clients wait.
  if (ledger_.dead || ledger_.resource_shortage || injector_.HasRules()) return;
  const int64_t event = clock_.NextEventNs(deadline_ns);
  const int64_t until = event < 0 ? INT64_MAX : std::max(event, clock_.now_ns());
  if (!clients_.AnyWaitsSince(until - kWaitPatienceNs)) return;
  if (threads_sleep_) {
    for (const DrivenKernel::SleepingCall& sleeping : kernel_.SleepingCalls()) {
      const int client = clients_.ClientOfPeer(sleeping.peer);
      if (client >= 0) ledger_.blocks.push_back({.call = sleeping.call, .client = client});
    }
    if (ledger_.blocks.empty()) return;
  }
  clients_.Refresh();
  judge_.At(Moment::kHeldUp);
  const auto is_held_up = [this](const ClientFacts& client) { return ledger_.IsHeldUp(client); };
  const auto clients = ledger_.InUse();
  if (std::none_of(clients.begin(), clients.end(), is_held_up)) return;
  for (ClientFacts& client : clients) {
    // A backlog that is full keeps the rest out of it.
    client.held_up =
        client.held_up || is_held_up(client) || client.in_handshake || !client.connected;
  }
}

// Notes what the server has, to be compared with what it has in the end.
void ScenarioRun::BeginScript() {
  descriptors_.BeginScript();
  ledger_.heap_marks.push_back({.heap = host_.Heap()});
  held_bytes_.BeginScript();
  if (epilogue_.round() == 0) heap_.BeginScript();
  call_logger_.Begin();
  stage_ = Stage::kScript;
}

void ScenarioRun::EndScript() {
  const bool is_first_round = epilogue_.round() == 0;
  if (is_first_round) RecordSockets();
  call_logger_.End();
  for (const int step : monitor_.placed().TakeAll()) {
    if (is_first_round) result_.steps_not_reached.push_back(step);
  }
  injector_.Clear();
  epilogue_.BeginRound();
  stage_ = Stage::kEpilogue;
}

void ScenarioRun::RecordSockets() {
  if (options_->record_time_line) result_.sockets = SocketsOf(ledger_, clients_, kernel_);
}

void ScenarioRun::ChooseCallsToShow() {
  std::set<uint64_t> chosen;
  for (const Finding& finding : result_.findings) {
    if (finding.call == 0) continue;
    chosen.insert(finding.call);
    for (const uint64_t other : ledger_.calls.OthersLike(finding.call)) chosen.insert(other);
  }
  result_.calls_to_show.assign(chosen.begin(), chosen.end());
  std::erase_if(stacks_, [&](const auto& taken) { return !chosen.contains(taken.first); });
}

void ScenarioRun::TakeStack(const SystemCall& call, uint64_t number) {
  auto stack = host_.TakeStack(call);
  if (stack == nullptr) return;
  stacks_.emplace_back(number, std::move(stack));
  if (stacks_.size() > kMostStacks) stacks_.erase(stacks_.begin(), stacks_.end() - kMostStacks / 2);
}

std::vector<CallStack> ScenarioRun::StacksOfCalls() const {
  std::vector<CallStack> stacks;
  for (const auto& [number, stack] : stacks_) stacks.emplace_back(*stack).call = number;
  return stacks;
}

void ScenarioRun::AfterCall(const SystemCall& call) {
  if (kernel_.HasChangedPeers()) clients_.PumpChanged();
  const CallFamily family = FamilyOf(call.call);
  const int client = monitor_.call_client();
  const bool received = family == CallFamily::kRecv && call.result > 0;
  held_bytes_.AfterCall(client, received ? static_cast<uint64_t>(ResultInBytes(call)) : 0);
  if (family == CallFamily::kSend && kernel_.fatal_sigpipes() > 0 && !ledger_.dead) {
    const auto stack = host_.TakeStack(call);
    ReportDeath(fmt::format("killed by SIGPIPE in {}", CallName(call.call)),
                stack != nullptr ? *stack : CallStack{}, ledger_.calls.current());
    EndRun();
  }
}

// Of the client that a finished call is about; empty for none.
std::string ScenarioRun::ClientNameOf(const SystemCall& call) const {
  const bool is_new = FamilyOf(call.call) == CallFamily::kAccept && call.result >= 0;
  const int client =
      is_new ? clients_.ClientOf(static_cast<int>(call.result)) : monitor_.call_client();
  return client < 0 ? "" : ledger_.ClientName(ledger_.clients[client]);
}

}  // namespace hupstorm
