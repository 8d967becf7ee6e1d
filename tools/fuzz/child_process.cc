#include "tools/fuzz/child_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

constexpr int kCannotStart = 127;  // as a shell says it

// In the child, between fork and exec.
[[noreturn]] void Become(const ProgramCall& call, int log, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(kCannotStart);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (call.nice != 0 && nice(call.nice) == -1) {
    // It then competes with the fuzzers.
  }
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(nothing, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  for (const std::string& variable : call.environment) {
    const size_t equals = variable.find('=');
    setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
  }
  std::vector<char*> arguments;
  for (const std::string& argument : call.arguments) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  execvp(arguments[0], arguments.data());
  dprintf(STDERR_FILENO, "cannot start %s: %s\n", arguments[0], std::strerror(errno));
  _exit(kCannotStart);
}

}  // namespace

ChildProcess::ChildProcess(const ProgramCall& call, const std::filesystem::path& log) {
  const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (file < 0) {
    throw FailedError(fmt::format("cannot write {}: {}", log.string(), std::strerror(errno)));
  }
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) Become(call, file, parent);
  const int error = errno;
  close(file);
  if (pid_ < 0) {
    throw FailedError(
        fmt::format("cannot start {}: {}", call.arguments.front(), std::strerror(error)));
  }
  setpgid(pid_, pid_);  // whichever of the two is first
}

ChildProcess::~ChildProcess() { Kill(); }

std::optional<int> ChildProcess::Poll() {
  int status = 0;
  if (!status_ && waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
  return status_;
}

void ChildProcess::Interrupt() {
  if (!Poll()) kill(pid_, SIGINT);
}

void ChildProcess::Kill() {
  if (Poll()) return;
  kill(-pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  status_ = status;
}

}  // namespace hupstorm
