#include "scenarios/oracles/finding_list.h"

#include <fmt/format.h>

#include <algorithm>

namespace hupstorm {
namespace {

// FNV-1a: the same on every machine and in every build, as a baseline needs.
class Fingerprint {
 public:
  void Add(std::string_view text) {
    for (const char c : text) AddByte(static_cast<uint8_t>(c));
    AddByte(0);
  }
  void Add(uint64_t number) {
    for (int i = 0; i < 8; ++i) AddByte(static_cast<uint8_t>(number >> (8 * i)));
  }
  uint64_t value() const { return hash_; }
  std::string Text() const { return fmt::format("{:016x}", hash_); }

 private:
  void AddByte(uint8_t byte) { hash_ = (hash_ ^ byte) * 0x100000001b3; }
  uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace

uint64_t StableHash(std::string_view text) {
  Fingerprint hash;
  hash.Add(text);
  return hash.value();
}

void FindingList::Start(const std::string& target, const Scenario& scenario) {
  target_ = &target;
  scenario_ = &scenario;
  findings_.clear();
}

void FindingList::Add(std::string_view oracle, int step, uint64_t context, std::string evidence) {
  if (findings_.size() >= kMost) return;
  Fingerprint fingerprint;
  fingerprint.Add(oracle);
  fingerprint.Add(*target_);
  fingerprint.Add(context);
  Finding finding;
  finding.oracle = oracle;
  finding.fingerprint = fingerprint.Text();
  if (std::any_of(findings_.begin(), findings_.end(),
                  [&](const Finding& other) { return other.fingerprint == finding.fingerprint; })) {
    return;
  }
  finding.target = *target_;
  finding.scenario = scenario_->name.empty() ? scenario_->file : scenario_->name;
  finding.file = scenario_->file;
  finding.step = step;
  if (step > 0 && static_cast<size_t>(step) <= scenario_->steps.size()) {
    finding.line = scenario_->steps[step - 1].line;
  }
  finding.evidence = std::move(evidence);
  findings_.push_back(std::move(finding));
}

}  // namespace hupstorm
