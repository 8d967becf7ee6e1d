#include "tools/report/gate_report_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "tools/cli/text_table.h"
#include "tools/report/bugs.h"
#include "tools/report/findings_report.h"

namespace hupstorm {
namespace {

constexpr int kNameWidth = 12;

// New ones first; of these, the gravest, as the table of oracles has them.
std::vector<const GateFinding*> InOrder(const GateReport& report) {
  std::vector<const GateFinding*> findings;
  for (const GateFinding& found : report.findings) findings.push_back(&found);
  std::stable_sort(findings.begin(), findings.end(), [&](const auto* a, const auto* b) {
    return std::pair(!a->shuts(), RankOf(a->finding)) < std::pair(!b->shuts(), RankOf(b->finding));
  });
  return findings;
}

std::string FindingText(const GateFinding& found, const Style& style) {
  const Finding& finding = found.finding;
  std::string name = finding.oracle + (found.tolerated ? " (tolerated)" : "");
  name = found.shuts() ? style.Red(name) : style.Yellow(name);
  std::set<std::string> others = found.oracles();
  others.erase(finding.oracle);
  std::vector<std::string> notes = {ConfirmationText(found.confirmation)};
  if (found.cases > 1) notes.push_back(fmt::format("the same in {} more", found.cases - 1));
  if (!others.empty()) notes.push_back(fmt::format("also seen as {}", fmt::join(others, ", ")));
  if (found.known_elsewhere) {
    notes.push_back("the baseline has this bug, but not with this symptom in this scenario");
  }
  if (!found.again) notes.push_back("not seen again when this was run by itself");
  std::string text = fmt::format("{}: {}: {}\n{}\n", style.Bold(WhereText(finding)), name,
                                 finding.evidence, WhyLine(finding, notes));
  text += fmt::format("  {}, {}: {}\n", finding.target, found.area, finding.scenario);
  if (found.tolerated) return text;  // known: --json and the reports have the rest
  text += OutputText(found.output, style);
  return text + style.Dim(found.replay) + "\n\n";
}

// What GitHub takes for the end of a property or of a command.
std::string Escaped(std::string_view text, bool property) {
  std::string escaped;
  for (const char c : text) {
    const bool special = c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','));
    escaped += special ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return escaped;
}

nlohmann::ordered_json AreaJson(const GateArea& area) {
  nlohmann::ordered_json json = {{"area", area.name},          {"did", area.did},
                                 {"cases", area.cases.size()}, {"failed", area.failed()},
                                 {"seconds", area.seconds},    {"left_out", area.left_out}};
  if (!area.skipped.empty()) json["skipped"] = area.skipped;
  return json;
}

nlohmann::ordered_json SymptomsJson(const GateFinding& found) {
  auto json = nlohmann::ordered_json::array();
  for (const Symptom& symptom : found.symptoms) {
    json.push_back({{"oracle", symptom.oracle},
                    {"fingerprint", symptom.fingerprint},
                    {"shown_in", symptom.shown_in}});
  }
  return json;
}

std::string KnownAnywhereText(const GateReport& report) {
  return fmt::format(
      "the baseline does not say in which scenarios {} of its findings showed, so that a second "
      "bug with the same fingerprint is let through; --update-baseline adds it",
      report.known_anywhere);
}

std::string KnownByFingerprintText(const GateReport& report) {
  return fmt::format(
      "the baseline names {} of its findings by fingerprints, as an older hupstorm wrote them; "
      "--update-baseline names their bugs, which edits of the server change less",
      report.known_by_fingerprint);
}

}  // namespace

std::string GateAreaText(const GateArea& area, const Style& style) {
  if (!area.skipped.empty()) {
    return style.Dim(fmt::format("{:<{}} not run: {}", area.name, kNameWidth, area.skipped)) + "\n";
  }
  const std::string found =
      area.failed() == 0 ? style.Green("nothing found")
                         : style.Red(fmt::format("{} of {} failed", Count(area.failed(), "case"),
                                                 area.cases.size()));
  std::string text = fmt::format("{:<{}} {:>6.1f} s  {}: {}\n", area.name, kNameWidth, area.seconds,
                                 area.did, found);
  for (const std::string& left_out : area.left_out) {
    text += fmt::format("{:<{}}           {}\n", "", kNameWidth, left_out);
  }
  return text;
}

