#include "kernel/linux/clients/clients_kernel.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/system_error.h"
#include "base/timespec.h"
#include "kernel/linux/sight/process_tree.h"
#include "kernel/linux/sight/tcp_state.h"

namespace hupstorm {
namespace {

// How long TCP may hold bytes back that the other side has room for: its delayed acknowledgement
// takes 40 ms (TCP_DELACK_MIN), a probe of a closed window 200 ms (TCP_RTO_MIN).
constexpr int kHeldBackMs = 400;
// What PeerSend is told that it may offer at once; the kernel takes what it likes.
constexpr size_t kSendSpace = 64 * 1024;
// The range that Linux gives to clients, unless told otherwise (ip_local_port_range).
constexpr uint16_t kFirstPort = 32'768;
constexpr uint16_t kLastPort = 60'999;

void SetOption(const FileDescriptor& fd, int level, int name, int value) {
  setsockopt(fd.get(), level, name, &value, sizeof value);
}

const sockaddr* Plain(const sockaddr_storage& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// The address that a client of `server` binds: 127.0.0.1 if the server is there, otherwise any.
sockaddr_storage OwnSide(const sockaddr_storage& server, uint16_t port) {
  sockaddr_storage own = {};
  own.ss_family = server.ss_family;
  const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(server);
  if (own.ss_family == AF_INET && ipv4.sin_addr.s_addr == htonl(INADDR_LOOPBACK)) own = server;
  return WithPort(own, port);
}

bool IsPortTaken() { return errno == EADDRINUSE || errno == EADDRNOTAVAIL; }

TcpState StateOf(const FileDescriptor& fd) {
  tcp_info info = {};
  socklen_t length = sizeof info;
  if (getsockopt(fd.get(), IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return TcpState::kClosed;
  return sight::TcpStateOf(info.tcpi_state);
}

// Sends the acknowledgement that TCP would delay by up to 40 ms (tcp(7), TCP_QUICKACK). Until it
// has it, the other side keeps what it sent in its buffer, which a server may be waiting to have
// empty.
void AcknowledgeNow(const FileDescriptor& fd) { SetOption(fd, IPPROTO_TCP, TCP_QUICKACK, 1); }

size_t Unread(const FileDescriptor& fd) {
  int count = 0;
  return ioctl(fd.get(), FIONREAD, &count) == 0 ? static_cast<size_t>(count) : 0;
}

// The server's FIN has come, whatever is unread before it.
bool HasEnded(const FileDescriptor& fd) {
  pollfd look = {.fd = fd.get(), .events = POLLRDHUP, .revents = 0};
  return poll(&look, 1, 0) == 1 && (look.revents & (POLLRDHUP | POLLERR)) == POLLRDHUP;
}

}  // namespace

ClientsKernel::ClientsKernel()
    : by_port_(65'536, kNoPeer),
      next_port_(static_cast<uint16_t>(kFirstPort + getpid() * 997 % (kLastPort - kFirstPort))),
      epoll_(CheckSystemCall(epoll_create1(EPOLL_CLOEXEC), "cannot watch clients")),
      marker_(CheckSystemCall(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket")) {
  sockaddr_storage own = LoopbackAddress(0);
  socklen_t length = LengthOf(own);
  if (bind(marker_.get(), Plain(own), length) != 0 ||
      getsockname(marker_.get(), reinterpret_cast<sockaddr*>(&own), &length) != 0 ||
      connect(marker_.get(), Plain(own), length) != 0) {
    ThrowSystemError("cannot use loopback");
  }
}

void ClientsKernel::ResetClients() {
  for (PeerId id = 0; id < peer_count(); ++id) {
    by_port_[At(id).port] = kNoPeer;
    PeerReset(id);
  }
  peers_.clear();
  connecting_.clear();
}

PeerId ClientsKernel::PeerConnect(uint16_t port, const PeerOptions& options) {
  const PeerId id = peer_count();
  peers_.push_back({.server = WithPort(host_, port), .options = options});
  if (!Open(id)) connecting_.push_back(id);
  return id;
}

// A socket that connects; from the port that the peer had before, if it had one. False if the SYN
// got no answer.
bool ClientsKernel::Open(PeerId id) {
  Peer& peer = At(id);
  if (peer.port == 0) peer.port = NextPort();
  for (int tries = 0; !OpenFrom(id); ++tries) {
    if (tries == kLastPort - kFirstPort) {
      ThrowSystemError(
          "no port is free for a client (connections in TIME-WAIT keep theirs for a minute)");
    }
    peer.port = NextPort();
  }
  peer.LookAtHandshake();
  return peer.connected || peer.refused;
}

// Ports are chosen here and not by Linux: bind would look for a free one among thousands in
// TIME-WAIT, and one that connect has chosen cannot be had again for sure.
uint16_t ClientsKernel::NextPort() {
  const uint16_t port = next_port_;
  next_port_ = port < kLastPort ? static_cast<uint16_t>(port + 1) : kFirstPort;
  return port;
}

// False if another socket has the port.
bool ClientsKernel::OpenFrom(PeerId id) {
  Peer& peer = At(id);
  peer.fd.reset(
      CheckSystemCall(socket(peer.server.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
                      "cannot open a client's socket"));
  const int fd = peer.fd.get();
  SetOption(peer.fd, SOL_SOCKET, SO_RCVBUF, peer.options.receive_buffer);
  SetOption(peer.fd, SOL_SOCKET, SO_SNDBUF, peer.options.send_buffer);
  SetOption(peer.fd, IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(peer.fd, SOL_SOCKET, SO_REUSEADDR, 1);
  const sockaddr_storage own = OwnSide(peer.server, peer.port);
  if (bind(fd, Plain(own), LengthOf(own)) != 0) {
    if (IsPortTaken()) return false;
    ThrowSystemError("a client cannot have a port");
  }
  epoll_event event = {};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u32 = static_cast<uint32_t>(id);
  CheckSystemCall(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event), "cannot watch a client");
  if (connect(fd, Plain(peer.server), LengthOf(peer.server)) == 0) {
    peer.connected = true;
  } else if (errno == ECONNREFUSED) {
    peer.refused = true;
  } else if (errno != EINPROGRESS) {
    if (IsPortTaken()) return false;
    ThrowSystemError("a client cannot connect");
  }
  by_port_[peer.port] = id;
  if (!peer.refused) {
    socklen_t length = sizeof peer.address;
    getsockname(fd, reinterpret_cast<sockaddr*>(&peer.address), &length);
  }
  return true;
}

void ClientsKernel::Peer::LookAtHandshake() {
  if (connected || refused || !fd) return;
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
  if (error == ECONNREFUSED) {
    refused = true;
  } else if (error != 0) {
    was_reset = connected = true;
  } else {
    const TcpState state = StateOf(fd);
    connected = state != TcpState::kSynSent && state != TcpState::kClosed;
  }
}

void ClientsKernel::RetryConnects() {
  while (!connecting_.empty()) {
    const PeerId id = connecting_.front();
    connecting_.pop_front();
    Peer& peer = At(id);
    if (!peer.fd) continue;
    peer.LookAtHandshake();
    if (peer.connected || peer.refused || Open(id)) continue;
    connecting_.push_front(id);
    return;  // there is no room for the others either
  }
}

void ClientsKernel::Peer::NoteError(int error) {
  if (error == ECONNRESET || error == EPIPE) was_reset = true;
}

size_t ClientsKernel::PeerSend(PeerId id, std::span<const std::byte> bytes) {
  Peer& peer = At(id);
  if (!peer.fd) return 0;
  const ssize_t count =
      send(peer.fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count >= 0) return static_cast<size_t>(count);
  peer.NoteError(errno);
  return 0;
}

bool ClientsKernel::PeerSendUrgent(PeerId id, std::byte byte) {
  Peer& peer = At(id);
  if (!peer.fd) return false;
  if (send(peer.fd.get(), &byte, 1, MSG_OOB | MSG_DONTWAIT | MSG_NOSIGNAL) == 1) return true;
  peer.NoteError(errno);
  return false;
}

std::span<const std::byte> ClientsKernel::PeerPeek(PeerId id) const {
  Peer& peer = At(id);
  if (!peer.fd || !peer.connected) return {};
  const ssize_t count =
      recv(peer.fd.get(), buffer_.data(), buffer_.size(), MSG_PEEK | MSG_DONTWAIT);
  if (count > 0) return {buffer_.data(), static_cast<size_t>(count)};
  if (count == 0) {
    peer.end_of_input = !peer.was_reset;
  } else {
    peer.NoteError(errno);
  }
  return {};
}

void ClientsKernel::PeerConsume(PeerId id, size_t count, uint64_t /*wanted*/) {
  Peer& peer = At(id);
  // Thrown away without a copy (tcp(7), MSG_TRUNC).
  while (count > 0) {
    const ssize_t gone = recv(peer.fd.get(), nullptr, count, MSG_TRUNC | MSG_DONTWAIT);
    if (gone <= 0) return;
    count -= static_cast<size_t>(gone);
    peer.consumed += static_cast<uint64_t>(gone);
  }
  AcknowledgeNow(peer.fd);
}

void ClientsKernel::PeerShutdownWrite(PeerId id) {
  At(id).finished = true;
  shutdown(At(id).fd.get(), SHUT_WR);
}

void ClientsKernel::PeerReset(PeerId id) {
  const linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(At(id).fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  At(id).fd.reset();
}

void ClientsKernel::PeerVanish(PeerId) {
  std::fputs("hupstorm: a host cannot vanish from loopback\n", stderr);
  std::abort();
}

DrivenKernel::PeerStatus ClientsKernel::Status(PeerId id) const {
  Peer& peer = At(id);
  PeerStatus status;
  if (peer.fd) {
    peer.LookAtHandshake();
    status.unread = PeerPeek(id).empty() ? 0 : Unread(peer.fd);
    status.end_is_unread = status.unread > 0 && HasEnded(peer.fd);
    status.state = StateOf(peer.fd);
    // After the server's FIN no call tells of a RST any more (tcp_recvmsg_locked, SOCK_DONE).
    if (peer.end_of_input && !peer.finished && status.state == TcpState::kClosed) {
      peer.was_reset = true;
    }
  }
  status.connected = peer.connected;
  status.refused = peer.refused;
  status.end_of_input = peer.end_of_input;
  status.was_reset = peer.was_reset;
  return status;
}

size_t ClientsKernel::PeerSendSpace(PeerId id) const {
  const PeerStatus status = Status(id);
  return IsOpen(id) && status.connected && !status.was_reset ? kSendSpace : 0;
}

std::span<const PeerId> ClientsKernel::TakeChangedPeers() {
  changed_.clear();
  epoll_event events[256];
  int count = 0;
  do {
    count = epoll_wait(epoll_.get(), events, std::size(events), 0);
    for (int i = 0; i < count; ++i) {
      changed_.push_back(static_cast<PeerId>(events[i].data.u32));
      AcknowledgeNow(At(changed_.back()).fd);
    }
  } while (count == static_cast<int>(std::size(events)));
  return changed_;
}

bool ClientsKernel::HasOpenClients() const {
  return std::any_of(peers_.begin(), peers_.end(),
                     [](const Peer& peer) { return static_cast<bool>(peer.fd); });
}

bool ClientsKernel::AwaitChangedPeers(int64_t timeout_ns) const {
  pollfd wait = {.fd = epoll_.get(), .events = POLLIN, .revents = 0};
  const timespec timeout = Timespec(timeout_ns);
  return ppoll(&wait, 1, &timeout, nullptr) > 0;
}

uint64_t ClientsKernel::UnsentByServer(PeerId id) const {
  const Peer& peer = At(id);
  const uint64_t arrived = peer.consumed + (peer.fd ? Unread(peer.fd) : 0);
  return peer.answered > arrived ? peer.answered - arrived : 0;
}

// Packets on loopback wait in the queue of the processor that sent them, in order, so when one that
// is sent now has come, so have those before it.
void ClientsKernel::SettleLoopback() const {
  char byte = 0;
  if (send(marker_.get(), &byte, 1, 0) == 1) recv(marker_.get(), &byte, 1, 0);
}

bool ClientsKernel::AwaitHeldBack() const {
  bool any = false;
  for (PeerId id = 0; id < peer_count(); ++id) {
    const Peer& peer = At(id);
    if (!peer.fd || peer.was_reset || peer.answered == peer.consumed) continue;
    // With something unread the client's buffer may be full.
    if (Unread(peer.fd) > 0 || UnsentByServer(id) == 0) continue;
    pollfd wait = {.fd = peer.fd.get(), .events = POLLIN, .revents = 0};
    any = poll(&wait, 1, kHeldBackMs) > 0 || any;
  }
  return any;
}

DrivenKernel::Disposition ClientsKernel::DispositionIn(pid_t pid, int signal) {
  const sight::SignalMasks masks = sight::SignalMasksOf(pid);
  const uint64_t bit = uint64_t{1} << (signal - 1);
  if ((masks.caught & bit) != 0) return Disposition::kHandled;
  return (masks.ignored & bit) != 0 ? Disposition::kIgnored : Disposition::kDefault;
}

}  // namespace hupstorm
