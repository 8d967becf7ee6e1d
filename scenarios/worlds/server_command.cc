#include "scenarios/worlds/server_command.h"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <new>
#include <system_error>

#include "kernel/linux/sight/process_tree.h"

namespace hupstorm {
namespace {

constexpr int kLongestEndMs = 5000;

[[noreturn]] void Fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

// What was written last, in shared memory: the keeper writes, its parent reads.
struct ServerCommand::SharedOutput {
  static constexpr size_t kKept = 16 << 10;

  void Append(const char* bytes, size_t count) {
    const uint64_t end = total.load(std::memory_order_relaxed);
    for (size_t i = 0; i < count; ++i) ring[(end + i) % kKept] = bytes[i];
    total.store(end + count, std::memory_order_release);
  }

  std::atomic<uint64_t> total{0};
  std::array<char, kKept> ring = {};
};

namespace {

// The keeper's side: a process with one thread, forked, that never returns.
template <typename Output>
class Keeper {
 public:
  Keeper(int control, Output& output) : control_(control), output_(output) {}

  [[noreturn]] void Run(const ServerCommand::Options& options) {
    setsid();  // an interrupt from the terminal is for the driver
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, nullptr);
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    children_ = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    int pipe[2];
    if (children_ < 0 || pipe2(pipe, O_CLOEXEC) != 0) _exit(1);
    from_server_ = pipe[0];
    fcntl(from_server_, F_SETFL, O_NONBLOCK);
    first_ = fork();
    if (first_ == 0) Become(options, pipe[1]);
    close(pipe[1]);
    if (first_ < 0) _exit(1);
    while (Serve()) {
    }
    EndAll();
    Drain();
    _exit(0);
  }

 private:
  [[noreturn]] static void Become(const ServerCommand::Options& options, int output) {
    const int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    close_range(STDERR_FILENO + 1, ~0U, 0);
    const rlimit no_core = {.rlim_cur = 0, .rlim_max = 0};
    setrlimit(RLIMIT_CORE, &no_core);  // a crash here is a finding, not a thing to keep
    rlimit descriptors = {};
    getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = std::min(options.descriptors.rlim_cur, descriptors.rlim_max);
    setrlimit(RLIMIT_NOFILE, &descriptors);
    rlimit files = {};  // lowered for servers of our own, that run in their driver's process
    getrlimit(RLIMIT_FSIZE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_FSIZE, &files);
    for (const auto& [name, value] : options.environment) setenv(name.c_str(), value.c_str(), 1);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execl("/bin/sh", "sh", "-c", options.command.c_str(), nullptr);
    std::perror("/bin/sh");
    _exit(127);
  }

  // False when the driver wants the end, or is gone.
  bool Serve() {
    pollfd fds[] = {{.fd = control_, .events = POLLIN, .revents = 0},
                    {.fd = children_, .events = POLLIN, .revents = 0},
                    {.fd = from_server_, .events = POLLIN, .revents = 0}};
    poll(fds, std::size(fds), -1);
    if (fds[0].revents != 0) return false;
    if (fds[1].revents != 0) {
      signalfd_siginfo news;
      while (read(children_, &news, sizeof news) > 0) {
      }
      Reap();
    }
    if (fds[2].revents != 0) Drain();
    return true;
  }

  // True if no child is left.
  bool Reap() {
    while (true) {
      int status = 0;
      const pid_t pid = waitpid(-1, &status, WNOHANG);
      if (pid <= 0) return pid < 0 && errno == ECHILD;
      if (pid != first_) continue;
      first_ = -1;
      Drain();  // what it said last is there when its end is told
      send(control_, &status, sizeof status, MSG_NOSIGNAL);
    }
  }

  void Drain() {
    if (from_server_ < 0) return;
    char block[16 << 10];
    ssize_t count = 0;
    // A server that writes without end must not keep us from the rest.
    for (int i = 0; i < 64; ++i) {
      count = read(from_server_, block, sizeof block);
      if (count <= 0) break;
      output_.Append(block, static_cast<size_t>(count));
    }
    if (count == 0) {  // the other end is closed in all processes
      close(from_server_);
      from_server_ = -1;
    }
  }

  void EndAll() {
    const pid_t self[] = {getpid()};
    for (int ms = 0; ms < kLongestEndMs; ++ms) {
      for (const pid_t pid : outside::WithDescendants(self)) {
        if (pid != self[0]) kill(pid, SIGKILL);
      }
      if (Reap()) return;
      pollfd child = {.fd = children_, .events = POLLIN, .revents = 0};
      poll(&child, 1, 1);
      signalfd_siginfo news;
      while (read(children_, &news, sizeof news) > 0) {
      }
    }
    _exit(1);
  }

  const int control_;
  Output& output_;
  int children_ = -1;
  int from_server_ = -1;
  pid_t first_ = -1;
};

}  // namespace

ServerCommand::ServerCommand(const Options& options) {
  void* const memory = mmap(nullptr, sizeof(SharedOutput), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) Fail("mmap");
  output_ = new (memory) SharedOutput;
  int control[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0) {
    const int error = errno;
    munmap(output_, sizeof(SharedOutput));
    errno = error;
    Fail("socketpair");
  }
  std::fflush(nullptr);  // or the keeper's copy is written once more
  keeper_ = fork();
  if (keeper_ == 0) {
    const int lowest = std::min(control[0], control[1]);
    const int highest = std::max(control[0], control[1]);
    close(control[0]);
    if (lowest > STDERR_FILENO + 1) close_range(STDERR_FILENO + 1, lowest - 1, 0);
    if (highest > lowest + 1) close_range(lowest + 1, highest - 1, 0);
    close_range(highest + 1, ~0U, 0);
    Keeper(control[1], *output_).Run(options);
  }
  const int error = errno;
  close(control[1]);
  control_ = control[0];
  if (keeper_ > 0) return;
  close(control_);
  munmap(output_, sizeof(SharedOutput));
  errno = error;
  Fail("fork");
}

ServerCommand::~ServerCommand() {
  End();
  close(control_);
  munmap(output_, sizeof(SharedOutput));
}

std::optional<int> ServerCommand::Status() {
  int status = 0;
  if (!status_ &&
      recv(control_, &status, sizeof status, MSG_DONTWAIT) == static_cast<ssize_t>(sizeof status)) {
    status_ = status;
  }
  return status_;
}

bool ServerCommand::End() {
  if (keeper_ < 0) return true;
  shutdown(control_, SHUT_WR);
  int status = 0;
  while (waitpid(keeper_, &status, 0) < 0 && errno == EINTR) {
  }
  keeper_ = -1;
  Status();
  return status == 0;
}

uint64_t ServerCommand::OutputBytes() const {
  return output_->total.load(std::memory_order_acquire);
}

std::string ServerCommand::Output() const {
  const uint64_t end = OutputBytes();
  const uint64_t begin = end > SharedOutput::kKept ? end - SharedOutput::kKept : 0;
  std::string text;
  for (uint64_t at = begin; at < end; ++at) text += output_->ring[at % SharedOutput::kKept];
  return text;
}

std::string WithPort(const std::string& command, uint16_t port) {
  constexpr std::string_view kPlace = "{port}";
  std::string text = command;
  for (size_t at = 0; (at = text.find(kPlace, at)) != std::string::npos;) {
    const std::string number = std::to_string(port);
    text.replace(at, kPlace.size(), number);
    at += number.size();
  }
  return text;
}

}  // namespace hupstorm
