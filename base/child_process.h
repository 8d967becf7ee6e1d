// A child process: forked, watched, and never left behind.

#ifndef HUPSTORM_BASE_CHILD_PROCESS_H_
#define HUPSTORM_BASE_CHILD_PROCESS_H_

#include <signal.h>
#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace hupstorm {

struct ChildOptions {
  // What the child gets when the thread that forked it ends (PR_SET_PDEATHSIG); 0 for nothing.
  int death_signal = SIGKILL;
  // A process group of its own: a terminal's Ctrl-C is not for it, and Kill ends all of the group.
  bool own_group = false;
};

class ChildProcess {
 public:
  // None.
  ChildProcess() = default;
  // Forks a child that calls `body` and then ends with exit code 0, without destructors or
  // handlers of exit; an exception terminates the child. If this process has threads, `body` may do
  // only what is async-signal-safe.
  // Throws std::system_error.
  explicit ChildProcess(const std::function<void()>& body, const ChildOptions& options = {});
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();  // Kill()

  pid_t pid() const { return pid_; }  // -1 for none
  // How it ended, as waitpid(2) says; nothing while it runs, or for none. Waits up to
  // `patience_ms`.
  std::optional<int> Status(int patience_ms = 0);
  // Waits for its end.
  int Wait();
  // Unless it has ended.
  void Signal(int number);
  // SIGKILL, and waits for its end.
  void Kill();
  // Its pid, for a caller that waits for it by itself.
  pid_t Release();

 private:
  pid_t pid_ = -1;
  bool own_group_ = false;
  std::optional<int> status_;
};

// A program to become, with all that this takes memory for: made before the fork, since a child of
// a process with threads cannot allocate.
class Program {
 public:
  // `arguments`: what to run first, looked up in PATH if there is no slash in it. `environment`:
  // "NAME=value", beside what this process has or instead of it. `path`: what to run if that is not
  // the first argument.
  explicit Program(std::vector<std::string> arguments,
                   const std::vector<std::string>& environment = {}, std::string path = {});
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Becomes it. If that fails, says why on standard error and ends with exit code 127, as a shell
  // does.
  [[noreturn]] void Exec() const;

 private:
  std::vector<std::string> arguments_;
  std::vector<std::string> variables_;
  std::string path_;
  std::vector<char*> argv_;
  std::vector<char*> envp_;
};

// In a child: reads from /dev/null, and writes to `output` and `errors`; -1 is /dev/null too.
// Async-signal-safe.
void SetStandardStreams(int output, int errors);

}  // namespace hupstorm

#endif  // HUPSTORM_BASE_CHILD_PROCESS_H_
