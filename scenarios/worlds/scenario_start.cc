// What comes before the script: the server sleeps for the first time.

#include "scenarios/worlds/scenario_run.h"

namespace hupstorm {

void ScenarioRun::ContinueStart() {
  switch (phase_) {
    case Phase::kStarting:
      if (!NeedsWarmUp()) return BeginScript();
      EnterPhase(Phase::kWarmingUp, "a client comes and goes, so that the server has warmed up");
      probe_ = ConnectAndSpeak();
      acted_ = true;
      return;
    case Phase::kWarmingUp:
      EnterPhase(Phase::kCooling, "");
      clients_.CloseNow(probe_);
      acted_ = true;
      return;
    default:
      probe_ = -1;
      clients_.StartRound();
      return BeginScript();
  }
}

// Notes what the server has, to be compared with what it has in the end.
void ScenarioRun::BeginScript() {
  ledger_.descriptors_at_start = kernel_.open_descriptor_count();
  ledger_.heap_marks.push_back({.heap = HeapOfServer()});
  memory_at_start_ = MemoryOfServer();
  phase_ = Phase::kScript;
  call_logger_.Begin();
}

}  // namespace hupstorm
