#include "tools/gate/smoke.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/random.h"
#include "base/shared_array.h"
#include "scenarios/language/fit.h"
#include "scenarios/mutator/scenario_mutator.h"
#include "scenarios/mutator/work_limit.h"
#include "tools/isolation/archive.h"
#include "tools/isolation/wire.h"

namespace hupstorm {
namespace {

constexpr uint64_t kRunsOfASlice = 500;
constexpr uint64_t kMostMutations = 3;  // of a seed, one upon the other

struct Slice {
  uint64_t from = 0;
  uint64_t to = 0;
};

// The run that first showed something.
struct Hit {
  uint64_t run = 0;
  RunResult result;  // that finding alone
  uint64_t runs = 0;
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
    for (uint64_t run = 0; run < settings_.runs; run += kRunsOfASlice) {
      slices.push_back({run, std::min(run + kRunsOfASlice, settings_.runs)});
    }
    while (!slices.empty()) slices = RunSlices(slices);
    std::vector<std::pair<uint64_t, SmokeFinding>> in_order;
    for (auto& [fingerprint, hit] : hits_) {
      hit.result.findings.front().scenario = fmt::format("random-{}-{}", settings_.seed, hit.run);
      in_order.emplace_back(
          hit.run, SmokeFinding{std::move(hit.result.findings.front()), Mutant(hit.run), hit.runs});
    }
    std::stable_sort(in_order.begin(), in_order.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<SmokeFinding> findings;
    for (auto& [run, finding] : in_order) findings.push_back(std::move(finding));
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

  // What is left to do where a process has ended: what came before, whose answer is lost, and what
  // comes next.
  std::vector<Slice> RunSlices(const std::vector<Slice>& slices) {
    SharedArray<uint64_t> at(slices.size());
    const std::vector<Job> jobs(slices.size(), Job{&seeds_.front(), &target_});
    std::vector<Slice> left;
    RunTasksIsolated(
        jobs, settings_.isolation,
        [&](size_t i, World& world, const RunOptions& options) {
          return RunSlice(slices[i], at[i], world, options);
        },
        [&](size_t i, const std::string& answer) {
          TakeAnswer(answer);
          Progress(slices[i].to - slices[i].from);
        },
        [&](size_t i, RunResult end) {
          const Slice& slice = slices[i];
          for (Finding& finding : end.findings) Take(at[i], std::move(finding), 1);
          Progress(1);
          if (slice.from < at[i]) left.push_back({slice.from, at[i]});
          if (at[i] + 1 < slice.to) left.push_back({at[i] + 1, slice.to});
        });
    return left;
  }

  // In a worker's process.
  std::string RunSlice(const Slice& slice, uint64_t& at, World& world, const RunOptions& options) {
    std::map<std::string, Hit> hits;
    for (uint64_t run = slice.from; run < slice.to; ++run) {
      at = run;
      const Scenario mutant = Mutant(run);
      if (!CanRun(mutant)) continue;
      for (Finding& finding : world.Run(mutant, target_, options).findings) {
        Hit& hit = hits[finding.fingerprint];
        if (hit.runs++ > 0) continue;
        hit.run = run;
        hit.result.findings.push_back(std::move(finding));
      }
    }
    Writer writer;
    writer.Field(static_cast<uint64_t>(hits.size()));
    for (const auto& [fingerprint, hit] : hits) {
      writer.Field(hit.run);
      writer.Field(hit.runs);
      writer.Field(EncodeResult(hit.result));
    }
    return std::move(writer.bytes);
  }

  void TakeAnswer(const std::string& answer) {
    Reader reader(answer);
    uint64_t count = 0;
    reader.Field(count);
    for (; count > 0; --count) {
      uint64_t run = 0;
      uint64_t runs = 0;
      std::string result;
      reader.Field(run);
      reader.Field(runs);
      reader.Field(result);
      Take(run, std::move(DecodeResult(result).findings.at(0)), runs);
    }
    reader.NeedEnd();
  }

  void Take(uint64_t run, Finding finding, uint64_t runs) {
    Hit& hit = hits_[finding.fingerprint];
    if (hit.runs == 0 || run < hit.run) {
      hit.run = run;
      hit.result.findings.assign(1, std::move(finding));
    }
    hit.runs += runs;
  }

  void Progress(uint64_t runs) {
    done_ += runs;
    settings_.on_progress(done_);
  }

  const Target& target_;
  const SmokeSettings& settings_;
  std::vector<Scenario> seeds_;
  std::map<std::string, Hit> hits_;  // by fingerprint
  uint64_t done_ = 0;
};

}  // namespace

std::vector<SmokeFinding> RunSmoke(std::span<const Scenario* const> seeds, const Target& target,
                                   const SmokeSettings& settings) {
  return Smoke(seeds, target, settings).Run();
}

}  // namespace hupstorm
