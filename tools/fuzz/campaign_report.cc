#include "tools/fuzz/campaign_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "scenarios/language/parse.h"
#include "tools/catalogue/input_file.h"
#include "tools/cli/text_table.h"
#include "tools/fuzz/campaign_display.h"
#include "tools/fuzz/fuzz_target.h"
#include "tools/report/findings_report.h"

namespace hupstorm {
namespace {

// In the order of CampaignEnd.
constexpr std::string_view kEndNames[] = {"time", "findings", "interrupted", "engine-done",
                                          "disk-full"};

// Steps of a finding's scenario; nothing if there is none yet.
std::optional<size_t> StepsOf(const StoredFinding& finding) {
  if (!std::filesystem::exists(finding.scenario)) return std::nullopt;
  const std::string file = finding.scenario.string();
  return ParseScenario(ReadInputFile(file, kMaxScenarioFile), file).steps.size();
}

std::string ReplayOf(const CampaignReport& report, const std::filesystem::path& input) {
  const CampaignSettings& settings = report.settings;
  if (!settings.is_command && !IsServer(settings.target)) {
    return fmt::format("{} {}", ShellWord(FuzzExecutable(settings).string()),
                       ShellWord(input.string()));
  }
  const bool is_text = input.extension() == ".scn";
  return fmt::format(
      "{} replay {} {}{}", ShellWord(report.program), ShellWord(input.string()),
      is_text ? "" : "--bytes ",
      settings.is_command ? report.server : TargetOptions(settings.target, settings.mend));
}

std::string ReplayOf(const CampaignReport& report, const StoredFinding& finding) {
  const CampaignSettings& settings = report.settings;
  const bool is_server = settings.is_command || IsServer(settings.target);
  const bool reads_text = is_server && StepsOf(finding);
  return ReplayOf(report, reads_text ? finding.scenario : finding.input);
}

Confirmation ConfirmationOf(const CampaignReport& report, size_t finding) {
  return finding < report.confirmations.size() ? report.confirmations[finding] : Confirmation();
}

// For the text of bugs.
std::vector<ReportedFinding> Reported(const CampaignReport& report) {
  std::vector<ReportedFinding> findings;
  for (size_t i = 0; i < report.findings.size(); ++i) {
    findings.push_back(
        {KnownOf(report, i), ReplayOf(report, report.findings[i]), "", ConfirmationOf(report, i)});
  }
  return findings;
}

// When it was found, and how small it is.
std::string HistoryText(const StoredFinding& finding) {
  const std::optional<size_t> steps = StepsOf(finding);
  return fmt::format("{:.1f} s, {} executions, {}", finding.record.seconds,
                     Thousands(finding.record.executions),
                     steps ? Count(*steps, "step") : "not made small yet");
}

std::string BugsText(const CampaignReport& report, const Style& style) {
  std::vector<ReportedFinding> findings = Reported(report);
  for (size_t i = 0; i < findings.size(); ++i) {
    findings[i].note = HistoryText(report.findings[i]);
  }
  std::ranges::stable_sort(findings, {},
                           [](const auto& reported) { return RankOf(reported.finding); });
  const std::vector<Severity> bugs = SeveritiesOfBugs(findings);
  const std::string count =
      bugs.size() == findings.size() ? "" : fmt::format(" ({})", Count(findings.size(), "finding"));
  return fmt::format("\n{}{}\n", style.Red(CountBySeverity(bugs)), count) +
         FindingsText(findings, /*all=*/false, style);
}

std::string SummaryLine(const CampaignReport& report) {
  const CampaignFigures& figures = report.figures;
  const double rate =
      figures.seconds > 0 ? static_cast<double>(figures.executions) / figures.seconds : 0;
  return fmt::format("{}, {} executions in {:.0f} s, {} a second, coverage {}, corpus {}.\n",
                     report.settings.target, Thousands(figures.executions), figures.seconds,
                     Thousands(static_cast<uint64_t>(rate)), figures.engine.coverage,
                     figures.engine.corpus);
}

std::string ResumeCommand(const CampaignReport& report) {
  return fmt::format("{} fuzz --resume --out {}", ShellWord(report.program),
                     ShellWord(report.folder.root.string()));
}

}  // namespace

Finding KnownOf(const CampaignReport& report, size_t finding) {
  if (finding < report.looked_at.size()) return report.looked_at[finding];
  const FindingRecord& record = report.findings[finding].record;
  Finding known;
  known.oracle = record.oracle;
  known.target = report.settings.target;
  known.evidence = record.evidence;
  known.fingerprint = record.fingerprint;
  known.scenario = report.findings[finding].input.stem().string();
  return known;
}

std::string CampaignText(const CampaignReport& report, const Style& style) {
  std::string text = SummaryLine(report);
  if (report.findings.empty() && report.crashes.empty()) text += style.Green("Nothing found.\n");
  if (!report.findings.empty()) {
    text += BugsText(report, style);
  }
  if (!report.crashes.empty()) {
    text += fmt::format("\n{} that crashed the target, hung it, or took too much memory:\n",
                        Count(report.crashes.size(), "input"));
    for (const auto& crash : report.crashes) text += fmt::format("  {}\n", ReplayOf(report, crash));
  }
  if (report.end == CampaignEnd::kDiskFull) {
    text += fmt::format("\nStopped, as the disk under {} is nearly full; nothing is lost.\n",
                        report.folder.root.string());
  }
  return text + fmt::format("\nTo go on: {}\n", ResumeCommand(report));
}

nlohmann::ordered_json CampaignJson(const CampaignReport& report) {
  nlohmann::ordered_json findings = nlohmann::ordered_json::array();
  for (size_t i = 0; i < report.findings.size(); ++i) {
    const StoredFinding& finding = report.findings[i];
    const std::optional<size_t> steps = StepsOf(finding);
    const FindingRecord& record = finding.record;
    const Finding known = KnownOf(report, i);
    findings.push_back({{"oracle", record.oracle},
                        {"target", report.settings.target},
                        {"evidence", record.evidence},
                        {"fingerprint", record.fingerprint},
                        {"severity", SeverityName(known.severity)},
                        {"bug", BugOf(known)},
                        {"place", PlaceJson(known)},
                        {"cause", known.cause},
                        {"needs", NeedsJson(known)},
                        {"seconds", record.seconds},
                        {"executions", record.executions},
                        {"input", finding.input.string()},
                        {"scenario", steps ? finding.scenario.string() : ""},
                        {"replay", ReplayOf(report, finding)}});
    if (steps) findings.back()["steps"] = *steps;
    AddConfirmation(ConfirmationOf(report, i), findings.back());
  }
  nlohmann::ordered_json crashes = nlohmann::ordered_json::array();
  for (const auto& crash : report.crashes) {
    crashes.push_back({{"input", crash.string()}, {"replay", ReplayOf(report, crash)}});
  }
  return {{"target", report.settings.target},
          {"mend", report.settings.mend},
          {"engine", report.settings.engine},
          {"jobs", report.settings.jobs},
          {"out", report.folder.root.string()},
          {"end", kEndNames[static_cast<size_t>(report.end)]},
          {"seconds", report.figures.seconds},
          {"executions", report.figures.executions},
          {"coverage", report.figures.engine.coverage},
          {"corpus", report.figures.engine.corpus},
          {"findings", std::move(findings)},
          {"bugs", BugsJson(Reported(report))},
          {"crashes", std::move(crashes)}};
}

}  // namespace hupstorm
