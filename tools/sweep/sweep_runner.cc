#include "tools/sweep/sweep_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <tuple>

#include "scenarios/language/parse.h"
#include "scenarios/language/print.h"
#include "tools/cli/errors.h"
#include "tools/isolation/slices.h"
#include "tools/isolation/worker.h"
#include "tools/sweep/sweep_slice.h"

namespace hupstorm {
namespace {

// What a slice takes at most, as Survey::work counts: some tenths of a second.
constexpr uint64_t kWorkOfASlice = 1'000'000;

constexpr uint32_t kSurveysAtOnce = 64;

// A finding before its scenario has been run by itself.
struct Suspect {
  SweepPosition at;
  Disturbance second;
  std::string oracle;
  uint32_t schedule = 0;
  uint64_t runs = 0;
  std::optional<Finding> end;  // the end of a worker's process
};

class SweepRun {
 public:
  SweepRun(std::span<const Job> jobs, const SweepSettings& settings)
      : jobs_(jobs), settings_(settings), worker_(jobs, units_) {}

  SweepReport Run() {
    report_.scenarios = jobs_.size();
    report_.survey_seconds = SecondsOf([this] {
      TakeSurveys();
      LeaveOutAlike();
    });
    report_.seconds = SecondsOf([this] { RunAll(); });
    Confirm();
    return std::move(report_);
  }

 private:
  template <typename Work>
  static double SecondsOf(const Work& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }

  void RunAll() {
    try {
      RunSlices();
    } catch (const FailedError& error) {
      if (suspects_.empty()) throw;
      report_.broken_off =
          fmt::format("broken off after {} placements: {}", report_.placements, error.what());
    }
  }

  using Key = std::pair<const Target*, std::string>;  // fingerprint

  void TakeSurveys() {
    units_.resize(jobs_.size());
    InWorkers(
        CutSurveys(),
        [this](const SweepSlice& slice, SweepMark& mark, World& world, const RunOptions& options) {
          return worker_.TakeSurveys(slice, settings_.all, mark, world, options);
        },
        [this](const SweepSlice& slice, std::vector<Survey> surveys) {
          for (size_t i = 0; i < surveys.size(); ++i) {
            units_[slice.from.unit + i].survey = std::move(surveys[i]);
          }
        },
        [this](const SweepMark& mark, Finding finding) {
          TakeEnd(Undisturbed(mark.at.unit), {}, std::move(finding));
          return SweepPosition{mark.at.unit + 1, 0, 0};
        });
    for (size_t unit = 0; unit < units_.size(); ++unit) {
      for (const Finding& finding : units_[unit].survey.findings) {
        Suspect& suspect = SuspectFor(Undisturbed(unit), finding.fingerprint);
        suspect.oracle = finding.oracle;
      }
    }
  }

  // A process surveys many scenarios at once: to wake it takes as long as to survey one.
  std::vector<SweepSlice> CutSurveys() const {
    std::vector<SweepSlice> slices;
    const auto count = static_cast<uint32_t>(jobs_.size());
    const auto most = std::clamp<uint32_t>(
        count / static_cast<uint32_t>(settings_.isolation.workers), 1, kSurveysAtOnce);
    for (uint32_t unit = 0; unit < count; ++unit) {
      if (slices.empty() || TargetOf(unit) != TargetOf(unit - 1) ||
          unit - slices.back().from.unit == most) {
        slices.push_back({.from = {unit, 0, 0}, .to = {}});
      }
      slices.back().to = {unit + 1, 0, 0};
    }
    return slices;
  }

  static SweepPosition Undisturbed(size_t unit) {
    return {static_cast<uint32_t>(unit), SweepHit::kUndisturbed, 0};
  }

  const Target* TargetOf(uint32_t unit) const { return jobs_[unit].target; }

  void LeaveOutAlike() {
    std::map<const Target*, std::vector<Survey*>> by_target;
    for (size_t i = 0; i < units_.size(); ++i) {
      by_target[jobs_[i].target].push_back(&units_[i].survey);
    }
    for (auto& [target, surveys] : by_target) {
      if (!settings_.all) LeaveOutWhatSmallerOnesShow(surveys);
    }
    for (SweepUnit& unit : units_) {
      report_.calls += unit.survey.found.calls;
      report_.alike += unit.survey.found.alike;
      // Pairs are spread over what can go wrong first.
      const uint64_t firsts = unit.survey.found.disturbances.size();
      total_ += firsts;
      if (settings_.most_pairs == 0 || firsts == 0) continue;
      unit.most_seconds = std::max<uint64_t>(settings_.most_pairs / firsts, 1);
      total_ += firsts * unit.most_seconds;
    }
  }

