#include "bench/machine.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>

#include "base/processors.h"

namespace hupstorm {
namespace {

std::string ModelName() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    const size_t colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  return "an unknown processor";
}

}  // namespace

Machine ThisMachine() {
  Machine machine;
  machine.processor = ModelName();
  machine.processors = std::max(1, static_cast<int>(AllowedProcessors().size()));
  utsname name = {};
  if (uname(&name) == 0) machine.kernel = fmt::format("{} {}", name.sysname, name.release);
#if defined(__clang__)
  machine.compiler = fmt::format("clang++ {}", __clang_version__);
#else
  machine.compiler = fmt::format("g++ {}", __VERSION__);
#endif
  machine.date = fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr)));
  return machine;
}

std::string MachineText(const Machine& machine) {
  return fmt::format("{} processor{} of {}, {}, {}, {}", machine.processors,
                     machine.processors == 1 ? "" : "s", machine.processor, machine.kernel,
                     machine.compiler, machine.date);
}

}  // namespace hupstorm
