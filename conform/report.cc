#include "conform/report.h"

#include <fmt/format.h>

#include "kernel/trace/symbols.h"

namespace hupstorm::conform {

std::string ProgramText(const Program& program) {
  std::string text = fmt::format("program {} of seed {}\n", program.index, program.seed);
  for (size_t i = 0; i < program.operations.size(); ++i) {
    text += fmt::format("  {}\n", OperationText(program, i));
  }
  return text;
}

std::string FindingText(const Shrunk& shrunk) {
  const Program& program = shrunk.program;
  const Mismatch& mismatch = shrunk.mismatch;
  std::string text = mismatch.kind + "\n";
  for (size_t i = 0; i <= mismatch.operation; ++i) {
    text += fmt::format("{} {}\n", i == mismatch.operation ? ">" : " ", OperationText(program, i));
  }
  if (mismatch.of_readiness) {
    const std::string name = SlotName(program, mismatch.slot, mismatch.operation + 1);
    text += fmt::format("  Linux: poll says {} of {}\n",
                        PollEventNames(static_cast<int>(mismatch.host_events)), name);
    text += fmt::format("  simulation: {}\n",
                        PollEventNames(static_cast<int>(mismatch.simulated_events)));
  } else {
    text += fmt::format("  Linux: {}\n", OutcomeText(program, mismatch.operation, mismatch.host));
    text += fmt::format("  simulation: {}\n",
                        OutcomeText(program, mismatch.operation, mismatch.simulated));
  }
  return text;
}

}  // namespace hupstorm::conform
