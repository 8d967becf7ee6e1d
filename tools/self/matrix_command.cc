// hupstorm matrix

#include <fmt/format.h>

#include <memory>

#include "tools/cli/command.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"
#include "tools/matrix/differences.h"
#include "tools/matrix/matrix.h"
#include "tools/plan/run_options.h"
#include "tools/report/findings_report.h"
#include "tools/report/json_output.h"
#include "tools/report/matrix_report.h"
#include "tools/self/self.h"

namespace hupstorm {
namespace {

constexpr char kFooter[] = R"(
Runs the whole suite against each documented server with one defect left in, as written, and fully
mended, and against the references. Exits with 0 if each defect that Linux can produce is caught and
nothing is reported of the correct servers, else with 1.

With --world loopback everything runs on Linux, and in the simulation as well: each defect must be
reported by the same oracles in both, but for what is declared, with its reason, in
tools/matrix/differences.cc.

Examples:
  hupstorm matrix
  hupstorm matrix --json
  hupstorm matrix --world loopback

--json prints {"defects":[{"defect","expected":[],"reported":[],"also":[],"scenarios":[],"caught",
"reachable","evidence","difference":[{"oracle","world","reason"}],"replay"}],"as_written":[{"target","reported":[],"missed":[]}],
"clean":[{"target","mends","findings":[]}],"scenarios":N,"runs":N,"holds"}.)";

struct Options {
  bool json = false;
  std::string world = kDefaultWorld;
  WorkerOptions workers;
};

// The scenarios that can be had in the world that was asked for, run in `world`.
Matrix RunIn(const std::string& world, const Options& options) {
  Progress progress(fmt::format("matrix, {}", world));
  Matrix matrix = RunMatrix(
      ToIsolation(options.workers, MakerOf(world), world == kDefaultWorld),
      [&options](const Scenario& scenario) { return WhyNotIn(options.world, scenario); },
      [&progress](size_t done, size_t total) { progress.Update(done, total, ""); });
  matrix.world = world;
  return matrix;
}

int RunMatrixCommand(const Options& options, const std::string& program) {
  Matrix matrix = RunIn(options.world, options);
  if (options.world != kDefaultWorld) Compare(RunIn(kDefaultWorld, options), matrix);
  if (options.json) {
    PrintJson(MatrixJson(matrix, program));
  } else {
    Print(MatrixText(matrix, program, Style::For(stdout)));
  }
  return matrix.holds() ? kExitClean : kExitFindings;
}

}  // namespace

void AddMatrixCommand(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command(app, "matrix", "Check that each known defect is caught and the rest is clean",
                  kFooter);
  command.Flag("--json", options->json, "print one JSON object");
  AddWorldOption(command, options->world);
  AddWorkerOptions(command, options->workers);
  command.Does(line.action, [options, &line] { return RunMatrixCommand(*options, line.program); });
}

}  // namespace hupstorm
