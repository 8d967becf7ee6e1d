// What follows the script of a round: all clients read what is left, half-close and close, a new
// client comes and goes, and in the end the server is asked to stop. Each phase begins when the
// server is at rest, lets the oracles judge what the one before has shown, and does the next thing.

#ifndef HUPSTORM_SCENARIOS_WORLDS_EPILOGUE_H_
#define HUPSTORM_SCENARIOS_WORLDS_EPILOGUE_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/driven_kernel.h"
#include "scenarios/oracles/ledger.h"
#include "scenarios/worlds/descriptor_watch.h"
#include "scenarios/worlds/heap_watch.h"
#include "scenarios/worlds/judge.h"
#include "scenarios/worlds/run_clock.h"
#include "scenarios/worlds/scenario_clients.h"
#include "scenarios/worlds/server_host.h"
#include "scenarios/worlds/time_line.h"
#include "scenarios/worlds/world.h"

namespace hupstorm {

class Epilogue {
 public:
  enum class Outcome : uint8_t {
    kActed,         // something happened that the server may notice: let it run
    kPhaseDone,     // go on
    kNextRound,     // the script is to be carried out again
    kNextScenario,  // the world has begun another one on the same server
    kOver,          // the run is: leave the server
  };

  Epilogue(DrivenKernel& kernel, Ledger& ledger, ScenarioClients& clients, RunClock& clock,
           Judge& judge, TimeLine& time_line, ServerHost& host, DescriptorWatch& descriptors,
           HeapWatch& heap)
      : kernel_(kernel),
        ledger_(ledger),
        clients_(clients),
        clock_(clock),
        judge_(judge),
        time_line_(time_line),
        host_(host),
        descriptors_(descriptors),
        heap_(heap) {}

  // For a new run. Both arguments must outlive it.
  void Start(const Scenario& scenario, const RunOptions& options);
  // The script of a round is over.
  void BeginRound();
  // The server is at rest; `deadline_ns` is when its call times out, -1 for never.
  Outcome Continue(int64_t deadline_ns);

  uint32_t round() const { return round_; }  // 0 for the first
  // All that is left is for the server to end.
  bool IsStopping() const { return phase_ == Phase::kStopping; }

 private:
  enum class Phase : uint8_t {
    kLifted,       // faults and limits are lifted
    kFlooding,     // a new client sends much, and reads nothing
    kDraining,     // all clients read all
    kHalfClosing,  // all clients have sent their FIN
    kClosing,      // all clients have closed
    kProbing,      // a new client has come and spoken
    kParting,      // it has closed too
    kForgetting,   // time goes by, for a server that has kept more heap round after round
    kStopping,     // the server is asked to stop
  };

  void Enter(Phase phase, std::string_view name);
  bool WaitsForTime(int64_t deadline_ns);
  bool HasTimeFor(int64_t ns, int64_t patience_ns) const;
  void MoveClock(int64_t ns, int64_t patience_ns);
  // Bits, for what was given up.
  enum Outstanding : uint8_t { kNothing = 0, kToClose = 1, kToRead = 2, kToAnswer = 4 };
  static Outstanding OutstandingFor(const ClientFacts& client);
  bool IsOutstanding() const;
  bool GetsOn();
  void GiveUp();
  void RecordViews();
  bool FloodIsDue() const;
  Outcome BeginFlood();
  Outcome EndFlood();
  Outcome Drain();
  Outcome HalfClose();
  Outcome CloseAll();
  Outcome Probe();
  Outcome Part();
  Outcome EndRound();
  Outcome Forget(int64_t deadline_ns);
  Outcome AfterRound(bool look_again);
  Outcome Stop(int64_t deadline_ns);

  DrivenKernel& kernel_;
  Ledger& ledger_;
  ScenarioClients& clients_;
  RunClock& clock_;
  Judge& judge_;
  TimeLine& time_line_;
  ServerHost& host_;
  DescriptorWatch& descriptors_;
  HeapWatch& heap_;

  const Scenario* scenario_ = nullptr;
  const RunOptions* options_ = nullptr;
  uint32_t round_ = 0;
  Phase phase_ = Phase::kLifted;
  int64_t moved_before_ns_ = 0;  // RunClock::moved_ns() then
  ClockMoves clock_moves_;       // in this phase, since the server has got on
  uint64_t progress_ = 0;        // the ledger's, when it was looked at last
  int probe_ = -1;
  std::vector<uint8_t> given_up_;  // Outstanding, by client
  uint32_t leaking_rounds_ = 0;    // in a row, each of which left more descriptors open
  int flood_ = -1;
  uint64_t flood_bytes_ = 0;
  uint64_t flood_held_ = 0;  // for it, when it was looked at last
  // What floods have shown of a target: it is the same in all scenarios, and takes long to see.
  std::map<std::string, uint64_t> endless_queues_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_EPILOGUE_H_
