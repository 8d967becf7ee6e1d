#include "tests/process/plain_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <stdexcept>

extern char** environ;

namespace hupstorm {
namespace {

constexpr int kRetryMs = 10;

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t length = sizeof(address);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("no free port");
  }
  close(fd);
  return ntohs(address.sin_port);
}

PlainProcess::PlainProcess(const std::string& command) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);  // what a server leaves behind comes to us
  const std::string line = "exec " + command;
  const char* const argv[] = {"sh", "-c", line.c_str(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  const int error =
      posix_spawn(&pid_, "/bin/sh", &actions, &attributes, const_cast<char* const*>(argv), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) throw std::runtime_error("cannot run /bin/sh");
  pidfd_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
}

PlainProcess::~PlainProcess() {
  kill(-pid_, SIGKILL);
  while (waitpid(-pid_, nullptr, 0) > 0) {
  }
  if (pidfd_ >= 0) close(pidfd_);
}

void PlainProcess::Signal(int signal) const {
  if (exit_code_ < 0) kill(pid_, signal);
}

bool PlainProcess::EndsWithin(int ms) {
  if (exit_code_ >= 0) return true;
  pollfd entry = {.fd = pidfd_, .events = POLLIN, .revents = 0};
  if (poll(&entry, 1, ms) <= 0) return false;
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_) return false;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

pid_t FindOrphan() {
  const std::string self = std::to_string(getpid());
  std::ifstream children("/proc/" + self + "/task/" + self + "/children");
  pid_t pid = -1;
  while (children >> pid) {
    if (getpgid(pid) != getpgid(0) && getsid(pid) != getsid(0)) return pid;
  }
  return -1;
}

int ConnectTo(int port, PlainProcess* process) {
  const sockaddr_in address = Loopback(port);
  for (int waited = 0; waited < kServerPatienceMs; waited += kRetryMs) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
      fcntl(fd, F_SETFL, O_NONBLOCK);
      return fd;
    }
    close(fd);
    if (process == nullptr) {
      poll(nullptr, 0, kRetryMs);
    } else if (process->EndsWithin(kRetryMs)) {
      break;
    }
  }
  return -1;
}

std::string Converse(int fd, std::string_view bytes, bool half_close, size_t wanted) {
  std::string got;
  bool sending = true;
  while (got.size() < wanted) {
    if (sending && bytes.empty()) {
      sending = false;
      if (half_close) shutdown(fd, SHUT_WR);
    }
    pollfd entry = {.fd = fd, .events = POLLIN, .revents = 0};
    if (sending) entry.events |= POLLOUT;
    if (poll(&entry, 1, kServerPatienceMs) <= 0) break;
    if (sending && (entry.revents & POLLOUT) != 0) {
      const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
    }
    if ((entry.revents & ~POLLOUT) == 0) continue;
    char block[64 * 1024];
    const ssize_t count = recv(fd, block, sizeof(block), 0);
    if (count <= 0) break;
    got.append(block, static_cast<size_t>(count));
  }
  return got;
}

}  // namespace hupstorm
