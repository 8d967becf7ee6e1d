// How a command ends other than by finishing its work.

#ifndef HUPSTORM_TOOLS_CLI_ERRORS_H_
#define HUPSTORM_TOOLS_CLI_ERRORS_H_

#include <functional>
#include <stdexcept>

namespace hupstorm {

enum ExitCode : int {
  kExitClean = 0,     // nothing found
  kExitFindings = 1,  // findings
  kExitUsage = 2,     // bad usage or input
  kExitFailed = 3,    // hupstorm itself failed
};

// The user asked for something that cannot be done. what() says what is wrong and what to do next.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// hupstorm cannot do its own work: no process to fork, a full disk. what() says which.
class FailedError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Gives the exit code of `work`, or of what it throws, which is said on standard error.
int ExitCodeOf(const std::function<int()>& work);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CLI_ERRORS_H_
