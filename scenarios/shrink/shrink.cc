#include "scenarios/shrink/shrink.h"

#include <algorithm>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "scenarios/language/print.h"
#include "scenarios/shrink/least.h"
#include "scenarios/shrink/simpler_step.h"

namespace hupstorm {
namespace {

constexpr size_t kMostStepsForPairs = 16;
constexpr size_t kLetters = 26;

// Calls `visit` with each name of clients in `step`, in the order in which the text has them.
template <typename SomeStep, typename Visit>
void VisitClients(SomeStep& step, Visit visit) {
  if (step.at && step.at->client) visit(*step.at->client);
  if (NamesClients(step.action)) visit(step.clients);
  if (step.fault_client) visit(*step.fault_client);
}

// Ranges that cover all of `names`, none of which overlaps another; in order of appearance.
std::vector<Clients> Families(const std::vector<Clients>& names) {
  std::vector<Clients> families;
  for (Clients name : names) {
    // What it joins may come to overlap another in turn.
    size_t place = families.size();
    for (size_t i = 0; i < families.size();) {
      if (!Overlap(families[i], name)) {
        ++i;
        continue;
      }
      name.first = std::min(name.first, families[i].first);
      name.last = std::max(name.last, families[i].last);
      families.erase(families.begin() + static_cast<ptrdiff_t>(i));
      place = std::min(place, i);
      i = 0;
    }
    place = std::min(place, families.size());
    families.insert(families.begin() + static_cast<ptrdiff_t>(place), name);
  }
  return families;
}

// Every name once, in order of appearance.
std::vector<Clients> NamesIn(const Scenario& scenario) {
  std::vector<Clients> names;
  for (const Step& step : scenario.steps) {
    VisitClients(step, [&](const Clients& name) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    });
  }
  return names;
}

// `scenario` with its clients called a, b, c and so on in order of appearance, and groups b[1..9].
// Names that share a client, as c[1..9] and c[2] do, keep one letter. If there are more than 26,
// they keep the letters that they have.
Scenario WithPlainNames(const Scenario& scenario) {
  const std::vector<Clients> families = Families(NamesIn(scenario));
  if (families.size() > kLetters) return scenario;
  Scenario renamed = scenario;
  for (Step& step : renamed.steps) {
    VisitClients(step, [&](Clients& name) {
      const auto family = std::find_if(families.begin(), families.end(),
                                       [&](const Clients& other) { return Overlap(other, name); });
      const uint32_t first = family->first == family->last ? 0 : 1;
      name.letter = static_cast<char>('a' + (family - families.begin()));
      name.first = name.first - family->first + first;
      name.last = name.last - family->first + first;
    });
  }
  return renamed;
}

class Shrinker {
 public:
  Shrinker(const Scenario& scenario, const std::function<bool(const Scenario&)>& still_fails,
           const ShrinkOptions& options)
      : still_fails_(still_fails), options_(options), best_(scenario) {
    for (Step& step : best_.steps) step.line = 0;
  }

  ShrinkResult Run() {
    bool smaller = true;
    while (smaller && !cut_off_) {
      const Scenario before = best_;
      RemoveClients();
      RemoveSteps();
      LowerRounds();
      LowerGroups();
      for (size_t i = 0; i < best_.steps.size(); ++i) SimplifyStep(i);
      LowerEqualAmounts();
      Try(WithPlainNames(best_));
      if (best_ == before) RemovePairs();
      if (best_.steps.size() == 1) TryPlainestStep();
      smaller = best_ != before;
    }
    return {std::move(best_), runs_, cut_off_};
  }

 private:
  // Whether a candidate will do. A bound says no to all.
  bool Works(const Scenario& candidate) {
    if (cut_off_) return false;
    const auto [tried, is_new] = tried_.try_emplace(Key(candidate), false);
    if (!is_new) return tried->second;
    if (runs_ >= options_.most_runs ||
        (options_.deadline && std::chrono::steady_clock::now() >= *options_.deadline)) {
      cut_off_ = true;
      return false;
    }
    tried->second = still_fails_(candidate);
    ++runs_;
    if (options_.on_progress) options_.on_progress(runs_, best_.steps.size());
    return tried->second;
  }

  static std::string Key(const Scenario& scenario) {
    std::string key = std::to_string(scenario.rounds);  // its schedule stays
    for (const Step& step : scenario.steps) key += '\n' + PrintStep(step);
    return key;
  }

  // Keeps a candidate that will do.
  bool Try(Scenario candidate) {
    MakeValid(candidate);
    if (candidate == best_ || !Works(candidate)) return false;
    best_ = std::move(candidate);
    return true;
  }

  Scenario WithSteps(std::vector<Step> steps) const {
    Scenario scenario = best_;
    scenario.steps = std::move(steps);
    return scenario;
  }

  // Lowers a number of the scenario, which `change` sets.
  void Lower(const StepNumber& number,
             const std::function<void(Scenario& scenario, uint64_t value)>& change) {
    const auto changed = [&](uint64_t value) {
      Scenario candidate = best_;
      change(candidate, value);
      MakeValid(candidate);
      return candidate;
    };
    const uint64_t least = LeastNumber(number.value, number.least, number.kind,
                                       [&](uint64_t value) { return Works(changed(value)); });
    if (least != number.value) best_ = changed(least);
  }

  // All steps of a client at once: they seldom stand next to each other.
  void RemoveClients() {
    std::set<char> letters;
    for (const Clients& name : NamesIn(best_)) letters.insert(name.letter);
    for (auto letter = letters.rbegin(); letter != letters.rend(); ++letter) {
      std::vector<Step> left = best_.steps;
      std::erase_if(left, [&](const Step& step) {
        bool named = false;
        VisitClients(step, [&](const Clients& name) { named |= name.letter == *letter; });
        return named;
      });
      if (!left.empty()) Try(WithSteps(std::move(left)));
    }
  }

