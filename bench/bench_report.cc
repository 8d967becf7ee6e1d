#include "bench/bench_report.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>

#include "base/processors.h"
#include "tools/cli/errors.h"
#include "tools/cli/output_file.h"
#include "tools/cli/text_table.h"
#include "tools/report/findings_report.h"

namespace hupstorm {
namespace {

constexpr double kWide = 0.1;

// Distinct for colour-blind readers too, in light and in dark (Okabe and Ito).
constexpr std::array<const char*, 8> kColours = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                 "#E69F00", "#56B4E9", "#8A8A00", "#666666"};

Spread Paired(const std::vector<double>& without, const std::vector<double>& with,
              const std::function<double(double, double)>& compare) {
  std::vector<double> all;
  for (size_t i = 0; i < with.size(); ++i) all.push_back(compare(with[i], without.at(i)));
  return SpreadOf(std::move(all));
}

// Of /proc/cpuinfo.
std::string ModelName() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "an unknown processor";
}

Json ThisMachine() {
  utsname name = {};
  uname(&name);
#if defined(__clang__)
  constexpr const char* kCompiler = "clang++ " __clang_version__;
#else
  constexpr const char* kCompiler = "g++ " __VERSION__;
#endif
  return {{"processor", ModelName()},
          {"processors", std::max<size_t>(1, AllowedProcessors().size())},
          {"kernel", fmt::format("{} {}", name.sysname, name.release)},
          {"compiler", kCompiler},
          {"date", fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr)))}};
}

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

// As gnuplot takes it.
std::string Quoted(const std::string& text) { return Json(text).dump(); }

// Runs a shell command and gives what it writes and its status.
std::pair<std::string, int> Output(const std::string& command) {
  FILE* const pipe = popen((command + " 2>&1 </dev/null").c_str(), "r");
  if (pipe == nullptr) return {"no process can be started", -1};
  std::string text;
  std::array<char, 4096> buffer;
  while (const size_t length = fread(buffer.data(), 1, buffer.size(), pipe)) {
    text.append(buffer.data(), length);
  }
  return {text, pclose(pipe)};
}

std::string GnuplotScript(const Plot& plot) {
  std::string script = fmt::format(
      "set terminal svg size 820,480 dynamic enhanced font 'sans-serif,13' background '#ffffff'\n"
      "set termoption noenhanced\n"
      "set border 3 linecolor '#555555'\nset tics nomirror\nset grid linecolor '#dddddd'\n"
      "set key outside right top\nset bars 0.5\n"
      "set output {}\nset title {}\nset xlabel {}\nset ylabel {}\n"
      "set format '%g'\nset logscale x\n{}\n",
      Quoted(plot.file + ".svg"), Quoted(plot.title), Quoted(plot.x_label), Quoted(plot.y_label),
      plot.log_y ? "set logscale y" : "set yrange [0:*]");
  std::string lines;
  for (size_t i = 0; i < plot.series.size(); ++i) {
    script += fmt::format("$series{} << END\n", i);
    for (const auto& [x, y] : plot.series[i].points) {
      script += fmt::format("{} {} {} {}\n", x, y.median, y.least, y.most);
    }
    script += "END\n";
    lines += fmt::format(
        "{3}$series{0} using 1:2:3:4 with yerrorbars notitle {1} pointtype 7 pointsize 0.5, "
        "$series{0} using 1:2 with lines title {2} {1}",
        i, fmt::format("linecolor rgb '{}' linewidth 2", kColours[i % kColours.size()]),
        Quoted(plot.series[i].name), i == 0 ? "plot " : ", \\\n     ");
  }
  return script + lines + "\n";
}

void DrawPlot(const Plot& plot, const std::string& folder) {
  const std::string script = plot.file + ".gnuplot";
  WriteOutputFile(folder + "/" + script, GnuplotScript(plot), /*replace=*/true);
  const auto [output, status] =
      Output(fmt::format("cd {} && gnuplot {}", ShellWord(folder), ShellWord(script)));
  if (status != 0) throw FailedError(fmt::format("gnuplot {}/{}: {}", folder, script, output));
}

}  // namespace

