#include "tools/sweep/sweep_slice.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "tools/isolation/archive.h"
#include "tools/isolation/wire.h"

namespace hupstorm {
namespace {

// Runs a slice and collects what it shows.
class SliceRun {
 public:
  explicit SliceRun(SweepMark& mark) : mark_(mark) {}

  // Before each run, so that it is known where the process dies.
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
      SweepHit& hit = answer_.hits.emplace_back();
      hit.at = mark_.at;
      if (mark_.at.second > 0) hit.second = mark_.second;
      CopyText(finding.fingerprint, hit.fingerprint);
      CopyText(finding.oracle, hit.oracle);
    }
    ++answer_.hits[place->second].runs;
  }

  template <size_t size>
  static void CopyText(const std::string& text, char (&out)[size]) {
    std::memcpy(out, text.data(), std::min(text.size(), size - 1));
  }

  SweepMark& mark_;
  SweepAnswer answer_;
  std::unordered_map<std::string, size_t> index_;  // of hits, by fingerprint
};

template <typename Archive, typename A>
void Fields(Archive& archive, A& answer) {
  archive.Field(answer.placements);
  archive.Field(answer.pairs);
  archive.Field(answer.pairs_left_out);
  archive.Field(answer.hits);
}

}  // namespace

std::string EncodeSurveys(const std::vector<Survey>& surveys) {
  Writer writer;
  writer.Field(static_cast<uint64_t>(surveys.size()));
  for (const Survey& survey : surveys) {
    writer.Field(survey.found.disturbances);
    writer.Field(survey.found.calls);
    writer.Field(survey.found.alike);
    writer.Field(survey.work);
    RunResult found;
    found.findings = survey.findings;
    writer.Field(EncodeResult(found));
  }
  return std::move(writer.bytes);
}

std::vector<Survey> DecodeSurveys(std::string_view bytes) {
  Reader reader(bytes);
  uint64_t count = 0;
  reader.Field(count);
  std::vector<Survey> surveys;
  for (; count > 0; --count) {
    Survey& survey = surveys.emplace_back();
    reader.Field(survey.found.disturbances);
    reader.Field(survey.found.calls);
    reader.Field(survey.found.alike);
    reader.Field(survey.work);
    std::string found;
    reader.Field(found);
    survey.findings = DecodeResult(found).findings;
  }
  reader.NeedEnd();
  return surveys;
}

std::string EncodeAnswer(const SweepAnswer& answer) {
  Writer writer;
  Fields(writer, answer);
  return std::move(writer.bytes);
}

SweepAnswer DecodeAnswer(std::string_view bytes) {
  Reader reader(bytes);
  SweepAnswer answer;
  Fields(reader, answer);
  reader.NeedEnd();
  return answer;
}

Sweep& SweepWorker::SweepOf(uint32_t unit, World& world, const RunOptions& options) {
  if (!sweep_ || unit_ != unit) {
    sweep_.emplace(world, *jobs_[unit].scenario, *jobs_[unit].target, options);
    unit_ = unit;
  }
  return *sweep_;
}

std::vector<Survey> SweepWorker::TakeSurveys(const SweepSlice& slice, bool all, World& world,
                                             const RunOptions& options, SweepMark& mark) {
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

SweepAnswer SweepWorker::Run(const SweepSlice& slice, World& world, const RunOptions& options,
                             SweepMark& mark) {
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
