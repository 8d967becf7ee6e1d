#include "bench/svg_plot.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <memory>

#include "tools/cli/errors.h"
#include "tools/cli/output_file.h"
#include "tools/report/findings_report.h"

namespace hupstorm {
namespace {

// Told apart by those who see few colours, in light and in dark (Okabe and Ito).
constexpr std::array<const char*, 8> kColours = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                                 "#E69F00", "#56B4E9", "#8A8A00", "#666666"};

std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

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

}  // namespace

std::string WhyNoPlots() {
  static const bool has_gnuplot = Output("gnuplot --version").second == 0;
  return has_gnuplot ? "" : "plots are drawn by gnuplot, which is not here: Debian's gnuplot-nox";
}

std::string GnuplotScript(const Plot& plot) {
  std::string script =
      "set terminal svg size 820,480 dynamic enhanced font 'sans-serif,13' background '#ffffff'\n"
      "set termoption noenhanced\n"
      "set border 3 linecolor '#555555'\nset tics nomirror\nset grid linecolor '#dddddd'\n"
      "set key outside right top\nset bars 0.5\n";
  script += fmt::format("set output {}\n", Quoted(plot.file + ".svg"));
  script += fmt::format("set title {}\nset xlabel {}\nset ylabel {}\n", Quoted(plot.title),
                        Quoted(plot.x_label), Quoted(plot.y_label));
  script += "set format '%g'\n";
  if (plot.log_x) script += "set logscale x\n";
  script += plot.log_y ? "set logscale y\n" : "set yrange [0:*]\n";
  for (size_t i = 0; i < plot.series.size(); ++i) {
    script += fmt::format("$series{} << END\n", i);
    for (const PlotPoint& point : plot.series[i].points) {
      script += fmt::format("{} {} {} {}\n", point.x, point.y.median, point.y.least, point.y.most);
    }
    script += "END\n";
  }
  for (size_t i = 0; i < plot.series.size(); ++i) {
    const std::string look =
        fmt::format("linecolor rgb '{}' linewidth 2", kColours[i % kColours.size()]);
    script += i == 0 ? "plot " : ", \\\n     ";
    script += fmt::format(
        "$series{0} using 1:2:3:4 with yerrorbars notitle {1} pointtype 7 "
        "pointsize 0.5, $series{0} using 1:2 with lines title {2} {1}",
        i, look, Quoted(plot.series[i].name));
  }
  return script + "\n";
}

void DrawPlot(const Plot& plot, const std::string& folder) {
  const std::string script = plot.file + ".gnuplot";
  WriteOutputFile(folder + "/" + script, GnuplotScript(plot), /*replace=*/true);
  const auto [output, status] =
      Output(fmt::format("cd {} && gnuplot {}", ShellWord(folder), ShellWord(script)));
  if (status != 0) throw FailedError(fmt::format("gnuplot {}/{}: {}", folder, script, output));
}

}  // namespace hupstorm
