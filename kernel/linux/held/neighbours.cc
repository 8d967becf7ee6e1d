#include "kernel/linux/held/neighbours.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "kernel/linux/sight/process_tree.h"

namespace hupstorm::held {
namespace {

// How long neighbours sleep before they are taken to be quiet, after anything has moved.
constexpr std::chrono::milliseconds kSilence{20};
// The same if one is on another machine, or another user's.
constexpr std::chrono::milliseconds kBlindSilence{100};
// With something queued: longer than what TCP may hold back (a delayed acknowledgement, 40 ms; a
// probe of a closed window, 200 ms). One that reads nothing meanwhile does not want to.
constexpr std::chrono::milliseconds kQueuedSilence{300};

std::set<uint64_t> SocketsOf(std::span<const pid_t> pids) {
  std::set<uint64_t> inodes;
  for (const pid_t pid : pids) {
    for (const sight::OpenFile& file :
         sight::OpenFiles(pid).value_or(std::vector<sight::OpenFile>())) {
      if (file.kind == sight::OpenFile::Kind::kSocket) inodes.insert(file.inode);
    }
  }
  return inodes;
}

bool IsBeingMade(TcpState state) {
  return state == TcpState::kSynSent || state == TcpState::kSynRecv;
}

}  // namespace

Quiet Neighbours::Look(std::span<const pid_t> server, uint16_t port, sight::SocketDiag& diag) {
  links_.clear();
  facts_.clear();
  const std::set<uint64_t> own = SocketsOf(server);
  AddTcp(own, port, diag);
  AddUnix(own, diag);
  bool asleep = true;
  bool is_pending = false;
  bool is_being_made = false;
  bool all_seen = true;
  for (const Link& link : links_) {
    is_pending = is_pending || link.is_pending;
    is_being_made = is_being_made || link.is_being_made;
    const std::vector<pid_t>& holders = HoldersOf(link.remote_inode);
    all_seen = all_seen && !holders.empty();
    asleep = asleep && std::all_of(holders.begin(), holders.end(), sight::IsAsleep);
  }
  if (facts_ != last_facts_) slept_ = {};
  last_facts_ = facts_;
  slept_.Look(asleep);
  if (asleep && facts_ == quiet_facts_) return Quiet::kSinceLong;
  const SleepMeter::Duration silence = links_.empty()  ? SleepMeter::Duration()
                                       : is_being_made ? kHandshakeSilence
                                       : is_pending    ? kQueuedSilence
                                       : all_seen      ? kSilence
                                                       : kBlindSilence;
  if (slept_.total() < silence) return Quiet::kNotYet;
  quiet_facts_ = facts_;
  return Quiet::kSinceNow;
}

void Neighbours::AddTcp(const std::set<uint64_t>& own, uint16_t port, sight::SocketDiag& diag) {
  const std::vector<sight::TcpSocket> sockets = diag.MayBeHeld();
  std::map<std::pair<uint16_t, uint16_t>, const sight::TcpSocket*> by_ports;
  for (const sight::TcpSocket& socket : sockets) {
    by_ports[{socket.local_port, socket.remote_port}] = &socket;
  }
  for (const sight::TcpSocket& socket : sockets) {
    if (socket.IsListener() || socket.local_port == port || !own.contains(socket.inode)) continue;
    const auto found = by_ports.find({socket.remote_port, socket.local_port});
    const sight::TcpSocket there = found == by_ports.end() ? sight::TcpSocket{} : *found->second;
    const bool waits = found != by_ports.end() && there.WaitsToBeAccepted();
    // Nothing more can come: it is one with itself, the other end has sent its FIN, or its owner
    // has closed it.
    const bool is_over = own.contains(there.inode) || socket.HasFin() ||
                         (found != by_ports.end() && !there.IsHeld() && !waits);
    const bool is_empty =
        socket.send_queue == 0 && there.send_queue == 0 && there.receive_queue == 0;
    for (const sight::TcpSocket* const end : {&socket, &there}) {
      facts_.insert(facts_.end(),
                    {end->inode, static_cast<uint64_t>(end->state), end->receive_queue,
                     end->send_queue, end->bytes_received, end->bytes_acked});
    }
    if (is_over && is_empty) continue;
    links_.push_back({.remote_inode = there.inode,
                      .is_being_made = IsBeingMade(socket.state),
                      .is_pending = waits || socket.send_queue > 0 || there.receive_queue > 0 ||
                                    there.send_queue > 0});
  }
}

void Neighbours::AddUnix(const std::set<uint64_t>& own, sight::SocketDiag& diag) {
  const pid_t self[] = {getpid()};
  const std::set<uint64_t> ours = SocketsOf(self);  // among them the lines of the held threads
  const std::vector<sight::UnixSocket> sockets = diag.UnixSockets();
  std::map<uint64_t, const sight::UnixSocket*> by_inode;
  for (const sight::UnixSocket& socket : sockets) by_inode[socket.inode] = &socket;
  for (const sight::UnixSocket& socket : sockets) {
    const uint64_t there = socket.peer_inode;
    if (there == 0 || !own.contains(socket.inode) || own.contains(there) || ours.contains(there)) {
      continue;
    }
    const auto found = by_inode.find(there);
    const uint64_t queued = found == by_inode.end() ? 0 : found->second->receive_queue;
    links_.push_back({.remote_inode = there, .is_pending = queued > 0});
    facts_.insert(facts_.end(), {socket.inode, socket.receive_queue, there, queued});
  }
}

// Empty if none can be seen.
const std::vector<pid_t>& Neighbours::HoldersOf(uint64_t inode) {
  static const std::vector<pid_t> kNone;
  if (inode == 0) return kNone;
  const auto known = holders_.find(inode);
  if (known != holders_.end()) return known->second;
  // Mostly one that is known already: to look at all processes takes long.
  const uint64_t inodes[] = {inode};
  for (const auto& [other, pids] : holders_) {
    const bool holds = std::any_of(pids.begin(), pids.end(),
                                   [&](pid_t pid) { return sight::HasSocketOpen(pid, inodes); });
    if (holds) return holders_.emplace(inode, pids).first->second;
  }
  return holders_.emplace(inode, sight::HoldersOf(inode)).first->second;
}

}  // namespace hupstorm::held
