// Bytes are a program of system calls, which is run on the simulated kernel and on Linux. A
// difference that is not declared, and comes again with patience for a busy machine, aborts with
// the program as a test (conform/README.md says what to do with it). libFuzzer's -timeout has
// no effect here: SIGALRM belongs to the runner, which ends calls that sleep.

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "conform/generator.h"
#include "conform/report.h"
#include "conform/runner.h"
#include "conform/shrinker.h"
#include "kernel/host_kernel.h"
#include "kernel/simulated/simulated_kernel.h"

namespace {

using namespace hupstorm;

struct Kernels {
  SimulatedKernel simulation;
  HostKernel host;
  conform::Runner runner{simulation, simulation, host};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Kernels kernels;
  const conform::Program program = conform::Generate(std::span(data, size));
  if (!kernels.runner.Run(program, false).mismatch) return 0;
  const conform::RunResult again = kernels.runner.Confirm(program);
  if (!again.mismatch) return 0;  // Linux took its time
  const conform::Shrunk shrunk = conform::Shrink(kernels.runner, program, *again.mismatch);
  fmt::print(stderr, "{}\n{}", conform::FindingText(shrunk), conform::TestSource(shrunk));
  std::abort();
}
