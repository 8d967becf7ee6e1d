#include "scenarios/sweep/enumerate.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <map>
#include <set>
#include <unordered_map>

#include "base/hash.h"

namespace hupstorm {
namespace {

// How far the clock moves: beyond what servers use for timeouts and retries.
constexpr uint64_t kSweepWaitNs = 30ull * 1'000'000'000;

constexpr int kMostConnectedTold = 3;  // clients; more are a crowd

// How a call ended, as far as it makes a difference.
enum class Ending : uint8_t { kWhole, kPart, kNothing, kNotNow, kFailed };

Ending EndingOf(const LoggedCall& call) {
  const CallFamily family = FamilyOf(call.call);
  const bool transfer = family == CallFamily::kRecv || family == CallFamily::kSend;
  if (call.result < 0) return call.error == EAGAIN ? Ending::kNotNow : Ending::kFailed;
  if (call.result == 0) return Ending::kNothing;
  return transfer && static_cast<uint64_t>(call.result) < call.length ? Ending::kPart
                                                                      : Ending::kWhole;
}

// Counts calls as the placements of the language do.
class Counter {
 public:
  Placement Count(const LoggedCall& call) {
    ++all_;
    const CallFamily family = FamilyOf(call.call);
    const uint32_t of_family = ++by_family_[static_cast<size_t>(family)];
    Placement at;
    at.call = family == CallFamily::kOther ? CallFamily::kAny : family;
    at.occurrence = family == CallFamily::kOther ? all_ : of_family;
    if (!call.on_connection || family == CallFamily::kOther) return at;
    at.occurrence = ++by_client_[{family, call.client.letter, call.client.first}];
    at.client = call.client;
    return at;
  }

 private:
  using Key = std::tuple<CallFamily, char, uint32_t>;
  uint32_t all_ = 0;
  std::array<uint32_t, kCallFamilyCount> by_family_{};
  std::map<Key, uint32_t> by_client_;
};

class Enumerator {
 public:
  Enumerator(const CallLog& log, const Choice& choice) : log_(log), choice_(choice) {}

  Enumeration Run() {
    Classify();
    Counter counter;
    for (uint32_t i = 0; i < log_.calls.size(); ++i) {
      const Placement at = counter.Count(log_.calls[i]);
      if (i < choice_.from_call) continue;
      ++result_.calls;
      if (IsTaken(i)) {
        Disturbance disturbance;
        disturbance.call = i;
        disturbance.at = at;
        disturbance.in_drain = log_.calls[i].step > choice_.last_own_step;
        disturbance.kind = kinds_[i];
        AddAll(disturbance);
      } else {
        ++result_.alike;
      }
    }
    return std::move(result_);
  }

 private:
  struct Class {
    uint32_t count = 0;  // calls that are alike
    uint32_t seen = 0;
  };

  void Classify() {
    kinds_.resize(log_.calls.size());
    class_of_.resize(log_.calls.size());
    CallHistory recent;  // of all connections, for calls that are about none
    for (uint32_t i = 0; i < log_.calls.size(); ++i) {
      const LoggedCall& call = log_.calls[i];
      const uint64_t history = call.has_client ? call.history : recent.value();
      recent.Add(FamilyOf(call.call), call.result, call.error);
      const int connected = std::popcount(call.watched_may_reset);
      NumberHash hash;
      hash.Add(static_cast<uint64_t>(call.call))
          .Add(static_cast<uint64_t>(EndingOf(call)))
          .Add(call.faults)
          .Add(static_cast<uint64_t>(std::min(connected, kMostConnectedTold)))
          .Add(call.slept << 4 | call.has_client << 3 | call.may_reset << 2 | call.may_shut << 1 |
               call.output_queued);
      if (call.has_client) hash.Add(history);
      kinds_[i] = hash.value();
      if (i < choice_.from_call) continue;
      hash.Add(history)
          .Add(static_cast<uint64_t>(call.step))
          .Add(static_cast<uint64_t>(GroupOf(call)));
      class_of_[i] = &classes_[hash.value()];
      ++class_of_[i]->count;
    }
  }

  // The representative at or before the client's name; -1 for no client.
  int64_t GroupOf(const LoggedCall& call) const {
    if (!call.has_client) return -1;
    const auto after =
        std::upper_bound(log_.watched.begin(), log_.watched.end(), call.client,
                         [](const Clients& a, const Clients& b) {
                           return std::pair(a.letter, a.first) < std::pair(b.letter, b.first);
                         });
    return after - log_.watched.begin();
  }

  bool IsTaken(uint32_t i) {
    Class& alike = *class_of_[i];
    ++alike.seen;
    return choice_.all || alike.seen <= 2 || alike.seen == alike.count;
  }

