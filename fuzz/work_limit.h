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

// True if `scenario` takes a tenth of a millisecond or so, and no more.
inline bool IsAffordable(const Scenario& scenario) {
  constexpr uint64_t kMostBytes = 2 * kFuzzQueueBound;
  constexpr uint64_t kMostCalls = 1'000;  // of the server, where faults cut bytes small
  constexpr uint64_t kMostClientSteps = 200;
  // Servers that poll for descriptors or have timers wake up in every second or so of it.
  constexpr uint64_t kMostWaitNs = 60'000'000'000;
  uint64_t wait_ns = 0;
  uint64_t bytes = 0;
  uint64_t client_steps = 0;
  uint64_t bytes_a_call = 1024;
  for (const Step& step : scenario.steps) {
    if (step.action == Action::kFault && step.fault.outcome == FaultOutcome::kShort) {
      bytes_a_call = std::min<uint64_t>(bytes_a_call, step.fault.amount);
    }
    if (step.action == Action::kBuffer || step.action == Action::kServerBufferSend ||
        step.action == Action::kServerBufferReceive) {
      bytes_a_call = std::min<uint64_t>(bytes_a_call, std::max<uint64_t>(step.amount / 4, 1));
    }
    if (step.action == Action::kWait) wait_ns += step.amount;
    if (!IsClientAction(step.action)) continue;
    const uint64_t clients = step.clients.last - step.clients.first + 1;
    client_steps += clients;
    if (step.action == Action::kSend || step.action == Action::kRequest) {
      bytes += clients * step.amount;
    }
  }
  return wait_ns * scenario.rounds <= kMostWaitNs && bytes * scenario.rounds <= kMostBytes &&
         bytes * scenario.rounds / std::max<uint64_t>(bytes_a_call, 1) <= kMostCalls &&
         client_steps * scenario.rounds <= kMostClientSteps;
}

}  // namespace hupstorm

#endif  // HUPSTORM_FUZZ_WORK_LIMIT_H_
