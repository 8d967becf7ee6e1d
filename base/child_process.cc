#include "base/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string_view>
#include <utility>

#include "base/file_descriptor.h"
#include "base/system_error.h"

namespace hupstorm {
namespace {

constexpr int kCannotStart = 127;  // as a shell says it

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// With the '='.
std::string_view NameOf(std::string_view variable) {
  return variable.substr(0, variable.find('=') + 1);
}

}  // namespace

ChildProcess::ChildProcess(const std::function<void()>& body, const ChildOptions& options)
    : own_group_(options.own_group) {
  std::fflush(nullptr);  // or a child that calls exit writes it once more
  const pid_t parent = getpid();
  pid_ = CheckSystemCall(fork(), "fork");
  if (pid_ == 0) {
    if (own_group_) setpgid(0, 0);
    if (options.death_signal != 0) {
      prctl(PR_SET_PDEATHSIG, options.death_signal);
      if (getppid() != parent) _exit(0);  // it died before the line above
    }
    [&]() noexcept { body(); }();  // an exception must not go on into our caller's copy
    _exit(0);
  }
  if (own_group_) setpgid(pid_, pid_);  // whichever of the two is first
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), own_group_(other.own_group_), status_(other.status_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(own_group_, other.own_group_);
  std::swap(status_, other.status_);
  return *this;
}

ChildProcess::~ChildProcess() { Kill(); }

std::optional<int> ChildProcess::Status(int patience_ms) {
  if (pid_ < 0 || status_) return status_;
  if (patience_ms > 0) {
    const FileDescriptor process(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
    pollfd entry = {.fd = process.get(), .events = POLLIN, .revents = 0};
    poll(&entry, 1, patience_ms);
  }
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
  return status_;
}

int ChildProcess::Wait() {
  if (pid_ < 0 || status_) return status_.value_or(0);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  status_ = status;
  return status;
}

void ChildProcess::Signal(int number) {
  if (pid_ > 0 && !Status()) kill(pid_, number);
}

void ChildProcess::Kill() {
  if (pid_ < 0 || Status()) return;
  kill(own_group_ ? -pid_ : pid_, SIGKILL);
  Wait();
}

pid_t ChildProcess::Release() { return std::exchange(pid_, -1); }

Program::Program(std::vector<std::string> arguments, const std::vector<std::string>& environment,
                 std::string path)
    : arguments_(std::move(arguments)),
      variables_(environment),
      path_(path.empty() ? arguments_.front() : std::move(path)) {
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view name = NameOf(*variable);
    if (std::none_of(environment.begin(), environment.end(),
                     [name](const std::string& other) { return NameOf(other) == name; })) {
      variables_.emplace_back(*variable);
    }
  }
  argv_ = Pointers(arguments_);
  envp_ = Pointers(variables_);
}

void Program::Exec() const {
  execvpe(path_.c_str(), argv_.data(), envp_.data());
  dprintf(STDERR_FILENO, "cannot start %s: %s\n", path_.c_str(), strerrordesc_np(errno));
  _exit(kCannotStart);
}

void SetStandardStreams(int output, int errors) {
  FileDescriptor nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
  dup2(nothing.get(), STDIN_FILENO);
  nothing.reset(open("/dev/null", O_WRONLY | O_CLOEXEC));
  dup2(output < 0 ? nothing.get() : output, STDOUT_FILENO);
  dup2(errors < 0 ? nothing.get() : errors, STDERR_FILENO);
}

}  // namespace hupstorm
