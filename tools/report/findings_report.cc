#include "tools/report/findings_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "scenarios/oracles/oracles.h"
#include "tools/cli/text_table.h"
#include "tools/report/bugs.h"

namespace hupstorm {
namespace {

constexpr int kMostOutputLines = 8;  // of a server, with a finding
constexpr size_t kLongestLine = 200;
constexpr char kEndOfInput[] = "END";  // a line that no scenario holds

using Key = std::pair<std::string, std::string>;
Key KeyOf(const Finding& finding) { return {finding.target, BugOf(finding)}; }

// Of one bug.
struct Symptoms {
  std::set<std::string> scenarios;
  std::set<std::string> oracles;
};

// An oracle's finding says why a scenario's expectations are not met: they are no news then.
class Explained {
 public:
  explicit Explained(std::span<const ReportedFinding> findings) {
    for (const ReportedFinding& reported : findings) {
      const Finding& finding = reported.finding;
      if (!IsExpectation(finding)) judged_.insert({finding.target, finding.scenario});
    }
  }
  bool Has(const Finding& finding) const {
    return IsExpectation(finding) && judged_.contains({finding.target, finding.scenario});
  }

 private:
  std::set<std::pair<std::string, std::string>> judged_;  // targets and scenarios
};

// "half-close/idle" of the built-in suite, or the scenario's file.
std::string ScenarioWord(const Finding& finding) {
  const bool is_built_in =
      finding.file.empty() || finding.file.ends_with("suite/" + finding.scenario + ".scn");
  return ShellWord(is_built_in ? finding.scenario : finding.file);
}

// The commands that replay bugs, each once: they differ in their scenarios alone.
class ReplayCommands {
 public:
  // Returns the scenario's name; empty if it stands in no file: its text is in its command.
  std::string Add(const ReportedFinding& reported) {
    const Finding& finding = reported.finding;
    const std::string file = ShellWord(finding.file.empty() ? finding.scenario : finding.file);
    const std::string name = fmt::format(" replay {} ", file);
    const size_t at = reported.replay.find(name);
    if (at == std::string::npos) return {};
    commands_.insert(fmt::format("{} replay SCENARIO {}", reported.replay.substr(0, at),
                                 reported.replay.substr(at + name.size())));
    return ScenarioWord(finding);
  }
  // For the end.
  std::string Text(const Style& style) const {
    std::string text;
    for (const std::string& command : commands_) text += "To see one: " + style.Dim(command) + "\n";
    return text;
  }

 private:
  std::set<std::string> commands_;
};

}  // namespace

nlohmann::ordered_json PlaceJson(const Finding& finding) {
  const Place& place = finding.place;
  if (!place) return nullptr;
  return {{"file", place.file},
          {"line", place.line},
          {"function", place.function},
          {"call", place.call}};
}

nlohmann::ordered_json NeedsJson(const Finding& finding) {
  const Needs& needs = finding.needs;
  if (!needs.looked) return nullptr;
  const auto list = [](const std::vector<Needs::Need>& some) {
    auto json = nlohmann::ordered_json::array();
    for (const Needs::Need& need : some) {
      json.push_back({{"what", need.what}, {"line", need.line}, {"place", need.place}});
    }
    return json;
  };
  return {{"scenario", needs.scenario},
          {"all", list(needs.all)},
          {"any", list(needs.any)},
          {"takes_more", needs.takes_more},
          {"not_known_because", needs.not_known_because}};
}

std::string ShellWord(std::string_view word) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%^";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string_view::npos) {
    return std::string(word);
  }
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

std::string TargetOptions(std::string_view target, std::string_view mend, std::string_view world) {
  std::string options = fmt::format("--target {}", ShellWord(target));
  if (mend != "none") options += fmt::format(" --mend {}", ShellWord(mend));
  if (world != kDefaultWorld) options += fmt::format(" --world {}", ShellWord(world));
  return options;
}

std::string ReplayCommand(std::string_view program, const Finding& finding,
                          std::string_view server) {
  return fmt::format("{} replay {} {}", ShellWord(program),
                     ShellWord(finding.file.empty() ? finding.scenario : finding.file), server);
}

std::string ReplayOfText(std::string_view program, const Finding& finding, std::string_view text,
                         const ServerWords& server) {
  if (!finding.file.empty()) return ReplayCommand(program, finding, server(finding.target));
  return fmt::format("{} replay /dev/stdin {} <<'{}'\n{}{}", ShellWord(program),
                     server(finding.target), kEndOfInput, text, kEndOfInput);
}

