// instruction_target: runs one scenario many times in this process, for tools/instruction-counts.
//
//   instruction_target TARGET FILE.scn RUNS [plain|time-line|sweep]
//   instruction_target compiler
//
// plain: all oracles; time-line: with a trace that is read; sweep: each placement is a run, RUNS
// times over. TARGET is a reference, or a documented server, which is mended. What is counted
// happens inside hupstorm_measured_runs alone. Exits with 1 if something is found.

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/files.h"
#include "scenarios/language/parse.h"
#include "scenarios/sweep/sweep.h"
#include "scenarios/worlds/simulated_world.h"
#include "target/documented/documented.h"
#include "target/reference/reference.h"

// By a name that a profiler can be told, whatever the optimiser does to others.
#if defined(__clang__)
#define HUPSTORM_KEEP_WHOLE [[gnu::noinline, gnu::used]]
#else
#define HUPSTORM_KEEP_WHOLE [[gnu::noinline, gnu::noclone, gnu::used]]
#endif
extern "C" HUPSTORM_KEEP_WHOLE void hupstorm_measured_runs(const std::function<void()>& run,
                                                           long runs) {
  for (long i = 0; i < runs; ++i) run();
}

namespace hupstorm {
namespace {

// Before what is counted, so that memory has been taken and caches of the allocator are full.
constexpr long kWarmUps = 3;

#if defined(__clang__)
constexpr char kCompiler[] = "clang++ " __clang_version__;
#else
constexpr char kCompiler[] = "g++ " __VERSION__;
#endif

Target TargetOf(const std::string& name) {
  for (int i = 0; i < kDocumentedServerCount; ++i) {
    const auto server = static_cast<DocumentedServer>(i);
    if (NameOf(server) == name) return DocumentedTarget(server, AllMends(server));
  }
  return ReferenceTarget(name);
}

void Expect(const RunResult& result) {
  if (result.findings.empty()) return;
  throw std::runtime_error(result.findings.front().oracle + ": " +
                           result.findings.front().evidence);
}

void Count(const std::string& target_name, const std::string& path, long runs,
           const std::string& kind) {
  const Target target = TargetOf(target_name);
  const std::optional<std::string> text = ReadWhole(path);
  if (!text) throw std::runtime_error(fmt::format("{} cannot be read", path));
  const Scenario scenario = ParseScenario(*text, path);
  SimulatedWorld world;
  RunOptions options;
  options.record_time_line = kind == "time-line";
  std::function<void()> run = [&] { Expect(world.Run(scenario, target, options)); };
  Sweep sweep(world, scenario, target, options);
  std::vector<Disturbance> disturbances;
  if (kind == "sweep") {
    disturbances = sweep.TakeSurvey(/*all=*/true).found.disturbances;
    run = [&] {
      for (const Disturbance& disturbance : disturbances) Expect(sweep.Run(disturbance));
    };
  } else if (kind != "plain" && kind != "time-line") {
    throw std::runtime_error(fmt::format("no kind of run: {}", kind));
  }
  for (long i = 0; i < kWarmUps; ++i) run();
  hupstorm_measured_runs(run, runs);
}

int Main(const std::vector<std::string>& arguments) {
  if (arguments == std::vector<std::string>{"compiler"}) {
    fmt::print("{}\n", kCompiler);
    return 0;
  }
  if (arguments.size() < 3 || arguments.size() > 4 || std::atol(arguments[2].c_str()) < 1) {
    fmt::print(stderr,
               "usage: instruction_target TARGET FILE.scn RUNS [plain|time-line|sweep]\n"
               "       instruction_target compiler\n");
    return 2;
  }
  try {
    Count(arguments[0], arguments[1], std::atol(arguments[2].c_str()),
          arguments.size() == 4 ? arguments[3] : "plain");
  } catch (const std::exception& error) {
    fmt::print(stderr, "instruction_target: {}\n", error.what());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace hupstorm

int main(int argc, char** argv) {
  return hupstorm::Main(std::vector<std::string>(argv + 1, argv + argc));
}
