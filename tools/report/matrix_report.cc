#include "tools/report/matrix_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tools/cli/text_table.h"
#include "tools/report/findings_report.h"

namespace hupstorm {
namespace {

// Of the oracles that reported: those that the defect's entry names, or the others.
std::vector<std::string> Reported(const DefectRow& row, bool expected) {
  std::vector<std::string> oracles;
  for (const std::string& oracle : row.reported) {
    if (Expects(*row.defect, oracle) == expected) oracles.push_back(oracle);
  }
  return oracles;
}

std::string ReplayOf(const DefectRow& row, const Matrix& matrix, const std::string& program) {
  if (row.simplest.empty()) return {};
  Finding finding;
  finding.scenario = row.simplest;
  finding.target = NameOf(row.defect->server);
  return ReplayCommand(
      program, finding,
      TargetOptions(finding.target, fmt::format("all-but={}", row.defect->name), matrix.world));
}

std::vector<ReportedFinding> Reported(const CleanRow& row, const Matrix& matrix,
                                      const std::string& program) {
  std::vector<ReportedFinding> reported;
  for (const Finding& finding : row.findings) {
    const std::string server =
        TargetOptions(finding.target, row.mends.empty() ? "none" : row.mends, matrix.world);
    reported.push_back({finding, ReplayCommand(program, finding, server)});
  }
  return reported;
}

std::string Verdict(const DefectRow& row) {
  if (row.caught) return "caught";
  return row.defect->reachable ? "MISSED" : "unreachable";
}

// Colours whole lines after the table is laid out, as it counts letters.
std::string ColourVerdicts(const std::string& table, const Style& style) {
  std::string coloured;
  size_t at = 0;
  while (at < table.size()) {
    const size_t end = table.find('\n', at);
    const std::string line = table.substr(at, end - at);
    const bool bad =
        line.find("  MISSED") != std::string::npos || line.find("  FOUND") != std::string::npos;
    coloured += bad ? style.Red(line) : line;
    coloured += '\n';
    at = end + 1;
  }
  return coloured;
}

std::string DefectsText(const Matrix& matrix, DocumentedServer server, const Style& style) {
  TextTable table(
      {"DEFECT, BY ITSELF", "VERDICT", "EXPECTED", "REPORTED", "ALSO", "SCENARIOS", "SIMPLEST"});
  for (const DefectRow& row : matrix.defects) {
    if (row.defect->server != server) continue;
    table.Add({std::string(row.defect->name), Verdict(row),
               fmt::format("{}", fmt::join(row.defect->expected, ", ")),
               fmt::format("{}", fmt::join(Reported(row, true), ", ")),
               fmt::format("{}", fmt::join(Reported(row, false), ", ")),
               fmt::to_string(row.scenarios.size()), row.simplest});
  }
  return style.Bold(std::string(NameOf(server))) + "\n" + ColourVerdicts(table.ToString(2), style) +
         "\n";
}

std::string UnreachableText(const Matrix& matrix) {
  std::string text;
  for (const DefectRow& row : matrix.defects) {
    if (row.defect->reachable) continue;
    text += fmt::format("  {}\n{}", row.defect->full_name,
                        WrapText(row.defect->evidence, TextWidth(), 4));
  }
  return text.empty() ? text
                      : "Defects that Linux cannot produce, and how that is known\n" + text + "\n";
}

std::string_view WorldOf(const Difference& difference) {
  return difference.on_loopback ? "loopback" : "simulated";
}

std::string DifferencesText(const Matrix& matrix, const Style& style) {
  std::string text;
  for (const DefectRow& row : matrix.defects) {
    for (const Difference& difference : row.differences) {
      const std::string line =
          fmt::format("  {}: reported by {} with --world {} alone", row.defect->full_name,
                      difference.oracle, WorldOf(difference));
      text += difference.holds() ? line + "\n" + WrapText(difference.reason, TextWidth(), 4)
                                 : style.Red(line + ": UNDECLARED") + "\n";
    }
  }
  return text.empty() ? text : "Differences between Linux and the simulation\n" + text + "\n";
}

std::string AsWrittenText(const Matrix& matrix, const Style& style) {
  TextTable table({"SERVER AS WRITTEN", "VERDICT", "REPORTED", "MAIN DEFECTS NOT REPORTED"});
  for (const AsWrittenRow& row : matrix.as_written) {
    table.Add({row.target, row.holds() ? "reported" : "MISSED",
               fmt::format("{}", fmt::join(row.reported, ", ")),
               fmt::format("{}", fmt::join(row.missed, ", "))});
  }
  return ColourVerdicts(table.ToString(2), style) + "\n";
}

// How far Linux and the simulation agree, for a matrix that was run on Linux.
std::string ComparisonText(const Matrix& matrix) {
  if (matrix.world == "simulated") return {};
  size_t declared = 0;
  size_t undeclared = 0;
  for (const DefectRow& row : matrix.defects) {
    for (const Difference& difference : row.differences) {
      ++(difference.holds() ? declared : undeclared);
    }
  }
  std::string text = fmt::format("Against the simulation: {}, {} undeclared\n",
                                 Count(declared, "declared difference"), undeclared);
  if (matrix.left_out > 0) {
    text += fmt::format("{} left out with --world {}: {}\n", Count(matrix.left_out, "scenario"),
                        matrix.world, matrix.why_left_out);
  }
  return text;
}

std::string CleanText(const Matrix& matrix, const std::string& program, const Style& style) {
  TextTable table({"MUST BE CLEAN", "MENDS", "VERDICT"});
  std::string details;
  for (const CleanRow& row : matrix.clean) {
    table.Add({row.target, row.mends.empty() ? "-" : row.mends,
               row.holds() ? "clean" : fmt::format("FOUND {}", row.findings.size())});
    details += FindingsText(Reported(row, matrix, program), false, style);
  }
  return ColourVerdicts(table.ToString(2), style) + "\n" + (details.empty() ? "" : details + "\n");
}

nlohmann::ordered_json DifferenceJson(const DefectRow& row) {
  nlohmann::ordered_json differences = nlohmann::ordered_json::array();
  for (const Difference& difference : row.differences) {
    differences.push_back({{"oracle", difference.oracle},
                           {"world", WorldOf(difference)},
                           {"reason", difference.reason}});
  }
  return differences;
}

bool AllHold(const auto& rows) {
  return std::all_of(rows.begin(), rows.end(), [](const auto& row) { return row.holds(); });
}

}  // namespace

bool Expects(const Defect& defect, std::string_view oracle) {
  return std::find(defect.expected.begin(), defect.expected.end(), oracle) != defect.expected.end();
}

bool Matrix::holds() const { return AllHold(defects) && AllHold(as_written) && AllHold(clean); }

std::string MatrixText(const Matrix& matrix, const std::string& program, const Style& style) {
  std::string text;
  for (int i = 0; i < kDocumentedServerCount; ++i) {
    text += DefectsText(matrix, static_cast<DocumentedServer>(i), style);
  }
  text += UnreachableText(matrix);
  text += DifferencesText(matrix, style);
  text += AsWrittenText(matrix, style);
  text += CleanText(matrix, program, style);

  const auto caught =
      std::count_if(matrix.defects.begin(), matrix.defects.end(),
                    [](const DefectRow& row) { return row.caught && row.defect->reachable; });
  const auto reachable = std::count_if(matrix.defects.begin(), matrix.defects.end(),
                                       [](const DefectRow& row) { return row.defect->reachable; });
  const auto clean = std::count_if(matrix.clean.begin(), matrix.clean.end(),
                                   [](const CleanRow& row) { return row.holds(); });
  const std::string summary = fmt::format(
      "{} of {} defects caught, {} of {} correct servers clean ({} runs of {} scenarios)", caught,
      reachable, clean, matrix.clean.size(), matrix.runs, matrix.scenarios);
  text += (matrix.holds() ? style.Green(summary) : style.Red(summary)) + "\n";
  text += ComparisonText(matrix);

  const auto first = std::find_if(matrix.defects.begin(), matrix.defects.end(),
                                  [](const DefectRow& row) { return row.caught; });
  if (first != matrix.defects.end()) {
    text += fmt::format("To watch one: {}\n", ReplayOf(*first, matrix, program));
  }
  return text;
}

nlohmann::ordered_json MatrixJson(const Matrix& matrix, const std::string& program) {
  using Json = nlohmann::ordered_json;
  Json defects = Json::array();
  for (const DefectRow& row : matrix.defects) {
    defects.push_back({{"defect", row.defect->full_name},
                       {"expected", row.defect->expected},
                       {"reported", row.reported},
                       {"also", Reported(row, false)},
                       {"scenarios", row.scenarios},
                       {"caught", row.caught},
                       {"reachable", row.defect->reachable},
                       {"evidence", row.defect->evidence},
                       {"difference", DifferenceJson(row)},
                       {"replay", ReplayOf(row, matrix, program)}});
  }
  Json as_written = Json::array();
  for (const AsWrittenRow& row : matrix.as_written) {
    as_written.push_back(
        {{"target", row.target}, {"reported", row.reported}, {"missed", row.missed}});
  }
  Json clean = Json::array();
  for (const CleanRow& row : matrix.clean) {
    clean.push_back({{"target", row.target},
                     {"mends", row.mends},
                     {"findings", FindingsJson(Reported(row, matrix, program))}});
  }
  return {{"defects", std::move(defects)}, {"as_written", std::move(as_written)},
          {"clean", std::move(clean)},     {"world", matrix.world},
          {"scenarios", matrix.scenarios}, {"left_out", matrix.left_out},
          {"runs", matrix.runs},           {"holds", matrix.holds()}};
}

}  // namespace hupstorm
