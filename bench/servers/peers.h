// Which servers `hupstorm_bench servers` compares.

#ifndef HUPSTORM_BENCH_SERVERS_PEERS_H_
#define HUPSTORM_BENCH_SERVERS_PEERS_H_

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace hupstorm {

enum class PeerKind {
  kReference,  // epoll-lt and epoll-et: what the aims are about
  kLibrary,
  kBareLoop,   // the limit
  kControl,    // the bare loop once more: what the same server differs by from itself is noise
  kOtherForm,  // poll, select, and the reference behind the libc shim
};

struct EchoPeer {
  std::string name;  // "epoll-lt", "libuv"
  PeerKind kind = PeerKind::kLibrary;
  std::vector<std::string> command;  // without the port, which goes last
  int most_connections = 10'000;
  // Measured with messages of kSmallMessage bytes only.
  bool small_only = false;
};
inline constexpr size_t kSmallMessage = 64;

struct Peers {
  std::vector<EchoPeer> found;
  std::vector<std::string> missing;  // names
};

// Those whose executables are in `folder`. Throws FailedError if the reference is not there, with
// what to do.
Peers FindPeers(const std::filesystem::path& folder);

// Beside this executable, where the build puts them.
std::filesystem::path PeerFolder();

// "libevent 2.1.12-stable, libuv 1.44.2, Asio 1.22.1": those that hupstorm was built beside.
std::string PeerLibraries();

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_SERVERS_PEERS_H_
