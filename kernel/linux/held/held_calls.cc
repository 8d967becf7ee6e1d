// The server's calls. None sleeps: one that would is made again after the driver has let something
// happen.

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "base/loopback_address.h"
#include "base/timespec.h"
#include "kernel/linux/held/held_kernel.h"
#include "kernel/linux/held/held_timers.h"

namespace hupstorm {

using held::HeldProcess;
using held::HeldThread;
using held::Turn;

namespace {

// How long the server is ready to wait, in nanoseconds; -1 for ever.
int64_t TimeoutNs(const SystemCall& call) {
  if (call.call == Call::kSelect) {
    const auto* const timeout = call.Pointer<const timeval>(4);
    if (timeout == nullptr) return -1;
    return timeout->tv_sec * 1000 * kMillisecondNs + timeout->tv_usec * 1000;
  }
  const auto ms = call.arguments[call.call == Call::kPoll ? 2 : 3];
  return ms < 0 ? -1 : ms * kMillisecondNs;
}

// The sets of a call of select that there are.
std::vector<std::span<std::byte>> SetsOf(const SystemCall& call) {
  std::vector<std::span<std::byte>> sets;
  for (const size_t i : {1, 2, 3}) {
    if (auto* const set = call.Pointer<std::byte>(i)) sets.emplace_back(set, BytesAt(call, i));
  }
  return sets;
}

// The parts of a transfer as a vector.
std::vector<iovec> PartsOf(const SystemCall& call) {
  iovec bytes = {call.Pointer<void>(1), call.Size(2)};
  std::span<iovec> parts(&bytes, 1);
  if (call.call == Call::kWritev) parts = {call.Pointer<iovec>(1), call.Size(2)};
  if (call.call == Call::kSendmsg) {
    parts = {call.Pointer<msghdr>(1)->msg_iov, call.Pointer<msghdr>(1)->msg_iovlen};
  }
  return {parts.begin(), parts.end()};
}

void Skip(std::vector<iovec>& parts, size_t bytes) {
  while (!parts.empty() && bytes >= parts.front().iov_len) {
    bytes -= parts.front().iov_len;
    parts.erase(parts.begin());
  }
  if (parts.empty()) return;
  parts.front().iov_base = static_cast<char*>(parts.front().iov_base) + bytes;
  parts.front().iov_len -= bytes;
}

}  // namespace

void HeldKernel::Make(SystemCall& call) {
  if (current_->remote.TakeReplayed(call)) return;
  call.result = Carry(*current_, call);
  call.error = call.result == -1 ? errno : 0;
}

int64_t HeldKernel::Carry(HeldThread& thread, const SystemCall& call) {
  LearnBefore(thread, call);
  HeldProcess& process = *thread.process;
  switch (call.call) {
    case Call::kSelect:
    case Call::kPoll:
    case Call::kEpollWait:
      return Wait(thread, call);
    case Call::kAccept:
      return Accept(thread, call);
    case Call::kListen:
      return Listen(thread, call);
    case Call::kRecv:
    case Call::kRecvmsg:
    case Call::kRead:
    case Call::kReadv:
      return Receive(thread, call);
    case Call::kSend:
    case Call::kSendmsg:
    case Call::kWrite:
    case Call::kWritev:
      return Transmit(thread, call);
    case Call::kClose:
    case Call::kShutdown:
      if (PeerOf(call.Int(0)) != kNoPeer) clients_changed_ = true;
      return PassLast(thread, call);
    case Call::kSetsockopt:
      if (call.arguments[1] == SOL_SOCKET) {
        if (call.arguments[2] == SO_SNDBUF) process.send_buffer_chosen = true;
        if (call.arguments[2] == SO_RCVBUF) process.receive_buffer_chosen = true;
      }
      return PassLast(thread, call);
    case Call::kNanosleep:
      return Sleep(thread, call);
    case Call::kClockGettime:
      *call.Pointer<timespec>(1) = Timespec(clock_.Read(static_cast<clockid_t>(call.arguments[0])));
      return 0;
    case Call::kTimerfdSettime:
      return SetTimer(thread, clock_, call);
    case Call::kTimerfdGettime:
      return GetTimer(thread, clock_, call);
    default:
      return PassLast(thread, call);
  }
}

// Makes the call in the server's process, which stays held unless `how` says otherwise.
int64_t HeldKernel::Pass(HeldThread& thread, SystemCall call, Turn how) {
  thread.remote.Execute(call, how);
  if (call.result != -1) {
    thread.process->book.Learn(call, call.result);
  } else {
    errno = call.error;
  }
  return call.result;
}

// The same for the last system call that a call of the server needs: the server goes on with its
// result at once if nothing may change that any more.
int64_t HeldKernel::PassLast(HeldThread& thread, const SystemCall& call, Turn how) {
  return Pass(thread, call, driver_->LeavesResultsAlone() ? how : Turn::kExecute);
}

// The server's kernel keeps what the client has read already until it has an acknowledgement, for
// which there may be no room on the way but in TCP's own time: delayed by 40 ms, or by a probe's
// 200 ms, if the server's receive buffer is full. True if one has come now.
bool HeldKernel::AwaitAcknowledgements() {
  constexpr std::chrono::milliseconds kPatience{400}, kLook{2};
  if (!diag_) return false;
  std::vector<PeerId> waiting;
  for (PeerId peer = 0; peer < peer_count(); ++peer) {
    const uint64_t read = ReadOfAll(peer);
    if (read > 0 && std::exchange(acknowledgement_awaited_[peer], read) != read) {
      waiting.push_back(peer);
    }
  }
  const auto is_acknowledged = [this](PeerId peer) {
    const auto socket = diag_->Find(LoopbackAddress(port_), LoopbackAddress(PeerPort(peer)));
    return !socket || socket->send_queue == 0;
  };
  std::erase_if(waiting, is_acknowledged);
  if (waiting.empty()) return false;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(kLook);
    if (std::erase_if(waiting, is_acknowledged) > 0) return true;
  }
  return false;
}

