// What the server's processes have open, learnt from their calls and from /proc: a process may be
// given descriptors by fork, by exec, and in messages.

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include <algorithm>

#include "base/loopback_address.h"
#include "kernel/linux/held/held_kernel.h"
#include "kernel/linux/sight/process_tree.h"
#include "kernel/linux/sight/tcp_state.h"

namespace hupstorm {

using held::HeldProcess;
using held::HeldThread;

namespace {

// As getsockopt would say: setsockopt takes half of it (socket(7)).
constexpr int kSendBuffer = 16 * 1024;
constexpr int kReceiveBuffer = 128 * 1024;
// Stands for a descriptor that some process has, though none that can be looked at.
constexpr int kSomeDescriptor = DrivenKernel::kNoDescriptorLimit - 1;

bool DependsOnFacts(Call call) {
  switch (FamilyOf(call)) {
    case CallFamily::kAccept:
    case CallFamily::kRecv:
    case CallFamily::kSend:
    case CallFamily::kShutdown:
    case CallFamily::kFcntl:
      return true;
    default:
      return call == Call::kDup || call == Call::kDup3 || call == Call::kListen;
  }
}

}  // namespace

// At the thread's first call, which is held: before that its process may still be being made.
HeldProcess& HeldKernel::ProcessOf(HeldThread& thread) {
  const auto [entry, is_new] = processes_.try_emplace(thread.pid);
  HeldProcess& process = entry->second;
  if (!is_new) return process;
  process.pid = thread.pid;
  rlimit limit = {};
  prlimit(thread.pid, RLIMIT_NOFILE, nullptr, &limit);
  process.descriptor_limit = limit.rlim_cur;
  const std::vector<int> open = sight::OpenNumbers(thread.pid);
  if (is_only_thread_) {
    process.given = open;
    process.given_handlers = sight::SignalMasksOf(thread.pid).caught;
    return process;
  }
  thread.process = &process;
  for (const int fd : open) LearnDescriptor(thread, fd);
  return process;
}

// That of the thread which its process names; none if that thread has gone before.
void HeldKernel::LearnFirstMemory(HeldThread& thread) {
  const held::Frame* const first = thread.memory->frame().first;
  for (const auto& other : threads_) {
    if (&other->memory->frame() == first) thread.process->first_memory = other->memory;
  }
}

// What the call needs to be known of its descriptor.
void HeldKernel::LearnBefore(HeldThread& thread, const SystemCall& call) {
  if (!DependsOnFacts(call.call)) return;
  const int fd = call.Int(0);
  held::DescriptorBook& book = thread.process->book;
  if (book.Of(fd).kind == DescriptorKind::kFree) return LearnDescriptor(thread, fd);
  // O_NONBLOCK is one for all processes that have the file open.
  if (processes_.size() == 1 || call.call == Call::kFcntl) return;
  const int flags = Invoke<Call::kFcntl>(thread.remote, fd, F_GETFL, 0);
  if (flags != -1) book.At(fd).nonblocking = (flags & O_NONBLOCK) != 0;
}

// Asks Linux, in the server's process, what a descriptor is.
void HeldKernel::LearnDescriptor(HeldThread& thread, int fd) {
  if (!IsOwn(thread.pid, fd)) return;
  const int flags = Invoke<Call::kFcntl>(thread.remote, fd, F_GETFL, 0);
  if (flags == -1) return;
  held::DescriptorFacts facts;
  facts.nonblocking = (flags & O_NONBLOCK) != 0;
  int listens = 0;
  socklen_t length = sizeof listens;
  if (Invoke<Call::kGetsockopt>(thread.remote, fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) ==
      0) {
    facts.kind = listens != 0 ? DescriptorKind::kListener : DescriptorKind::kSocket;
    facts.peer = PeerBehind(thread, fd);
    if (facts.peer != kNoPeer) facts.kind = DescriptorKind::kConnection;
  } else {
    const std::optional<sight::OpenFile> file = sight::OpenFileAt(thread.pid, fd);
    if (!file) return;
    facts.kind = file->kind;
  }
  thread.process->book.At(fd) = facts;
}

PeerId HeldKernel::PeerBehind(HeldThread& thread, int fd) const {
  sockaddr_storage address = {};
  socklen_t length = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  const bool is_known = Invoke<Call::kGetpeername>(thread.remote, fd, raw, &length) == 0;
  return is_known ? PeerAt(address) : kNoPeer;
}

// The client that has this address; kNoPeer for none.
PeerId HeldKernel::PeerAt(const sockaddr_storage& address) const {
  // A dual-stack server's is ::ffff:127.0.0.1.
  const bool is_ip = address.ss_family == AF_INET || address.ss_family == AF_INET6;
  return is_ip ? ClientAt(PortOf(address)) : kNoPeer;
}

PeerId HeldKernel::PeerOf(int fd) const {
  const bool is_known = current_ != nullptr && current_->process != nullptr;
  return is_known ? current_->process->book.Of(fd).peer : kNoPeer;
}

HeldThread* HeldKernel::HeldThreadOf(const HeldProcess& process) const {
  for (const auto& thread : threads_) {
    const bool is_held = thread->asleep || thread.get() == current_;
    if (is_held && !thread->gone && thread->process == &process) return thread.get();
  }
  return nullptr;
}

// A held thread of a process that has listened.
HeldThread* HeldKernel::ListeningThread() const {
  for (const auto& [pid, process] : processes_) {
    if (process.listener < 0) continue;
    if (HeldThread* const thread = HeldThreadOf(process)) return thread;
  }
  return nullptr;
}

// The server's processes, parents before children.
const std::vector<pid_t>& HeldKernel::Pids() const { return keeper_ < 0 ? pids_ : family_.Look(); }

pid_t HeldKernel::ListeningPid() const {
  if (is_only_thread_) return threads_.front()->pid;
  if (!diag_) return -1;
  const std::vector<uint64_t> listeners = diag_->ListenerInodes(port_);
  for (const pid_t pid : Pids()) {
    if (sight::HasSocketOpen(pid, listeners)) return pid;
  }
  return -1;
}

// False for what the server was given, and for the lines between its threads and this process.
bool HeldKernel::IsOwn(pid_t pid, int fd) const {
  const auto process = processes_.find(pid);
  if (process != processes_.end()) {
    const std::vector<int>& given = process->second.given;
    if (std::binary_search(given.begin(), given.end(), fd)) return false;
  }
  return !lines_.contains({pid, fd});
}

// ---- Limits and buffers.

void HeldKernel::set_descriptor_limit(int limit) {
  for (const auto& [pid, process] : processes_) {
    rlimit now = {};
    if (prlimit(pid, RLIMIT_NOFILE, nullptr, &now) != 0) continue;
    now.rlim_cur = process.descriptor_limit;
    if (limit < kNoDescriptorLimit) {
      // Linux limits the numbers. Those below the one that would be too many: the server's own, and
      // all that it was given.
      const std::vector<int> in_use = sight::OpenNumbers(pid);
      int room = limit - open_descriptor_count();
      int own = 0;
      rlim_t number = 0;
      for (; number < process.descriptor_limit; ++number) {
        const int fd = static_cast<int>(number);
        const bool taken = std::binary_search(in_use.begin(), in_use.end(), fd);
        if (!taken && room-- <= 0) break;
        if (taken && IsOwn(pid, fd) && ++own > limit) break;
      }
      now.rlim_cur = number;
    }
    prlimit(pid, RLIMIT_NOFILE, &now, nullptr);
  }
}

void HeldKernel::SetListenerBuffer(int name, int bytes) const {
  HeldThread* const thread = ListeningThread();
  if (thread == nullptr) return;
  Invoke<Call::kSetsockopt>(thread->remote, thread->process->listener, SOL_SOCKET, name, &bytes,
                            sizeof bytes);
}

void HeldKernel::set_server_send_buffer(int bytes) {
  send_buffer_ = bytes;
  SetListenerBuffer(SO_SNDBUF, bytes == kDefaultBuffer ? kSendBuffer / 2 : bytes);
}

void HeldKernel::set_server_receive_buffer(int bytes) {
  receive_buffer_ = bytes;
  SetListenerBuffer(SO_RCVBUF, bytes == kDefaultBuffer ? kReceiveBuffer / 2 : bytes);
}

// ---- What is open.

std::span<const PeerId> HeldKernel::TakeChangedPeers() {
  clients_changed_ = false;
  return ClientsKernel::TakeChangedPeers();
}

DrivenKernel::ConnectionStatus HeldKernel::ServerSide(PeerId peer) const {
  return is_only_thread_ ? AskServer(peer) : AskLinux(peer);
}

// By calls in the server's process: exact.
DrivenKernel::ConnectionStatus HeldKernel::AskServer(PeerId peer) const {
  ConnectionStatus status;
  const HeldProcess* const process = threads_.front()->process;
  HeldThread* const thread = process == nullptr ? nullptr : HeldThreadOf(*process);
  if (thread == nullptr) return status;
  status.fd = process->book.Find(peer);
  if (status.fd < 0) return status;
  status.accepted = true;
  tcp_info info = {};
  socklen_t length = sizeof info;
  if (Invoke<Call::kGetsockopt>(thread->remote, status.fd, IPPROTO_TCP, TCP_INFO, &info, &length) ==
      0) {
    status.state = sight::TcpStateOf(info.tcpi_state);
  }
  if (status.state == TcpState::kCloseWait) {
    // Sends the acknowledgement that TCP may delay by up to 40 ms, so that the client's FIN is
    // known to have come.
    const int on = 1;
    Invoke<Call::kSetsockopt>(thread->remote, status.fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  }
  int unread = 0;
  if (Invoke<Call::kIoctl>(thread->remote, status.fd, FIONREAD, &unread) == 0) {
    status.unread = static_cast<size_t>(unread);
  }
  status.unsent = UnsentByServer(peer);
  return status;
}

// By sock_diag: whichever process has the connection, and whether it is held or not.
DrivenKernel::ConnectionStatus HeldKernel::AskLinux(PeerId peer) const {
  ConnectionStatus status;
  if (!diag_ || AddressOf(peer).ss_family == AF_UNSPEC) return status;  // it was refused
  const auto socket = diag_->Find(ServerAddressOf(peer), AddressOf(peer));
  if (!socket) return status;
  status.state = socket->state;
  status.unread = socket->Unread();
  status.unsent = socket->send_queue;
  status.accepted = socket->IsHeld();
  if (!status.accepted) return status;
  for (const auto& [pid, process] : processes_) {
    const int fd = process.book.Find(peer);
    if (fd < 0) continue;
    status.fd = fd;
    // sock_diag counts an urgent byte, too, that is not to be read among the others.
    int unread = 0;
    HeldThread* const thread = HeldThreadOf(process);
    if (thread != nullptr && Invoke<Call::kIoctl>(thread->remote, fd, FIONREAD, &unread) == 0) {
      status.unread = static_cast<size_t>(unread);
    }
  }
  if (status.fd < 0) status.fd = kSomeDescriptor;
  return status;
}

std::vector<DrivenKernel::Descriptor> HeldKernel::OpenDescriptors() const {
  std::vector<Descriptor> open;
  for (const pid_t pid : Pids()) {
    const auto process = processes_.find(pid);
    const bool from_start =
        std::find(pids_at_start_.begin(), pids_at_start_.end(), pid) != pids_at_start_.end();
    for (const int fd : sight::OpenNumbers(pid)) {
      if (!IsOwn(pid, fd)) continue;
      Descriptor descriptor{
          .fd = fd, .kind = DescriptorKind::kFree, .peer = kNoPeer, .process = pid};
      if (process != processes_.end()) {
        const held::DescriptorFacts& facts = process->second.book.Of(fd);
        descriptor.kind = facts.kind;
        descriptor.peer = facts.peer;
        // Accepted from somebody who is no client.
        const bool is_clients = facts.peer != kNoPeer || facts.kind != DescriptorKind::kConnection;
        if (!is_clients) descriptor.kind = DescriptorKind::kSocket;
      }
      if (descriptor.kind == DescriptorKind::kFree) {
        const std::optional<sight::OpenFile> file = sight::OpenFileAt(pid, fd);
        if (!file) continue;  // closed meanwhile
        descriptor.kind = file->kind;
      }
      // A process that is started on demand is a server's way to work, not a leak of what it has
      // open.
      if (from_start || descriptor.kind == DescriptorKind::kConnection) open.push_back(descriptor);
    }
  }
  return open;
}

int HeldKernel::WatchedWith(int epoll, uint64_t data) const {
  return current_ == nullptr ? -1 : sight::WatchedWith(current_->pid, epoll, data);
}

std::string HeldKernel::Describe(const Descriptor& descriptor) const {
  std::string what = sight::TargetOf(descriptor.process, descriptor.fd);
  // "pipe:[4711]": the number means nothing to anybody, and it is another one each time.
  if (!what.starts_with('/')) what = ClientsKernel::Describe(descriptor);
  const auto process = processes_.find(descriptor.process);
  if (process == processes_.end()) return what;
  const held::DescriptorFacts& facts = process->second.book.Of(descriptor.fd);
  if (descriptor.kind == DescriptorKind::kSocket) {
    if (HeldThread* const thread = HeldThreadOf(process->second)) {
      sockaddr_storage address = {};
      socklen_t length = sizeof address;
      auto* const raw = reinterpret_cast<sockaddr*>(&address);
      if (Invoke<Call::kGetpeername>(thread->remote, descriptor.fd, raw, &length) == 0) {
        what += " to " + AddressText(address);
      }
    }
  }
  if (facts.made_by && !what.starts_with('/'))
    what += fmt::format(" made by {}", CallName(*facts.made_by));
  return what;
}

}  // namespace hupstorm
