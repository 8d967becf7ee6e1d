// Runs each scenario against the four forms of the reference: clients must be shown the same by all
// of them. What is compared: for each client, when the script is over and when all have read what
// was left, how many bytes it got, and whether its connection is open, ended, reset or refused.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "scenarios/language/actions.h"
#include "scenarios/language/bytes.h"
#include "scenarios/language/print.h"
#include "scenarios/mutator/fuzzed_protocol.h"
#include "scenarios/mutator/work_limit.h"
#include "scenarios/worlds/simulated_world.h"
#include "target/reference/reference.h"

namespace {

using namespace hupstorm;

using Views = std::vector<ClientView>;

// A select server turns away clients whose descriptors an fd_set cannot hold, which the others
// serve. Descriptors begin at 256, and some are the server's own.
constexpr uint64_t kMostClients = 700;

// The forms make different numbers of calls, and some calls are made by one form alone. So what is
// said by counting calls, or of waits and epoll_ctl, means something else to each of them: steps
// inside calls, faults that pass or end after some calls, faults of any call. A limit of
// descriptors is one of their numbers, and which are free hangs on whether one was closed before
// the next client was accepted: the edge-triggered form reads on to the end of input, the others
// are told of it. What a server that is to start again has read by then hangs on the order of its
// calls.
bool DependsOnForm(const Step& step) {
  if (step.at || RowOf(step.action).operand == Operand::kDescriptors) return true;
  if (step.action == Action::kServerRestart) return true;
  if (step.action != Action::kFault) return false;
  const FaultRule& fault = step.fault;
  if (fault.after > 0 || fault.times != kAlways) return true;
  // Readiness that is never true: some forms ask again and again, the edge-triggered one waits.
  if (fault.outcome == FaultOutcome::kEagain || fault.outcome == FaultOutcome::kEintr) return true;
  return fault.call == CallFamily::kAny || fault.call == CallFamily::kWait ||
         fault.call == CallFamily::kEpollCtl;
}

// A close waits until all that the client sends has left it. When that is, if not all of it fits
// into buffers at once, hangs on how the server's calls for input and output alternate. So a client
// that sends that much resets instead.
void LeaveAtOnce(Scenario& scenario) {
  constexpr uint64_t kFitsAnyBuffer = 1024;
  std::array<uint64_t, 26> sent = {};
  for (const Step& step : scenario.steps) {
    if (!IsClientAction(step.action)) continue;
    uint64_t& bytes = sent[static_cast<size_t>(step.clients.letter - 'a')];
    bytes += work_limit::BytesSent(step);
    if (step.action == Action::kRequest) bytes += kFitsAnyBuffer;  // longer than it says
    if (step.action == Action::kSendUrgent) ++bytes;
  }
  for (Step& step : scenario.steps) {
    if (step.action == Action::kClose &&
        sent[static_cast<size_t>(step.clients.letter - 'a')] > kFitsAnyBuffer) {
      step.action = Action::kReset;
    }
  }
}

uint64_t MostClients(const Scenario& scenario) {
  uint64_t count = 0;
  for (const Step& step : scenario.steps) {
    if (step.action == Action::kConnect) count += work_limit::ClientCount(step);
  }
  return count;
}

// What had come when a client left by itself hangs on how the server's calls alternated until then.
void ForgetThoseWhoLeft(Views& views) {
  for (ClientView& view : views) {
    if (!view.left) continue;
    view.received = 0;
    view.state = ClientView::State::kOpen;
  }
}

std::string Text(const ClientView& view) {
  if (view.left) return fmt::format("{}[{}] left", view.letter, view.index);

  static constexpr const char* kStates[] = {"waiting", "open", "end of input", "reset", "refused"};
  return fmt::format("{}[{}] received {} bytes, {}", view.letter, view.index, view.received,
                     kStates[static_cast<size_t>(view.state)]);
}

[[noreturn]] void Report(const Scenario& scenario, const Target& a, const Views& views_of_a,
                         const Target& b, const Views& views_of_b) {
  fmt::print(stderr, "{} and {} show clients different things:\n", a.name, b.name);
  for (size_t i = 0; i < std::max(views_of_a.size(), views_of_b.size()); ++i) {
    const std::string of_a = i < views_of_a.size() ? Text(views_of_a[i]) : "-";
    const std::string of_b = i < views_of_b.size() ? Text(views_of_b[i]) : "-";
    fmt::print(stderr, "{} {}\n", of_a == of_b ? ' ' : '!', of_a);
    if (of_a != of_b) fmt::print(stderr, "! {}\n", of_b);
  }
  fmt::print(stderr, "the scenario:\n{}", PrintScenario(scenario));
  std::abort();
}

class Agreement {
 public:
  void Check(const Scenario& scenario) {
    for (size_t i = 0; i < forms_.size(); ++i) {
      views_.clear();
      RunOptions options;
      options.client_views = &views_;
      world_.Run(scenario, forms_[i], options);
      ForgetThoseWhoLeft(views_);
      if (i == 0) {
        first_.swap(views_);
      } else if (views_ != first_) {
        Report(scenario, forms_[0], first_, forms_[i], views_);
      }
    }
  }

 private:
  const std::vector<Target> forms_ = ReferenceTargets();
  SimulatedWorld world_;
  Views first_;
  Views views_;
};

}  // namespace

hupstorm::Protocol hupstorm::FuzzedProtocol() { return Protocol::kEcho; }

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Agreement agreement;
  static Scenario scenario;
  DecodeScenario({data, size}, scenario);
  scenario.protocol = Protocol::kEcho;
  std::erase_if(scenario.steps, DependsOnForm);
  LeaveAtOnce(scenario);
  if (MostClients(scenario) > kMostClients || !IsAffordable(scenario)) return 0;
  agreement.Check(scenario);
  return 0;
}
