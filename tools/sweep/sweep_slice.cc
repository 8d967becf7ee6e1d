#include "tools/sweep/sweep_slice.h"

#include <algorithm>
#include <unordered_map>

namespace hupstorm {
namespace {

// Runs a slice and collects what it shows.
class SliceRun {
 public:
  explicit SliceRun(SweepMark& mark) : mark_(mark) {}

  // Before each run, so that it is known in which one the process dies.
  void Begin(const SweepPosition& at, const Disturbance& second) {
    mark_.at = at;
    mark_.second = second;
  }

  void Begin(const SweepPosition& at) { mark_.at = at; }

  void Take(const RunResult& result) {
    ++answer_.placements;
    if (mark_.at.second > 0) ++answer_.pairs;
    for (const Finding& finding : result.findings) TakeFinding(finding);
  }

  SweepAnswer& answer() { return answer_; }

 private:
  void TakeFinding(const Finding& finding) {
    const auto [place, is_new] = index_.try_emplace(finding.fingerprint, answer_.hits.size());
    if (is_new) {
      answer_.hits.push_back({mark_.at, mark_.at.second > 0 ? mark_.second : Disturbance{},
                              finding.fingerprint, finding.oracle, finding.schedule});
    }
    ++answer_.hits[place->second].runs;
  }

  SweepMark& mark_;
  SweepAnswer answer_;
  std::unordered_map<std::string, size_t> index_;  // of hits, by fingerprint
};

}  // namespace

Sweep& SweepWorker::SweepOf(uint32_t unit, World& world, const RunOptions& options) {
  if (!sweep_ || unit_ != unit) {
    sweep_.emplace(world, *jobs_[unit].scenario, *jobs_[unit].target, options);
    unit_ = unit;
  }
  return *sweep_;
}

std::vector<Survey> SweepWorker::TakeSurveys(const SweepSlice& slice, bool all, SweepMark& mark,
                                             World& world, const RunOptions& options) {
  std::vector<Survey> surveys;
  for (SweepPosition at = slice.from; at < slice.to; ++at.unit) {
    mark.at = at;
    surveys.push_back(SweepOf(at.unit, world, options).TakeSurvey(all));
  }
  if (!all) {
    // The parent does it once more with all that there are; this much need not be sent to it.
    std::vector<Survey*> of_slice;
    for (Survey& survey : surveys) of_slice.push_back(&survey);
    LeaveOutWhatSmallerOnesShow(of_slice);
  }
  return surveys;
}

SweepAnswer SweepWorker::Run(const SweepSlice& slice, SweepMark& mark, World& world,
                             const RunOptions& options) {
  SliceRun run(mark);
  SweepPosition at = slice.from;
  for (; at < slice.to; at = {at.unit + 1, 0, 0}) {
    const SweepUnit& unit = units_[at.unit];
    Sweep& sweep = SweepOf(at.unit, world, options);
    const std::vector<Disturbance>& all = unit.survey.found.disturbances;
    for (; at.first < all.size() && at < slice.to; at = {at.unit, at.first + 1, 0}) {
      const Disturbance& first = all[at.first];
      if (at.second == 0) {
        run.Begin(at);
        run.Take(sweep.Run(first));
      }
      if (unit.most_seconds == 0) continue;
      run.Begin({at.unit, at.first, 0});
      uint64_t left_out = 0;
      const std::vector<Disturbance> after = sweep.After(first, unit.most_seconds, left_out);
      if (at.second == 0) run.answer().pairs_left_out += left_out;
      at.second = std::max(at.second, 1u);
      for (; at.second <= after.size() && at < slice.to; ++at.second) {
        const Disturbance& second = after[at.second - 1];
        run.Begin(at, second);
        run.Take(sweep.Run(first, second));
      }
    }
  }
  return std::move(run.answer());
}

}  // namespace hupstorm
