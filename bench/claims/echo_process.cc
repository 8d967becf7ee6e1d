#include "bench/claims/echo_process.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <optional>
#include <stdexcept>

#include "base/loopback_address.h"
#include "base/system_error.h"
#include "kernel/host_kernel.h"
#include "kernel/in_force.h"
#include "kernel/linux/sight/process_tree.h"
#include "target/reference/echo_server.h"

namespace hupstorm {
namespace {

constexpr int kMessage = 64;
constexpr time_t kPatienceSeconds = 10;

void Serve(MultiplexerKind kind, int say_port, CallCounts* counts) {
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
  auto [hear, say] = MakePipe();
  process_ = ChildProcess([&, &say = say] {
    // What others have open is nothing to the server: select has no use for high numbers.
    constexpr int kSay = STDERR_FILENO + 1;
    if (say.get() != kSay) dup2(say.get(), kSay);
    close_range(kSay + 1, ~0U, 0);
    Serve(kind, kSay, counted ? &*counts_ : nullptr);
  });
  say.reset();
  if (read(hear.get(), &port_, sizeof port_) != sizeof port_) {
    throw std::runtime_error("the reference server does not listen: no port, or no descriptors");
  }
}

int64_t EchoProcess::CpuNs() const { return sight::CpuNs(process_.pid()); }

EchoClients::EchoClients(uint16_t port, int count) {
  for (int i = 0; i < count; ++i) {
    FileDescriptor fd = ConnectToLoopback(port);
    if (!fd) ThrowSystemError("connect");
    const timeval patience = {.tv_sec = kPatienceSeconds, .tv_usec = 0};
    const linger reset = {.l_onoff = 1, .l_linger = 0};
    const int on = 1;
    CheckSystemCall(setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience),
                    "SO_RCVTIMEO");
    CheckSystemCall(setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), "SO_LINGER");
    CheckSystemCall(setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "TCP_NODELAY");
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
