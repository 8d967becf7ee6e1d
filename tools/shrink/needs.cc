#include "tools/shrink/needs.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "scenarios/shrink/disturbances.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"
#include "tools/report/findings_report.h"

namespace hupstorm {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kMostTimeouts = 3;
constexpr std::chrono::milliseconds kLongestSilence{2000};

struct Bug {
  const ShownFinding* shown = nullptr;  // by the shortest scenario
  std::vector<Finding*> findings;
  std::vector<StepDisturbance> disturbances;
  std::vector<bool> needed;  // of the disturbances
  Needs needs;

  bool known() const { return needs.not_known_because.empty(); }
  // The disturbances that are needed, or are not, but for that number.
  std::vector<StepDisturbance> Which(bool are_needed, size_t but = SIZE_MAX) const {
    std::vector<StepDisturbance> some;
    for (size_t i = 0; i < disturbances.size(); ++i) {
      if (needed[i] == are_needed && i != but) some.push_back(disturbances[i]);
    }
    return some;
  }
};

// What is done in it, each client's part by itself.
uint64_t LengthOf(const Scenario& scenario) {
  uint64_t length = 0;
  for (const Step& step : scenario.steps) length += 1 + step.clients.last - step.clients.first;
  return length * scenario.rounds;
}

// Whether the call that is to blame ended as the fault has it.
bool IsBlamed(const Step& step, const Finding& finding) {
  if (step.action != Action::kFault || finding.ending == Ending::kDone) return false;
  if (step.fault.outcome == FaultOutcome::kShort) {
    return step.fault.call == CallFamily::kSend &&
           finding.cause.find(" took ") != std::string::npos;
  }
  return finding.cause.ends_with(
      fmt::format("failed with {}", FaultOutcomeName(step.fault.outcome)));
}

Needs::Need NeedOf(const StepDisturbance& one, const ShownFinding& shown) {
  const bool is_blamed = IsBlamed(shown.scenario->steps[one.step], *shown.finding);
  return {one.what, one.line, is_blamed ? PlaceText(shown.finding->place) : ""};
}

class Search {
 public:
  Search(const ServerChoice& server, IsolationOptions isolation, const NeedsBounds& bounds,
         BugNamer& bugs)
      : bounds_(bounds),
        namer_(bugs),
        isolation_(std::move(isolation)),
        is_repeatable_(server.world == kDefaultWorld),
        deadline_(Clock::now() + bounds.time) {
    isolation_.run = RunOptions();
    isolation_.most_timeouts = kMostTimeouts;
    isolation_.timeout = std::min(isolation_.timeout, kLongestSilence);
  }

  void Run(std::span<const ShownFinding> shown) {
    Group(shown);
    TakeEachAway();
    LookAtTheOthers();
    for (Bug& bug : bugs_) {
      for (Finding* const finding : bug.findings) finding->needs = bug.needs;
    }
  }

 private:
  // A run of a bug's scenario with something taken away.
  struct Trial {
    Bug* bug = nullptr;
    std::vector<StepDisturbance> taken;
    size_t disturbance = SIZE_MAX;  // that it is about
    bool shows = false;             // in one of its runs
    bool is_unsure = true;          // it shows something else, which may be the same bug
  };

  void Group(std::span<const ShownFinding> shown) {
    std::map<std::pair<const Target*, std::string>, size_t> numbers;
    for (const ShownFinding& one : shown) {
      if (IsExpectation(*one.finding) || one.scenario == nullptr || one.target == nullptr) continue;
      const auto [place, is_new] =
          numbers.try_emplace({one.target, BugOf(*one.finding)}, bugs_.size());
      if (is_new) bugs_.emplace_back().shown = &one;
      Bug& bug = bugs_[place->second];
      bug.findings.push_back(one.finding);
      if (RankOf(*one.finding) < RankOf(*bug.shown->finding)) bug.shown = &one;
    }
    // What is told beside it is the evidence of the gravest.
    for (const ShownFinding& one : shown) {
      const auto place = numbers.find({one.target, BugOf(*one.finding)});
      if (place == numbers.end()) continue;
      if (IsExpectation(*one.finding)) bugs_[place->second].findings.push_back(one.finding);
      const ShownFinding*& shortest = bugs_[place->second].shown;
      const bool is_alike = one.finding->oracle == shortest->finding->oracle &&
                            one.finding->cause == shortest->finding->cause;
      if (is_alike && LengthOf(*one.scenario) < LengthOf(*shortest->scenario)) shortest = &one;
    }
    for (size_t i = 0; i < bugs_.size(); ++i) {
      Bug& bug = bugs_[i];
      bug.needs.looked = true;
      bug.needs.scenario = bug.shown->finding->scenario;
      bug.disturbances = DisturbancesOf(*bug.shown->scenario);
      bug.needed.resize(bug.disturbances.size());
      if (i >= bounds_.most_bugs) {
        bug.needs.not_known_because = fmt::format("only {} bugs are looked at", bounds_.most_bugs);
      } else if (bug.disturbances.size() > bounds_.most_disturbances) {
        bug.needs.not_known_because =
            fmt::format("there are {} disturbances", bug.disturbances.size());
      }
    }
  }

