#include "scenarios/worlds/loopback_host.h"

#include <errno.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
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

// A socket in the abstract namespace (unix(7)).
Claim::Claim(const std::string& name) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const size_t size = std::min(name.size(), sizeof address.sun_path - 1);
  std::copy_n(name.begin(), size, address.sun_path + 1);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + size);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "socket");
  if (bind(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0) {
    socket_ = fd;
  } else {
    close(fd);
  }
}

Claim::~Claim() {
  if (socket_ >= 0) close(socket_);
}

PortChooser::PortChooser()
    : next_(static_cast<uint16_t>(kFirstPort + getpid() * 97 % (kLastPort - kFirstPort))) {}

uint16_t PortChooser::Choose() {
  for (int tries = kFirstPort; tries < kLastPort; ++tries) {
    const uint16_t port = next_;
    next_ = port + 1 < kLastPort ? static_cast<uint16_t>(port + 1) : kFirstPort;
    claim_ = Claim(fmt::format("hupstorm server 127.0.0.1:{}", port));
    if (claim_.holds() && IsFree(port)) return port;
  }
  throw std::system_error(EADDRINUSE, std::generic_category(), "no port for a server");
}

Claim BindToOneProcessor(std::string_view users) {
  constexpr int kMostToShare = 64;
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return {};
  for (int sharing = 0; sharing < kMostToShare; ++sharing) {
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (!CPU_ISSET(cpu, &allowed)) continue;
      Claim claim(fmt::format("hupstorm processor {} {} {}", cpu, users, sharing));
      if (!claim.holds()) continue;
      cpu_set_t one;
      CPU_ZERO(&one);
      CPU_SET(cpu, &one);
      sched_setaffinity(0, sizeof one, &one);
      return claim;
    }
  }
  return {};
}

}  // namespace hupstorm
