#include "bench/bench_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "bench/svg_plot.h"
#include "tools/cli/errors.h"
#include "tools/cli/output_file.h"
#include "tools/cli/text_table.h"

namespace hupstorm {
namespace {

std::string MarkdownRow(const std::vector<std::string>& cells) {
  return fmt::format("| {} |\n", fmt::join(cells, " | "));
}

std::string MarkdownTable(const BenchTable& table) {
  std::string text = fmt::format("## {}\n\n", table.title) + MarkdownRow(table.header) + "|";
  for (size_t i = 0; i < table.header.size(); ++i) text += "---|";
  text += "\n";
  for (const auto& row : table.rows) text += MarkdownRow(row);
  for (const std::string& note : table.notes) text += "\n" + note + "\n";
  return text + "\n";
}

}  // namespace

std::string BenchText(const BenchReport& report, const Style& style) {
  std::string text;
  for (const BenchTable& table : report.tables) {
    TextTable rows(table.header);
    for (const auto& row : table.rows) rows.Add(row);
    text += style.Bold(table.title) + "\n" + rows.ToString(2);
    for (const std::string& note : table.notes) text += WrapText(note, TextWidth(), 2);
    text += "\n";
  }
  return text;
}

nlohmann::ordered_json BenchJson(const BenchReport& report, const Machine& machine,
                                 const std::string& command) {
  return {{"bench", report.name},
          {"machine",
           {{"processor", machine.processor},
            {"processors", machine.processors},
            {"kernel", machine.kernel},
            {"compiler", machine.compiler},
            {"date", machine.date}}},
          {"command", command},
          {"seconds", report.seconds},
          {"figures", report.figures}};
}

void MakeBenchFolder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw UsageError(fmt::format("cannot write to {}: {}", folder, error.message()));
  if (access(folder.c_str(), W_OK) != 0) {
    throw UsageError(fmt::format("cannot write to {}: {}", folder, std::strerror(errno)));
  }
}

void WriteBenchFolder(const BenchReport& report, const Machine& machine, const std::string& command,
                      const std::string& folder) {
  MakeBenchFolder(folder);
  const bool draws = WhyNoPlots().empty();
  std::string text =
      fmt::format("# {}\n\n{}.\n```\n{}\n```\n\n", report.title, MachineText(machine), command);
  for (const Plot& plot : report.plots) {
    if (!draws) continue;
    DrawPlot(plot, folder);
    text += fmt::format("![{}]({}.svg)\n\n", plot.title, plot.file);
  }
  for (const BenchTable& table : report.tables) text += MarkdownTable(table);
  const std::string base = folder + "/" + report.name;
  WriteOutputFile(base + ".md", text, /*replace=*/true);
  WriteOutputFile(base + ".json", BenchJson(report, machine, command).dump(2) + "\n",
                  /*replace=*/true);
}

}  // namespace hupstorm
