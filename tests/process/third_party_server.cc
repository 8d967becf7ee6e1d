#include "tests/process/third_party_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <exception>

#include "kernel/linux/sight/socket_diag.h"

namespace hupstorm {
namespace {

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

// Below the range that Linux gives to clients. Tests run side by side: each begins elsewhere.
uint16_t FreePort() {
  static int next = getpid() * 89 % 9'000;
  while (true) {
    const auto port = static_cast<uint16_t>(10'000 + next++ % 9'000);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const sockaddr_in address = Loopback(port);
    const bool is_free = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    if (is_free) return port;
  }
}

}  // namespace

OutsideServer::Instance ThirdPartyServer::Start() {
  Stop();
  const uint16_t port = FreePort();
  output_ = memfd_create("output", MFD_CLOEXEC);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(0);
    const rlimit no_core = {.rlim_cur = 0, .rlim_max = 0};
    setrlimit(RLIMIT_CORE, &no_core);
    dup2(output_, STDOUT_FILENO);
    dup2(output_, STDERR_FILENO);
    close_range(STDERR_FILENO + 1, ~0U, 0);
    try {
      serve_(port);
    } catch (const std::exception& error) {
      dprintf(STDERR_FILENO, "uncaught exception: %s\n", error.what());
      _exit(1);
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }
  sight::SocketDiag diag;
  while (diag.Listeners(port).empty() && !Ended()) sched_yield();
  OutsideServer::Instance instance;
  reinterpret_cast<sockaddr_in&>(instance.address) = Loopback(port);
  instance.root = pid_;
  return instance;
}

std::optional<OutsideServer::End> ThirdPartyServer::Ended() {
  OutsideServer::End end;
  if (pid_ <= 0 || waitpid(pid_, &end.status, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  std::array<char, 4096> text;
  const ssize_t count = pread(output_, text.data(), text.size(), 0);
  end.output.assign(text.data(), count < 0 ? 0 : static_cast<size_t>(count));
  return end;
}

void ThirdPartyServer::Stop() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  if (output_ >= 0) close(output_);
  output_ = -1;
}

OutsideServer ThirdPartyServer::AsOutsideServer() {
  OutsideServer server;
  server.start = [this](uint64_t) { return Start(); };
  server.ended = [this] { return Ended(); };
  return server;
}

}  // namespace hupstorm
