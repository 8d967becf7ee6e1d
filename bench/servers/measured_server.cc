#include "bench/servers/measured_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "kernel/linux/sight/process_tree.h"
#include "target/reference/unique_fd.h"
#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

constexpr int kTries = 3;  // another program may take the port in between
constexpr int kPatienceMs = 10'000;
constexpr int kCannotStart = 127;  // as a shell says it

sockaddr_in Loopback(uint16_t port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

uint16_t FreePort() {
  const UniqueFd probe(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = Loopback(0);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(probe.get(), generic, length) != 0 || getsockname(probe.get(), generic, &length) != 0) {
    throw FailedError(fmt::format("no free port on 127.0.0.1: {}", std::strerror(errno)));
  }
  return ntohs(address.sin_port);
}

bool Listens(uint16_t port) {
  const UniqueFd probe(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in address = Loopback(port);
  return connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

void BindTo(int processor) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  sched_setaffinity(0, sizeof set, &set);
}

// In the child, between fork and exec.
[[noreturn]] void Become(std::vector<char*>& arguments, int processor, pid_t parent) {
  setpgid(0, 0);  // a terminal's Ctrl-C is for hupstorm, and the server goes with it
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kCannotStart);
  if (processor >= 0) BindTo(processor);
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(nothing, STDIN_FILENO);
  dup2(nothing, STDOUT_FILENO);  // not its errors: they tell why it ends
  execv(arguments[0], arguments.data());
  _exit(kCannotStart);
}

}  // namespace

MeasuredServer::MeasuredServer(const EchoPeer& peer, int processor) {
  for (int i = 0; i < kTries; ++i) {
    Start(peer, processor);
    if (AwaitListening()) return;
    Kill();
  }
  throw FailedError(fmt::format("the server on {} does not serve: {} PORT {}", peer.name,
                                fmt::join(peer.command, " "),
                                end_.empty() ? "does not listen" : end_));
}

MeasuredServer::~MeasuredServer() { Kill(); }

void MeasuredServer::Start(const EchoPeer& peer, int processor) {
  port_ = FreePort();
  end_.clear();
  std::vector<std::string> words = peer.command;
  words.push_back(std::to_string(port_));
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) Become(arguments, processor, parent);
  if (pid_ < 0) {
    throw FailedError(fmt::format("cannot start {}: {}", words.front(), std::strerror(errno)));
  }
}

// A server does not say when it listens, so it is tried every millisecond.
bool MeasuredServer::AwaitListening() {
  for (int waited = 0; waited < kPatienceMs; ++waited) {
    if (Listens(port_)) return true;
    if (!End(1).empty()) return false;
  }
  return false;
}

void MeasuredServer::Kill() {
  if (pid_ < 0) return;
  if (end_.empty()) {  // otherwise the number may be another process's by now
    kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  pid_ = -1;
}

std::string MeasuredServer::End(int patience_ms) {
  if (!end_.empty()) return end_;
  const UniqueFd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
  pollfd entry = {.fd = pidfd.get(), .events = POLLIN, .revents = 0};
  poll(&entry, 1, patience_ms);
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return end_;
  end_ = WIFEXITED(status) ? fmt::format("ended with exit code {}", WEXITSTATUS(status))
                           : fmt::format("was killed by signal {} ({})", WTERMSIG(status),
                                         strsignal(WTERMSIG(status)));
  return end_;
}

double MeasuredServer::CpuSeconds() const {
  return static_cast<double>(std::max<int64_t>(0, outside::CpuNs(pid_))) * 1e-9;
}

double MeasuredServer::OwnMemoryBytes() const {
  return static_cast<double>(outside::AnonymousMemory(pid_));
}

TwoProcessors::TwoProcessors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0 || CPU_COUNT(&set) < 2) return;
  const auto* bytes = reinterpret_cast<const unsigned char*>(&set);
  former_.assign(bytes, bytes + sizeof set);
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (!CPU_ISSET(i, &set)) continue;
    if (generator_ < 0) generator_ = i;
    server_ = i;
  }
  BindTo(generator_);
}

TwoProcessors::~TwoProcessors() {
  if (former_.empty()) return;
  cpu_set_t set;
  std::memcpy(&set, former_.data(), sizeof set);
  sched_setaffinity(0, sizeof set, &set);
}

double TcpMemoryBytes() {
  std::ifstream statistics("/proc/net/sockstat");
  std::string word;
  bool tcp = false;
  double pages = 0;
  while (statistics >> word) {
    if (word == "TCP:") tcp = true;
    if (tcp && word == "mem" && statistics >> pages) {
      return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
    }
  }
  return 0;
}

}  // namespace hupstorm
