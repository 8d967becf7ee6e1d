// How a command ends, if not by finishing its work.

#ifndef HUPSTORM_TOOLS_CLI_ERRORS_H_
#define HUPSTORM_TOOLS_CLI_ERRORS_H_

#include <fmt/core.h>

#include <functional>
#include <stdexcept>
#include <utility>

namespace hupstorm {

enum ExitCode : int {
  kExitClean = 0,     // nothing found
  kExitFindings = 1,  // findings
  kExitUsage = 2,     // bad usage or input
  kExitFailed = 3,    // hupstorm itself failed
};

// what() is one text, or made of a format and its arguments as fmt::format makes it.
class FormattedError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  template <typename... T>
  explicit FormattedError(fmt::format_string<T...> format,
                          T&&... arguments) requires(sizeof...(T) > 0)
      : std::runtime_error(fmt::format(format, std::forward<T>(arguments)...)) {}
};

// The user asked for something that cannot be done. what() says what is wrong and what to do next.
class UsageError : public FormattedError {
 public:
  using FormattedError::FormattedError;
};

// hupstorm cannot do its own work: no process to fork, a full disk. what() says which.
class FailedError : public FormattedError {
 public:
  using FormattedError::FormattedError;
};

// Returns the exit code of `work`, or of what it throws, which is reported on standard error.
int ExitCodeOf(const std::function<int()>& work);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CLI_ERRORS_H_
