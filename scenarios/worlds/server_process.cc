#include "scenarios/worlds/server_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <system_error>

#include "kernel/heap/heap_meter.h"
#include "kernel/in_force.h"
#include "kernel/linux/held/agent.h"
#include "kernel/simulated/simulated_kernel.h"
#include "scenarios/worlds/last_words.h"

namespace hupstorm {
namespace {

constexpr rlim_t kMostOutput = 16 << 20;     // bytes of a server's own output that are kept
constexpr size_t kMostLookedAt = 256 << 10;  // of which the last are looked at
constexpr int kOutOfReach = 4000;            // a number that no server of a scenario comes upon

[[noreturn]] void Fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

int MoveOutOfReach(int fd) {
  int moved = fcntl(fd, F_DUPFD_CLOEXEC, kOutOfReach);
  if (moved < 0) moved = fcntl(fd, F_DUPFD_CLOEXEC, kOutOfReach / 5);  // a low hard limit
  if (moved < 0) return fd;
  close(fd);
  return moved;
}

}  // namespace

ServerProcess::ServerProcess(remote::SharedMemory& memory, const std::function<void()>& serve) {
  output_ = memfd_create("hupstorm-server-output", MFD_CLOEXEC);
  if (output_ < 0) Fail("memfd_create");
  int line[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line) != 0) {
    const int error = errno;
    close(output_);
    errno = error;
    Fail("socketpair");
  }
  std::fflush(nullptr);  // or a child that calls exit writes it once more
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    close(line[0]);
    Serve(memory, line[1], output_, parent, serve);
  }
  const int error = errno;
  close(line[1]);
  line_ = line[0];
  if (pid_ > 0) return;
  close(line_);
  close(output_);
  errno = error;
  Fail("fork");
}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  close(line_);
  close(output_);
}

void ServerProcess::Serve(remote::SharedMemory& memory, int line, int output, pid_t parent,
                          const std::function<void()>& serve) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);  // it died before the line above
  const rlimit no_core = {.rlim_cur = 0, .rlim_max = 0};
  setrlimit(RLIMIT_CORE, &no_core);  // a crash here is a finding, not a thing to keep
  const rlimit most_output = {.rlim_cur = kMostOutput, .rlim_max = kMostOutput};
  setrlimit(RLIMIT_FSIZE, &most_output);
  signal(SIGXFSZ, SIG_IGN);
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  dup2(nothing, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  line = MoveOutOfReach(line);
  close_range(STDERR_FILENO + 1, static_cast<unsigned>(line - 1), 0);
  close_range(static_cast<unsigned>(line + 1), ~0U, 0);
  // A server's own begin at the same number as in the simulation, so that mistakes with large
  // numbers show.
  while (fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) < SimulatedKernel::kFirstDescriptor - 1) {
  }

  remote::Agent agent(memory, line);
  ResetServerHeap();
  try {
    {
      const ServerScope scope(agent);
      serve();
    }
    agent.ReportReturn();
  } catch (const std::exception& error) {
    agent.ReportException(fmt::format("uncaught exception: {}", error.what()));
  } catch (...) {
    agent.ReportException("uncaught exception that is not a std::exception");
  }
  // The driver looks at what is still open, and then ends this process.
  while (true) pause();
}

std::string ServerProcess::AwaitEnd() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  struct stat file = {};
  std::string output;
  if (fstat(output_, &file) == 0) {
    const auto size = static_cast<size_t>(file.st_size);
    output.resize(std::min(size, kMostLookedAt));
    const ssize_t count =
        pread(output_, output.data(), output.size(), static_cast<off_t>(size - output.size()));
    output.resize(count < 0 ? 0 : static_cast<size_t>(count));
  }
  return LastWords(status, output);
}

}  // namespace hupstorm