void HeldKernel::LetClientsAct() {
  SettleLoopback();
  clients_changed_ = true;
  driver_->OnPeersChanged();
  SettleLoopback();
}

// select, poll or epoll_wait without a timeout. select leaves its sets alone if nothing is ready,
// so that it can be made again.
int64_t HeldKernel::LookOnce(HeldThread& thread, const SystemCall& call) {
  SystemCall once = call;
  if (call.call != Call::kSelect) {
    once.arguments[call.call == Call::kPoll ? 2 : 3] = 0;
    return PassLast(thread, once, Turn::kExecuteAndGoUnlessZero);
  }
  timeval none = {};
  once.SetPointer(4, &none);
  const std::vector<std::span<std::byte>> sets = SetsOf(call);
  std::vector<std::vector<std::byte>> asked;
  for (const std::span<std::byte> set : sets) asked.emplace_back(set.begin(), set.end());
  const int64_t result = Pass(thread, once);
  if (result != 0) return result;
  for (size_t i = 0; i < sets.size(); ++i) {
    std::copy(asked[i].begin(), asked[i].end(), sets[i].begin());
  }
  return 0;
}

int64_t HeldKernel::Wait(HeldThread& thread, const SystemCall& call) {
  const int64_t timeout = TimeoutNs(call);
  const int64_t deadline = timeout < 0 ? -1 : clock_.timeouts_now_ns() + timeout;
  const bool is_of_one = call.call == Call::kPoll && call.Size(1) == 1;
  const int alone = is_of_one ? call.Pointer<const pollfd>(0)->fd : -1;
  int64_t result = LookOnce(thread, call);
  while (result == 0 && timeout != 0) {
    LetClientsAct();
    result = LookOnce(thread, call);
    if (result != 0) break;
    if (AwaitHeldBack() || AwaitAcknowledgements()) continue;
    if (deadline >= 0 && clock_.timeouts_now_ns() >= deadline) break;
    Block(thread, call.call, alone, deadline);
    if (thread.interrupted) {  // these calls are never restarted (signal(7))
      errno = EINTR;
      return -1;
    }
    SettleLoopback();
    result = LookOnce(thread, call);
  }
  if (result == 0 && call.call == Call::kSelect) {
    for (const std::span<std::byte> set : SetsOf(call)) std::memset(set.data(), 0, set.size());
    if (auto* const left = call.Pointer<timeval>(4)) *left = {};
  }
  return result;
}

int64_t HeldKernel::Sleep(HeldThread& thread, const SystemCall& call) {
  const int64_t deadline = clock_.timeouts_now_ns() + Nanoseconds(*call.Pointer<const timespec>(0));
  while (clock_.timeouts_now_ns() < deadline) {
    LetClientsAct();
    Block(thread, call.call, -1, deadline);
    if (!thread.interrupted) continue;
    if (auto* const left = call.Pointer<timespec>(1)) {
      *left = Timespec(std::max<int64_t>(deadline - clock_.timeouts_now_ns(), 0));
    }
    errno = EINTR;
    return -1;
  }
  return 0;
}

// Lets things happen until `fd` is ready; false with errno EINTR if the call is interrupted.
bool HeldKernel::AwaitReady(HeldThread& thread, Call call, int fd, int16_t events) {
  const auto is_ready = [&] {
    pollfd look = {.fd = fd, .events = events, .revents = 0};
    // An error is for the call itself to find out.
    return Invoke<Call::kPoll>(thread.remote, &look, 1, 0) != 0;
  };
  while (!is_ready()) {
    LetClientsAct();
    if (is_ready()) return true;
    if (AwaitHeldBack() || AwaitAcknowledgements()) continue;
    Block(thread, call, fd, -1);
    if (thread.interrupted && !thread.restarts) {
      errno = EINTR;
      return false;
    }
    SettleLoopback();
  }
  return true;
}

