// A program that a campaign runs: a fuzzer, or the shrinking of a finding.

#ifndef HUPSTORM_TOOLS_FUZZ_PROGRAM_CALL_H_
#define HUPSTORM_TOOLS_FUZZ_PROGRAM_CALL_H_

#include <filesystem>
#include <string>
#include <vector>

#include "base/child_process.h"

namespace hupstorm {

struct ProgramCall {
  std::vector<std::string> arguments;    // the program's path first
  std::vector<std::string> environment;  // "NAME=value", beside what this process has
  int nice = 0;
};

// Starts it, in a process group of its own (a terminal's Ctrl-C is for us) and with its output at
// the end of `log`. It gets SIGTERM when this process dies. Throws FailedError.
ChildProcess StartProgram(const ProgramCall& call, const std::filesystem::path& log);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_FUZZ_PROGRAM_CALL_H_
