#include "tools/report/findings_report.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace hupstorm {
namespace {

std::string ShellWord(std::string_view word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%^";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos) {
    return std::string(word);
  }
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

// Fingerprints hold the oracle and the target already.
using Key = std::pair<std::string, std::string>;
Key KeyOf(const Finding& finding) { return {finding.target, finding.fingerprint}; }

}  // namespace

std::string ReplayCommand(std::string_view program, const Finding& finding, std::string_view mend,
                          std::string_view world) {
  std::string command = fmt::format(
      "{} replay {} --target {}", ShellWord(program),
      ShellWord(finding.file.empty() ? finding.scenario : finding.file), ShellWord(finding.target));
  if (mend != "none") command += fmt::format(" --mend {}", ShellWord(mend));
  if (world != kDefaultWorld) command += fmt::format(" --world {}", ShellWord(world));
  return command;
}

std::string Place(const Finding& finding) {
  const std::string& file = finding.file.empty() ? finding.scenario : finding.file;
  return finding.line > 0 ? fmt::format("{}:{}", file, finding.line) : file;
}

std::string FindingsText(std::span<const ReportedFinding> findings, bool all, const Style& style) {
  std::map<Key, std::set<std::string>> scenarios;
  for (const auto& [finding, replay] : findings) scenarios[KeyOf(finding)].insert(finding.scenario);
  std::set<Key> shown;
  std::string text;
  for (const auto& [finding, replay] : findings) {
    const Key key = KeyOf(finding);
    if (!shown.insert(key).second && !all) continue;
    text += fmt::format("{}: {}: {}\n", style.Bold(Place(finding)), style.Red(finding.oracle),
                        finding.evidence);
    text += fmt::format("  {}\n", style.Dim(replay));
    const size_t more = scenarios[key].size() - 1;
    if (!all && more > 0) {
      text += fmt::format("  the same in {} more scenario{}\n", more, more == 1 ? "" : "s");
    }
  }
  return text;
}

size_t DistinctFindings(std::span<const ReportedFinding> findings) {
  std::set<Key> keys;
  for (const auto& [finding, replay] : findings) keys.insert(KeyOf(finding));
  return keys.size();
}

nlohmann::ordered_json FindingJson(const ReportedFinding& reported) {
  const Finding& finding = reported.finding;
  return {{"oracle", finding.oracle},     {"target", finding.target},
          {"scenario", finding.scenario}, {"file", finding.file},
          {"line", finding.line},         {"step", finding.step},
          {"evidence", finding.evidence}, {"fingerprint", finding.fingerprint},
          {"replay", reported.replay}};
}

}  // namespace hupstorm