int64_t HeldKernel::Accept(HeldThread& thread, const SystemCall& call) {
  const int fd = call.Int(0);
  held::DescriptorBook& book = thread.process->book;
  if (!book.Of(fd).nonblocking && !AwaitReady(thread, call.call, fd, POLLIN)) return -1;
  const int64_t result = Pass(thread, call);
  if (result == -1) return -1;
  const int accepted = static_cast<int>(result);
  PeerId peer = PeerBehind(thread, accepted);
  if (peer == kNoPeer && call.arguments[1] != 0) {
    // Gone already (ENOTCONN): its address is what accept said, if the server asked.
    sockaddr_storage address = {};
    std::memcpy(&address, call.Pointer<const void>(1),
                std::min<size_t>(*call.Pointer<const socklen_t>(2), sizeof address));
    peer = PeerAt(address);
  }
  book.At(accepted).peer = peer;
  RetryConnects();  // there is room in the queue
  clients_changed_ = true;
  return result;
}

int64_t HeldKernel::Listen(HeldThread& thread, const SystemCall& call) {
  const int64_t result = Pass(thread, call);
  if (result != 0) return result;
  seen_listen_ = true;
  HeldProcess& process = *thread.process;
  // A server may listen on other ports too, for its operators, say.
  sockaddr_storage address = {};
  socklen_t length = sizeof address;
  Invoke<Call::kGetsockname>(thread.remote, call.Int(0), reinterpret_cast<sockaddr*>(&address),
                             &length);
  if (process.listener >= 0 || PortOf(address) != port_) return result;
  process.listener = call.Int(0);
  if (!process.send_buffer_chosen) set_server_send_buffer(send_buffer_);
  if (!process.receive_buffer_chosen) set_server_receive_buffer(receive_buffer_);
  // Inherited by its connections. Nagle's algorithm would hold a server's last bytes back until
  // the client acknowledges those before, up to 40 ms later: time, and nothing else.
  const int on = 1;
  Invoke<Call::kSetsockopt>(thread.remote, process.listener, IPPROTO_TCP, TCP_NODELAY, &on,
                            sizeof on);
  return result;
}

int64_t HeldKernel::Receive(HeldThread& thread, const SystemCall& call) {
  const int fd = call.Int(0);
  const held::DescriptorFacts& facts = thread.process->book.Of(fd);
  const bool may_sleep = facts.kind != DescriptorKind::kFree && !facts.nonblocking &&
                         (MessageFlags(call) & (MSG_DONTWAIT | MSG_OOB)) == 0;
  if (may_sleep && !AwaitReady(thread, call.call, fd, POLLIN)) return -1;
  if (facts.peer != kNoPeer) clients_changed_ = true;
  if (facts.kind != DescriptorKind::kTimerfd) return PassLast(thread, call);
  const int64_t result = Pass(thread, call);
  if (result == sizeof(uint64_t) && call.call == Call::kRead) {
    TakeExpirations(thread, fd, call.Pointer<void>(1));
  }
  return result;
}

int64_t HeldKernel::Transmit(HeldThread& thread, const SystemCall& call) {
  const int fd = call.Int(0);
  const int flags = MessageFlags(call);
  const held::DescriptorBook& book = thread.process->book;
  const bool may_sleep =
      book.IsSocket(fd) && !book.Of(fd).nonblocking && (flags & MSG_DONTWAIT) == 0;
  if (may_sleep) return TransmitAll(thread, call);
  const int64_t result = PassLast(thread, call);
  NoteSent(thread, fd, result, flags);
  return result;
}

// A blocking send takes all, sleeping as often as it must; if it is stopped in between it returns
// what it took.
int64_t HeldKernel::TransmitAll(HeldThread& thread, const SystemCall& call) {
  const int fd = call.Int(0);
  const int flags = MessageFlags(call);
  std::vector<iovec> parts = PartsOf(call);
  int64_t taken = 0;
  do {
    msghdr rest = {};
    rest.msg_iov = parts.data();
    rest.msg_iovlen = parts.size();
    const ssize_t count = Invoke<Call::kSendmsg>(thread.remote, fd, &rest, flags | MSG_DONTWAIT);
    NoteSent(thread, fd, count, flags);
    if (count >= 0) {
      taken += count;
      Skip(parts, static_cast<size_t>(count));
      continue;
    }
    if (errno != EAGAIN || !AwaitReady(thread, call.call, fd, POLLOUT)) {
      return taken > 0 ? taken : -1;
    }
  } while (!parts.empty());
  return taken;
}

void HeldKernel::NoteSent(const HeldThread& thread, int fd, int64_t result, int flags) {
  const int error = errno;
  const PeerId peer = thread.process->book.Of(fd).peer;
  if (peer != kNoPeer) clients_changed_ = true;
  if (result > 0 && peer != kNoPeer) NoteAnswered(peer, static_cast<uint64_t>(result));
  if (result == -1 && error == EPIPE && (flags & MSG_NOSIGNAL) == 0 &&
      SigpipeEndsServer(thread.pid)) {
    ++fatal_sigpipes_;
  }
  errno = error;
}

// A process that was started for a client may end with it. One that takes other clients with it is
// among TakeCrashed.
bool HeldKernel::SigpipeEndsServer(pid_t pid) const {
  return std::find(pids_at_start_.begin(), pids_at_start_.end(), pid) != pids_at_start_.end() &&
         DispositionIn(pid, SIGPIPE) == Disposition::kDefault;
}

}  // namespace hupstorm
