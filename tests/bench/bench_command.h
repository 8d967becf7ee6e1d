// Runs the built hupstorm_bench as a user would.

#ifndef HUPSTORM_TESTS_BENCH_BENCH_COMMAND_H_
#define HUPSTORM_TESTS_BENCH_BENCH_COMMAND_H_

#include <string>
#include <vector>

#include "tests/tools/command.h"

namespace hupstorm {

inline CommandResult Bench(const std::vector<std::string>& arguments) {
  CommandInput input;
  input.program = HUPSTORM_BENCH;
  return Hupstorm(arguments, input);
}

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_BENCH_BENCH_COMMAND_H_
