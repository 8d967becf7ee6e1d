// What can go wrong at each call of a recorded run: what a sweep tries, one after another.

#ifndef HUPSTORM_SCENARIOS_SWEEP_ENUMERATE_H_
#define HUPSTORM_SCENARIOS_SWEEP_ENUMERATE_H_

#include <climits>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "scenarios/language/scenario.h"
#include "scenarios/worlds/call_log.h"

namespace hupstorm {

// One thing that goes wrong at one call of the server: a placed step in few bytes. It can be shared
// between processes as it is.
struct Disturbance {
  uint32_t call = 0;      // index into CallLog::calls
  bool in_drain = false;  // the call comes after the scenario's own steps: see SweptScenario
  Placement at;           // the same call in the language's terms, counted from the script's start
  uint64_t kind = 0;      // calls that are alike in any scenario have the same
  Action action = Action::kReset;               // or kShutdownWrite, kWait, kServerStop, kFault
  Clients client;                               // the one that resets or half-closes
  FaultOutcome outcome = FaultOutcome::kShort;  // kFault
  uint32_t amount = 1;                          // kFault: bytes of a short transfer
};
static_assert(std::is_trivially_copyable_v<Disturbance>);

// Makes `step` the disturbance: "at recv 2 of a: fault recv short 1 once". Allocates nothing.
void Write(const Disturbance& disturbance, Step& step);

// One client for each group whose members every step of `scenario` treats alike, in order of their
// names; at most CallLog::kMostWatched.
std::vector<Clients> Representatives(const Scenario& scenario);

struct Choice {
  // The scenario's own steps end with this one (index from 1): calls after it are in the drain.
  int last_own_step = INT_MAX;
  // Calls before this one (index into CallLog::calls) are left out.
  uint32_t from_call = 0;
  // Take every call. Otherwise calls that are alike are taken three times: the first, the second
  // and the last of them.
  bool all = false;
};

struct Enumeration {
  std::vector<Disturbance> disturbances;  // in the order of the calls
  uint64_t calls = 0;                     // that were not left out
  uint64_t alike = 0;                     // of these, not taken as others are like them
};

// Every fault that Linux could have produced in a call, both ends that its client can bring about
// (if the call waits or accepts: each group of clients), the clock, and SIGTERM. Not what would
// be the same run twice: ECONNRESET is the client's reset, EAGAIN for a call that had nothing
// anyway.
//
// Calls are alike that are the same system call with the same kind of outcome, the same ways to go
// wrong, at the same step, on a connection of the same group of clients in the same state with the
// same recent calls. Disturbance::kind leaves out the step and the group's name, and the recent
// calls for a call on no connection.
Enumeration Enumerate(const CallLog& log, const Choice& choice);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_SWEEP_ENUMERATE_H_