  std::vector<SweepSlice> Cut() const {
    std::vector<SweepSlice> slices;
    const Target* target = nullptr;
    uint64_t work = 0;
    for (uint32_t i = 0; i < units_.size(); ++i) {
      const SweepUnit& unit = units_[i];
      const uint64_t of_one = std::max<uint64_t>(unit.survey.work, 1) * (1 + unit.most_seconds);
      const auto count = static_cast<uint32_t>(unit.survey.found.disturbances.size());
      for (uint32_t first = 0; first < count; ++first) {
        if (slices.empty() || TargetOf(i) != target || work > kWorkOfASlice) {
          slices.push_back({.from = {i, first, 0}, .to = {}});
          target = TargetOf(i);
          work = 0;
        }
        slices.back().to = {i, first + 1, 0};
        work += of_one;
      }
    }
    return slices;
  }

  void RunSlices() {
    InWorkers(
        Cut(),
        [this](const SweepSlice& slice, SweepMark& mark, World& world, const RunOptions& options) {
          return worker_.Run(slice, mark, world, options);
        },
        [this](const SweepSlice&, const SweepAnswer& answer) { TakeAnswer(answer); },
        [this](const SweepMark& mark, Finding finding) {
          TakeEnd(mark.at, mark.second, std::move(finding));
          // If the first thing alone ends the process there is nothing to pair it with.
          return mark.at.second > 0 ? SweepPosition{mark.at.unit, mark.at.first, mark.at.second + 1}
                                    : SweepPosition{mark.at.unit, mark.at.first + 1, 0};
        });
  }

  template <typename Work, typename Take, typename End>
  void InWorkers(std::vector<SweepSlice> slices, const Work& work, const Take& take,
                 const End& end) {
    const auto job_of = [this](const SweepSlice& slice) { return jobs_[slice.from.unit]; };
    RunSlicesIsolated<SweepMark>(std::move(slices), settings_.isolation, job_of, work, take,
                                 [&](const SweepMark& mark, Finding finding) {
                                   const SweepPosition next = end(mark, std::move(finding));
                                   GiveUpAfterTimeouts();
                                   return next;
                                 });
  }

  // RunIsolated counts those of one pass over slices only.
  void GiveUpAfterTimeouts() const {
    if (timeouts_ < settings_.isolation.most_timeouts) return;
    throw FailedError("given up, as {} runs ended only because the time of --timeout was up",
                      timeouts_);
  }

  void TakeAnswer(const SweepAnswer& answer) {
    report_.placements += answer.placements;
    report_.pairs += answer.pairs;
    report_.pairs_left_out += answer.pairs_left_out;
    for (const SweepHit& hit : answer.hits) {
      Suspect& suspect = SuspectFor(hit.at, hit.fingerprint);
      suspect.oracle = hit.oracle;
      suspect.runs += hit.runs;
      if (suspect.at != hit.at) continue;
      suspect.second = hit.second;
      suspect.schedule = hit.schedule;
    }
    settings_.on_progress(report_.placements, total_, suspects_.size());
  }

  void TakeEnd(const SweepPosition& at, const Disturbance& second, Finding finding) {
    if (at.first != SweepHit::kUndisturbed) ++report_.placements;
    if (finding.oracle == kTimedOut) ++timeouts_;
    Suspect& suspect = SuspectFor(at, finding.fingerprint);
    suspect.oracle = finding.oracle;
    ++suspect.runs;
    if (suspect.at != at) return;
    suspect.second = second;
    suspect.end = std::move(finding);
  }

  // The suspect of that fingerprint, moved to `at` if that is simpler than where it was.
  Suspect& SuspectFor(const SweepPosition& at, const std::string& fingerprint) {
    const auto [place, is_new] = suspects_.try_emplace({TargetOf(at.unit), fingerprint});
    Suspect& suspect = place->second;
    if (is_new || Rank(at) < Rank(suspect.at)) suspect.at = at;
    return suspect;
  }

