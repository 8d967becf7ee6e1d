#include "scenarios/worlds/loopback_host.h"

#include <errno.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <system_error>
#include <vector>

#include "base/loopback_address.h"
#include "base/processors.h"
#include "base/resource_limit.h"
#include "base/system_error.h"
#include "scenarios/worlds/last_words.h"
#include "scenarios/worlds/world.h"

namespace hupstorm {
namespace {

constexpr uint16_t kFirstPort = 20'000;
constexpr uint16_t kLastPort = 32'000;

bool IsFree(uint16_t port) {
  const FileDescriptor fd(
      CheckSystemCall(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  const sockaddr_in address = LoopbackIpv4(port);
  return bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

// A socket in the abstract namespace (unix(7)).
Claim::Claim(const std::string& name) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const size_t size = std::min(name.size(), sizeof address.sun_path - 1);
  std::copy_n(name.begin(), size, address.sun_path + 1);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + size);
  FileDescriptor fd(CheckSystemCall(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0) {
    socket_ = std::move(fd);
  }
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

std::string_view WhyNoRoom(const Scenario& scenario) {
  // Each client is a socket of hupstorm's, and one of the server's, whose numbers may begin at 256.
  constexpr uint64_t kOthers = 320;
  return MostConnections(scenario) + kOthers <= LimitOf(RLIMIT_NOFILE).rlim_max
             ? ""
             : "it has more clients than hupstorm may have descriptors (ulimit -Hn)";
}

Claim BindToOneProcessor(std::string_view users) {
  constexpr int kMostToShare = 64;
  const std::vector<int> allowed = AllowedProcessors();
  for (int sharing = 0; sharing < kMostToShare; ++sharing) {
    for (const int cpu : allowed) {
      Claim claim(fmt::format("hupstorm processor {} {} {}", cpu, users, sharing));
      if (!claim.holds()) continue;
      RunOn({cpu});
      return claim;
    }
  }
  return {};
}

void RequireServersFault(const HeldKernel& kernel, int status) {
  if (!IsFault(status) || !kernel.HasEndedInLibrary()) return;
  throw WorldFailed(fmt::format(
      "hupstorm's own code has crashed in the server's process, which was {}: this is a mistake of "
      "hupstorm's, and none of the server's; please report it with this scenario",
      EndOfProcess(status)));
}

}  // namespace hupstorm
