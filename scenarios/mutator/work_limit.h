// Keeps fuzzers away from inputs that are long rather than telling: a few bytes can ask for
// gigabytes. What is left out here is still a scenario, and `hupstorm replay` runs it.

#ifndef HUPSTORM_SCENARIOS_MUTATOR_WORK_LIMIT_H_
#define HUPSTORM_SCENARIOS_MUTATOR_WORK_LIMIT_H_

#include <algorithm>
#include <cstdint>

#include "scenarios/language/scenario.h"

namespace hupstorm {

// What most inputs should cost, in calls of the server: a dozen microseconds.
inline constexpr uint64_t kUsualCalls = 128;

// The most that any input may cost: a millisecond or a few. It lets through what only shows in a
// crowd: 800 clients (descriptors start at 256, and an fd_set ends at 1024), 32 clients that do
// something in several rounds, 256 KiB that one client sends.
inline constexpr uint64_t kMostCalls = 6'144;

namespace work_limit {

inline constexpr uint64_t kCallsARound = 12;  // for the new client that comes at its end
inline constexpr uint64_t kCallsAStep = 3;    // for each client: wait, receive, send
inline constexpr uint64_t kBytesACall = 1024;
inline constexpr uint64_t kLeastBuffer =
    512;  // of bytes a call: Linux does not make buffers smaller
// Servers that poll for descriptors or have timers wake up in every second or so of a wait.
inline constexpr uint64_t kNsACall = 500'000'000;

inline uint64_t ClientCount(const Step& step) {
  return IsClientAction(step.action) ? step.clients.last - step.clients.first + 1 : 1;
}

inline uint64_t BytesSent(const Step& step) {
  if (step.action == Action::kSend || step.action == Action::kRequest) {
    return ClientCount(step) * step.amount;
  }
  return step.action == Action::kSendText ? ClientCount(step) * step.text.size() : 0;
}

// Faults and buffers cut small what a call moves.
inline uint64_t BytesACall(const Step& step) {
  switch (step.action) {
    case Action::kFault:
      if (step.fault.outcome != FaultOutcome::kShort) break;
      // A few short calls are few; the rest is moved as ever.
      if (step.fault.times <= 16) break;
      return std::clamp<uint64_t>(step.fault.amount, 1, kBytesACall);
    case Action::kBuffer:
    case Action::kServerBufferSend:
    case Action::kServerBufferReceive:
      return std::clamp(step.amount / 4, kLeastBuffer, kBytesACall);
    default:
      break;
  }
  return kBytesACall;
}

inline uint64_t CallsOf(const Step& step, uint64_t bytes_a_call) {
  const uint64_t waits = step.action == Action::kWait ? step.amount / kNsACall : 0;
  // Each piece is received and sent.
  return ClientCount(step) * kCallsAStep + waits + 2 * BytesSent(step) / bytes_a_call;
}

}  // namespace work_limit

// The server's calls, roughly, that `step` costs by itself when it is done once.
inline uint64_t EstimateCalls(const Step& step) {
  return work_limit::CallsOf(step, work_limit::kBytesACall);
}

// The server's calls that a run of `scenario` takes, roughly, all rounds together. At most
// UINT64_MAX / 2, however large the scenario is.
inline uint64_t EstimateCalls(const Scenario& scenario) {
  uint64_t bytes_a_call = work_limit::kBytesACall;
  for (const Step& step : scenario.steps) {
    bytes_a_call = std::min(bytes_a_call, work_limit::BytesACall(step));
  }
  // A step is below 2^42 calls (ten thousand clients, 64 MiB each, byte by byte), so no scenario
  // overflows.
  uint64_t calls = work_limit::kCallsARound;
  for (const Step& step : scenario.steps) calls += work_limit::CallsOf(step, bytes_a_call);
  return std::min(calls, UINT64_MAX / 2 / scenario.rounds) * scenario.rounds;
}

inline bool IsAffordable(const Scenario& scenario) { return EstimateCalls(scenario) <= kMostCalls; }

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_MUTATOR_WORK_LIMIT_H_
