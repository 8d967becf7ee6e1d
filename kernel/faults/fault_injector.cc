#include "kernel/faults/fault_injector.h"

#include <cstdio>
#include <cstdlib>

namespace hupstorm {
namespace {

// The longest run of calls that one passing rule answers.
constexpr uint32_t kLongestStreak = 3;

bool IsPassing(const FaultRule& rule) {
  return rule.outcome == FaultOutcome::kEintr || rule.outcome == FaultOutcome::kEagain ||
         rule.call == CallFamily::kWait;
}

}  // namespace

void FaultInjector::Add(const FaultRule& rule) {
  const bool moves_nothing = rule.outcome == FaultOutcome::kShort && rule.amount == 0;
  if (!IsLegal(rule.call, rule.outcome) || moves_nothing) {
    const std::string_view call = CallFamilyName(rule.call);
    const std::string_view outcome = FaultOutcomeName(rule.outcome);
    fprintf(stderr, "hupstorm: Linux does not do this: fault %.*s %.*s%s\n",
            static_cast<int>(call.size()), call.data(), static_cast<int>(outcome.size()),
            outcome.data(), moves_nothing ? " 0" : "");
    abort();
  }
  if (rule.times > 0) rules_.push_back({.rule = rule});
}

void FaultInjector::Clear() {
  rules_.clear();
  cut_ = nullptr;
}

void FaultInjector::Reset() {
  Clear();
  watches_.Reset();
  handled_ = 0;
  interrupting_ = 0;
  injected_ = passing_ = 0;
}

bool FaultInjector::Enter(SystemCall& call) {
  cut_ = nullptr;
  if (rules_.empty()) return true;
  const CallFamily family = FamilyOf(call.call);
  for (size_t i = rules_.size(); i-- > 0;) {
    ActiveRule& active = rules_[i];
    if (active.rule.call != family || !Matches(active.rule, call)) continue;
    if (active.seen < active.rule.after) {
      ++active.seen;
      continue;
    }
    if (MustPass(active)) {
      active.streak = 0;
      continue;
    }
    const Verdict verdict = Apply(active.rule, call);
    if (verdict == Verdict::kHarmed || verdict == Verdict::kAnswered) {
      ++injected_;
      passing_ += IsPassing(active.rule);
      ++active.streak;
      ++active.spent;
      if (active.spent == active.rule.times && active.rule.times != kAlways) {
        rules_.erase(rules_.begin() + static_cast<std::ptrdiff_t>(i));
      }
      return verdict == Verdict::kHarmed;
    }
    active.streak = 0;
    if (verdict == Verdict::kPassedOn) return false;
  }
  return true;
}

void FaultInjector::Leave(SystemCall& call) {
  watches_.Learn(call);
  if (call.call == Call::kSigaction) LearnHandler(call);
  // Cut short for good only if all that was left of it was used.
  if (cut_ == &call) {
    cut_ = nullptr;
    if (ResultInBytes(call) == cut_to_) RaiseEdges(call);
  }
}

bool FaultInjector::Matches(const FaultRule& rule, const SystemCall& call) {
  const bool any = rule.connection == kAnyConnection;
  switch (rule.call) {
    case CallFamily::kWait:
      return any;
    case CallFamily::kEpollCtl:
      return call.Int(1) == EPOLL_CTL_ADD &&
             (any || world_.ConnectionOf(call.Int(2)) == rule.connection);
    case CallFamily::kAccept:
      return (any || world_.ConnectionOf(call.Int(0)) == rule.connection) &&
             IsListening(call.Int(0));
    default: {
      const int64_t connection = world_.ConnectionOf(call.Int(0));
      return connection != kNoConnection && (any || connection == rule.connection);
    }
  }
}

bool FaultInjector::MustPass(const ActiveRule& active) const {
  return IsPassing(active.rule) && active.streak == kLongestStreak;
}

void FaultInjector::LearnHandler(const SystemCall& call) {
  const auto* const action = call.Pointer<const struct sigaction>(1);
  if (call.result == -1 || action == nullptr) return;
  const uint64_t bit = uint64_t{1} << (call.Int(0) - 1);
  handled_ &= ~bit;
  interrupting_ &= ~bit;
  if (action->sa_handler == SIG_DFL || action->sa_handler == SIG_IGN) return;
  handled_ |= bit;
  if ((action->sa_flags & SA_RESTART) == 0) interrupting_ |= bit;
}

}  // namespace hupstorm
