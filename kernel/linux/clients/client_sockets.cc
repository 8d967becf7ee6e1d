#include "kernel/linux/clients/client_sockets.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>

#include "kernel/linux/sight/tcp_state.h"

namespace hupstorm::clients {
namespace {

// How long TCP may hold bytes back that the other side has room for: its delayed acknowledgement
// takes 40 ms (TCP_DELACK_MIN), a probe of a closed window 200 ms (TCP_RTO_MIN).
constexpr int kHeldBackMs = 400;
// What PeerSend is told that it may offer at once; the kernel takes what it likes.
constexpr size_t kSendSpace = 64 * 1024;
// The range that Linux gives to clients, unless told otherwise (ip_local_port_range).
constexpr uint16_t kFirstPort = 32'768;
constexpr uint16_t kLastPort = 60'999;

[[noreturn]] void Fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_storage Loopback() {
  sockaddr_storage address = {};
  auto& ipv4 = reinterpret_cast<sockaddr_in&>(address);
  ipv4.sin_family = AF_INET;
  ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void SetOption(int fd, int level, int name, int value) {
  setsockopt(fd, level, name, &value, sizeof value);
}

// The same for both families: sockaddr_in6 has its port in the same place.
in_port_t& PortIn(sockaddr_storage& address) {
  return reinterpret_cast<sockaddr_in&>(address).sin_port;
}

socklen_t LengthOf(const sockaddr_storage& address) {
  return address.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
}

const sockaddr* Plain(const sockaddr_storage& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// Where a client of `server` binds: on loopback to loopback, or to whatever leads there.
sockaddr_storage OwnSide(const sockaddr_storage& server, uint16_t port) {
  sockaddr_storage own = {};
  own.ss_family = server.ss_family;
  const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(server);
  if (own.ss_family == AF_INET && ipv4.sin_addr.s_addr == htonl(INADDR_LOOPBACK)) own = server;
  PortIn(own) = htons(port);
  return own;
}

TcpState StateOf(int fd) {
  tcp_info info = {};
  socklen_t length = sizeof info;
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) return TcpState::kClosed;
  return sight::TcpStateOf(info.tcpi_state);
}

// Sends the acknowledgement that TCP would delay by up to 40 ms (tcp(7), TCP_QUICKACK). Until it
// has it, the other side keeps what it sent in its buffer, which a server may be waiting to have
// empty.
void AcknowledgeNow(int fd) { SetOption(fd, IPPROTO_TCP, TCP_QUICKACK, 1); }

size_t Unread(int fd) {
  int count = 0;
  return ioctl(fd, FIONREAD, &count) == 0 ? static_cast<size_t>(count) : 0;
}

}  // namespace

ClientSockets::ClientSockets()
    : host_(Loopback()),
      by_port_(65'536, kNoPeer),
      next_port_(static_cast<uint16_t>(kFirstPort + getpid() * 997 % (kLastPort - kFirstPort))) {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  marker_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (epoll_ < 0 || marker_ < 0) Fail("cannot watch clients");
  sockaddr_storage own = Loopback();
  socklen_t length = LengthOf(own);
  if (bind(marker_, Plain(own), length) != 0 ||
      getsockname(marker_, reinterpret_cast<sockaddr*>(&own), &length) != 0 ||
      connect(marker_, Plain(own), length) != 0) {
    Fail("cannot use loopback");
  }
}

ClientSockets::~ClientSockets() {
  Clear();
  close(epoll_);
  close(marker_);
}

void ClientSockets::Clear() {
  for (Peer& peer : peers_) {
    by_port_[peer.port] = kNoPeer;
    if (peer.fd >= 0) End(peer, /*reset=*/true);
  }
  peers_.clear();
  connecting_.clear();
}

PeerId ClientSockets::Find(uint16_t port) const { return by_port_[port]; }

PeerId ClientSockets::Connect(uint16_t port, const DrivenKernel::PeerOptions& options) {
  const auto id = static_cast<PeerId>(peers_.size());
  peers_.push_back({.server = host_, .options = options});
  PortIn(peers_.back().server) = htons(port);
  if (!Open(id)) connecting_.push_back(id);
  return id;
}

// A socket that connects; from the port that the peer had before, if it had one. False where the
// SYN got no answer.
bool ClientSockets::Open(PeerId id) {
  Peer& peer = At(id);
  if (peer.port == 0) peer.port = NextPort();
  for (int tries = 0; !OpenFrom(id); ++tries) {
    if (tries == kLastPort - kFirstPort) Fail("no port for a client");
    peer.port = NextPort();
  }
  LookAtHandshake(peer);
  return peer.connected || peer.refused;
}

// Ports are chosen here and not by Linux: bind would look for one that nobody has, among thousands
// in TIME-WAIT, and one that connect has chosen cannot be had again for sure.
uint16_t ClientSockets::NextPort() {
  const uint16_t port = next_port_;
  next_port_ = port < kLastPort ? static_cast<uint16_t>(port + 1) : kFirstPort;
  return port;
}

// False where somebody else has the port.
bool ClientSockets::OpenFrom(PeerId id) {
  Peer& peer = At(id);
  peer.fd = socket(peer.server.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (peer.fd < 0) Fail("cannot open a client's socket");
  SetOption(peer.fd, SOL_SOCKET, SO_RCVBUF, peer.options.receive_buffer);
  SetOption(peer.fd, SOL_SOCKET, SO_SNDBUF, peer.options.send_buffer);
  SetOption(peer.fd, IPPROTO_TCP, TCP_NODELAY, 1);
  SetOption(peer.fd, SOL_SOCKET, SO_REUSEADDR, 1);
  const auto is_taken = [&peer] {
    const bool taken = errno == EADDRINUSE || errno == EADDRNOTAVAIL;
    if (taken) close(peer.fd);
    return taken;
  };
  const sockaddr_storage own = OwnSide(peer.server, peer.port);
  if (bind(peer.fd, Plain(own), LengthOf(own)) != 0) {
    if (is_taken()) return false;
    Fail("a client cannot have a port");
  }
  epoll_event event = {};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u32 = static_cast<uint32_t>(id);
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, peer.fd, &event) != 0) Fail("cannot watch a client");
  if (connect(peer.fd, Plain(peer.server), LengthOf(peer.server)) == 0) {
    peer.connected = true;
  } else if (errno == ECONNREFUSED) {
    peer.refused = true;
  } else if (errno != EINPROGRESS) {
    if (is_taken()) return false;
    Fail("a client cannot connect");
  }
  by_port_[peer.port] = id;
  if (!peer.refused) NoteAddress(peer);
  return true;
}

void ClientSockets::NoteAddress(Peer& peer) {
  socklen_t length = sizeof peer.address;
  getsockname(peer.fd, reinterpret_cast<sockaddr*>(&peer.address), &length);
}

void ClientSockets::LookAtHandshake(Peer& peer) {
  if (peer.connected || peer.refused || peer.fd < 0) return;
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(peer.fd, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error == ECONNREFUSED) {
    peer.refused = true;
  } else if (error != 0) {
    peer.was_reset = peer.connected = true;
  } else {
    const TcpState state = StateOf(peer.fd);
    peer.connected = state != TcpState::kSynSent && state != TcpState::kClosed;
  }
}

void ClientSockets::RetryConnects() {
  while (!connecting_.empty()) {
    const PeerId id = connecting_.front();
    connecting_.pop_front();
    Peer& peer = At(id);
    if (peer.fd < 0) continue;
    LookAtHandshake(peer);
    if (peer.connected || peer.refused) continue;
    close(peer.fd);
    if (!Open(id)) {
      connecting_.push_front(id);
      return;  // there is no room for the others either
    }
  }
}

void ClientSockets::NoteError(Peer& peer, int error) {
  if (error == ECONNRESET || error == EPIPE) peer.was_reset = true;
}

size_t ClientSockets::Send(PeerId id, std::span<const std::byte> bytes) {
  Peer& peer = At(id);
  if (peer.fd < 0) return 0;
  const ssize_t count = send(peer.fd, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (count < 0) {
    NoteError(peer, errno);
    return 0;
  }
  return static_cast<size_t>(count);
}

bool ClientSockets::SendUrgent(PeerId id, std::byte byte) {
  Peer& peer = At(id);
  if (peer.fd < 0) return false;
  if (send(peer.fd, &byte, 1, MSG_OOB | MSG_DONTWAIT | MSG_NOSIGNAL) == 1) return true;
  NoteError(peer, errno);
  return false;
}

std::span<const std::byte> ClientSockets::Peek(PeerId id) {
  Peer& peer = At(id);
  if (peer.fd < 0 || !peer.connected) return {};
  const ssize_t count = recv(peer.fd, buffer_.data(), buffer_.size(), MSG_PEEK | MSG_DONTWAIT);
  if (count > 0) return {buffer_.data(), static_cast<size_t>(count)};
  if (count == 0) {
    peer.end_of_input = !peer.was_reset;
  } else {
    NoteError(peer, errno);
  }
  return {};
}

void ClientSockets::Consume(PeerId id, size_t count) {
  Peer& peer = At(id);
  // Thrown away without a copy (tcp(7), MSG_TRUNC).
  while (count > 0) {
    const ssize_t gone = recv(peer.fd, nullptr, count, MSG_TRUNC | MSG_DONTWAIT);
    if (gone <= 0) return;
    count -= static_cast<size_t>(gone);
    peer.consumed += static_cast<uint64_t>(gone);
  }
  AcknowledgeNow(peer.fd);
}

void ClientSockets::ShutdownWrite(PeerId id) {
  Peer& peer = At(id);
  peer.finished = true;
  if (peer.fd >= 0) shutdown(peer.fd, SHUT_WR);
}

void ClientSockets::End(Peer& peer, bool reset) {
  if (peer.fd < 0) return;
  if (reset) {
    const linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(peer.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  close(peer.fd);
  peer.fd = -1;
}

void ClientSockets::Close(PeerId id) { End(At(id), /*reset=*/false); }
void ClientSockets::Reset(PeerId id) { End(At(id), /*reset=*/true); }

DrivenKernel::PeerStatus ClientSockets::Status(PeerId id) {
  Peer& peer = At(id);
  DrivenKernel::PeerStatus status;
  if (peer.fd >= 0) {
    LookAtHandshake(peer);
    status.unread = Peek(id).empty() ? 0 : Unread(peer.fd);
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

size_t ClientSockets::SendSpace(PeerId id) {
  const DrivenKernel::PeerStatus status = Status(id);
  return IsOpen(id) && status.connected && !status.was_reset ? kSendSpace : 0;
}

std::span<const PeerId> ClientSockets::TakeChanged() {
  changed_.clear();
  epoll_event events[256];
  int count = 0;
  do {
    count = epoll_wait(epoll_, events, std::size(events), 0);
    for (int i = 0; i < count; ++i) {
      changed_.push_back(static_cast<PeerId>(events[i].data.u32));
      AcknowledgeNow(At(changed_.back()).fd);
    }
  } while (count == static_cast<int>(std::size(events)));
  return changed_;
}

bool ClientSockets::AwaitChange(int64_t timeout_ns) const {
  constexpr int64_t kSecond = 1'000'000'000;
  pollfd wait = {.fd = epoll_, .events = POLLIN, .revents = 0};
  const timespec timeout = {.tv_sec = timeout_ns / kSecond, .tv_nsec = timeout_ns % kSecond};
  return ppoll(&wait, 1, &timeout, nullptr) > 0;
}

uint64_t ClientSockets::UnsentByServer(PeerId id) {
  const Peer& peer = At(id);
  const uint64_t arrived = peer.consumed + (peer.fd >= 0 ? Unread(peer.fd) : 0);
  return peer.answered > arrived ? peer.answered - arrived : 0;
}

// Packets on loopback wait in the queue of the processor that sent them, in order, so when one that
// is sent now has come, so have those before it.
void ClientSockets::Settle() {
  char byte = 0;
  if (send(marker_, &byte, 1, 0) == 1) recv(marker_, &byte, 1, 0);
}

bool ClientSockets::AwaitHeldBack() {
  bool any = false;
  for (PeerId id = 0; id < count(); ++id) {
    Peer& peer = At(id);
    if (peer.fd < 0 || peer.was_reset || peer.answered == peer.consumed) continue;
    // With something unread the client's buffer may be full.
    if (Unread(peer.fd) > 0 || UnsentByServer(id) == 0) continue;
    pollfd wait = {.fd = peer.fd, .events = POLLIN, .revents = 0};
    any = poll(&wait, 1, kHeldBackMs) > 0 || any;
  }
  return any;
}

}  // namespace hupstorm::clients
