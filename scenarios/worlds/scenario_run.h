// One run of a scenario, whatever kernel the server runs on: an object that the kernel, the fault
// injector and the monitor ask what happens next. Its parts: scenario_run.cc starts and ends a run,
// scenario_script.cc carries out the script, scenario_epilogue.cc what follows it. Each world adds
// how its server is run.

#ifndef HUPSTORM_SCENARIOS_WORLDS_SCENARIO_RUN_H_
#define HUPSTORM_SCENARIOS_WORLDS_SCENARIO_RUN_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/driven_kernel.h"
#include "kernel/faults/fault_injector.h"
#include "kernel/heap/heap_meter.h"
#include "kernel/trace/trace_recorder.h"
#include "scenarios/oracles/finding_list.h"
#include "scenarios/oracles/ledger.h"
#include "scenarios/oracles/oracles.h"
#include "scenarios/worlds/call_log.h"
#include "scenarios/worlds/memory_by_client.h"
#include "scenarios/worlds/scenario_clients.h"
#include "scenarios/worlds/server_monitor.h"
#include "scenarios/worlds/world.h"

namespace hupstorm {

class ScenarioRun : public KernelDriver, public FaultWorld, public MonitorHost {
 public:
  RunResult Run(const Scenario& scenario, const Target& target, const RunOptions& options);

 protected:
  // Thrown out of the server's blocked call to end the run. Not a std::exception, so that a server
  // that catches those does not catch it.
  struct EndOfRun {};

  // `kernel` must outlive the run.
  explicit ScenarioRun(DrivenKernel& kernel);
  ~ScenarioRun() override = default;

  // ---- What a world does in its own way.
  // Makes the kernel as new.
  virtual void ResetKernel() = 0;
  // Where the server of the run that begins is to listen.
  virtual uint16_t ChoosePort() = 0;
  // Runs the server, with `top` for its kernel, until it returns, or throws, or EndOfRun is thrown
  // out of one of its calls. What it throws besides EndOfRun becomes its death.
  virtual void Serve(const Target& target, uint16_t port, Syscalls& top) = 0;
  virtual HeapUse HeapOfServer() = 0;
  // Bytes of memory that it has, for one that holds too much at once.
  virtual int64_t MemoryOfServer() { return HeapOfServer().bytes; }
  // True for a server that nobody knows: a client comes and goes before the script begins, so that
  // what the server makes once and keeps (a log, a pool) is there when descriptors are counted.
  virtual bool NeedsWarmUp() { return false; }

  // The server's life has ended, and nobody had asked it to.
  void Die(std::string what);
  [[noreturn]] void EndRun();
  uint64_t calls() const { return monitor_.calls(); }
  // True while nothing is set to happen at a call of the server's, or because of it, so that calls
  // that change nothing may be heard of after the fact.
  bool MayHearLate() const {
    return !injector_.HasRules() && !monitor_.HasPlaced() && !options_->record_time_line &&
           options_->call_log == nullptr;
  }
  bool started() const { return phase_ != Phase::kStarting; }
  bool IsAskedToStop() const { return ledger_.asked_to_stop; }
  // The run gets on, although no call and no step shows it.
  void MarkProgress() { monitor_.MarkProgress(); }
  // What the server wrote, to be shown with its findings.
  void KeepOutput(std::string output) { result_.output = std::move(output); }

  // ---- For a world that sees the server from outside only.
  // What will happen when the server is at rest next is judged by what clients have got by then.
  bool IsJudgedNext() const;
  // The script has begun: what the server has made for itself by then is no leak.
  bool HasBegun() const { return phase_ >= Phase::kScript; }
  // What the server holds for a client, by what it has read and sent, where its memory as a whole
  // bears it out.
  void NoteHeld(ClientFacts& client);
  // All that is left is for the server to end.
  bool AwaitsEnd() const { return phase_ == Phase::kStopping; }
  Ledger& ledger() { return ledger_; }
  ScenarioClients& clients() { return clients_; }
  int current_step() const { return current_step_; }

 private:
  // What the run is at. The epilogue's phases come in this order, each when the server is at rest.
  enum class Phase : uint8_t {
    kStarting,     // the server has not slept yet
    kWarmingUp,    // a client has connected and spoken
    kCooling,      // it has closed
    kScript,       // steps are carried out
    kLifted,       // faults and limits are lifted
    kDraining,     // all clients read all
    kHalfClosing,  // all clients send their FIN
    kClosing,      // all clients close
    kProbing,      // a new client comes and speaks
    kParting,      // it has closed too
    kStopping,     // the server is asked to stop
  };

