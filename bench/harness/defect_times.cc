// How soon the suite shows each defect of the documents' servers, as `hupstorm run` would.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "bench/harness/parts.h"
#include "scenarios/language/fit.h"
#include "scenarios/worlds/simulated_world.h"
#include "target/documented/documented.h"
#include "tools/catalogue/scenario_catalogue.h"
#include "tools/isolation/serial_runner.h"

namespace hupstorm::harness {
namespace {

using Clock = std::chrono::steady_clock;

struct FirstReport {
  const Defect* defect = nullptr;
  bool reported = false;
  int scenarios = 0;  // run until then, this one included
  double seconds = 0;
  std::string scenario;
  std::string oracle;
};

// The suite in its order against the server with this defect alone, in a process of its own, until
// an oracle that the catalogue names for it has reported.
FirstReport RunUntilReported(const Defect& defect) {
  const Target target = DocumentedTarget(defect.server, AllBut(defect));
  IsolationOptions options;
  options.make_world = [](int) { return std::make_unique<SimulatedWorld>(); };
  FirstReport report{.defect = &defect, .scenario = {}, .oracle = {}};
  const Clock::time_point start = Clock::now();
  SerialRunner runner(target, options);
  for (const Scenario& scenario : Suite()) {
    if (!Fits(scenario, target)) continue;
    const RunResult result = runner.Run(scenario);
    ++report.scenarios;
    report.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    for (const Finding& finding : result.findings) {
      if (std::find(defect.expected.begin(), defect.expected.end(), finding.oracle) ==
          defect.expected.end()) {
        continue;
      }
      report.reported = true;
      report.scenario = scenario.name;
      report.oracle = finding.oracle;
      return report;
    }
  }
  return report;
}

}  // namespace

void AddDefectTimes(const Share& share, BenchReport& report) {
  std::vector<FirstReport> reports;
  const size_t every = share.settings.quick ? 11 : 1;
  for (size_t i = 0; i < Defects().size(); i += every) {
    const Defect& defect = Defects()[i];
    share.Report(static_cast<double>(i) / static_cast<double>(Defects().size()),
                 fmt::format("the suite until {} shows", defect.name));
    const FirstReport& first = reports.emplace_back(RunUntilReported(defect));
    report.figures["defects"].push_back({{"defect", defect.full_name},
                                         {"reachable", defect.reachable},
                                         {"reported", first.reported},
                                         {"scenarios", first.scenarios},
                                         {"seconds", first.seconds},
                                         {"scenario", first.scenario},
                                         {"oracle", first.oracle}});
  }
  const size_t all = reports.size();
  std::erase_if(reports, [](const FirstReport& report) { return !report.reported; });
  std::sort(reports.begin(), reports.end(),
            [](const FirstReport& a, const FirstReport& b) { return a.seconds < b.seconds; });
  BenchTable table{
      .title = "How soon the suite shows a defect",
      .header = {"defect", "scenarios", "seconds", "by", "in"},
      .notes = {fmt::format(
          "{} of {} defects of the documents' servers, each by itself, scenarios in "
          "the suite's order in one process.{}",
          reports.size(), all, reports.size() < all ? " The rest Linux cannot bring about." : "")}};
  for (const FirstReport& report : reports) {
    table.rows.push_back({std::string(report.defect->full_name),
                          fmt::format("{}", report.scenarios),
                          fmt::format("{:.3f}", report.seconds), report.oracle, report.scenario});
  }
  if (!reports.empty()) {
    table.notes.push_back(fmt::format("Half of them within {:.3f} s, all within {:.3f} s.",
                                      reports[reports.size() / 2].seconds, reports.back().seconds));
  }
  report.tables.push_back(std::move(table));
}

}  // namespace hupstorm::harness