std::string ScenarioPlace(const Finding& finding) {
  const std::string& file = finding.file.empty() ? finding.scenario : finding.file;
  return finding.line > 0 ? fmt::format("{}:{}", file, finding.line) : file;
}

std::string WhereText(const Finding& finding) {
  const std::string place = PlaceText(finding.place);
  return place.empty() ? ScenarioPlace(finding) : place;
}

std::string FindingLine(const Finding& finding, const Style& style) {
  const std::string schedule =
      finding.schedule == 0 ? "" : fmt::format(" under schedule {}", finding.schedule);
  return fmt::format("{}{}: {}: {}", style.Bold(WhereText(finding)), schedule,
                     style.Red(finding.oracle), finding.evidence);
}

int RankOf(const Finding& finding) {
  const Oracle* const oracle = FindOracle(finding.oracle);
  if (oracle == nullptr) return -1;
  const auto less_grave = static_cast<int>(Severity::kHigh) - static_cast<int>(finding.severity);
  return less_grave * static_cast<int>(Oracles().size()) +
         static_cast<int>(oracle - Oracles().data());
}

std::string CountBySeverity(std::span<const Severity> bugs) {
  if (bugs.empty()) return "nothing found";
  std::vector<std::string> parts;
  for (const Severity severity : {Severity::kHigh, Severity::kMedium, Severity::kLow}) {
    const auto count = std::ranges::count(bugs, severity);
    if (count > 0) parts.push_back(fmt::format("{} {}", count, SeverityName(severity)));
  }
  return fmt::format("{}: {}", Count(bugs.size(), "bug"), fmt::join(parts, ", "));
}

std::string WhyLine(const Finding& finding, std::vector<std::string> notes,
                    const std::string& scenario) {
  std::erase(notes, "");
  std::string cause = CauseText(finding);
  if (const std::string needs = NeedsText(finding); !needs.empty()) {
    notes.insert(notes.begin(), needs);
  }
  if (!cause.empty()) cause = (scenario.empty() ? ", " : "; ") + cause;
  return fmt::format("  {}{}{}{}{}{}", SeverityName(finding.severity),
                     scenario.empty() ? "" : ", replay ", scenario, cause,
                     notes.empty() ? "" : "; ", fmt::join(notes, "; "));
}

std::string ScenarioFile(const std::string& folder, const Finding& finding) {
  if (folder.empty()) return {};
  const std::string name = fmt::format("{}-{}.scn", finding.oracle, finding.fingerprint);
  return (std::filesystem::path(folder) / name).string();
}

std::string FindingsText(std::span<const ReportedFinding> findings, bool all, const Style& style) {
  const Explained explained(findings);
  ReplayCommands replays;
  std::map<Key, Symptoms> symptoms;
  for (const ReportedFinding& reported : findings) {
    if (explained.Has(reported.finding)) continue;
    Symptoms& of_bug = symptoms[KeyOf(reported.finding)];
    of_bug.scenarios.insert(reported.finding.scenario);
    of_bug.oracles.insert(reported.finding.oracle);
  }
  const bool is_one = (all ? findings.size() : symptoms.size()) == 1;
  std::set<Key> shown;
  std::string text;
  for (const ReportedFinding& reported : findings) {
    const Finding& finding = reported.finding;
    if (!all && explained.Has(finding)) continue;
    const Key key = KeyOf(finding);
    if (!shown.insert(key).second && !all) continue;
    std::vector<std::string> notes = {reported.note};
    if (!all) {
      Symptoms& others = symptoms[key];
      others.oracles.erase(finding.oracle);
      if (others.scenarios.size() > 1) {
        notes.push_back("the same in " + Count(others.scenarios.size() - 1, "more scenario"));
      }
      if (!others.oracles.empty()) {
        notes.push_back(fmt::format("also seen as {}", fmt::join(others.oracles, ", ")));
      }
    }
    notes.push_back(ConfirmationText(reported.confirmation));
    std::string line = FindingLine(finding, style);
    const std::string scenario = is_one ? "" : replays.Add(reported);
    std::string why = WhyLine(finding, notes, scenario);
    if (!all) {
      Finding cut = finding;
      cut.evidence.clear();
      cut.evidence = style.Cut(finding.evidence, FindingLine(cut, Style(false)).size());
      line = FindingLine(cut, style);
      why = style.Cut(why, 0);
    }
    text += line + "\n" + why + "\n";
    text += OutputText(reported.output, style);
    if (scenario.empty()) text += fmt::format("  {}\n", style.Dim(reported.replay));
  }
  return text + replays.Text(style);
}

