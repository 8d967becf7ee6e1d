#include "bench/claims/echo_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <new>
#include <optional>
#include <stdexcept>

#include "bench/claims/process_state.h"
#include "kernel/host_kernel.h"
#include "kernel/in_force.h"
#include "kernel/linux/sight/process_tree.h"
#include "target/reference/echo_server.h"
#include "target/reference/posix_error.h"

namespace hupstorm {
namespace {

constexpr int kMessage = 64;
constexpr time_t kPatienceSeconds = 10;

[[noreturn]] void Serve(MultiplexerKind kind, int say_port, CallCounts* counts) {
  EndWithParent();
  try {
    HostKernel linux_itself;
    std::optional<CallCounter> counter;
    std::optional<ServerScope> counted;
    if (counts != nullptr) {
      counter.emplace(linux_itself, *counts);
      counted.emplace(*counter);
    }
    const StopSignal never;
    EchoServer server({.multiplexer = kind}, never);
    const uint16_t port = server.port();
    if (write(say_port, &port, sizeof port) == sizeof port) server.Run();
  } catch (const std::exception&) {
    // The clients see that there is no server.
  }
  _exit(1);
}

// False where the echo does not come.
bool TakeEcho(int fd) {
  char bytes[kMessage];
  return recv(fd, bytes, sizeof bytes, MSG_WAITALL) == kMessage;
}

bool Say(int fd) {
  const char bytes[kMessage] = {};
  return send(fd, bytes, sizeof bytes, MSG_NOSIGNAL) == kMessage;
}

}  // namespace

EchoProcess::EchoProcess(MultiplexerKind kind, bool counted) {
  void* const shared =
      mmap(nullptr, sizeof(CallCounts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) ThrowErrno("mmap");
  counts_ = new (shared) CallCounts;
  int ends[2];
  Must(pipe2(ends, O_CLOEXEC), "pipe2");
  const UniqueFd hear(ends[0]);
  {
    const UniqueFd say(ends[1]);
    pid_ = Must(fork(), "fork");
    if (pid_ == 0) {
      // What others have open is nothing to the server: select has no use for high numbers.
      constexpr int kSay = STDERR_FILENO + 1;
      if (say.get() != kSay) dup2(say.get(), kSay);
      close_range(kSay + 1, ~0U, 0);
      Serve(kind, kSay, counted ? counts_ : nullptr);
    }
  }
  if (read(hear.get(), &port_, sizeof port_) != sizeof port_) {
    waitpid(pid_, nullptr, 0);
    munmap(counts_, sizeof(CallCounts));
    throw std::runtime_error("the reference server does not listen: no port, or no descriptors");
  }
}

EchoProcess::~EchoProcess() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  munmap(counts_, sizeof(CallCounts));
}

int64_t EchoProcess::CpuNs() const { return outside::CpuNs(pid_); }

EchoClients::EchoClients(uint16_t port, int count) {
  const sockaddr_in address = {.sin_family = AF_INET,
                               .sin_port = htons(port),
                               .sin_addr = {htonl(INADDR_LOOPBACK)},
                               .sin_zero = {}};
  for (int i = 0; i < count; ++i) {
    UniqueFd fd(Must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
    const timeval patience = {.tv_sec = kPatienceSeconds, .tv_usec = 0};
    const linger reset = {.l_onoff = 1, .l_linger = 0};
    const int on = 1;
    Must(setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), "SO_RCVTIMEO");
    Must(setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), "SO_LINGER");
    Must(setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
    Must(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect");
    if (Say(fd.get()) && TakeEcho(fd.get())) fds_.push_back(std::move(fd));
  }
}

void EchoClients::Exchange(int active) const {
  bool all = true;
  for (int i = 0; i < active; ++i) all = Say(fds_.at(static_cast<size_t>(i)).get()) && all;
  for (int i = 0; i < active; ++i) all = all && TakeEcho(fds_[static_cast<size_t>(i)].get());
  if (!all) throw std::runtime_error("the reference server does not echo");
}

}  // namespace hupstorm