Spread SpreadOf(std::vector<double> figures) {
  std::sort(figures.begin(), figures.end());
  const size_t middle = figures.size() / 2;
  const double median =
      figures.size() % 2 == 1 ? figures.at(middle) : (figures.at(middle - 1) + figures[middle]) / 2;
  return {.median = median, .least = figures.front(), .most = figures.back()};
}

Spread SpreadOf(const Turns& figures) {
  std::vector<double> medians;
  for (const std::vector<double>& turns : figures) medians.push_back(SpreadOf(turns).median);
  return SpreadOf(std::move(medians));
}

Spread RatioOf(const Turns& figures, const Turns& others) {
  std::vector<double> ratios;
  for (size_t repeat = 0; repeat < std::min(figures.size(), others.size()); ++repeat) {
    ratios.push_back(Ratio(others[repeat], figures[repeat]).median);
  }
  return SpreadOf(std::move(ratios));
}

Spread Added(const std::vector<double>& without, const std::vector<double>& with) {
  return Paired(without, with, std::minus<>());
}

Spread Ratio(const std::vector<double>& without, const std::vector<double>& with) {
  return Paired(without, with, [](double a, double b) { return b == 0 ? 0 : a / b; });
}

Json SpreadJson(const Spread& spread) {
  return {{"median", spread.median}, {"least", spread.least}, {"most", spread.most}};
}

std::string Digits(double figure) {
  return figure >= 1000 ? fmt::format("{:.0f}", figure) : fmt::format("{:.3g}", figure);
}

std::string SpreadText(const Spread& spread) {
  if (spread.Relative() <= kWide) return Digits(spread.median);
  return fmt::format("{} ({} to {})", Digits(spread.median), Digits(spread.least),
                     Digits(spread.most));
}

void AddRow(BenchTable& table, Json& json, const std::string& name,
            const std::vector<Cell>& cells) {
  std::vector<std::string> row = {name};
  for (const Cell& cell : cells) {
    row.push_back(cell.text.empty() ? SpreadText(cell.figure) : cell.text);
    if (!cell.key.empty()) json[cell.key] = SpreadJson(cell.figure);
  }
  table.rows.push_back(std::move(row));
}

std::string MachineText() {
  const Json machine = ThisMachine();
  const auto text = [&machine](const char* key) { return machine[key].get<std::string>(); };
  const int processors = machine["processors"];
  return fmt::format("{} processor{} of {}, {}, {}, {}", processors, processors == 1 ? "" : "s",
                     text("processor"), text("kernel"), text("compiler"), text("date"));
}

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

Json BenchJson(const BenchReport& report, const std::string& command) {
  return {{"bench", report.name},
          {"machine", ThisMachine()},
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

void WriteBenchFolder(const BenchReport& report, const std::string& command,
                      const std::string& folder) {
  MakeBenchFolder(folder);
  std::string text =
      fmt::format("# {}\n\n{}.\n```\n{}\n```\n\n", report.title, MachineText(), command);
  for (const Plot& plot : report.plots) {
    if (!WhyNoPlots().empty()) break;
    DrawPlot(plot, folder);
    text += fmt::format("![{}]({}.svg)\n\n", plot.title, plot.file);
  }
  for (const BenchTable& table : report.tables) text += MarkdownTable(table);
  const std::string base = folder + "/" + report.name;
  WriteOutputFile(base + ".md", text, /*replace=*/true);
  WriteOutputFile(base + ".json", BenchJson(report, command).dump(2) + "\n", /*replace=*/true);
}

std::string WhyNoPlots() {
  static const bool has_gnuplot = Output("gnuplot --version").second == 0;
  return has_gnuplot ? "" : "plots are drawn by gnuplot, which is not here: Debian's gnuplot-nox";
}

}  // namespace hupstorm