  void RemoveSteps() {
    RemoveRuns(best_.steps.size(), 1, [&](size_t first, size_t end) {
      if (cut_off_) return false;
      std::vector<Step> left = best_.steps;
      left.erase(left.begin() + static_cast<ptrdiff_t>(first),
                 left.begin() + static_cast<ptrdiff_t>(end));
      return Try(WithSteps(std::move(left)));
    });
  }

  // What only goes together: "limit descriptors 2" and, later, "limit descriptors none".
  void RemovePairs() {
    if (best_.steps.size() > kMostStepsForPairs) return;
    for (size_t later = best_.steps.size(); later-- > 1;) {
      for (size_t i = later; i-- > 0 && later < best_.steps.size() && best_.steps.size() > 2;) {
        std::vector<Step> left = best_.steps;
        left.erase(left.begin() + static_cast<ptrdiff_t>(later));
        left.erase(left.begin() + static_cast<ptrdiff_t>(i));
        Try(WithSteps(std::move(left)));
      }
    }
  }

  // Any step will do if what counts is what the world does after the script.
  void TryPlainestStep() {
    const Step connect;  // "a connect"
    Step wait;
    wait.action = Action::kWait;
    wait.amount = 1'000'000;
    if (best_.steps.front() == connect || best_.steps.front() == wait) return;
    if (!Try(WithSteps({connect}))) Try(WithSteps({wait}));
  }

  void LowerRounds() {
    Lower({best_.rounds, 1, NumberKind::kCount, nullptr}, [](Scenario& scenario, uint64_t value) {
      scenario.rounds = static_cast<uint32_t>(value);
    });
  }

  // A group connects, sends and closes: it gets smaller in all its steps at once.
  void LowerGroups() {
    for (const Clients& group : NamesIn(best_)) {
      if (group.first == group.last) continue;
      KeepMembers(group);
      Lower({group.last - group.first + 1, 1, NumberKind::kCount, nullptr},
            [&](Scenario& scenario, uint64_t value) {
              Clients fewer = group;
              fewer.last = group.first + static_cast<uint32_t>(value) - 1;
              Rename(scenario, group, fewer);
            });
    }
  }

  // Those members of a group that are named elsewhere may be all that matter.
  void KeepMembers(const Clients& group) {
    for (const Clients& some : NamesIn(best_)) {
      const bool are_members =
          some.letter == group.letter && some.first >= group.first && some.last <= group.last;
      if (!are_members || some == group) continue;
      Scenario candidate = best_;
      Rename(candidate, group, some);
      Try(std::move(candidate));
    }
  }

  static void Rename(Scenario& scenario, const Clients& from, const Clients& to) {
    for (Step& step : scenario.steps) {
      VisitClients(step, [&](Clients& name) {
        if (name == from) name = to;
      });
    }
  }

  // What is sent may have to be what is read, or expected.
  void LowerEqualAmounts() {
    const auto is_amount = [](const Step& step) {
      return step.action == Action::kSend || step.action == Action::kRequest ||
             step.action == Action::kRead || step.action == Action::kExpectReceived ||
             step.action == Action::kExpectReceivedAtLeast;
    };
    std::unordered_map<uint64_t, int> uses;
    std::vector<uint64_t> repeated;
    for (const Step& step : best_.steps) {
      if (is_amount(step) && ++uses[step.amount] == 2) repeated.push_back(step.amount);
    }
    for (const uint64_t amount : repeated) {
      if (amount <= 1) continue;
      Lower({amount, 1, NumberKind::kSize, nullptr}, [&](Scenario& scenario, uint64_t value) {
        for (Step& step : scenario.steps) {
          if (is_amount(step) && step.amount == amount) step.amount = value;
        }
      });
    }
  }

  void SimplifyStep(size_t index) {
    bool simpler = true;
    while (simpler) {
      simpler = false;
      for (const Step& step : SimplerSteps(best_.steps[index])) {
        Scenario candidate = best_;
        candidate.steps[index] = step;
        simpler = Try(std::move(candidate));
        if (simpler) break;
      }
    }
    for (const StepNumber& number : NumbersOf(best_.steps[index])) {
      Lower(number,
            [&](Scenario& scenario, uint64_t value) { number.set(scenario.steps[index], value); });
    }
    if (best_.steps[index].action == Action::kSendText) ShortenText(index);
  }

  void ShortenText(size_t index) {
    RemoveRuns(best_.steps[index].text.size(), 1, [&](size_t first, size_t end) {
      if (cut_off_) return false;
      Scenario candidate = best_;
      candidate.steps[index].text.erase(first, end - first);
      return Try(std::move(candidate));
    });
  }

  const std::function<bool(const Scenario&)>& still_fails_;
  const ShrinkOptions& options_;
  Scenario best_;
  std::unordered_map<std::string, bool> tried_;
  size_t runs_ = 0;
  bool cut_off_ = false;
};

}  // namespace

bool Overlap(const Clients& a, const Clients& b) {
  return a.letter == b.letter && a.first <= b.last && b.first <= a.last;
}

void MakeValid(Scenario& scenario) {
  bool can_join = false;
  for (Step& step : scenario.steps) {
    if (!can_join) step.together = false;
    can_join = !IsExpect(step.action);
  }
}

ShrinkResult Shrink(const Scenario& scenario,
                    const std::function<bool(const Scenario&)>& still_fails,
                    const ShrinkOptions& options) {
  return Shrinker(scenario, still_fails, options).Run();
}

}  // namespace hupstorm
