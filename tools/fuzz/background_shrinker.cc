#include "tools/fuzz/background_shrinker.h"

#include <fmt/format.h>

#include "scenarios/language/bytes.h"
#include "scenarios/language/fit.h"
#include "scenarios/language/parse.h"
#include "scenarios/language/print.h"
#include "tools/catalogue/input_file.h"
#include "tools/catalogue/target_catalogue.h"
#include "tools/cli/output_file.h"
#include "tools/fuzz/fuzz_target.h"

namespace hupstorm {
namespace {

namespace fs = std::filesystem;

// More than the 20 s that a fuzz target gives itself (scenarios/campaign/server_fuzzer.cc).
constexpr std::chrono::seconds kPatience{60};
constexpr int kBehindTheFuzzers = 5;

// The scenario as the fuzzer had it: better than none, if no smaller one was found.
void WriteAsItIs(const StoredFinding& finding) {
  const std::string bytes = ReadInputFile(finding.input.string(), kMaxScenarioFile);
  Scenario scenario =
      DecodeScenario({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  const FindingRecord& record = finding.record;
  scenario.protocol = std::nullopt;  // "target any"
  if (IsServer(record.target)) {
    scenario.protocol = WrittenFor(MakeTarget(record.target, ParseMend(record.mend)));
  }
  scenario.title = fmt::format("{}: {}.", record.oracle, record.evidence);
  WriteOwnFile(finding.scenario, PrintScenario(scenario));
}

}  // namespace

BackgroundShrinker::BackgroundShrinker(std::vector<std::string> target,
                                       std::vector<std::string> environment, fs::path log,
                                       std::function<void(const StoredFinding&)> on_done)
    : target_(std::move(target)),
      environment_(std::move(environment)),
      log_(std::move(log)),
      on_done_(std::move(on_done)) {}

void BackgroundShrinker::Tick() {
  if (process_ && Clock::now() >= deadline_) process_->Kill();
  if (process_ && process_->Status()) Finish();
  if (process_ || waiting_.empty()) return;
  ProgramCall call{.arguments = target_, .environment = environment_, .nice = kBehindTheFuzzers};
  call.environment.push_back("HUPSTORM_SHRINK=" + waiting_.front().input.string());
  process_ = StartProgram(call, log_);
  deadline_ = Clock::now() + kPatience;
}

void BackgroundShrinker::Finish() {
  process_.reset();
  const StoredFinding finding = std::move(waiting_.front());
  waiting_.pop_front();
  if (!fs::exists(finding.scenario)) WriteAsItIs(finding);
  on_done_(finding);
}

}  // namespace hupstorm
