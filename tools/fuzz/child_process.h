// A program that a campaign runs: a fuzzer, or the shrinking of a finding.

#ifndef HUPSTORM_TOOLS_FUZZ_CHILD_PROCESS_H_
#define HUPSTORM_TOOLS_FUZZ_CHILD_PROCESS_H_

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hupstorm {

struct ProgramCall {
  std::vector<std::string> arguments;    // the program's path first
  std::vector<std::string> environment;  // "NAME=value", beside what this process has
  int nice = 0;
};

class ChildProcess {
 public:
  // Starts it, in a process group of its own (a terminal's Ctrl-C is for us) and with its output at
  // the end of `log`. It gets SIGTERM when this process dies. Throws FailedError.
  ChildProcess(const ProgramCall& call, const std::filesystem::path& log);
  ~ChildProcess();  // kills it, with its group, where it still runs
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // How it ended, as waitpid says; nothing while it runs.
  std::optional<int> Poll();
  void Interrupt();  // SIGINT: fuzzers finish what they are at
  void Kill();       // SIGKILL to all of its group, and waits for it

 private:
  pid_t pid_ = -1;
  std::optional<int> status_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_FUZZ_CHILD_PROCESS_H_
