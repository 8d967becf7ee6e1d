// A part of a sweep that one worker does, and what it answers.

#ifndef HUPSTORM_TOOLS_SWEEP_SWEEP_SLICE_H_
#define HUPSTORM_TOOLS_SWEEP_SWEEP_SLICE_H_

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/sweep/sweep.h"
#include "scenarios/worlds/wire.h"
#include "tools/isolation/isolated_runner.h"

namespace hupstorm {

// What is known of a job of the sweep, a scenario and a target, once it has been surveyed.
struct SweepUnit {
  Survey survey;
  uint64_t most_seconds = 0;  // that one thing gone wrong may be paired with
};

// Which run. They are in order.
struct SweepPosition {
  uint32_t unit = 0;    // number of the job
  uint32_t first = 0;   // index into the survey's disturbances
  uint32_t second = 0;  // from 1, what it is paired with; 0: with nothing
  auto operator<=>(const SweepPosition&) const = default;
};

struct SweepSlice {
  SweepPosition from;
  SweepPosition to;  // exclusive
};

// A run that showed something.
struct SweepHit {
  static constexpr uint32_t kUndisturbed = UINT32_MAX;  // SweepPosition::first
  SweepPosition at;
  Disturbance second;  // if `at` has one
  std::string fingerprint;
  std::string oracle;
  uint32_t schedule = 0;  // Finding::schedule
  uint64_t runs = 0;      // of the slice, that showed the same
};

struct SweepAnswer {
  uint64_t placements = 0;
  uint64_t pairs = 0;
  uint64_t pairs_left_out = 0;
  std::vector<SweepHit> hits;  // each fingerprint once
};

void Fields(auto& archive, Either<Survey> auto& survey) {
  archive(survey.found.disturbances, survey.found.calls, survey.found.alike, survey.work,
          survey.findings);
}
void Fields(auto& archive, Either<SweepHit> auto& hit) {
  archive(hit.at, hit.second, hit.fingerprint, hit.oracle, hit.schedule, hit.runs);
}
void Fields(auto& archive, Either<SweepAnswer> auto& answer) {
  archive(answer.placements, answer.pairs, answer.pairs_left_out, answer.hits);
}

// The run that a worker is at, in memory that it shares with its parent.
struct SweepMark {
  SweepPosition at;
  Disturbance second;
};

// What a worker does. It keeps the unit that it was at last.
class SweepWorker {
 public:
  // Both must outlive the object.
  SweepWorker(std::span<const Job> jobs, const std::vector<SweepUnit>& units)
      : jobs_(jobs), units_(units) {}

  // Both mark each unit or run in `mark` before it begins. TakeSurveys looks at the units of its
  // slice alone.
  std::vector<Survey> TakeSurveys(const SweepSlice& slice, bool all, SweepMark& mark, World& world,
                                  const RunOptions& options);
  SweepAnswer Run(const SweepSlice& slice, SweepMark& mark, World& world,
                  const RunOptions& options);

 private:
  Sweep& SweepOf(uint32_t unit, World& world, const RunOptions& options);

  std::span<const Job> jobs_;
  const std::vector<SweepUnit>& units_;
  uint32_t unit_ = 0;
  std::optional<Sweep> sweep_;  // of unit_
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_SWEEP_SWEEP_SLICE_H_
