// A scenario run in somebody else's program, in its own process: the program runs from main on the
// simulated kernel. Where it first sleeps and listens, a client comes and goes, and then the
// process is a fork server (AFL++'s word): for each job that its driver sends it forks a child,
// which goes on from there with the scenario, tells what came of it, and ends.

#ifndef HUPSTORM_SCENARIOS_WORLDS_INSIDE_INSIDE_HOST_H_
#define HUPSTORM_SCENARIOS_WORLDS_INSIDE_INSIDE_HOST_H_

#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "kernel/inside/gate.h"
#include "kernel/inside/harness_stack.h"
#include "kernel/inside/program.h"
#include "kernel/inside/program_heap.h"
#include "kernel/inside/signal_timers.h"
#include "kernel/inside/threads/scheduler.h"
#include "kernel/simulated/simulated_kernel.h"
#include "kernel/stacks/stack_walk.h"
#include "scenarios/worlds/inside/driver_line.h"
#include "scenarios/worlds/scenario_run.h"

namespace hupstorm::inside {

class InsideHost final : private ServerHost,
                         private KernelDriver,
                         private ProgramWatcher,
                         private SchedulerHost,
                         private SignalTimerHost {
 public:
  // The program is to listen on `port`, and may have so many descriptors; `driver` is the name of
  // its driver's socket.
  InsideHost(uint16_t port, rlim_t most_descriptors, pid_t pid, std::string_view driver);

  // Its coverage is to be counted in a fuzzer's map, of that id (shmget). Before Begin.
  void CountIn(int map);
  // From here on the program's calls go to the simulated kernel. Called before main.
  void Begin();

 private:
  enum class Stage : uint8_t {
    kBeforeMain,
    kStarting,  // the program runs, and does not listen yet, or has not slept since
    kWarmingUp,
    kServing,    // this process is the fork server
    kOnScenario  // this process is a child of it
  };

  // ServerHost
  uint16_t Prepare() override { return port_; }
  void Serve(const Target&, uint16_t, Syscalls&) override {}
  SharedStack TakeStack(const SystemCall&) override {
    return std::make_shared<CallStack>(StackHere());
  }
  void WalkStack(StackWalk& stack, const void*) override { WalkToServer(stack); }
  void Listen(HeapListener* listener) override {
    if (has_heap_) SetHeapListener(listener);
  }
  HeapUse Heap() override { return {}; }
  HeapBlocks BlocksBySize() override;
  int64_t Memory() override;
  bool NeedsWarmUp() override { return true; }
  bool RunsHere() override { return true; }
  bool IsOffLimits(int fd) override { return fd == line_.socket(); }
  void MarkThread(std::string& line) override;
  void OnReady() override;
  bool GoesOnWithNext() override;
  [[noreturn]] void LeaveServer() override;

  // KernelDriver
  void OnBlock(Call call, int fd, int64_t deadline_ns) override;
  void OnPeersChanged() override { run_.OnPeersChanged(); }
  bool LeavesResultsAlone() override { return run_.LeavesResultsAlone(); }
  bool MayHearLate() const override { return run_.MayHearLate(); }

  // SchedulerHost, SignalTimerHost
  int64_t now_ns() const override { return kernel_.now_ns(); }
  int64_t realtime_ahead_ns() const override;
  void OnAllBlocked(int64_t deadline_ns) override;
  void OnSwitch(int number) override { run_.OnThread(number); }
  void OnCreate() override { StartSpins(); }
  void OnSpin() override;
  bool IsKnownToSpin() const override { return spins_; }
  void OnBegin() override { PutInForce(); }
  bool IsInCall() const override { return IsOnHarnessStack(); }
  void OnTimerSet(int64_t due_ns) override { kernel_.set_wake_ns(due_ns); }

  // ProgramWatcher
  void OnExit(int status) override;
  void OnFault(int number) override;
  void OnSignalToItself(int number) override { SendSignal(0, number); }
  void OnSignalToThread(pthread_t thread, int number) override {
    SendSignal(std::max(scheduler_.NumberOf(thread), 0), number);
  }
  void OnFork() override;
  [[noreturn]] void OnRefused(std::string_view why) override;

  CallStack StackHere();
  void PutInForce();
  bool Listens();
  void WaitToStart(std::string_view sleeper, int64_t deadline_ns);
  void MeetDriver();
  void BeginJob(const std::string& bytes);
  void LetSomethingHappen(int64_t deadline_ns);
  bool SendDueSignals();
  void SendSignal(int thread, int number);
  void SendSignal(int thread, const siginfo_t& signal);
  void LookForDeadlock();
  void StartSpins();
  bool IsAsItWas();
  JobResult TakeResult();
  [[noreturn]] void EndJob();
  [[noreturn]] static void EndProcess(int status);
  [[noreturn]] void EndAsAsked();

  const uint16_t port_;
  const rlim_t most_descriptors_;
  const pid_t pid_;  // as the program knows it
  const std::string driver_;
  SimulatedKernel kernel_;
  Gate gate_{kernel_};
  CallCoverage call_coverage_;
  uint8_t* map_ = nullptr;  // a fuzzer's: the program's edges come first, then its calls
  ScenarioRun run_{kernel_, *this};
  Scheduler scheduler_{*this};
  DriverLine line_;
  StackWalk stack_;
  Progress* progress_ = nullptr;
  Stage stage_ = Stage::kBeforeMain;
  bool has_spin_clock_ = false;  // this process
  bool spins_ = false;           // a thread of this process, or of one before
  int waits_to_start_ = 0;
  int short_waits_ = 0;
  Target target_;
  Scenario nothing_;
  RunOptions options_;
  bool has_heap_ = false;  // that tells what the program keeps
  int descriptors_ = 0;    // of the program when it was warm, and its threads
  int threads_ = 0;
  int jobs_ = 0;  // that this process has done
  Job job_;
  CallLog call_log_;
  std::vector<ClientView> views_;
};

}  // namespace hupstorm::inside

#endif  // HUPSTORM_SCENARIOS_WORLDS_INSIDE_INSIDE_HOST_H_
