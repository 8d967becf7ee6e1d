#include "bench/servers/peers.h"

#include <fmt/format.h>
#include <sys/select.h>
#include <unistd.h>

#include <system_error>

#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

namespace fs = std::filesystem;

// What else a select server has open, and then some.
constexpr int kOtherDescriptors = 24;

std::vector<EchoPeer> AllPeers() {
  constexpr int kSelectMost = FD_SETSIZE - kOtherDescriptors;
  constexpr int kPollMost = 1000;  // each wait looks at all of them
  return {
      {.name = "epoll-lt", .kind = PeerKind::kReference, .command = {"reference_echo", "epoll-lt"}},
      {.name = "epoll-et", .kind = PeerKind::kReference, .command = {"reference_echo", "epoll-et"}},
      {.name = "libevent", .command = {"libevent_events"}},
      {.name = "bufferevent", .command = {"libevent_bufferevents"}},
      {.name = "libuv", .command = {"libuv_stream"}},
      {.name = "Asio", .command = {"asio_echo"}},
      {.name = "bare loop", .kind = PeerKind::kBareLoop, .command = {"bare_epoll"}},
      {.name = "bare loop, again", .kind = PeerKind::kControl, .command = {"bare_epoll"}},
      {.name = "poll",
       .kind = PeerKind::kOtherForm,
       .command = {"reference_echo", "poll"},
       .most_connections = kPollMost,
       .small_only = true},
      {.name = "select",
       .kind = PeerKind::kOtherForm,
       .command = {"reference_echo", "select"},
       .most_connections = kSelectMost,
       .small_only = true},
      {.name = "epoll-lt, shim",
       .kind = PeerKind::kOtherForm,
       .command = {"reference_echo_shim", "epoll-lt"},
       .small_only = true},
  };
}

}  // namespace

Peers FindPeers(const fs::path& folder) {
  Peers peers;
  for (EchoPeer& peer : AllPeers()) {
    peer.command.front() = (folder / peer.command.front()).string();
    if (access(peer.command.front().c_str(), X_OK) == 0) {
      peers.found.push_back(std::move(peer));
    } else if (peer.kind == PeerKind::kReference) {
      throw FailedError(
          fmt::format("{} is not there: servers are compared in a build tree, after\n"
                      "  cmake --build --preset release --target hupstorm_bench_peers",
                      peer.command.front()));
    } else {
      peers.missing.push_back(peer.name);
    }
  }
  return peers;
}

fs::path PeerFolder() { return fs::read_symlink("/proc/self/exe").parent_path() / "peers"; }

std::string PeerLibraries() { return HUPSTORM_PEER_LIBRARIES; }

}  // namespace hupstorm
