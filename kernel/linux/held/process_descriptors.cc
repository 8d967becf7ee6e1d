// What the processes of a foreign server have open, learnt from their calls and from /proc: a
// process may be given descriptors by fork, by exec, and in messages.

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include <algorithm>

#include "base/loopback_address.h"
#include "kernel/linux/held/process_thread.h"

namespace hupstorm {

namespace {

// Stands for a descriptor that some process has, though none that can be looked at.
constexpr int kSomeDescriptor = DrivenKernel::kNoDescriptorLimit - 1;

DrivenKernel::DescriptorKind KindOf(outside::OpenFile::Kind kind) {
  using Kind = DrivenKernel::DescriptorKind;
  switch (kind) {
    case outside::OpenFile::Kind::kSocket:
      return Kind::kSocket;
    case outside::OpenFile::Kind::kPipe:
      return Kind::kPipe;
    case outside::OpenFile::Kind::kEpoll:
      return Kind::kEpoll;
    case outside::OpenFile::Kind::kEventfd:
      return Kind::kEventfd;
    case outside::OpenFile::Kind::kTimerfd:
      return Kind::kTimerfd;
    default:
      return Kind::kOther;
  }
}

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

ProcessKernel::Server& ProcessKernel::ServerOf(Thread& thread) {
  std::unique_ptr<Server>& place = servers_[thread.pid];
  if (place != nullptr) return *place;
  place = std::make_unique<Server>();
  Server& server = *place;
  server.pid = thread.pid;
  server.held = true;
  rlimit limit = {};
  prlimit(thread.pid, RLIMIT_NOFILE, nullptr, &limit);
  server.descriptor_limit = limit.rlim_cur;
  Thread* const outer = current_;
  thread.server = &server;
  Use(&thread);
  for (const int fd : NumbersInUse(thread.pid)) LearnDescriptor(server, fd);
  Use(outer);
  return server;
}

// Asks Linux, in the server's process, what a descriptor is. The process is held.
void ProcessKernel::LearnDescriptor(Server& server, int fd) {
  if (IsLine(server.pid, fd)) return;
  const int flags = Invoke<Call::kFcntl>(*remote_, fd, F_GETFL, 0);
  if (flags == -1) return;
  DescriptorFacts facts;
  facts.nonblocking = (flags & O_NONBLOCK) != 0;
  int listens = 0;
  socklen_t length = sizeof listens;
  if (Invoke<Call::kGetsockopt>(*remote_, fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) == 0) {
    facts.kind = listens != 0 ? DescriptorKind::kListener : DescriptorKind::kSocket;
    sockaddr_storage address = {};
    length = sizeof address;
    if (Invoke<Call::kGetpeername>(*remote_, fd, reinterpret_cast<sockaddr*>(&address), &length) ==
        0) {
      facts.peer = PeerAt(address);
      if (facts.peer != kNoPeer) facts.kind = DescriptorKind::kConnection;
    }
  } else {
    const auto files = outside::OpenFiles(server.pid);
    if (!files) return;
    const auto file = std::find_if(files->begin(), files->end(),
                                   [&](const outside::OpenFile& open) { return open.fd == fd; });
    if (file == files->end()) return;
    facts.kind = KindOf(file->kind);
  }
  server.book.At(fd) = facts;
}

int64_t ProcessKernel::Carry(const SystemCall& call) {
  const int fd = static_cast<int>(call.arguments[0]);
  if (DependsOnFacts(call.call)) {
    const CallFamily family = FamilyOf(call.call);
    const bool is_shared = servers_.size() > 1 && family != CallFamily::kFcntl;
    if (server_->book.Of(fd).kind == DescriptorKind::kFree) {
      LearnDescriptor(*server_, fd);
    } else if (is_shared) {
      // O_NONBLOCK is one for all processes that have the file open.
      const int flags = Invoke<Call::kFcntl>(*remote_, fd, F_GETFL, 0);
      if (flags != -1) server_->book.At(fd).nonblocking = (flags & O_NONBLOCK) != 0;
    }
  }
  const int64_t result = LoopbackKernel::Carry(call);
  if (call.call == Call::kListen && result == 0) seen_listen_ = true;
  return result;
}

ProcessKernel::Thread* ProcessKernel::HeldThreadOf(const Server& server) const {
  for (const auto& thread : threads_) {
    const bool is_held = thread->asleep || thread.get() == current_;
    if (is_held && !thread->gone && thread->server == &server) return thread.get();
  }
  return nullptr;
}

// A held thread of a process that has listened.
ProcessKernel::Thread* ProcessKernel::ListeningThread() const {
  for (const auto& [pid, server] : servers_) {
    if (server->listener < 0) continue;
    if (Thread* const thread = HeldThreadOf(*server)) return thread;
  }
  return nullptr;
}

// To look for children takes long where there are many threads.
const std::vector<pid_t>& ProcessKernel::Processes() const {
  const int64_t made = outside::LastProcessMade();
  if (made == last_process_made_ && made != 0) return processes_;
  last_process_made_ = made;
  processes_.clear();
  if (keeper_ < 0) return processes_;
  const pid_t roots[] = {keeper_};
  processes_ = outside::WithDescendants(roots);
  std::erase(processes_, keeper_);
  return processes_;
}

pid_t ProcessKernel::ListeningProcess() const {
  const std::vector<outside::TcpSocket> listeners = diag_.Listeners(port_);
  for (const pid_t pid : Processes()) {
    const auto files = outside::OpenFiles(pid);
    if (!files) continue;
    for (const outside::OpenFile& file : *files) {
      for (const outside::TcpSocket& listener : listeners) {
        if (file.kind == outside::OpenFile::Kind::kSocket && file.inode == listener.inode)
          return pid;
      }
    }
  }
  return -1;
}

bool ProcessKernel::IsLine(pid_t pid, int fd) const {
  return std::any_of(threads_.begin(), threads_.end(), [&](const auto& thread) {
    return thread->pid == pid && thread->line_there == fd;
  });
}

// ---- Limits and buffers.

void ProcessKernel::set_descriptor_limit(int limit) {
  Thread* const outer = current_;
  for (const auto& [pid, server] : servers_) {
    if (Thread* const thread = HeldThreadOf(*server)) {
      Use(thread);
      LoopbackKernel::set_descriptor_limit(limit);
    }
  }
  Use(outer);
}

void ProcessKernel::set_server_send_buffer(int bytes) {
  Thread* const outer = current_;
  if (Thread* const thread = ListeningThread()) Use(thread);
  LoopbackKernel::set_server_send_buffer(bytes);
  Use(outer);
}

void ProcessKernel::set_server_receive_buffer(int bytes) {
  Thread* const outer = current_;
  if (Thread* const thread = ListeningThread()) Use(thread);
  LoopbackKernel::set_server_receive_buffer(bytes);
  Use(outer);
}

// ---- What is open.

DrivenKernel::ConnectionStatus ProcessKernel::ServerSide(PeerId peer) const {
  ConnectionStatus status;
  const auto socket = diag_.Find(LoopbackAddress(port_), LoopbackAddress(PeerPort(peer)));
  if (!socket) return status;
  status.state = socket->state;
  status.unread = socket->Unread();
  status.unsent = socket->send_queue;
  status.accepted = socket->IsHeld();
  if (!status.accepted) return status;
  for (const auto& [pid, server] : servers_) {
    const int fd = server->book.Find(peer);
    if (fd < 0) continue;
    status.fd = fd;
    // sock_diag counts an urgent byte, too, that is not to be read among the others.
    int unread = 0;
    Thread* const thread = HeldThreadOf(*server);
    if (thread != nullptr && Invoke<Call::kIoctl>(thread->remote, fd, FIONREAD, &unread) == 0) {
      status.unread = static_cast<size_t>(unread);
    }
  }
  if (status.fd < 0) status.fd = kSomeDescriptor;
  return status;
}

std::vector<DrivenKernel::Descriptor> ProcessKernel::OpenDescriptors() const {
  std::vector<Descriptor> open;
  for (const pid_t pid : Processes()) {
    const auto files = outside::OpenFiles(pid);
    if (!files) continue;
    const auto server = servers_.find(pid);
    const bool from_start = std::find(processes_at_start_.begin(), processes_at_start_.end(),
                                      pid) != processes_at_start_.end();
    for (const outside::OpenFile& file : *files) {
      if (IsLine(pid, file.fd)) continue;
      Descriptor descriptor{.fd = file.fd, .kind = KindOf(file.kind), .peer = kNoPeer};
      if (server != servers_.end()) {
        const DescriptorFacts& facts = server->second->book.Of(file.fd);
        if (facts.kind != DescriptorKind::kFree) descriptor.kind = facts.kind;
        descriptor.peer = facts.peer;
      }
      // A process that is started on demand is a server's way to work, not a leak of what it has
      // open.
      if (from_start || descriptor.kind == DescriptorKind::kConnection) open.push_back(descriptor);
    }
  }
  return open;
}

}  // namespace hupstorm
