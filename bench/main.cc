// hupstorm_bench BENCHMARK --out DIR

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <vector>

#include "bench/benches.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"
#include "tools/cli/suggest.h"
#include "tools/report/findings_report.h"
#include "tools/report/json_output.h"

namespace hupstorm {
namespace {

constexpr char kFooter[] = R"(
Figures are of one machine at one time. What is compared is measured in turn, in one run, several times
over: the median counts, and if the others are more than a tenth apart they are shown. Keep the
machine quiet meanwhile.

Examples:
  hupstorm_bench claims --quick             # does it work here?
  hupstorm_bench claims --out figures       # two minutes
  hupstorm_bench servers --out figures      # six; in a build tree, where the other servers are
  hupstorm_bench harness --out figures      # half of one

--out gets NAME.md, NAME.json and the plots as SVG. --json prints {"bench","machine":{"processor",
"processors","kernel","compiler","date"},"command","seconds","figures":{...}}.)";

struct Benchmark {
  std::string_view name;  // on the command line
  std::string_view what;
  BenchReport (*run)(const BenchSettings&);
};
constexpr Benchmark kBenches[] = {
    {"claims", "what is said of select, poll and epoll, measured", BenchClaims},
    {"servers", "the reference beside echo servers on libraries", BenchServers},
    {"harness", "what hupstorm itself costs", BenchHarness},
};

struct Options {
  std::string name;
  std::string out;
  bool json = false;
  BenchSettings settings;
};

const Benchmark& Find(const std::string& name) {
  std::vector<std::string> names;
  for (const Benchmark& bench : kBenches) {
    if (bench.name == name) return bench;
    names.emplace_back(bench.name);
  }
  throw UnknownName("benchmark", name, names, "hupstorm_bench --help");
}

std::string AsTyped(const Options& options, const std::string& program) {
  std::string command = fmt::format("{} {}", ShellWord(program), options.name);
  const auto& [repeats, quick, on_progress] = options.settings;
  if (repeats != BenchSettings().repeats) command += fmt::format(" --repeats {}", repeats);
  if (quick) command += " --quick";
  if (!options.out.empty()) command += fmt::format(" --out {}", ShellWord(options.out));
  return command;
}

int RunBench(const Options& options, const std::string& program) {
  const Benchmark& bench = Find(options.name);
  BenchSettings settings = options.settings;
  const auto start = std::chrono::steady_clock::now();
  // Not found out after minutes of measuring.
  if (!options.out.empty()) MakeBenchFolder(options.out);
  BenchReport report;
  {
    Progress progress(fmt::format("bench {}", bench.name));
    settings.on_progress = [&progress](double done, const std::string& what) {
      progress.Update(fmt::format("{:.0f} %, {}", done * 100, what));
    };
    report = bench.run(settings);
  }
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const std::string command = AsTyped(options, program);
  if (!options.out.empty()) WriteBenchFolder(report, command, options.out);
  if (options.json) {
    PrintJson(BenchJson(report, command));
    return kExitClean;
  }
  const Style style = Style::For(stdout);
  Print(BenchText(report, style));
  Print(fmt::format("{}; {:.0f} s\n", MachineText(), report.seconds));
  if (!options.out.empty() && !WhyNoPlots().empty()) Print(style.Yellow(WhyNoPlots()) + "\n");
  return kExitClean;
}

int Run(int argc, char** argv) {
  CLI::App app("Measures what the documents claim, servers, and hupstorm itself.",
               "hupstorm_bench");
  app.footer(kFooter);
  std::string list;
  for (const Benchmark& bench : kBenches) {
    list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", bench.name, bench.what);
  }
  Options options;
  app.add_option("benchmark", options.name, list)->required()->type_name("BENCHMARK");
  app.add_option("--out", options.out, "write tables, figures and plots to this folder")
      ->type_name("DIR");
  app.add_option("--repeats", options.settings.repeats, "measure so many times")
      ->check(CLI::Range(1, 100))
      ->type_name("N")
      ->capture_default_str();
  app.add_flag("--quick", options.settings.quick, "a few seconds: to see that it works");
  app.add_flag("--json", options.json, "print the figures as one JSON object");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    throw UsageError(std::string(error.what()) +
                     "\nFor the options and examples: hupstorm_bench --help");
  }
  const int code = RunBench(options, argv[0]);
  FlushOutput();
  return code;
}

}  // namespace
}  // namespace hupstorm

int main(int argc, char** argv) {
  return hupstorm::ExitCodeOf([&] { return hupstorm::Run(argc, argv); });
}
