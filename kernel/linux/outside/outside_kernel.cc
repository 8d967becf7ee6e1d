#include "kernel/linux/outside/outside_kernel.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include <algorithm>

#include "base/file_descriptor.h"
#include "base/hash.h"
#include "base/timespec.h"

namespace hupstorm {

using sight::OpenFile;
using sight::TcpSocket;

namespace {

// A server with fewer free descriptors may keep what is left for itself.
constexpr int64_t kFewDescriptors = 16;
// So many descriptors that are no sockets of TCP may a server open for its first clients and keep.
constexpr int kKeptForItself = 8;

// Only an address of this machine can be bound.
bool IsOfThisMachine(const sockaddr_storage& address) {
  const FileDescriptor fd(socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const sockaddr_storage any_port = WithPort(address, 0);
  const auto* const plain = reinterpret_cast<const sockaddr*>(&any_port);
  return bind(fd.get(), plain, LengthOf(address)) == 0;
}

NumberHash& Add(NumberHash& hash, const std::optional<TcpSocket>& socket) {
  if (!socket) return hash.Add(1);
  hash.Add(static_cast<uint64_t>(socket->state)).Add(socket->receive_queue).Add(socket->send_queue);
  return hash.Add(socket->inode).Add(socket->bytes_received).Add(socket->bytes_acked);
}

}  // namespace

void OutsideKernel::Reset() {
  ResetClients();
  seen_.clear();
  LetGo();
}

void OutsideKernel::LetGo() {
  started_by_us_ = sees_sockets_ = false;
  roots_.clear();
  listening_.clear();
  processes_.clear();
  processes_at_start_.clear();
  open_sockets_.reset();
}

void OutsideKernel::Attach(const sockaddr_storage& address, pid_t root) {
  LetGo();
  address_ = address;
  SetHost(address);
  started_by_us_ = root > 0;
  last_process_made_ = -1;
  sees_sockets_ = IsOfThisMachine(address) && HasListener();
  std::vector<uint64_t> listeners;
  if (sees_sockets_) listeners = diag_.ListenerInodes(PortOf(address));
  if (started_by_us_) {
    roots_.push_back(root);
  } else {
    for (const uint64_t inode : listeners) {
      for (const pid_t pid : sight::HoldersOf(inode)) roots_.push_back(pid);
    }
  }
  FindProcesses();
  for (const pid_t pid : processes_) {
    if (sight::HasSocketOpen(pid, listeners)) listening_.push_back(pid);
  }
}

void OutsideKernel::FindProcesses() {
  const int64_t made = sight::LastProcessMade();
  if (made == last_process_made_ && made != 0) return;
  last_process_made_ = made;
  processes_ = sight::WithDescendants(roots_);
}

bool OutsideKernel::ProcessesAreGone() const {
  return !roots_.empty() && std::all_of(roots_.begin(), roots_.end(), [](pid_t pid) {
    const char state = sight::StateOf(pid);
    return state == 0 || state == 'Z' || state == 'X';
  });
}

bool OutsideKernel::HasListener() {
  const std::vector<TcpSocket> listeners = diag_.Listeners(PortOf(address_));
  listener_queue_ = listener_backlog_ = 0;
  for (const TcpSocket& listener : listeners) {
    listener_queue_ += listener.receive_queue;
    listener_backlog_ += listener.send_queue;
  }
  return !listeners.empty();
}

bool OutsideKernel::IsShortOfDescriptors() const {
  return std::any_of(processes_.begin(), processes_.end(), [](pid_t pid) {
    const int open = sight::CountOpenFiles(pid);
    const int64_t limit = sight::DescriptorLimit(pid);
    return open >= 0 && limit >= 0 && open + kFewDescriptors > limit;
  });
}

// ---- Looking.

OutsideKernel::Activity OutsideKernel::LookAtProcesses() {
  SettleLoopback();
  open_sockets_.reset();
  // Full is one more than the backlog (sk_acceptq_is_full of Linux).
  if (HasUnansweredConnects() && sees_sockets_ && HasListener() &&
      listener_queue_ <= listener_backlog_) {
    RetryConnects();
  }
  Activity activity;
  if (!roots_.empty()) FindProcesses();
  for (const pid_t pid : processes_) {
    activity.cpu_ns += std::max<int64_t>(sight::CpuNs(pid), 0);
    activity.asleep = activity.asleep && sight::IsAsleep(pid);
  }
  return activity;
}

uint64_t OutsideKernel::LookAtTraffic() {
  if (!sees_sockets_) return 0;
  NumberHash hash(0);
  HasListener();
  hash.Add(listener_queue_);
  for (PeerId peer = 0; peer < peer_count(); ++peer) {
    LookAt(peer);
    Add(hash, seen_[static_cast<size_t>(peer)].now);
  }
  return hash.value();
}

void OutsideKernel::LookAt(PeerId peer) const {
  Seen& seen = seen_[static_cast<size_t>(peer)];
  if (seen.over) return;
  seen.now = diag_.Find(ServerAddressOf(peer), AddressOf(peer));
  const bool gone = !seen.now || seen.now->state == TcpState::kTimeWait;
  if (gone && !IsOpen(peer)) seen.over = true;
  if (gone) return;
  const TcpSocket& socket = *seen.now;
  if (socket.IsHeld()) seen.inode = socket.inode;
  seen.accepted = seen.accepted || !socket.WaitsToBeAccepted();
  if (socket.bytes_received + socket.bytes_acked > 0 || socket.send_queue > 0) {
    seen.transfer = {.consumed = std::max(seen.transfer.consumed, socket.Consumed()),
                     .answered = std::max(seen.transfer.answered, socket.Sent())};
  }
}

std::map<pid_t, sight::Thread> OutsideKernel::LookAtThreads() const {
  std::map<pid_t, sight::Thread> threads;
  for (const pid_t pid : processes_) {
    for (const sight::Thread& thread : sight::ThreadsOf(pid)) threads[thread.tid] = thread;
  }
  return threads;
}

std::optional<OutsideKernel::Asleep> OutsideKernel::SleepsOnOneClient() const {
  if (listening_.size() != 1) return std::nullopt;
  const pid_t pid = listening_.front();
  const auto call = sight::SleepingCallOf(pid, pid);
  if (!call || sight::ThreadsOf(pid).size() != 1) return std::nullopt;
  const int fd = static_cast<int>(call->first_argument);
  for (int i = 0; i < kCallCount; ++i) {
    const CallRow& row = RowOf(static_cast<Call>(i));
    const bool moves_bytes = row.family == CallFamily::kSend || row.family == CallFamily::kRecv;
    if (moves_bytes && row.number == call->number && PeerOf(fd) != kNoPeer) {
      return Asleep{.call = row.call, .fd = fd};
    }
  }
  return std::nullopt;
}

int64_t OutsideKernel::Memory() const {
  int64_t bytes = 0;
  for (const pid_t pid : processes_) bytes += sight::AnonymousMemory(pid);
  return bytes;
}

OutsideKernel::Transfer OutsideKernel::TransferOf(PeerId peer) const {
  return seen_[static_cast<size_t>(peer)].transfer;
}

bool OutsideKernel::IsInHandshake(PeerId peer) const {
  if (!IsOpen(peer)) return false;
  const PeerStatus status = Status(peer);
  if (status.refused || status.was_reset) return false;
  const Seen& seen = seen_[static_cast<size_t>(peer)];
  return !status.connected || (seen.now && seen.now->state == TcpState::kSynRecv);
}

bool OutsideKernel::AwaitClients(int64_t timeout_ns) {
  if (!AwaitChangedPeers(std::max<int64_t>(timeout_ns, 0))) return false;
  driver_->OnPeersChanged();
  return true;
}

// ---- The clock.

int64_t OutsideKernel::now_ns() const {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return Nanoseconds(now);
}

void OutsideKernel::AdvanceTo(int64_t ns) {
  while (now_ns() < ns) AwaitClients(ns - now_ns());
}

// ---- Signals.

pid_t OutsideKernel::SignalledPid(int signal) const {
  const pid_t root = roots_.empty() ? -1 : roots_.front();
  return sight::OutermostHandler(listening_.front(), root, signal);
}

DrivenKernel::Disposition OutsideKernel::SignalDisposition(int signal) const {
  if (!started_by_us_ || listening_.empty()) return Disposition::kDefault;
  return DispositionIn(SignalledPid(signal), signal);
}

DrivenKernel::Disposition OutsideKernel::RaiseSignal(int signal) {
  const Disposition disposition = SignalDisposition(signal);
  if (disposition == Disposition::kHandled) kill(SignalledPid(signal), signal);
  return disposition;
}

// ---- Peers.

PeerId OutsideKernel::PeerConnect(uint16_t port, const PeerOptions& options) {
  const PeerId peer = ClientsKernel::PeerConnect(port, options);
  seen_.resize(static_cast<size_t>(peer) + 1);
  return peer;
}

bool OutsideKernel::PeerSendUrgent(PeerId peer, std::byte byte) {
  seen_[static_cast<size_t>(peer)].sent_urgent = true;
  return ClientsKernel::PeerSendUrgent(peer, byte);
}

DrivenKernel::ConnectionStatus OutsideKernel::ServerSide(PeerId peer) const {
  ConnectionStatus status;
  if (!sees_sockets_) {
    status.accepted = Status(peer).connected;
    return status;
  }
  LookAt(peer);
  const Seen& seen = seen_[static_cast<size_t>(peer)];
  // One that was accepted and ended between two looks has shown itself to its client.
  status.accepted = seen.accepted || HasReceived(peer);
  if (seen.inode != 0) {
    const auto open = OpenSockets().find(seen.inode);
    if (open != OpenSockets().end()) status.fd = open->second.fd;
  }
  status.held = status.fd >= 0;
  if (!seen.now || seen.now->state == TcpState::kTimeWait) return status;
  const TcpSocket& socket = *seen.now;
  status.state = socket.state;
  status.held = socket.IsHeld();
  // An urgent byte that is not received inline stays in the queue.
  const uint64_t urgent = seen.sent_urgent && socket.Unread() > 0 ? 1 : 0;
  status.unread = static_cast<size_t>(socket.Unread() - urgent);
  status.unsent = socket.send_queue;
  status.unseen_fin = socket.HasFin() && socket.receive_queue > 0;
  return status;
}

PeerId OutsideKernel::PeerOf(int fd) const {
  for (const auto& [inode, open] : OpenSockets()) {
    if (open.fd != fd) continue;
    for (PeerId peer = 0; peer < peer_count(); ++peer) {
      if (seen_[static_cast<size_t>(peer)].inode == inode) return peer;
    }
  }
  return kNoPeer;
}

// ---- Descriptors.

const std::map<uint64_t, OutsideKernel::OpenSocket>& OutsideKernel::OpenSockets() const {
  if (open_sockets_) return *open_sockets_;
  open_sockets_.emplace();
  for (const pid_t pid : processes_) {
    for (const OpenFile& file : sight::OpenFiles(pid).value_or(std::vector<OpenFile>())) {
      if (file.kind == DescriptorKind::kSocket) {
        open_sockets_->emplace(file.inode, OpenSocket{pid, file.fd});
      }
    }
  }
  return *open_sockets_;
}

std::vector<DrivenKernel::Descriptor> OutsideKernel::Held(int& others) const {
  std::vector<Descriptor> held;
  std::map<uint64_t, TcpSocket> known;  // to Linux, by inode; the rest is reset, or was never used
  if (sees_sockets_) {
    for (const TcpSocket& socket : diag_.MayBeHeld()) known.emplace(socket.inode, socket);
  }
  others = 0;
  for (const auto& [inode, open] : OpenSockets()) {
    if (!sight::IsTcpSocket(open.pid, open.fd)) continue;
    const auto socket = known.find(inode);
    const bool is_others = socket != known.end() && (socket->second.IsListener() ||
                                                     socket->second.local_port != PortOf(address_));
    if (!is_others) held.push_back({open.fd, DescriptorKind::kConnection});
  }
  for (const pid_t pid : processes_at_start_) {
    for (const OpenFile& file : sight::OpenFiles(pid).value_or(std::vector<OpenFile>())) {
      if (file.kind == DescriptorKind::kSocket && sight::IsTcpSocket(pid, file.fd)) continue;
      ++others;
      const bool is_named =
          file.kind == DescriptorKind::kEpoll || file.kind == DescriptorKind::kPipe;
      held.push_back({file.fd, is_named ? file.kind : DescriptorKind::kOther});
    }
  }
  return held;
}

void OutsideKernel::NoteStart() {
  processes_at_start_ = processes_;
  Held(others_at_start_);
}

std::vector<DrivenKernel::Descriptor> OutsideKernel::OpenDescriptors() const {
  int others = 0;
  std::vector<Descriptor> held = Held(others);
  int spare = others - others_at_start_;
  if (spare <= 0 || spare > kKeptForItself) return held;
  std::erase_if(held, [&](const Descriptor& descriptor) {
    return descriptor.kind != DescriptorKind::kConnection && spare-- > 0;
  });
  return held;
}

void OutsideKernel::Make(SystemCall& call) { call.Fail(ENOSYS); }

}  // namespace hupstorm
