#include "scenarios/campaign/server_fuzzer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <stdexcept>
#include <string>

#include "base/files.h"
#include "scenarios/language/bytes.h"
#include "scenarios/language/fit.h"
#include "scenarios/language/print.h"
#include "scenarios/mutator/work_limit.h"
#include "scenarios/shrink/shrink.h"

namespace hupstorm {
namespace {

constexpr std::chrono::seconds kShrinkTime{20};

int WorkerFromEnvironment() {
  const char* const text = std::getenv("HUPSTORM_WORKER");
  const int worker = text == nullptr ? 0 : std::atoi(text);
  if (worker < 0 || worker >= kMostFuzzWorkers) {
    throw std::runtime_error(
        fmt::format("HUPSTORM_WORKER takes 0 to {}, not \"{}\"", kMostFuzzWorkers - 1, text));
  }
  return worker;
}

const Finding* WithFingerprint(const std::vector<Finding>& findings, std::string_view fingerprint) {
  const auto found = std::find_if(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.fingerprint == fingerprint;
  });
  return found == findings.end() ? nullptr : &*found;
}

}  // namespace

ServerFuzzer::ServerFuzzer(const Target& target, std::string mend, World& world)
    : target_(target), mend_(std::move(mend)), world_(world) {
  if (const char* folder = std::getenv("HUPSTORM_FINDINGS")) store_.emplace(folder);
  if (const char* file = std::getenv("HUPSTORM_COUNTERS")) {
    counters_ = MapCampaignCounters(file);
    worker_ = WorkerFromEnvironment();
  }
}

// Whatever protocol the bytes name, it is this server's.
void ServerFuzzer::Decode(std::span<const uint8_t> bytes) {
  DecodeScenario(bytes, scenario_);
  scenario_.protocol = WrittenFor(target_);
}

void ServerFuzzer::RunOne(std::span<const uint8_t> bytes) {
  if (counters_) counters_->Count(worker_);
  Decode(bytes);
  if (!IsAffordable(scenario_) || !Fits(scenario_, target_)) return;
  const RunResult result = world_.Run(scenario_, target_, {});
  if (result.findings.empty()) return;
  if (!store_) Report(result.findings);
  for (const Finding& finding : result.findings) {
    if (!store_->IsKnown(finding.fingerprint)) Keep(finding, bytes);
  }
}

void ServerFuzzer::Keep(const Finding& finding, std::span<const uint8_t> bytes) {
  FindingRecord record{.oracle = finding.oracle,
                       .fingerprint = finding.fingerprint,
                       .target = finding.target,
                       .mend = mend_,
                       .evidence = finding.evidence};
  if (counters_) {
    record.seconds = counters_->Seconds();
    record.executions = counters_->Executions();
  }
  std::string why;
  if (store_->Add(record, bytes, why)) {
    fmt::print(stderr, "hupstorm: found: {}: {}\n", finding.oracle, finding.evidence);
  } else if (!complained_) {
    complained_ = true;
    fmt::print(stderr, "hupstorm: a finding cannot be kept: {}: {}: {}\n", finding.oracle,
               finding.fingerprint, why);
  }
}

void ServerFuzzer::Report(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    fmt::print(stderr, "{}: {}: {} [{}]\n", finding.target, finding.oracle, finding.evidence,
               finding.fingerprint);
  }
  fmt::print(stderr, "the scenario:\n{}", PrintScenario(scenario_));
  fmt::print(stderr, "replay: hupstorm replay CRASH-FILE --target {}{}\n", target_.name,
             mend_ == "none" ? "" : " --mend " + mend_);
  std::abort();
}

void ServerFuzzer::Shrink(const std::filesystem::path& bytes_file) {
  const std::optional<std::string> bytes = ReadWhole(bytes_file);
  if (!bytes) throw std::runtime_error(fmt::format("cannot read {}", bytes_file.string()));
  Decode({reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size()});
  const std::string name = bytes_file.stem().string();
  const std::string fingerprint = name.substr(name.rfind('-') + 1);
  Finding shown;
  const auto still_fails = [&](const Scenario& candidate) {
    const RunResult result = world_.Run(candidate, target_, {});
    const Finding* const finding = WithFingerprint(result.findings, fingerprint);
    if (finding != nullptr) shown = *finding;
    return finding != nullptr;
  };
  if (!still_fails(scenario_)) {
    throw std::runtime_error(fmt::format("{} does not show this finding", bytes_file.string()));
  }
  const auto deadline = std::chrono::steady_clock::now() + kShrinkTime;
  Scenario smallest = hupstorm::Shrink(scenario_, still_fails, {.deadline = deadline}).scenario;
  still_fails(smallest);  // its own evidence, not that of the last one that was tried
  smallest.title = fmt::format("{}: {}.", shown.oracle, shown.evidence);
  if (const std::error_code error = WriteWhole(
          std::filesystem::path(bytes_file).replace_extension(".scn"), PrintScenario(smallest))) {
    throw std::runtime_error(fmt::format("cannot write a scenario: {}", error.message()));
  }
}

}  // namespace hupstorm
