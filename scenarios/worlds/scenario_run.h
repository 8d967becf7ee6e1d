// One run of a scenario, whatever kernel the server runs on: joins the objects that carry it out.
// The kernel says when the server is at rest; then the warm-up, the script or the epilogue makes
// the next thing happen. In between the monitor sees each call of the server, and the judge lets
// the oracles look at the ledger.

#ifndef HUPSTORM_SCENARIOS_WORLDS_SCENARIO_RUN_H_
#define HUPSTORM_SCENARIOS_WORLDS_SCENARIO_RUN_H_

#include <cstdint>
#include <string>
#include <utility>

#include "kernel/driven_kernel.h"
#include "kernel/faults/fault_injector.h"
#include "kernel/trace/trace_recorder.h"
#include "scenarios/oracles/ledger.h"
#include "scenarios/worlds/call_log.h"
#include "scenarios/worlds/descriptor_watch.h"
#include "scenarios/worlds/epilogue.h"
#include "scenarios/worlds/heap_watch.h"
#include "scenarios/worlds/held_bytes.h"
#include "scenarios/worlds/judge.h"
#include "scenarios/worlds/run_clock.h"
#include "scenarios/worlds/scenario_clients.h"
#include "scenarios/worlds/script.h"
#include "scenarios/worlds/server_host.h"
#include "scenarios/worlds/server_monitor.h"
#include "scenarios/worlds/throws.h"
#include "scenarios/worlds/time_line.h"
#include "scenarios/worlds/warm_up.h"
#include "scenarios/worlds/world.h"

namespace hupstorm {

class ScenarioRun final : public KernelDriver, private MonitorHost {
 public:
  // Both must outlive it.
  ScenarioRun(DrivenKernel& kernel, ServerHost& host);

  // Throws what ServerHost::Prepare throws, and WorldFailed. All arguments must outlive the run.
  RunResult Run(const Scenario& scenario, const Target& target, const RunOptions& options);

  // ---- The parts of Run, for a world in which a server outlives a scenario.
  // On a kernel as new: a server is to be started, with top() for its kernel.
  void StartRun(const Scenario& scenario, const Target& target, const RunOptions& options);
  // On the server that is there already and sleeps, from ServerHost::OnReady or GoesOnWithNext.
  void BeginScenario(const Scenario& scenario, const Target& target, const RunOptions& options);
  // After the server has returned, has been left, or (in GoesOnWithNext) sleeps.
  RunResult FinishRun();
  // The layer that the server's calls go to in this run: it depends on the options.
  Syscalls& top();

  // The server's life has ended, and it was not asked to end. `stack`: where, if that is known; a
  // fault of its code (IsFault) is where it came, whatever has been called before.
  void Die(std::string what, CallStack stack = {}, bool is_fault = false);
  // Threads of the server wait for each other for ever: ends the run. `context`: for the
  // fingerprint.
  [[noreturn]] void EndInDeadlock(std::string what, uint64_t context);
  // What the server wrote, to be shown with its findings.
  void KeepOutput(std::string output) { result_.output = std::move(output); }
  // The run gets on, although no call and no step shows it.
  void MarkProgress() { monitor_.MarkProgress(); }

  uint64_t calls() const { return monitor_.calls(); }
  // The server has slept for the first time.
  bool HasStarted() const { return stage_ != Stage::kStart || !warm_up_.IsStarting(); }
  // The script has begun: what the server has made for itself by then is no leak.
  bool HasBegun() const { return stage_ != Stage::kStart; }
  // What will happen when the server is at rest next is judged by what clients have got by then.
  bool IsJudgedNext() const {
    return stage_ == Stage::kScript ? script_.ExpectsNext() : HasStarted();
  }
  // All that is left is for the server to end.
  bool AwaitsEnd() const {
    return script_.server_killed() || (stage_ == Stage::kEpilogue && epilogue_.IsStopping());
  }
  bool HasFoundAny() const { return judge_.HasFoundAny(); }
  Ledger& ledger() { return ledger_; }
  ScenarioClients& clients() { return clients_; }
  HeldBytes& held_bytes() { return held_bytes_; }

  // KernelDriver
  void OnBlock(Call call, int fd, int64_t deadline_ns) override;
  void OnThreadsBlock(int64_t deadline_ns) override;
  void OnThread(int thread) override {
    monitor_.SwitchTo(thread);
    monitor_.MarkProgress();  // a thousand threads that look again take seconds on a busy machine
  }
  void OnPeersChanged() override { clients_.PumpChanged(); }
  bool LeavesResultsAlone() override { return host_.MayRunAhead() && !injector_.HasRules(); }
  bool MayHearLate() const override {
    return !injector_.HasRules() && monitor_.placed().empty() && !options_->record_time_line &&
           options_->call_log == nullptr;
  }

 private:
  enum class Stage : uint8_t { kStart, kScript, kEpilogue };

  // MonitorHost
  bool IsOffLimits(int fd) override { return host_.IsOffLimits(fd); }
  bool IsInRetrospect() const override { return host_.IsInRetrospect(); }
  bool IsServing() const override { return host_.IsServing(); }
  uint64_t FaultsInjected() const override { return injector_.injected(); }
  bool WasHindered() override { return injector_.passing() > passing_at_step_; }
  void CarryOutPlaced(int step) override { script_.CarryOutPlaced(step); }
  void OnSpin(int64_t deadline_ns) override;
  void OnRestless() override;
  void TakeStack(const SystemCall& call, uint64_t number) override;
  void GiveUp() override { EndRun(); }
  void AfterCall(const SystemCall& call) override;

  void Serve(const Target& target);
  void DieOfException(std::string what);
  void ReportDeath(std::string what, CallStack stack, uint64_t call);  // that is to blame
  void Advance(int64_t deadline_ns);
  void JudgeWaiting(int64_t deadline_ns);
  void BeginScript();
  void EndScript();
  void RecordSockets();
  void ChooseCallsToShow();
  std::vector<CallStack> StacksOfCalls() const;
  std::string LimitMissed() const;
  [[noreturn]] void EndRun();
  std::string ClientNameOf(const SystemCall& call) const;

  DrivenKernel& kernel_;
  ServerHost& host_;
  Ledger ledger_;
  TimeLine time_line_;
  Judge judge_;
  ScenarioClients clients_;
  RunClock clock_;
  FaultInjector injector_;
  ServerMonitor monitor_;
  TraceRecorder recorder_;
  CallLogger call_logger_;
  HeldBytes held_bytes_;
  DescriptorWatch descriptors_;
  HeapWatch heap_;
  Throws throws_;
  WarmUp warm_up_;
  Script script_;
  Epilogue epilogue_;

  const Scenario* scenario_ = nullptr;
  const RunOptions* options_ = nullptr;
  uint16_t port_ = 0;
  RunResult result_;
  std::vector<std::pair<uint64_t, SharedStack>> stacks_;  // by call
  Stage stage_ = Stage::kStart;
  bool threads_sleep_ = false;  // of several, in calls that are yet to be asked for
  int end_requests_ = 0;
  int restless_ = 0;              // times that the server did not come to rest
  uint64_t passing_at_step_ = 0;  // FaultInjector::passing() when the server was at rest last
  bool starts_again_ = false;     // and has not waited yet
  uint64_t faults_before_start_ = 0;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_SCENARIO_RUN_H_
