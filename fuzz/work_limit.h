// Keeps fuzzers away from inputs that are long rather than telling: a few bytes can ask for
// gigabytes. What is left out here is still a scenario, and `hupstorm replay` runs it.

#ifndef HUPSTORM_FUZZ_WORK_LIMIT_H_
#define HUPSTORM_FUZZ_WORK_LIMIT_H_

#include <algorithm>
#include <cstdint>

#include "scenarios/language/scenario.h"

namespace hupstorm {

// Bytes that a server may hold for one client, for fuzzing: small, so that few bytes show a queue
// without bounds.
inline constexpr uint64_t kFuzzQueueBound = 128 * 1024;

// True if `scenario` takes some tens of microseconds, and no more: some hundreds of the server's
// calls, and data beyond the bound above only just.
inline bool IsAffordable(const Scenario& scenario) {
  constexpr uint64_t kMostBytes = kFuzzQueueBound + kFuzzQueueBound / 4;
  constexpr uint64_t kMostCalls = 384;
  constexpr uint64_t kCallsARound = 12;  // for the new client that comes at its end
  constexpr uint64_t kCallsAStep = 3;    // for each client: wait, receive, send
  // Servers that poll for descriptors or have timers wake up in every second or so of it.
  constexpr uint64_t kMostWaitNs = 60'000'000'000;
  uint64_t wait_ns = 0;
  uint64_t bytes = 0;
  uint64_t calls = kCallsARound;
  uint64_t bytes_a_call = 1024;  // less where faults or buffers cut them small
  for (const Step& step : scenario.steps) {
    if (step.action == Action::kFault && step.fault.outcome == FaultOutcome::kShort) {
      bytes_a_call = std::min<uint64_t>(bytes_a_call, step.fault.amount);
    }
    if (step.action == Action::kBuffer || step.action == Action::kServerBufferSend ||
        step.action == Action::kServerBufferReceive) {
      bytes_a_call = std::min<uint64_t>(bytes_a_call, step.amount / 4);
    }
    if (step.action == Action::kWait) wait_ns += step.amount;
    const uint64_t clients =
        IsClientAction(step.action) ? step.clients.last - step.clients.first + 1 : 1;
    calls += clients * kCallsAStep;
    if (step.action == Action::kSend || step.action == Action::kRequest) {
      bytes += clients * step.amount;
    }
  }
  calls += bytes / std::max<uint64_t>(bytes_a_call, 1);
  return wait_ns * scenario.rounds <= kMostWaitNs && bytes * scenario.rounds <= kMostBytes &&
         calls * scenario.rounds <= kMostCalls;
}

}  // namespace hupstorm

#endif  // HUPSTORM_FUZZ_WORK_LIMIT_H_
