// One thing that goes wrong at one call of the server: what a sweep tries, one after another.

#ifndef HUPSTORM_SCENARIOS_SWEEP_DISTURBANCE_H_
#define HUPSTORM_SCENARIOS_SWEEP_DISTURBANCE_H_

#include <cstdint>
#include <type_traits>

#include "scenarios/language/scenario.h"

namespace hupstorm {

// A placed step in few bytes. It can be shared between processes as it is.
struct Disturbance {
  uint32_t call = 0;      // index into CallLog::calls
  bool in_drain = false;  // the call comes after the scenario's own steps: see SweptScenario
  Placement at;           // the same call in the language's terms, counted from the script's start
  uint64_t kind = 0;      // calls that are alike in any scenario have the same: see enumerate.h
  Action action = Action::kReset;               // or kShutdownWrite, kWait, kServerStop, kFault
  Clients client;                               // the one that resets or half-closes
  FaultOutcome outcome = FaultOutcome::kShort;  // kFault
  uint32_t amount = 1;                          // kFault: bytes of a short transfer
};
static_assert(std::is_trivially_copyable_v<Disturbance>);

// How far the clock moves: beyond what servers use for timeouts and retries.
inline constexpr uint64_t kSweepWaitNs = 30ull * 1'000'000'000;

// Makes `step` the disturbance: "at recv 2 of a: fault recv short 1 once". Allocates nothing.
void Write(const Disturbance& disturbance, Step& step);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_SWEEP_DISTURBANCE_H_
