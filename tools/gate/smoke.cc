#include "tools/gate/smoke.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/random.h"
#include "scenarios/language/fit.h"
#include "scenarios/mutator/scenario_mutator.h"
#include "scenarios/mutator/work_limit.h"
#include "scenarios/worlds/schedules_world.h"
#include "tools/isolation/slices.h"

namespace hupstorm {

// What the runs of a slice, or of all slices, showed.
struct SmokeHit {
  uint64_t run = 0;  // the first that showed it
  Finding finding;
  uint64_t runs = 0;  // that showed it
};
void Fields(auto& archive, Either<SmokeHit> auto& hit) { archive(hit.run, hit.finding, hit.runs); }

namespace {

// Slices are large, but each worker gets several: so all have work to the end, and progress is seen
// where a run takes long.
constexpr uint64_t kMostRunsOfASlice = 500;
constexpr uint64_t kSlicesOfAWorker = 16;
constexpr uint64_t kMostMutations = 3;  // of a seed, one upon the other

struct Slice {
  uint64_t from = 0;
  uint64_t to = 0;
};

// The run that a worker is at.
struct Mark {
  uint64_t at = 0;
};

class Smoke {
 public:
  Smoke(std::span<const Scenario* const> seeds, const Target& target, const SmokeSettings& settings)
      : target_(target), settings_(settings) {
    for (const Scenario* const seed : seeds) {
      Scenario& plain = seeds_.emplace_back(*seed);
      std::erase_if(plain.steps, [](const Step& step) { return IsExpect(step.action); });
      if (!IsAffordable(plain) || plain.steps.empty()) seeds_.pop_back();
    }
    if (seeds_.empty()) seeds_.emplace_back();
  }

  std::vector<SmokeFinding> Run() {
    std::vector<Slice> slices;
    const auto workers = static_cast<uint64_t>(settings_.isolation.workers);
    const uint64_t step =
        std::clamp<uint64_t>(settings_.runs / (kSlicesOfAWorker * workers), 1, kMostRunsOfASlice);
    for (uint64_t run = 0; run < settings_.runs; run += step) {
      slices.push_back({run, std::min(run + step, settings_.runs)});
    }
    const Job job{&seeds_.front(), &target_};
    RunSlicesIsolated<Mark>(
        std::move(slices), settings_.isolation, [&](const Slice&) { return job; },
        [this](const Slice& slice, Mark& mark, World& world, const RunOptions& options) {
          return RunSlice(slice, mark, world, options);
        },
        [this](const Slice& slice, std::vector<SmokeHit> hits) {
          for (SmokeHit& hit : hits) Take(std::move(hit));
          Progress(slice.to - slice.from);
        },
        [this](const Mark& mark, Finding finding) {
          Take({mark.at, std::move(finding), 1});
          Progress(1);
          return mark.at + 1;
        });
    std::map<uint64_t, std::vector<SmokeFinding>> in_order;  // by run
    for (auto& [fingerprint, hit] : hits_) {
      hit.finding.scenario = fmt::format("random-{}-{}", settings_.seed, hit.run);
      Scenario scenario = ShowingScenario(Mutant(hit.run), hit.finding);
      in_order[hit.run].push_back({std::move(hit.finding), std::move(scenario), hit.runs});
    }
    std::vector<SmokeFinding> findings;
    for (auto& [run, found] : in_order)
      std::move(found.begin(), found.end(), std::back_inserter(findings));
    return findings;
  }

 private:
  // The scenario of run number `run`: of that number and the seed alone.
  Scenario Mutant(uint64_t run) const {
    const uint64_t number = SplitMix64::Mix(settings_.seed * SplitMix64::kGamma + run);
    Random random(number);
    ScenarioMutator mutator(WrittenFor(target_), random.Next());
    Scenario scenario = random.Pick(seeds_);
    if (random.OneIn(4)) scenario = mutator.CrossOver(scenario, random.Pick(seeds_));
    for (uint64_t left = random.Between(1, kMostMutations); left > 0; --left) {
      mutator.Mutate(scenario);
    }
    scenario.name = scenario.file = scenario.title = "";
    return scenario;
  }

  bool CanRun(const Scenario& scenario) const {
    return Fits(scenario, target_) && (!settings_.can_run || settings_.can_run(scenario));
  }

  // In a worker's process.
  std::vector<SmokeHit> RunSlice(const Slice& slice, Mark& mark, World& world,
                                 const RunOptions& options) const {
    std::map<std::string, SmokeHit> hits;
    for (uint64_t run = slice.from; run < slice.to; ++run) {
      mark.at = run;
      const Scenario mutant = Mutant(run);
      if (!CanRun(mutant)) continue;
      for (Finding& finding : world.Run(mutant, target_, options).findings) {
        SmokeHit& hit = hits[finding.fingerprint];
        if (hit.runs++ == 0) hit = {run, std::move(finding), 1};
      }
    }
    std::vector<SmokeHit> answer;
    for (auto& [fingerprint, hit] : hits) answer.push_back(std::move(hit));
    return answer;
  }

  void Take(SmokeHit hit) {
    SmokeHit& known = hits_[hit.finding.fingerprint];
    const uint64_t runs = known.runs + hit.runs;
    if (known.runs == 0 || hit.run < known.run) known = std::move(hit);
    known.runs = runs;
  }

  void Progress(uint64_t runs) {
    done_ += runs;
    settings_.on_progress(done_);
  }

  const Target& target_;
  const SmokeSettings& settings_;
  std::vector<Scenario> seeds_;
  std::map<std::string, SmokeHit> hits_;  // by fingerprint
  uint64_t done_ = 0;
};

}  // namespace

std::vector<SmokeFinding> RunSmoke(std::span<const Scenario* const> seeds, const Target& target,
                                   const SmokeSettings& settings) {
  return Smoke(seeds, target, settings).Run();
}

}  // namespace hupstorm