  // Fewest things gone wrong first, then the smallest scenario, then in the order of the sweep.
  std::tuple<int, uint64_t, SweepPosition> Rank(const SweepPosition& at) const {
    const int wrong = at.first == SweepHit::kUndisturbed ? 0 : at.second > 0 ? 2 : 1;
    return {wrong, units_[at.unit].survey.work, at};
  }

  void Confirm() {
    std::vector<std::pair<const std::string*, const Suspect*>> in_order;
    for (const auto& [key, suspect] : suspects_) in_order.emplace_back(&key.second, &suspect);
    std::sort(in_order.begin(), in_order.end(), [this](const auto& a, const auto& b) {
      return std::pair(Rank(a.second->at), *a.first) < std::pair(Rank(b.second->at), *b.first);
    });
    std::vector<Scenario> scenarios;
    scenarios.reserve(in_order.size());
    std::vector<Job> jobs;
    for (const auto& [fingerprint, suspect] : in_order) {
      SweepFinding& found = report_.findings.emplace_back();
      found.runs = suspect->runs;
      scenarios.push_back(Disturbed(*suspect, found));
      jobs.push_back({&scenarios.back(), TargetOf(suspect->at.unit)});
    }
    IsolationOptions isolation = settings_.isolation;
    isolation.run.find_blame = settings_.bugs != nullptr;
    RunIsolated(jobs, isolation, [&](size_t job, RunResult result) {
      if (settings_.bugs != nullptr) settings_.bugs->Name(result);
      const auto& [fingerprint, suspect] = in_order[job];
      TakeConfirmed(*fingerprint, *suspect, scenarios[job], std::move(result),
                    report_.findings[job]);
    });
    if (settings_.bugs == nullptr) return;
    for (SweepFinding& found : report_.findings) settings_.bugs->Recall(found.finding);
  }

  // The scenario as a user gets it: printed, and read again.
  Scenario Disturbed(const Suspect& suspect, SweepFinding& found) const {
    const SweepUnit& unit = units_[suspect.at.unit];
    const Scenario& original = *jobs_[suspect.at.unit].scenario;
    SweptScenario swept(original);
    Scenario scenario = swept.Undisturbed();
    if (suspect.at.first != SweepHit::kUndisturbed) {
      const Disturbance& first = unit.survey.found.disturbances[suspect.at.first];
      scenario = suspect.at.second > 0 ? swept.With(first, suspect.second) : swept.With(first);
      const int steps = suspect.at.second > 0 ? 2 : 1;
      for (int i = 0; i < steps; ++i) found.placement.push_back(PrintStep(scenario.steps[i]));
    }
    scenario.title = fmt::format("{}{}{}.", original.name, found.placement.empty() ? "" : ", and ",
                                 fmt::join(found.placement, ", "));
    if (suspect.schedule != 0) scenario.schedule = suspect.schedule;
    found.text = PrintScenario(scenario);
    Scenario parsed = ParseScenario(found.text, original.file);
    parsed.name = original.name;
    return parsed;
  }

  void TakeConfirmed(const std::string& fingerprint, const Suspect& suspect,
                     const Scenario& scenario, RunResult result, SweepFinding& found) const {
    for (Finding& finding : result.findings) {
      if (finding.fingerprint != fingerprint) continue;
      found.finding = std::move(finding);
      found.finding.file = settings_.file_of(found.finding);
      return;
    }
    found.alone = false;
    if (suspect.end) {
      found.finding = *suspect.end;
    } else {
      found.finding.oracle = suspect.oracle;
      found.finding.fingerprint = fingerprint;
      found.finding.target = TargetOf(suspect.at.unit)->name;
      found.finding.scenario = scenario.name;
      found.finding.evidence = "not when this is run by itself";
    }
    found.finding.file = settings_.file_of(found.finding);
  }

  std::span<const Job> jobs_;
  const SweepSettings& settings_;
  std::vector<SweepUnit> units_;
  SweepWorker worker_;
  uint64_t total_ = 0;
  int timeouts_ = 0;
  std::map<Key, Suspect> suspects_;
  SweepReport report_;
};

}  // namespace

SweepReport RunSweep(std::span<const Job> jobs, const SweepSettings& settings) {
  return SweepRun(jobs, settings).Run();
}

}  // namespace hupstorm
