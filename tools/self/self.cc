#include "tools/self/self.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "conform/campaign.h"
#include "conform/report.h"
#include "kernel/host_kernel.h"
#include "kernel/simulated/simulated_kernel.h"
#include "scenarios/oracles/finding_list.h"
#include "target/canary/canary.h"
#include "target/documented/documented.h"
#include "tools/catalogue/target_catalogue.h"
#include "tools/cli/output.h"
#include "tools/gate/gate.h"
#include "tools/matrix/matrix.h"
#include "tools/plan/plan.h"
#include "tools/report/findings_report.h"

namespace hupstorm {
namespace {

constexpr uint64_t kConformancePrograms = 10'000;

// What the areas take over from the gate.
struct Settings {
  std::string program;  // for replay commands
  int workers = 1;
  std::chrono::milliseconds timeout;
  uint64_t seed = 1;
};

// Of what has no calls of a server to be known by.
std::string FingerprintOf(std::string_view area, std::string_view what) {
  return fmt::format("{:016x}", StableHash(fmt::format("{} {}", area, what)));
}

Finding AreaFinding(const char* area, std::string target, std::string_view what,
                    std::string evidence) {
  Finding finding;
  finding.oracle = area;
  finding.fingerprint = FingerprintOf(area, fmt::format("{} {}", target, what));
  finding.target = std::move(target);
  finding.evidence = std::move(evidence);
  return finding;
}

std::string References() {
  std::string names;
  for (const std::string& name : TargetNames()) {
    if (name.starts_with("reference/")) names += (names.empty() ? "" : ",") + name;
  }
  return names;
}

void RunSuiteOnLinux(const Settings& settings, GateArea& area, const EnterFinding& enter) {
  ServerOptions server;
  server.targets = References();
  server.world = kLoopbackWorld;
  Plan plan;
  MakePlan({}, server, plan);
  IsolationOptions isolation = IsolationFor(plan.server, {.jobs = settings.workers});
  isolation.timeout = settings.timeout;
  area.did = fmt::format("{} scenarios", plan.jobs.size());
  area.left_out = ReasonTexts(plan.left_out, kLeftOut);
  for (const Job& job : plan.jobs) {
    area.cases.push_back({.name = job.scenario->name, .target = job.target->name});
  }
  Progress progress(area.name);
  size_t done = 0;
  RunIsolated(plan.jobs, isolation, [&](size_t job, RunResult result) {
    for (Finding& finding : result.findings) {
      std::string replay =
          ReplayCommand(settings.program, finding, plan.server.as_options(finding.target));
      area.cases[job].findings.push_back(enter(area.name, std::move(finding), std::move(replay)));
    }
    progress.Update(++done, plan.jobs.size(), "");
  });
}

void RunMatrixArea(const Settings& settings, GateArea& area, GateReport& report,
                   const EnterFinding& enter) {
  WorkerOptions workers;
  workers.jobs = settings.workers;
  IsolationOptions isolation = ToIsolation(workers, MakerOf(kDefaultWorld), true);
  isolation.timeout = settings.timeout;
  Progress progress(area.name);
  const Matrix matrix = RunMatrix(
      isolation, [](const Scenario&) { return std::string_view(); },
      [&progress](size_t done, size_t total) { progress.Update(done, total, ""); });
  const std::string replay = ShellWord(settings.program) + " matrix";
  const auto add = [&](std::string name, const std::string& target, std::string why) {
    GateCase& one = area.cases.emplace_back();
    one.name = std::move(name);
    one.target = target;
    if (why.empty()) return;
    Finding finding = AreaFinding(kMatrixArea, target, one.name, std::move(why));
    finding.scenario = one.name;
    one.findings.push_back(enter(area.name, std::move(finding), replay));
  };
  for (const DefectRow& row : matrix.defects) {
    report.defects.push_back({std::string(row.defect->full_name), row.holds(), row.scenarios});
    add("caught", std::string(row.defect->full_name),
        row.holds() ? "" : "no oracle that should report this defect does");
  }
  for (const AsWrittenRow& row : matrix.as_written) {
    add("as written", row.target,
        row.holds() ? "" : fmt::format("not reported: {}", fmt::join(row.missed, ", ")));
  }
  for (const CleanRow& row : matrix.clean) {
    add(row.mends.empty() ? "clean" : "clean when mended", row.target,
        row.holds() ? ""
                    : fmt::format("a correct server is reported: {}: {}",
                                  row.findings.front().oracle, row.findings.front().evidence));
  }
  area.did = fmt::format("{} defects and {} correct servers, {} runs", matrix.defects.size(),
                         matrix.clean.size(), matrix.runs);
}

void RunConformance(const Settings& settings, GateArea& area, const EnterFinding& enter) {
  SimulatedKernel kernel;
  HostKernel host;
  conform::Runner runner(kernel, kernel, host);
  conform::Campaign campaign;
  campaign.seed = settings.seed;
  campaign.programs = kConformancePrograms;
  Progress progress(area.name);
  const conform::CampaignResult result =
      RunCampaign(runner, campaign, [&](uint64_t done, size_t differences) {
        progress.Update(done, campaign.programs, fmt::format("{} differences", differences));
      });
  area.did = fmt::format("{} random programs, {} calls", result.programs, result.calls);
  GateCase& one = area.cases.emplace_back();
  one.name = fmt::format("seed {}", campaign.seed);
  one.target = "simulated kernel";
  for (const conform::Finding& found : result.findings) {
    Finding finding =
        AreaFinding(kConformanceArea, one.target, found.shrunk.mismatch.kind,
                    fmt::format("it differs from Linux: {}", found.shrunk.mismatch.kind));
    finding.scenario = one.name;
    one.findings.push_back(
        enter(area.name, std::move(finding),
              fmt::format("{} conform --seed {} --program {}", ShellWord(settings.program),
                          found.shrunk.program.seed, found.shrunk.program.index)));
  }
}

// "suite-linux", the references against the suite in the loopback world; "matrix", a case for each
// defect and each server that must be clean; "conformance", as `hupstorm conform`.
std::vector<SelfArea> SelfAreas(const GateSettings& gate) {
  const Settings settings = {gate.program, gate.isolation.workers, gate.isolation.timeout,
                             gate.seed};
  return {{"suite-linux",
           [settings](GateArea& area, GateReport&, const EnterFinding& enter) {
             RunSuiteOnLinux(settings, area, enter);
           }},
          {kMatrixArea,
           [settings](GateArea& area, GateReport& report, const EnterFinding& enter) {
             RunMatrixArea(settings, area, report, enter);
           }},
          {kConformanceArea, [settings](GateArea& area, GateReport&, const EnterFinding& enter) {
             RunConformance(settings, area, enter);
           }}};
}

}  // namespace

const SelfCommands& AddSelf() {
  static const SelfCommands commands = {AddMatrixCommand, AddConformCommand, SelfAreas};
  SetFaultyServers({DocumentedTarget, CanaryTarget});
  return commands;
}

}  // namespace hupstorm