  // KernelDriver
  void OnBlock(Call call, int fd, int64_t deadline_ns) override;
  void OnThread(int thread) override { monitor_.SwitchTo(thread); }
  void OnPeersChanged() override { clients_.PumpChanged(); }
  bool LeavesResultsAlone() override { return !injector_.HasRules(); }

  // FaultWorld
  int64_t ConnectionOf(int fd) override;
  void ResetPeerOf(int fd, bool fin_first) override;
  void OnAborted(int fd) override;

  // MonitorHost
  int ClientOf(int fd) override { return clients_.ClientOf(fd); }
  int64_t NowNs() override { return kernel_.now_ns(); }
  int CurrentStep() override { return current_step_; }
  void CarryOutPlaced(int step) override;
  // A listener and what else a server holds beside its connections.
  int64_t MostReady() override { return connected_now_ + ledger_.descriptors_at_start; }
  bool WasHindered() override { return injector_.passing() > passing_at_step_; }
  void OnSpin() override;
  void OnIncident() override { Judge(Moment::kIncident); }
  void OnLogLine(std::string_view line) override;
  void AfterCall(const CallRecord& call) override;

  // scenario_run.cc
  void StartRun(const Scenario& scenario, const Target& target, const RunOptions& options);
  Syscalls& TopLayer();
  void RunServer(const Target& target);
  void Advance(int64_t deadline_ns);
  void AdvanceClock(int64_t ns);
  void NameClientOf(const CallRecord& call);
  void OnAccepted(int fd);
  void NoteReceived(int client, uint64_t count);
  void Judge(Moment moment);
  void Note(TimeLineEntry::Kind kind, std::string text, int line = 0);

  // scenario_script.cc
  void ContinueScript(int64_t deadline_ns);
  bool CarryOutBatch();
  void CarryOut(const Step& step, bool placed);
  void CarryOutForEach(const Step& step);
  void CarryOutForClient(const Step& step, uint32_t index);
  void CarryOutForServer(const Step& step);
  void AddFault(const Step& step);
  void Expect(const Step& step);
  std::string Unexpected(const Step& step, const ClientFacts& client) const;
  void ExpectAfterStop();

  // scenario_start.cc
  void ContinueStart();
  void BeginScript();

  // scenario_epilogue.cc
  void ContinueEpilogue(int64_t deadline_ns);
  bool WaitsForTime(int64_t deadline_ns);
  bool IsOutstanding() const;
  void Lift();
  void Drain();
  void HalfClose();
  void CloseAll();
  void Probe();
  int ConnectAndSpeak();
  void Part();
  void EndRound();
  void Stop(int64_t deadline_ns);
  void EnterPhase(Phase phase, std::string_view name);
  void RecordViews();
  void LookAtDescriptors();
  void RecordSockets();

  DrivenKernel& kernel_;
  Ledger ledger_;
  FindingList findings_;
  ScenarioClients clients_;
  FaultInjector injector_;
  ServerMonitor monitor_;
  TraceRecorder recorder_;
  CallLogger call_logger_;

  const Scenario* scenario_ = nullptr;
  const RunOptions* options_ = nullptr;
  RunResult result_;
  uint16_t port_ = 0;
  int64_t start_ns_ = 0;
  Phase phase_ = Phase::kStarting;
  size_t next_step_ = 0;       // index into Scenario::steps
  int current_step_ = 0;       // index from 1 of the step carried out last
  uint32_t next_of_each_ = 0;  // within an `each` step: members done
  int64_t wait_until_ns_ = -1;
  uint32_t round_ = 0;
  bool acted_ = false;  // something happened that the server may notice
  bool sockets_recorded_ = false;
  int64_t memory_at_start_ = 0;
  MemoryByClient memory_by_client_;
  int64_t phase_started_ns_ = 0;
  int clock_moves_ = 0;  // in this phase
  int connected_now_ = 0;
  int most_connected_ = 0;
  int probe_ = -1;
  int end_requests_ = 0;
  uint64_t passing_at_step_ = 0;  // FaultInjector::passing() when the server was at rest last
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_SCENARIO_RUN_H_
