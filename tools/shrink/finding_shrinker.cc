#include "tools/shrink/finding_shrinker.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "scenarios/language/parse.h"
#include "scenarios/language/print.h"

namespace hupstorm {
namespace {

constexpr int kTries = 3;              // of a world that is not repeatable
constexpr size_t kLongestTitle = 300;  // bytes

// A server that was killed for making no call is killed sooner when that is seen again and again.
constexpr std::chrono::milliseconds kShorterTimeout{1000};

std::optional<Finding> Find(const std::vector<Finding>& findings, std::string_view fingerprint) {
  const auto found = std::find_if(findings.begin(), findings.end(), [&](const Finding& finding) {
    return finding.fingerprint == fingerprint;
  });
  return found == findings.end() ? std::nullopt : std::optional(*found);
}

// "busy-loop on doc000/epoll-queue: the server was woken 20 times in a row."
std::string TitleOf(const Finding& finding) {
  std::string title = fmt::format("{} on {}: {}", finding.oracle, finding.target, finding.evidence);
  std::replace_if(
      title.begin(), title.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  if (title.size() > kLongestTitle) {
    size_t end = kLongestTitle;
    while (end > 0 && (static_cast<unsigned char>(title[end]) & 0xc0) == 0x80) --end;  // UTF-8
    return title.substr(0, end) + "...";
  }
  return title.ends_with('.') ? title : title + '.';
}

}  // namespace

FindingShrinker::FindingShrinker(const Target& target, Options options)
    : options_(std::move(options)), runner_(target, options_.isolation) {
  if (!options_.correct) return;
  IsolationOptions isolation;
  isolation.timeout = options_.isolation.timeout;
  isolation.make_world = options_.correct->make_world;
  correct_runner_.emplace(options_.correct->target, std::move(isolation));
}

std::vector<Finding> FindingShrinker::Run(const Scenario& scenario, const Enough& enough) {
  std::vector<Finding> findings;
  for (int tries = options_.is_repeatable ? 1 : kTries; tries > 0; --tries) {
    findings = runner_.Run(scenario).findings;
    if (enough(findings)) break;
  }
  return findings;
}

std::optional<Finding> FindingShrinker::RunUntil(const Scenario& scenario,
                                                 std::string_view fingerprint) {
  return Find(Run(scenario, [&](const auto& seen) { return Find(seen, fingerprint).has_value(); }),
              fingerprint);
}

bool FindingShrinker::Shows(const Scenario& scenario, std::string_view fingerprint) {
  if (options_.can_run && !options_.can_run(scenario)) return false;
  for (int times = options_.is_repeatable ? 1 : 2; times > 0; --times) {
    if (!Find(runner_.Run(scenario).findings, fingerprint)) return false;
  }
  return true;
}

bool FindingShrinker::IsMetByCorrect(const Scenario& scenario) {
  const std::vector<Finding> findings = correct_runner_->Run(scenario).findings;
  return std::none_of(findings.begin(), findings.end(), IsExpectation);
}

std::optional<ShrunkFinding> FindingShrinker::Shrink(const Scenario& scenario,
                                                     const Finding& finding,
                                                     const ShrinkOptions& bounds) {
  if (!RunUntil(scenario, finding.fingerprint)) return std::nullopt;
  const auto timeout = options_.isolation.timeout;
  if (runner_.has_timed_out()) runner_.set_timeout(std::min(timeout, kShorterTimeout));
  const bool must_be_met = IsExpectation(finding) && correct_runner_ && IsMetByCorrect(scenario);
  ShrinkResult result = hupstorm::Shrink(
      scenario,
      [&](const Scenario& candidate) {
        return Shows(candidate, finding.fingerprint) && (!must_be_met || IsMetByCorrect(candidate));
      },
      bounds);
  runner_.set_timeout(timeout);

  ShrunkFinding shrunk;
  shrunk.runs = result.runs;
  shrunk.cut_off = result.cut_off;
  // What counts is what is read from the text.
  const auto parsed = [&](std::string title) {
    result.scenario.title = std::move(title);
    shrunk.text = PrintScenario(result.scenario);
    shrunk.scenario = ParseScenario(shrunk.text, scenario.file);
  };
  parsed("");
  std::optional<Finding> shown = RunUntil(shrunk.scenario, finding.fingerprint);
  if (!shown) return std::nullopt;
  shrunk.finding = *std::move(shown);
  parsed(TitleOf(shrunk.finding));
  return shrunk;
}

}  // namespace hupstorm