std::vector<ReportedFinding> TakeNotReproduced(std::vector<ReportedFinding>& findings) {
  const auto is_shown = [](const ReportedFinding& reported) {
    return reported.confirmation.state != Confirmation::State::kNotReproduced;
  };
  const auto first = std::stable_partition(findings.begin(), findings.end(), is_shown);
  std::vector<ReportedFinding> taken(std::make_move_iterator(first),
                                     std::make_move_iterator(findings.end()));
  findings.erase(first, findings.end());
  return taken;
}

std::vector<Severity> SeveritiesOfBugs(std::span<const ReportedFinding> findings) {
  const Explained explained(findings);
  std::map<Key, Severity> gravest;
  for (const ReportedFinding& reported : findings) {
    if (explained.Has(reported.finding)) continue;
    Severity& of_bug = gravest.try_emplace(KeyOf(reported.finding), Severity::kLow).first->second;
    of_bug = std::max(of_bug, reported.finding.severity);
  }
  std::vector<Severity> severities;
  for (const auto& [key, severity] : gravest) severities.push_back(severity);
  return severities;
}

std::string OutputText(std::string_view output, const Style& style) {
  while (!output.empty() && output.back() == '\n') output.remove_suffix(1);
  size_t begin = output.size();
  for (int lines = 0; lines < kMostOutputLines && begin != std::string_view::npos && begin > 0;
       ++lines) {
    begin = output.rfind('\n', begin - 1);
  }
  if (begin != std::string_view::npos && begin < output.size()) {
    output.remove_prefix(output[begin] == '\n' ? begin + 1 : begin);
  }
  std::string text;
  while (!output.empty()) {
    const size_t end = std::min(output.find('\n'), output.size());
    text += fmt::format("  {}\n",
                        style.Dim(fmt::format("the server wrote: {}",
                                              output.substr(0, std::min(end, kLongestLine)))));
    output.remove_prefix(std::min(end + 1, output.size()));
  }
  return text;
}

nlohmann::ordered_json FindingJson(const ReportedFinding& reported) {
  const Finding& finding = reported.finding;
  nlohmann::ordered_json json = {{"oracle", finding.oracle},
                                 {"target", finding.target},
                                 {"scenario", finding.scenario},
                                 {"file", finding.file},
                                 {"line", finding.line},
                                 {"step", finding.step},
                                 {"evidence", finding.evidence},
                                 {"fingerprint", finding.fingerprint},
                                 {"severity", SeverityName(finding.severity)},
                                 {"bug", BugOf(finding)},
                                 {"place", PlaceJson(finding)},
                                 {"cause", finding.cause},
                                 {"needs", NeedsJson(finding)},
                                 {"replay", reported.replay}};
  if (finding.schedule != 0) json["schedule"] = finding.schedule;
  if (!reported.output.empty()) json["output"] = reported.output;
  AddConfirmation(reported.confirmation, json);
  return json;
}

nlohmann::ordered_json FindingsJson(std::span<const ReportedFinding> findings) {
  auto json = nlohmann::ordered_json::array();
  for (const ReportedFinding& reported : findings) json.push_back(FindingJson(reported));
  return json;
}

nlohmann::ordered_json BugsJson(std::span<const ReportedFinding> findings) {
  const Explained explained(findings);
  auto bugs = nlohmann::ordered_json::array();
  std::map<Key, size_t> index;
  for (const ReportedFinding& reported : findings) {
    const Finding& finding = reported.finding;
    if (explained.Has(finding)) continue;
    const auto [place, is_new] = index.try_emplace(KeyOf(finding), bugs.size());
    if (is_new) {
      bugs.push_back({{"bug", BugOf(finding)},
                      {"place", PlaceJson(finding)},
                      {"cause", finding.cause},
                      {"needs", NeedsJson(finding)},
                      {"severity", SeverityName(finding.severity)},
                      {"oracles", nlohmann::ordered_json::array()},
                      {"findings", 0},
                      {"replay", reported.replay}});
    }
    nlohmann::ordered_json& bug = bugs[place->second];
    bug["findings"] = bug["findings"].get<int>() + 1;
    nlohmann::ordered_json& oracles = bug["oracles"];
    if (std::find(oracles.begin(), oracles.end(), finding.oracle) == oracles.end()) {
      oracles.push_back(finding.oracle);
    }
  }
  return bugs;
}

nlohmann::ordered_json ServerJson(const ServerChoice& server) {
  return {{"target", server.name}, {"mend", server.mend}, {"world", server.world}};
}

}  // namespace hupstorm