  void TakeEachAway() {
    std::vector<Trial> trials;
    for (Bug& bug : bugs_) {
      if (!bug.known()) continue;
      trials.push_back({&bug, {}});
      for (size_t i = 0; i < bug.disturbances.size(); ++i) {
        trials.push_back({&bug, {bug.disturbances[i]}, i});
      }
    }
    Make(trials);
    for (const Trial& trial : trials) {
      Bug& bug = *trial.bug;
      if (!bug.known()) continue;
      if (trial.disturbance != SIZE_MAX) {
        bug.needed[trial.disturbance] = !trial.shows;
      } else if (!trial.shows) {
        bug.needs.not_known_because = "it did not show again";
      }
    }
    for (Bug& bug : bugs_) {
      if (!bug.known()) continue;
      for (const StepDisturbance& one : bug.Which(true)) {
        bug.needs.all.push_back(NeedOf(one, *bug.shown));
      }
    }
  }

  // Those without each of which the bug shows may stand for each other.
  void LookAtTheOthers() {
    std::vector<Trial> without_all;
    for (Bug& bug : bugs_) {
      std::vector<StepDisturbance> others = bug.Which(false);
      if (bug.known() && others.size() > 1) without_all.push_back({&bug, std::move(others)});
    }
    Make(without_all);
    std::vector<Trial> with_one;
    for (const Trial& trial : without_all) {
      Bug& bug = *trial.bug;
      if (!bug.known() || trial.shows) continue;
      bug.needs.takes_more = true;
      for (size_t i = 0; i < bug.needed.size(); ++i) {
        if (!bug.needed[i]) with_one.push_back({&bug, bug.Which(false, i), i});
      }
    }
    Make(with_one);
    for (const Trial& trial : with_one) {
      Bug& bug = *trial.bug;
      if (!bug.known() || !trial.shows) continue;
      bug.needs.takes_more = false;
      bug.needs.any.push_back(NeedOf(bug.disturbances[trial.disturbance], *bug.shown));
    }
  }

  // A finding's number tells most; only where it is another the call to blame is looked for.
  void Make(std::vector<Trial>& trials) {
    for (const bool find_blame : {false, true}) {
      isolation_.run.find_blame = find_blame;
      MakeUnsure(trials);
    }
  }

  void MakeUnsure(std::vector<Trial>& trials) {
    std::vector<Scenario> scenarios;
    scenarios.reserve(trials.size());
    std::vector<Job> jobs;
    std::vector<Trial*> trial_of;
    for (Trial& trial : trials) {
      if (!std::exchange(trial.is_unsure, false) || !trial.bug->known()) continue;
      const ShownFinding& shown = *trial.bug->shown;
      scenarios.push_back(Without(*shown.scenario, trial.taken));
      for (int times = is_repeatable_ ? 1 : 2; times > 0; --times) {
        jobs.push_back({&scenarios.back(), shown.target});
        trial_of.push_back(&trial);
      }
    }
    if (jobs.empty()) return;
    std::vector<bool> made(jobs.size());
    std::string why_no_more;
    size_t done = 0;
    try {
      CheckTime();
      RunIsolated(jobs, isolation_, [&](size_t job, RunResult result) {
        made[job] = true;
        Trial& trial = *trial_of[job];
        trial.shows = trial.shows || Shows(*trial.bug->shown, result);
        trial.is_unsure = !trial.shows && (trial.is_unsure || !result.findings.empty());
        progress_.Update(++done, jobs.size(), "");
        if (done < jobs.size()) CheckTime();
      });
    } catch (const FailedError& error) {
      why_no_more = error.what();
    }
    for (size_t job = 0; job < jobs.size(); ++job) {
      if (made[job]) continue;
      Needs& needs = trial_of[job]->bug->needs;
      needs = {.looked = true,
               .scenario = needs.scenario,
               .all = {},
               .any = {},
               .not_known_because = why_no_more};
    }
  }

  void CheckTime() const {
    if (Clock::now() < deadline_) return;
    throw FailedError("{} s were up", bounds_.time.count() / 1000);
  }

  bool Shows(const ShownFinding& shown, RunResult& result) {
    namer_.Name(result);
    return std::any_of(result.findings.begin(), result.findings.end(), [&](const Finding& finding) {
      return finding.fingerprint == shown.finding->fingerprint ||
             BugOf(finding) == BugOf(*shown.finding);
    });
  }

  const NeedsBounds& bounds_;
  BugNamer& namer_;
  IsolationOptions isolation_;
  const bool is_repeatable_;
  const Clock::time_point deadline_;
  Progress progress_{"causes"};
  std::vector<Bug> bugs_;
};

}  // namespace

NeedsBounds NeedsBoundsFor(const ServerChoice& server) {
  using std::chrono::seconds;
  if (server.world != kDefaultWorld) return {.time = seconds(4)};
  return {.time = server.is_in_worker ? seconds(30) : seconds(8)};
}

void FindNeeds(const ServerChoice& server, IsolationOptions isolation, const NeedsBounds& bounds,
               BugNamer& bugs, std::span<const ShownFinding> shown) {
  if (server.is_shared || shown.empty()) return;
  Search(server, std::move(isolation), bounds, bugs).Run(shown);
}

}  // namespace hupstorm
