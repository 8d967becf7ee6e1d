// Calls that may sleep. None does: what would is asked again when the driver has let something
// happen.

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

#include "kernel/linux/held/loopback_kernel.h"

namespace hupstorm {

namespace {

constexpr int64_t kMs = 1'000'000;

int FlagsOf(const SystemCall& call) {
  switch (call.call) {
    case Call::kRecv:
    case Call::kSend:
      return static_cast<int>(call.arguments[3]);
    case Call::kRecvmsg:
    case Call::kSendmsg:
      return static_cast<int>(call.arguments[2]);
    default:
      return 0;
  }
}

// How long the server is ready to wait, in nanoseconds; -1 for ever.
int64_t TimeoutNs(const SystemCall& call) {
  if (call.call == Call::kSelect) {
    const auto* const timeout = reinterpret_cast<const timeval*>(call.arguments[4]);
    if (timeout == nullptr) return -1;
    return timeout->tv_sec * 1000 * kMs + timeout->tv_usec * 1000;
  }
  const auto ms = call.arguments[call.call == Call::kPoll ? 2 : 3];
  return ms < 0 ? -1 : ms * kMs;
}

// The sets of a call of select that there are, in the words that Linux looks at.
std::vector<std::span<fd_mask>> SetsOf(const SystemCall& call) {
  const auto bits = static_cast<size_t>(std::clamp<int64_t>(call.arguments[0], 0, 1 << 20));
  std::vector<std::span<fd_mask>> sets;
  for (size_t i = 1; i <= 3; ++i) {
    auto* const set = reinterpret_cast<fd_mask*>(call.arguments[i]);
    if (set != nullptr) sets.emplace_back(set, (bits + NFDBITS - 1) / NFDBITS);
  }
  return sets;
}

// The parts of a transfer as a vector.
std::vector<iovec> PartsOf(const SystemCall& call) {
  const auto& a = call.arguments;
  switch (call.call) {
    case Call::kSend:
    case Call::kWrite:
      return {{reinterpret_cast<void*>(a[1]), static_cast<size_t>(a[2])}};
    case Call::kWritev: {
      const auto* const parts = reinterpret_cast<const iovec*>(a[1]);
      return {parts, parts + a[2]};
    }
    default: {
      const auto* const message = reinterpret_cast<const msghdr*>(a[1]);
      return {message->msg_iov, message->msg_iov + message->msg_iovlen};
    }
  }
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

void LoopbackKernel::LetClientsAct() {
  clients_.Settle();
  changed_ = true;
  driver_->OnPeersChanged();
  clients_.Settle();
}

int64_t LoopbackKernel::LookAndGo(const SystemCall& call) {
  if (!driver_->LeavesResultsAlone()) return Invoke(*remote_, call);
  SystemCall made = call;
  remote_->MakeAndGoUnlessZero(made);
  errno = made.error;
  return made.result;
}

// select, poll or epoll_wait without a timeout. select leaves its sets alone where nothing is
// ready, so that it can be asked again.
int64_t LoopbackKernel::LookOnce(const SystemCall& call) {
  SystemCall once = call;
  if (call.call == Call::kPoll) {
    once.arguments[2] = 0;
    return LookAndGo(once);
  }
  if (call.call == Call::kEpollWait) {
    once.arguments[3] = 0;
    return LookAndGo(once);
  }
  timeval none = {};
  once.arguments[4] = reinterpret_cast<int64_t>(&none);
  const std::vector<std::span<fd_mask>> sets = SetsOf(call);
  std::vector<std::vector<fd_mask>> asked;
  for (const std::span<fd_mask> set : sets) asked.emplace_back(set.begin(), set.end());
  const int64_t result = Pass(once);
  if (result != 0) return result;
  for (size_t i = 0; i < sets.size(); ++i) {
    std::copy(asked[i].begin(), asked[i].end(), sets[i].begin());
  }
  return 0;
}

int64_t LoopbackKernel::Wait(const SystemCall& call) {
  const int64_t timeout = TimeoutNs(call);
  const int64_t deadline = timeout < 0 ? -1 : now_ns() + timeout;
  int64_t result = LookOnce(call);
  while (result == 0 && timeout != 0) {
    LetClientsAct();
    result = LookOnce(call);
    if (result != 0) break;
    if (clients_.AwaitHeldBack()) continue;
    if (deadline >= 0 && now_ns() >= deadline) break;
    interrupted_ = false;
    Block(call.call, -1, deadline);
    if (interrupted_) {  // these calls are never restarted (signal(7))
      errno = EINTR;
      return -1;
    }
    clients_.Settle();
    result = LookOnce(call);
  }
  if (result == 0 && call.call == Call::kSelect) {
    for (const std::span<fd_mask> set : SetsOf(call)) std::fill(set.begin(), set.end(), 0);
    if (auto* const left = reinterpret_cast<timeval*>(call.arguments[4])) *left = {};
  }
  return result;
}

bool LoopbackKernel::IsReady(int fd, int16_t events) {
  pollfd look = {.fd = fd, .events = events, .revents = 0};
  return Invoke<Call::kPoll>(*remote_, &look, 1, 0) !=
         0;  // an error is for the call itself to find out
}

bool LoopbackKernel::Rest(Call call, int fd, int16_t events) {
  while (!IsReady(fd, events)) {
    LetClientsAct();
    if (IsReady(fd, events)) return true;
    if (clients_.AwaitHeldBack()) continue;
    interrupted_ = false;
    Block(call, fd, -1);
    if (interrupted_ && !interruption_restarts_) {
      errno = EINTR;
      return false;
    }
    clients_.Settle();
  }
  return true;
}

PeerId LoopbackKernel::PeerAt(const sockaddr_storage& address) const {
  if (address.ss_family == AF_INET) {
    return clients_.Find(ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port));
  }
  if (address.ss_family == AF_INET6) {  // a dual-stack server's: ::ffff:127.0.0.1
    return clients_.Find(ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port));
  }
  return kNoPeer;
}

int64_t LoopbackKernel::Accept(const SystemCall& call) {
  const int fd = static_cast<int>(call.arguments[0]);
  if (!server_->book.Of(fd).nonblocking && !Rest(call.call, fd, POLLIN)) return -1;
  const int64_t result = Pass(call);
  if (result == -1) return -1;
  sockaddr_storage address = {};
  socklen_t length = sizeof address;
  PeerId& peer = server_->book.At(static_cast<int>(result)).peer;
  if (Invoke<Call::kGetpeername>(*remote_, static_cast<int>(result),
                                 reinterpret_cast<sockaddr*>(&address), &length) == 0) {
    peer = PeerAt(address);
  } else if (call.arguments[1] != 0) {
    // Gone already (ENOTCONN): its address is what accept said, where the server asked.
    length = *reinterpret_cast<const socklen_t*>(call.arguments[2]);
    std::memcpy(&address, reinterpret_cast<const void*>(call.arguments[1]),
                std::min<size_t>(length, sizeof address));
    peer = PeerAt(address);
  }
  clients_.RetryConnects();  // there is room in the queue
  changed_ = true;
  return result;
}

int64_t LoopbackKernel::Receive(const SystemCall& call) {
  const int fd = static_cast<int>(call.arguments[0]);
  const DescriptorFacts& facts = server_->book.Of(fd);
  const bool may_sleep = facts.kind != DescriptorKind::kFree && !facts.nonblocking &&
                         (FlagsOf(call) & (MSG_DONTWAIT | MSG_OOB)) == 0;
  if (may_sleep && !Rest(call.call, fd, POLLIN)) return -1;
  const bool is_timer = facts.kind == DescriptorKind::kTimerfd;
  const int64_t result = is_timer ? Pass(call) : PassAndGo(call);
  changed_ = changed_ || facts.peer != kNoPeer;
  if (is_timer && result == sizeof(uint64_t) && call.call == Call::kRead) {
    uint64_t& expirations = server_->book.At(fd).expirations;
    std::memcpy(reinterpret_cast<void*>(call.arguments[1]), &expirations, sizeof expirations);
    expirations = 0;
  }
  return result;
}

int64_t LoopbackKernel::Transmit(const SystemCall& call) {
  const int fd = static_cast<int>(call.arguments[0]);
  const int flags = FlagsOf(call);
  const bool may_sleep = server_->book.IsSocket(fd) && !server_->book.Of(fd).nonblocking &&
                         (flags & MSG_DONTWAIT) == 0;
  if (may_sleep) return TransmitAll(call);
  const int64_t result = PassAndGo(call);
  NoteSent(fd, result, flags);
  return result;
}

// A blocking send takes all, sleeping as often as it must; where it is stopped in between it
// returns what it took.
int64_t LoopbackKernel::TransmitAll(const SystemCall& call) {
  const int fd = static_cast<int>(call.arguments[0]);
  const int flags = FlagsOf(call);
  std::vector<iovec> parts = PartsOf(call);
  int64_t taken = 0;
  do {
    msghdr rest = {};
    rest.msg_iov = parts.data();
    rest.msg_iovlen = parts.size();
    const ssize_t count = Invoke<Call::kSendmsg>(*remote_, fd, &rest, flags | MSG_DONTWAIT);
    NoteSent(fd, count, flags);
    if (count >= 0) {
      taken += count;
      Skip(parts, static_cast<size_t>(count));
      continue;
    }
    if (errno != EAGAIN) return taken > 0 ? taken : -1;
    if (!Rest(call.call, fd, POLLOUT)) return taken > 0 ? taken : -1;
  } while (!parts.empty());
  return taken;
}

void LoopbackKernel::NoteSent(int fd, int64_t result, int flags) {
  const PeerId peer = server_->book.Of(fd).peer;
  changed_ = changed_ || peer != kNoPeer;
  if (result > 0 && peer != kNoPeer) clients_.NoteAnswered(peer, static_cast<uint64_t>(result));
  if (result == -1 && errno == EPIPE && (flags & MSG_NOSIGNAL) == 0 && SigpipeEndsServer()) {
    ++fatal_sigpipes_;
  }
}

}  // namespace hupstorm
