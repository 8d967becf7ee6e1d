#include "scenarios/worlds/rest_watch.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/timespec.h"

namespace hupstorm {
namespace {

// Between two looks: a server on the same machine has mostly answered by then.
constexpr int64_t kFirstStepNs = 60 * kMicrosecondNs;
constexpr int64_t kLongestStepNs = 5 * kMillisecondNs;
// While it is waited for something that may come by a timer.
constexpr int64_t kLongestPatientStepNs = 50 * kMillisecondNs;

// Without processes to look at, a silence of this length is taken for rest.
constexpr int64_t kSilenceNs = 50 * kMillisecondNs;
// A server that never sleeps, but does not spin either, is judged as it is after this silence.
constexpr int64_t kLongestSilenceNs = 10 * kSecondNs;

constexpr int64_t kSeeingPatienceNs = kSecondNs;
constexpr int64_t kBlindPatienceNs = 3 * kSecondNs;
constexpr int64_t kTcpsPatienceNs = 4 * kSecondNs;
// Longer than what TCP itself may hold back: a delayed acknowledgement (40 ms), a probe of a closed
// window (200 ms).
constexpr int64_t kShortPatienceNs = 300 * kMillisecondNs;
constexpr int kOftenInVain = 20;
// A server that spins sleeps through nothing.
constexpr int64_t kAwakePatienceNs = 150 * kMillisecondNs;

// A busy loop is looked for after a silence of this length without sleep.
constexpr int64_t kSuspicionNs = 100 * kMillisecondNs;
constexpr int64_t kWindowNs = 300 * kMillisecondNs;
// A server at work without any traffic (a collector of garbage, a compiler) may take a second; one
// that has been seen to spin is known to.
constexpr int kWindows = 5;
constexpr int kWindowsOnceKnown = 1;
// Of a window, in percent: running or runnable, and running.
constexpr int64_t kLeastBusy = 90;
constexpr int64_t kLeastRunning = 10;

}  // namespace

void RestWatch::StartRun() { spins_ = has_last_ = false; }

void RestWatch::StartWaiting() {
  has_last_ = false;
  NoteChange();
}

void RestWatch::NoteChange() {
  changed_ns_ = suspected_ns_ = kernel_.now_ns();
  step_ns_ = kFirstStepNs;
  patient_step_ns_ = kMillisecondNs;
}

bool RestWatch::TrafficMoved() {
  const uint64_t before = traffic_;
  traffic_ = kernel_.LookAtTraffic();
  if (traffic_ == before) return false;
  NoteChange();
  return true;
}

RestWatch::State RestWatch::Look() {
  const bool is_first = !has_last_;
  const bool acted = !is_first && kernel_.AwaitClients(step_ns_);
  const OutsideKernel::Activity now = kernel_.LookAtProcesses();
  const bool slept = now.asleep && now == last_;
  last_ = now;
  has_last_ = true;
  if (acted || is_first) {
    NoteChange();
    return State::kMoving;
  }
  if (slept && kernel_.SeesProcesses()) return State::kAtRest;
  step_ns_ = std::min(2 * step_ns_, kLongestStepNs);
  const int64_t silence = kernel_.now_ns() - changed_ns_;
  if (!kernel_.SeesProcesses() || spins_) {
    if (silence < kSilenceNs) return State::kMoving;
    return TrafficMoved() ? State::kMoving : State::kAtRest;
  }
  if (silence >= kLongestSilenceNs) return State::kAtRest;
  if (kernel_.now_ns() - suspected_ns_ < kSuspicionNs) return State::kMoving;
  spins_ = LookForSpin();
  suspected_ns_ = kernel_.now_ns();
  return spins_ ? State::kSpinning : State::kMoving;
}

void RestWatch::WaitOn() {
  patient_step_ns_ = std::min(2 * patient_step_ns_, kLongestPatientStepNs);
  if (kernel_.AwaitClients(patient_step_ns_)) NoteChange();
}

bool RestWatch::HasPatienceFor(const std::vector<Debt>& debts) {
  const auto is_new = [&](const Debt& debt) { return given_up_.count(debt.which) == 0; };
  if (std::none_of(debts.begin(), debts.end(), is_new)) return false;
  const bool waits_for_tcp = std::any_of(
      debts.begin(), debts.end(), [&](const Debt& debt) { return debt.is_of_tcp && is_new(debt); });
  TrafficMoved();
  const int64_t silence = kernel_.now_ns() - changed_ns_;
  int64_t patience = kernel_.SeesProcesses() ? kSeeingPatienceNs : kBlindPatienceNs;
  if (in_vain_ >= kOftenInVain && kernel_.SeesProcesses()) patience = kShortPatienceNs;
  if (spins_) patience = kAwakePatienceNs;
  if (waits_for_tcp) patience = kTcpsPatienceNs;
  if (silence < patience) return true;
  ++in_vain_;
  for (const Debt& debt : debts) given_up_.insert(debt.which);
  return false;
}

bool RestWatch::LookForSpin() {
  const int windows = spun_before_ ? kWindowsOnceKnown : kWindows;
  spin_window_ns_ = spin_run_ns_ = 0;
  TrafficMoved();
  for (int i = 0; i < windows; ++i) {
    const auto before = kernel_.LookAtThreads();
    const int64_t start = kernel_.now_ns();
    while (kernel_.now_ns() - start < kWindowNs) {
      if (kernel_.AwaitClients(start + kWindowNs - kernel_.now_ns())) return false;
    }
    const int64_t window = kernel_.now_ns() - start;
    const auto after = kernel_.LookAtThreads();
    if (TrafficMoved()) return false;
    int64_t most_run = 0;
    for (const auto& [tid, now] : after) {
      const auto then = before.find(tid);
      if (then == before.end()) continue;
      const int64_t run = now.run_ns - then->second.run_ns;
      const int64_t busy = run + now.runqueue_ns - then->second.runqueue_ns;
      // On a machine that shares its processors with others, time that they take is in neither.
      const bool never_slept = then->second.state == 'R' && now.sleeps == then->second.sleeps;
      if (never_slept || busy * 100 >= window * kLeastBusy) most_run = std::max(most_run, run);
    }
    if (most_run * 100 < window * kLeastRunning) return false;
    spin_window_ns_ += window;
    spin_run_ns_ += most_run;
  }
  spun_before_ = true;
  return true;
}

std::string RestWatch::SpinEvidence() const {
  return fmt::format(
      "the server never slept for {} ms, {} ms of them on a processor, and nothing moved on any "
      "connection",
      spin_window_ns_ / kMillisecondNs, spin_run_ns_ / kMillisecondNs);
}

}  // namespace hupstorm