std::string GateText(const GateReport& report, const Style& style) {
  std::string text = "\n";
  std::vector<Severity> severities;
  for (const GateFinding& found : report.findings) {
    if (found.shuts()) severities.push_back(found.finding.severity);
  }
  if (!severities.empty()) text += style.Red("New: " + CountBySeverity(severities)) + "\n\n";
  for (const GateFinding* const found : InOrder(report)) text += FindingText(*found, style);
  if (!report.note.empty()) text += report.note + "\n";
  for (const BaselineEntry& gone : report.gone) {
    text += fmt::format("gone: {} {} {} (--update-baseline takes it out of the baseline)\n",
                        ShellWord(gone.target), gone.oracle, gone.bug);
  }
  if (report.known_anywhere > 0) text += KnownAnywhereText(report) + "\n";
  if (report.known_by_fingerprint > 0) text += KnownByFingerprintText(report) + "\n";
  if (!report.broken_off.empty()) text += style.Yellow(report.broken_off) + "\n";
  std::string verdict = style.Green("the gate is open");
  if (report.untolerated() > 0) {
    verdict = style.Red("the gate is shut: " + Count(report.untolerated(), "new bug"));
  } else if (!report.broken_off.empty()) {
    verdict = style.Red("the gate is shut: not all was run");
  }
  if (report.tolerated() > 0) verdict += fmt::format(", {} tolerated", report.tolerated());
  if (const size_t count = report.minor(); count > 0) {
    verdict += fmt::format(", {} less grave than --severity", count);
  }
  if (const size_t count = report.not_reproduced(); count > 0) {
    verdict += fmt::format(", {} not reproduced on Linux (--unconfirmed counts them)", count);
  }
  return text + fmt::format("{}: {}, {:.1f} s\n", report.target, verdict, report.seconds);
}

nlohmann::ordered_json FindingJson(const GateFinding& found) {
  nlohmann::ordered_json json =
      FindingJson(ReportedFinding{found.finding, found.replay, found.output, found.confirmation});
  json.update(nlohmann::ordered_json{{"area", found.area},
                                     {"cases", found.cases},
                                     {"tolerated", found.tolerated},
                                     {"known_elsewhere", found.known_elsewhere},
                                     {"shown_in", found.shown_in()},
                                     {"symptoms", SymptomsJson(found)},
                                     {"again", found.again},
                                     {"text", found.text}});
  return json;
}

nlohmann::ordered_json GoneJson(const GateReport& report) {
  auto json = nlohmann::ordered_json::array();
  for (const BaselineEntry& entry : report.gone) {
    json.push_back(
        {{"target", entry.target}, {"oracle", entry.oracle}, {"fingerprint", entry.bug}});
  }
  return json;
}

nlohmann::ordered_json GateJson(const GateReport& report) {
  auto areas = nlohmann::ordered_json::array();
  for (const GateArea& area : report.areas) areas.push_back(AreaJson(area));
  auto findings = nlohmann::ordered_json::array();
  for (const GateFinding& found : report.findings) findings.push_back(FindingJson(found));
  nlohmann::ordered_json json = {{"target", report.target},         {"mend", report.mend},
                                 {"world", report.world},           {"holds", report.holds()},
                                 {"seconds", report.seconds},       {"new", report.untolerated()},
                                 {"tolerated", report.tolerated()}, {"areas", std::move(areas)},
                                 {"findings", std::move(findings)}, {"gone", GoneJson(report)}};
  if (!report.note.empty()) json["note"] = report.note;
  if (report.known_anywhere > 0) json["known_anywhere"] = report.known_anywhere;
  if (!report.broken_off.empty()) json["broken_off"] = report.broken_off;
  return json;
}

std::string GitHubAnnotations(const GateReport& report) {
  std::string text;
  for (const GateFinding& found : report.findings) {
    if (!found.shuts()) continue;
    const Finding& finding = found.finding;
    // On the line of the server; if that is not known, of the scenario.
    const bool has_line = finding.place.line > 0;
    const std::string file = has_line ? FromHere(finding.place.file) : finding.file;
    const int line = has_line ? finding.place.line : std::max(finding.line, 1);
    std::string where;
    if (!file.empty()) where = fmt::format("file={},line={},", Escaped(file, true), line);
    const std::string cause = CauseText(finding);
    text += fmt::format("::error {}title={}::{}\n", where,
                        Escaped(fmt::format("{} in {}", finding.oracle, finding.target), true),
                        Escaped(fmt::format("{}\n{}{}", finding.evidence,
                                            cause.empty() ? "" : cause + "\n", found.replay),
                                false));
  }
  return text;
}

}  // namespace hupstorm
