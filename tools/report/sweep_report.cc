#include "tools/report/sweep_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "tools/cli/text_table.h"
#include "tools/report/bugs.h"

namespace hupstorm {
namespace {

double RateOf(const SweepReport& report) {
  return report.seconds > 0 ? static_cast<double>(report.placements) / report.seconds : 0;
}

// One bug, however many disturbances show it.
struct SweptBug {
  const SweepFinding* gravest = nullptr;
  uint64_t runs = 0;
  std::set<std::string> others;  // oracles that noticed it too
};

// The gravest first.
std::vector<SweptBug> BugsOf(const SweepReport& report) {
  std::map<std::pair<std::string, std::string>, SweptBug> by_name;
  for (const SweepFinding& found : report.findings) {
    SweptBug& bug = by_name[{found.finding.target, BugOf(found.finding)}];
    if (bug.gravest == nullptr || RankOf(found.finding) < RankOf(bug.gravest->finding)) {
      bug.gravest = &found;
    }
    bug.runs += found.runs;
    bug.others.insert(found.finding.oracle);
  }
  std::vector<SweptBug> bugs;
  for (auto& [name, bug] : by_name) {
    bug.others.erase(bug.gravest->finding.oracle);
    bugs.push_back(std::move(bug));
  }
  std::ranges::sort(bugs, {}, [](const SweptBug& bug) {
    return std::pair(RankOf(bug.gravest->finding), bug.gravest);
  });
  return bugs;
}

}  // namespace

std::string SweepText(const SweepReport& report, const std::string& program,
                      const ServerWords& server, const Style& style) {
  std::string text;
  for (const SweptBug& bug : BugsOf(report)) {
    const SweepFinding& found = *bug.gravest;
    const Finding& finding = found.finding;
    std::vector<std::string> notes = {ConfirmationText(found.confirmation)};
    if (bug.runs > 1) notes.push_back(fmt::format("the same in {} runs", bug.runs));
    if (!bug.others.empty()) {
      notes.push_back(fmt::format("also seen as {}", fmt::join(bug.others, ", ")));
    }
    if (!found.alone) notes.push_back("not seen again when this was run by itself");
    text += FindingLine(finding, style) + "\n" + WhyLine(finding, notes) + "\n";
    text += fmt::format("  in {}", finding.scenario);
    for (const std::string& step : found.placement) text += fmt::format("\n  with {}", step);
    if (found.placement.empty()) text += ", with nothing going wrong";
    text += "\n" + style.Dim(ReplayOfText(program, found.finding, found.text, server)) + "\n\n";
  }
  return text;
}

std::string SweepSummary(const SweepReport& report, const Style& style) {
  std::string text = fmt::format(
      "{}, {} of the server counted in {:.2f} s; {} in {:.2f} s, {:.0f} a second: ",
      Count(report.scenarios, "scenario"), Count(report.calls, "call"), report.survey_seconds,
      Count(report.placements, "placement"), report.seconds, RateOf(report));
  std::vector<Severity> severities;
  for (const SweptBug& bug : BugsOf(report)) severities.push_back(bug.gravest->finding.severity);
  const std::string count = CountBySeverity(severities);
  text += severities.empty() ? style.Green(count) : style.Red(count);
  text += "\n";
  if (report.alike > 0) {
    text += fmt::format("{} taken for the like of others and not swept (--all sweeps each)\n",
                        Count(report.alike, "call"));
  }
  if (report.pairs > 0) {
    text += fmt::format("{} of the placements {} of two things", report.pairs,
                        report.pairs == 1 ? "was" : "were");
    if (report.pairs_left_out > 0) {
      text +=
          fmt::format("; {} such pairs were left out (--pairs=N runs more)", report.pairs_left_out);
    }
    text += "\n";
  }
  return text;
}

nlohmann::ordered_json SweepJson(const SweepReport& report, const std::string& program,
                                 const ServerWords& server) {
  auto findings = nlohmann::ordered_json::array();
  for (const SweepFinding& found : report.findings) {
    const Finding& finding = found.finding;
    findings.push_back({{"oracle", finding.oracle},
                        {"target", finding.target},
                        {"scenario", finding.scenario},
                        {"placement", found.placement},
                        {"evidence", finding.evidence},
                        {"fingerprint", finding.fingerprint},
                        {"severity", SeverityName(finding.severity)},
                        {"bug", BugOf(finding)},
                        {"place", PlaceJson(finding)},
                        {"cause", finding.cause},
                        {"needs", NeedsJson(finding)},
                        {"file", finding.file},
                        {"line", finding.line},
                        {"runs", found.runs},
                        {"alone", found.alone},
                        {"text", found.text},
                        {"replay", ReplayOfText(program, found.finding, found.text, server)}});
    AddConfirmation(found.confirmation, findings.back());
  }
  nlohmann::ordered_json json = {{"scenarios", report.scenarios},
                                 {"calls", report.calls},
                                 {"alike", report.alike},
                                 {"placements", report.placements},
                                 {"pairs", report.pairs},
                                 {"pairs_left_out", report.pairs_left_out},
                                 {"survey_seconds", report.survey_seconds},
                                 {"seconds", report.seconds},
                                 {"rate", std::round(RateOf(report))},
                                 {"findings", std::move(findings)}};
  if (!report.broken_off.empty()) json["broken_off"] = report.broken_off;
  return json;
}

}  // namespace hupstorm
