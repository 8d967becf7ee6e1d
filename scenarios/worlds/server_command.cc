#include "scenarios/worlds/server_command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <tuple>
#include <utility>

#include "base/resource_limit.h"
#include "kernel/linux/sight/process_tree.h"

namespace hupstorm {

// What was written last, in shared memory: the keeper writes, its parent reads.
struct OutputRing {
  static constexpr size_t kKept = 16 << 10;

  void Append(const char* bytes, size_t count) {
    const uint64_t end = total.load(std::memory_order_relaxed);
    for (size_t i = 0; i < count; ++i) ring[(end + i) % kKept] = bytes[i];
    total.store(end + count, std::memory_order_release);
  }

  std::string Text(uint64_t from = 0) const {
    const uint64_t end = total.load(std::memory_order_acquire);
    std::string text;
    for (uint64_t at = std::max(from, end > kKept ? end - kKept : 0); at < end; ++at) {
      text += ring[at % kKept];
    }
    return text;
  }

  std::atomic<uint64_t> total{0};
  std::array<char, kKept> ring = {};
};

struct ServerOutput {
  OutputRing all;
  OutputRing errors;
};

namespace {

constexpr int kLongestEndMs = 5000;

// What the keeper tells of a child.
struct ChildEnd {
  pid_t pid = -1;
  int status = 0;
  bool is_first = false;
};

// The keeper's side: a process with one thread, forked, that never returns.
class Keeper {
 public:
  Keeper(int control, ServerOutput& output, const Program& program)
      : control_(control), output_(output), program_(program) {}

  [[noreturn]] void Run(rlim_t descriptors) {
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
    if (children_ < 0) _exit(1);
    std::array<FileDescriptor, 2> to_us;
    for (size_t i = 0; i < 2; ++i) {
      std::tie(from_server_[i], to_us[i]) = MakePipe();
      fcntl(from_server_[i].get(), F_SETFL, O_NONBLOCK);
    }
    first_ = ChildProcess([&] { Become(descriptors, to_us[0].get(), to_us[1].get()); },
                          {.death_signal = 0})
                 .Release();
    to_us = {};
    while (Serve()) {
    }
    EndAll();
    Drain();
    _exit(0);
  }

 private:
  [[noreturn]] void Become(rlim_t descriptors, int output, int errors) const {
    SetStandardStreams(output, errors);
    close_range(STDERR_FILENO + 1, ~0U, 0);
    ForbidCoreFiles();  // a crash here is a finding, not a thing to keep
    SetSoftLimit(RLIMIT_NOFILE, descriptors);
    // Lowered for servers of our own, that run in their driver's process.
    SetSoftLimit(RLIMIT_FSIZE, RLIM_INFINITY);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    program_.Exec();
  }

  // False when the driver wants the end, or is gone.
  bool Serve() {
    pollfd fds[] = {{.fd = control_, .events = POLLIN, .revents = 0},
                    {.fd = children_, .events = POLLIN, .revents = 0},
                    {.fd = from_server_[0].get(), .events = POLLIN, .revents = 0},
                    {.fd = from_server_[1].get(), .events = POLLIN, .revents = 0}};
    poll(fds, std::size(fds), -1);
    if (fds[0].revents != 0) return false;
    if (fds[1].revents != 0) {
      signalfd_siginfo news;
      while (read(children_, &news, sizeof news) > 0) {
      }
      Reap();
    }
    if (fds[2].revents != 0 || fds[3].revents != 0) Drain();
    return true;
  }

  // True if no child is left.
  bool Reap() {
    while (true) {
      int status = 0;
      const pid_t pid = waitpid(-1, &status, WNOHANG);
      if (pid <= 0) return pid < 0 && errno == ECHILD;
      const ChildEnd end = {.pid = pid, .status = status, .is_first = pid == first_};
      if (!end.is_first && !WIFSIGNALED(status)) continue;
      if (end.is_first) first_ = -1;
      Drain();  // what it said last is there when its end is told
      send(control_, &end, sizeof end, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
  }

  void Drain() {
    for (FileDescriptor& stream : from_server_) Drain(stream, &stream == &from_server_[1]);
  }

  void Drain(FileDescriptor& stream, bool is_errors) {
    if (!stream) return;
    char block[16 << 10];
    ssize_t count = 0;
    // A server that writes without end must not keep us from the rest.
    for (int i = 0; i < 64; ++i) {
      count = read(stream.get(), block, sizeof block);
      if (count <= 0) break;
      output_.all.Append(block, static_cast<size_t>(count));
      if (is_errors) output_.errors.Append(block, static_cast<size_t>(count));
    }
    if (count == 0) stream.reset();  // the other end is closed in all processes
  }

  void EndAll() {
    const pid_t self[] = {getpid()};
    for (int ms = 0; ms < kLongestEndMs; ++ms) {
      for (const pid_t pid : sight::WithDescendants(self)) {
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
  ServerOutput& output_;
  const Program& program_;
  int children_ = -1;
  std::array<FileDescriptor, 2> from_server_;  // its standard output and error
  pid_t first_ = -1;
};

}  // namespace

ServerCommand::ServerCommand(const Options& options) {
  std::vector<std::string> environment;
  for (const auto& [name, value] : options.environment) environment.push_back(name + "=" + value);
  const Program program({"sh", "-c", WithExec(options.command)}, environment, "/bin/sh");
  auto [ours, theirs] = MakeSocketPair(SOCK_SEQPACKET);
  control_ = std::move(ours);
  const auto keep = [this, &program, &options, control = theirs.get()] {
    control_.reset();
    close_range(STDERR_FILENO + 1, static_cast<unsigned>(control - 1), 0);
    close_range(static_cast<unsigned>(control + 1), ~0U, 0);
    if (options.has_fixed_addresses) personality(ADDR_NO_RANDOMIZE);
    Keeper(control, *output_, program).Run(options.descriptors.rlim_cur);
  };
  keeper_ = ChildProcess(keep, {.death_signal = 0});
}

ServerCommand::~ServerCommand() { End(); }

std::optional<int> ServerCommand::Status() {
  ChildEnd end;
  while (recv(control_.get(), &end, sizeof end, MSG_DONTWAIT) == static_cast<ssize_t>(sizeof end)) {
    if (end.is_first) {
      status_ = end.status;
    } else {
      killed_.emplace_back(end.pid, end.status);
    }
  }
  return status_;
}

bool ServerCommand::End() {
  if (keeper_.pid() < 0) return true;
  shutdown(control_.get(), SHUT_WR);
  const int status = keeper_.Wait();
  keeper_ = ChildProcess();
  Status();
  return status == 0;
}

uint64_t ServerCommand::OutputBytes() const {
  return output_->all.total.load(std::memory_order_acquire);
}

std::string ServerCommand::Output() const { return output_->all.Text(); }

std::string ServerCommand::Errors() const { return output_->errors.Text(errors_at_start_); }

void ServerCommand::NoteStarted() {
  at_start_ = OutputBytes();
  errors_at_start_ = output_->errors.total.load(std::memory_order_acquire);
}

std::string ServerCommand::OutputSinceStart() const { return output_->all.Text(at_start_); }

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
