#include "scenarios/worlds/loopback_host.h"

#include <errno.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <system_error>

namespace hupstorm {
namespace {

constexpr uint16_t kFirstPort = 20'000;
constexpr uint16_t kLastPort = 32'000;

bool IsFree(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "socket");
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const bool is_free = bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return is_free;
}

}  // namespace

PortChooser::PortChooser()
    : next_(static_cast<uint16_t>(kFirstPort + getpid() * 97 % (kLastPort - kFirstPort))) {}

uint16_t PortChooser::Choose() {
  for (int tries = kFirstPort; tries < kLastPort; ++tries) {
    const uint16_t port = next_;
    next_ = port + 1 < kLastPort ? static_cast<uint16_t>(port + 1) : kFirstPort;
    if (IsFree(port)) return port;
  }
  throw std::system_error(EADDRINUSE, std::generic_category(), "no port for a server");
}

void BindToOneProcessor() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  const int count = CPU_COUNT(&allowed);
  int nth = count > 0 ? getpid() % count : 0;  // workers that were forked one by one spread
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed) || nth-- > 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
    return;
  }
}

rlimit RaiseDescriptorLimit() {
  rlimit former = {};
  if (getrlimit(RLIMIT_NOFILE, &former) != 0) return former;
  rlimit raised = former;
  raised.rlim_cur = raised.rlim_max;
  setrlimit(RLIMIT_NOFILE, &raised);
  return former;
}

}  // namespace hupstorm
