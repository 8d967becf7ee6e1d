#include "tools/report/sweep_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tools/cli/text_table.h"

namespace hupstorm {
namespace {

double RateOf(const SweepReport& report) {
  return report.seconds > 0 ? static_cast<double>(report.placements) / report.seconds : 0;
}

}  // namespace

std::string SweepText(const SweepReport& report, const std::string& program,
                      const ServerWords& server, const Style& style) {
  std::string text;
  for (const SweepFinding& found : report.findings) {
    const Finding& finding = found.finding;
    const std::string place = finding.file.empty() ? finding.scenario : ScenarioPlace(finding);
    text +=
        fmt::format("{}: {}: {}\n", style.Bold(place), style.Red(finding.oracle), finding.evidence);
    for (const std::string& step : found.placement) text += fmt::format("  with {}\n", step);
    if (found.placement.empty()) text += "  with nothing going wrong\n";
    if (found.runs > 1) text += fmt::format("  the same in {} runs\n", found.runs);
    if (!found.alone) text += "  not seen again when this was run by itself\n";
    if (const std::string asked = ConfirmationText(found.confirmation); !asked.empty()) {
      text += fmt::format("  {}\n", asked);
    }
    text += style.Dim(ReplayOfText(program, found.finding, found.text, server)) + "\n\n";
  }
  return text;
}

std::string SweepSummary(const SweepReport& report, const Style& style) {
  std::string text = fmt::format(
      "{}, {} of the server counted in {:.2f} s; {} in {:.2f} s, {:.0f} a second: ",
      Count(report.scenarios, "scenario"), Count(report.calls, "call"), report.survey_seconds,
      Count(report.placements, "placement"), report.seconds, RateOf(report));
  text += report.findings.empty() ? style.Green("nothing found")
                                  : style.Red(Count(report.findings.size(), "distinct finding"));
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