  void AddAll(const Disturbance& at) {
    const LoggedCall& call = log_.calls[at.call];
    for (int i = 0; i < kFaultOutcomeCount; ++i) {
      if ((call.faults & 1u << i) != 0) AddFaults(at, static_cast<FaultOutcome>(i));
    }
    const CallFamily family = FamilyOf(call.call);
    if (call.may_reset) AddEvent(at, Action::kReset, call.client);
    if (call.may_shut) AddEvent(at, Action::kShutdownWrite, call.client);
    if (family == CallFamily::kWait || family == CallFamily::kAccept) AddOthers(at);
    AddEvent(at, Action::kWait, {});
    AddEvent(at, Action::kServerStop, {});
  }

  void AddOthers(const Disturbance& at) {
    const LoggedCall& call = log_.calls[at.call];
    for (size_t i = 0; i < log_.watched.size(); ++i) {
      const uint64_t bit = uint64_t{1} << i;
      if (call.has_client && log_.watched[i] == call.client) continue;
      if ((call.watched_may_reset & bit) != 0) AddEvent(at, Action::kReset, log_.watched[i]);
      if ((call.watched_may_shut & bit) != 0) AddEvent(at, Action::kShutdownWrite, log_.watched[i]);
    }
  }

  // Whether the fault would change anything: that shows in what the call gave.
  static bool Matters(FaultOutcome outcome, const LoggedCall& call) {
    const CallFamily family = FamilyOf(call.call);
    switch (outcome) {
      case FaultOutcome::kEintr:
        return call.slept;
      case FaultOutcome::kEagain:
        return call.result >= 0 && !(family == CallFamily::kRecv && call.input_ended);
      case FaultOutcome::kEconnaborted:
        return call.result >= 0;
      case FaultOutcome::kEnomem:
        if (family == CallFamily::kWait) return false;  // the same at each of them
        [[fallthrough]];
      case FaultOutcome::kEnospc:
        return family != CallFamily::kEpollCtl || call.result >= 0;
      case FaultOutcome::kEconnreset:
        return false;
      case FaultOutcome::kEpipe:
        return call.may_shut;
      default:
        return true;
    }
  }

  void AddFaults(const Disturbance& at, FaultOutcome outcome) {
    const LoggedCall& call = log_.calls[at.call];
    if (outcome != FaultOutcome::kShort) {
      if (Matters(outcome, call)) AddFault(at, outcome, 1);
      return;
    }
    if (call.result > 1) AddFault(at, outcome, 1);
    if (call.result > 2) AddFault(at, outcome, static_cast<uint32_t>(call.result - 1));
  }

  void AddFault(Disturbance added, FaultOutcome outcome, uint32_t amount) {
    added.outcome = outcome;
    added.amount = amount;
    AddEvent(added, Action::kFault, {});
  }

  void AddEvent(Disturbance added, Action action, const Clients& client) {
    added.action = action;
    added.client = client;
    result_.disturbances.push_back(added);
  }

  const CallLog& log_;
  const Choice& choice_;
  Enumeration result_;
  std::vector<uint64_t> kinds_;
  std::unordered_map<uint64_t, Class> classes_;
  std::vector<Class*> class_of_;  // null for calls that are not asked for
};

}  // namespace

void Write(const Disturbance& disturbance, Step& step) {
  step.action = disturbance.action;
  step.at = disturbance.at;
  step.clients = disturbance.client;
  step.amount = disturbance.action == Action::kWait ? kSweepWaitNs : 0;
  step.fault = {};
  if (disturbance.action != Action::kFault) return;
  step.fault.call = disturbance.at.call;
  step.fault.outcome = disturbance.outcome;
  step.fault.amount = disturbance.amount;
}

std::vector<Clients> Representatives(const Scenario& scenario) {
  // The indices at which a group begins that some step treats by itself.
  std::map<char, std::set<uint32_t>> begins;
  std::map<char, std::vector<Clients>> named;
  const auto add = [&](const Clients& clients) {
    begins[clients.letter].insert({clients.first, clients.last + 1});
    named[clients.letter].push_back(clients);
  };
  for (const Step& step : scenario.steps) {
    if (IsClientAction(step.action)) add(step.clients);
    if (step.at && step.at->client) add(*step.at->client);
    if (step.fault_client) add(*step.fault_client);
  }
  std::vector<Clients> first;
  for (const auto& [letter, indices] : begins) {
    for (const uint32_t index : indices) {
      const bool is_named = std::any_of(
          named[letter].begin(), named[letter].end(),
          [&](const Clients& clients) { return clients.first <= index && index <= clients.last; });
      if (!is_named || first.size() == CallLog::kMostWatched) continue;
      first.push_back({.letter = letter, .first = index, .last = index});
    }
  }
  return first;
}

Enumeration Enumerate(const CallLog& log, const Choice& choice) {
  return Enumerator(log, choice).Run();
}

}  // namespace hupstorm
