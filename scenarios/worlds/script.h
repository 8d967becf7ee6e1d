// Carries out the steps of a scenario, each when the server is at rest or inside one of its calls.

#ifndef HUPSTORM_SCENARIOS_WORLDS_SCRIPT_H_
#define HUPSTORM_SCENARIOS_WORLDS_SCRIPT_H_

#include <cstdint>
#include <string>

#include "kernel/driven_kernel.h"
#include "kernel/faults/fault_injector.h"
#include "scenarios/language/scenario.h"
#include "scenarios/oracles/ledger.h"
#include "scenarios/worlds/judge.h"
#include "scenarios/worlds/placed_steps.h"
#include "scenarios/worlds/run_clock.h"
#include "scenarios/worlds/scenario_clients.h"
#include "scenarios/worlds/time_line.h"

namespace hupstorm {

class Script {
 public:
  Script(DrivenKernel& kernel, Ledger& ledger, ScenarioClients& clients, FaultInjector& injector,
         PlacedSteps& placed, RunClock& clock, Judge& judge, TimeLine& time_line)
      : kernel_(kernel),
        ledger_(ledger),
        clients_(clients),
        injector_(injector),
        placed_(placed),
        clock_(clock),
        judge_(judge),
        time_line_(time_line) {}

  // For a new run. `scenario` must outlive it.
  void Start(const Scenario& scenario);
  void StartRound() {
    next_step_ = 0;
    clock_.StartRound();
  }

  // The server is at rest; `deadline_ns` is when its call times out, -1 for never. Carries out the
  // next step and those that come together with it, or lets time pass. False at the script's end.
  bool Continue(int64_t deadline_ns);
  // The server makes the call that step `step` (index from 0) was set to fall inside.
  void CarryOutPlaced(int step);
  // The server has stopped, so nothing will be at rest again: what is still expected holds now or
  // never.
  void ExpectAfterStop();

  // An `expect`, or the script's end, comes before the server's next rest.
  bool ExpectsNext() const;
  // A step has asked the server to stop, so that it is started again. No step is carried out before
  // that.
  bool restarts() const { return restart_asked_ns_ >= 0; }
  // It is at rest and has not stopped: lets time pass, or returns false if it has had enough.
  bool GivesTimeToStop(int64_t deadline_ns);
  // It was started again, and owes the clients of the old one nothing.
  void NoteRestarted();
  // A step has sent the server a signal that kills it. It is to be left when it sleeps next.
  bool server_killed() const { return server_killed_; }

 private:
  bool CarryOutBatch(int64_t deadline_ns);
  void CarryOut(const Step& step, bool placed);
  void CarryOutForEach(const Step& step);
  void CarryOutForClient(const Step& step, uint32_t index);
  void CarryOutForServer(const Step& step);
  void AskToStop();
  bool GivesTime(const Step& step, int64_t deadline_ns, const std::string& unexpected);
  void NoteExpected(const Step& step, std::string unexpected);
  bool IsExpected(const Step& step) const;
  std::string WhyNot(const Step& step) const;
  std::string Unexpected(const Step& step, int index) const;

  DrivenKernel& kernel_;
  Ledger& ledger_;
  ScenarioClients& clients_;
  FaultInjector& injector_;
  PlacedSteps& placed_;
  RunClock& clock_;
  Judge& judge_;
  TimeLine& time_line_;

  const Scenario* scenario_ = nullptr;
  size_t next_step_ = 0;        // index into Scenario::steps
  uint32_t next_of_each_ = 0;   // within an `each` step: members done
  int64_t wait_until_ns_ = -1;  // the end of a `wait`; -1 for none
  int64_t waits_since_ns_ = 0;
  // Since when an `expect` gives the server time for what it does by its timers; -1: none does.
  int64_t expected_since_ns_ = -1;
  std::string unexpected_;         // what it found last
  uint64_t progress_ = 0;          // the ledger's, at that look
  int64_t moved_before_ns_ = 0;    // by the clock, until that changed last
  ClockMoves moves_given_;         // since then; or for a `wait`
  int64_t restart_asked_ns_ = -1;  // RunClock::moved_ns() then; -1: it is not to be started again
  bool server_killed_ = false;
  bool skipped_steps_ = false;  // of clients that had not connected, or not yet
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_SCRIPT_H_
