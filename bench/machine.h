// Which machine figures are of.

#ifndef HUPSTORM_BENCH_MACHINE_H_
#define HUPSTORM_BENCH_MACHINE_H_

#include <string>

namespace hupstorm {

struct Machine {
  std::string processor;  // /proc/cpuinfo's model name
  int processors = 0;     // that this process may run on
  std::string kernel;     // "Linux 6.1.0"
  std::string compiler;   // "g++ 12.2.0", which built hupstorm
  std::string date;       // "2026-11-22"
};
Machine ThisMachine();

// "2 processors of an AMD EPYC 7763, Linux 6.1.0, g++ 12.2.0, 2026-11-22".
std::string MachineText(const Machine& machine);

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_MACHINE_H_
