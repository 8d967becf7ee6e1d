// The calls of a Machine that move bytes, and those that look: options aside.

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <algorithm>

#include "conform/machine.h"

namespace hupstorm::conform {
namespace {

// Far more than buffers grow to (net.ipv4.tcp_wmem, tcp_rmem): a fill ends where no more is taken.
constexpr uint64_t kMostFilled = 64 << 20;
constexpr size_t kFillStep = 4096;
constexpr int64_t kHour = 3600;

}  // namespace

std::byte PatternByte(uint64_t position) {
  static constexpr char kBytes[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy";
  static_assert(sizeof(kBytes) - 1 == 61);  // a prime: no power of two hides a shift
  return static_cast<std::byte>(kBytes[position % 61]);
}

void Machine::FillPattern(uint64_t position, size_t count) {
  for (size_t i = 0; i < count; ++i) buffer_[i] = PatternByte(position + i);
}

bool Machine::TakesInOrder(Slot& slot, size_t count, bool peek) {
  bool in_order = true;
  for (size_t i = 0; i < count && fills_buffers_; ++i) {
    in_order = in_order && buffer_[i] == PatternByte(slot.received + i);
  }
  if (!peek) slot.received += count;
  return in_order;
}

void Machine::Send(const Operation& op, Outcome* outcome) {
  const size_t size = static_cast<size_t>(op.size);
  const int to = fd(op.slot);
  const uint64_t position = IsOpen(op.slot) ? At(op.slot).sent : 0;
  FillPattern(position, size);
  if (MadeBy(op.slot == kNoSlot ? 0 : op.slot) == Code::kEventfd && size == sizeof(uint64_t)) {
    // A count that it can hold.
    std::fill_n(buffer_.begin(), size, std::byte{0});
    buffer_[0] = std::byte{1};
  }
  const size_t first = size / 3;
  iovec parts[2] = {{.iov_base = buffer_.data(), .iov_len = first},
                    {.iov_base = buffer_.data() + first, .iov_len = size - first}};
  msghdr message = {};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  ssize_t sent = 0;
  switch (op.code) {
    case Code::kSend:
      sent = Invoke<Call::kSend>(kernel_, to, buffer_.data(), size, static_cast<int>(op.flags));
      break;
    case Code::kSendmsg:
      sent = Invoke<Call::kSendmsg>(kernel_, to, &message, static_cast<int>(op.flags));
      break;
    case Code::kWritev:
      sent = Invoke<Call::kWritev>(kernel_, to, parts, 2);
      break;
    default:
      sent = Invoke<Call::kWrite>(kernel_, to, buffer_.data(), size);
      break;
  }
  Result(sent, outcome);
  if (sent > 0 && IsOpen(op.slot)) At(op.slot).sent += static_cast<uint64_t>(sent);
}

void Machine::Receive(const Operation& op, Outcome* outcome) {
  const size_t size = static_cast<size_t>(op.size);
  const int from = fd(op.slot);
  std::fill_n(buffer_.begin(), size, std::byte{0});
  const size_t first = size / 3;
  iovec parts[2] = {{.iov_base = buffer_.data(), .iov_len = first},
                    {.iov_base = buffer_.data() + first, .iov_len = size - first}};
  msghdr message = {};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  ssize_t got = 0;
  switch (op.code) {
    case Code::kRecv:
      got = Invoke<Call::kRecv>(kernel_, from, buffer_.data(), size, static_cast<int>(op.flags));
      break;
    case Code::kRecvmsg:
      got = Invoke<Call::kRecvmsg>(kernel_, from, &message, static_cast<int>(op.flags));
      break;
    case Code::kReadv:
      got = Invoke<Call::kReadv>(kernel_, from, parts, 2);
      break;
    default:
      got = Invoke<Call::kRead>(kernel_, from, buffer_.data(), size);
      break;
  }
  Result(got, outcome);
  if (got < 0) return;
  if (op.code == Code::kRecvmsg) outcome->AddValue(message.msg_flags);
  const size_t count = std::min(static_cast<size_t>(got), size);
  outcome->bytes.assign(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(count));
  if (IsTcp(op.slot) && (op.flags & MSG_TRUNC) == 0) {
    outcome->in_order = TakesInOrder(At(op.slot), count, (op.flags & MSG_PEEK) != 0);
  }
}

void Machine::Fill(const Operation& op, Outcome* outcome) {
  const int to = fd(op.slot);
  for (uint64_t total = 0;;) {
    const uint64_t position = IsOpen(op.slot) ? At(op.slot).sent : 0;
    FillPattern(position, kFillStep);
    const ssize_t sent =
        Invoke<Call::kSend>(kernel_, to, buffer_.data(), kFillStep, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
      Result(-1, outcome);
      return;
    }
    if (sent <= 0) return;
    total += static_cast<uint64_t>(sent);
    At(op.slot).sent += static_cast<uint64_t>(sent);
    if (total >= kMostFilled) return;
  }
}

void Machine::Drain(const Operation& op, Outcome* outcome) {
  const int from = fd(op.slot);
  const int8_t partner = Partner(op.slot);
  for (;;) {
    const ssize_t got =
        Invoke<Call::kRecv>(kernel_, from, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got > 0) {
      outcome->in_order =
          TakesInOrder(At(op.slot), static_cast<size_t>(got), false) && outcome->in_order;
      continue;
    }
    const bool empty = got < 0 && errno == EAGAIN;
    Result(got, outcome);
    const bool all_came = partner == kNoSlot || At(op.slot).received == At(partner).sent;
    if (empty && !all_came && patience_ms_ > 0) {
      pollfd readable = {.fd = from, .events = POLLIN, .revents = 0};
      if (Invoke<Call::kPoll>(kernel_, &readable, 1, patience_ms_) > 0) continue;
    }
    // What a reset threw away nobody counts: it may be told as an error before.
    tcp_info info = {};
    socklen_t length = sizeof(info);
    const bool open =
        Invoke<Call::kGetsockopt>(kernel_, from, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 &&
        info.tcpi_state != TCP_CLOSE;
    if (empty || (got == 0 && open)) outcome->AddValue(all_came);
    return;
  }
}

void Machine::Control(const Operation& op, Outcome* outcome) {
  const int to = fd(op.slot);
  int value = -1;
  switch (op.code) {
    case Code::kSetNonBlocking:
      Result(Invoke<Call::kFcntl>(kernel_, to, F_SETFL, op.value != 0 ? O_NONBLOCK : 0), outcome);
      return;
    case Code::kFlags:
      Result(Invoke<Call::kFcntl>(kernel_, to, F_GETFL, 0), outcome);
      return;
    case Code::kUnread:
      Result(Invoke<Call::kIoctl>(kernel_, to, FIONREAD, &value), outcome);
      break;
    case Code::kAtMark:
      Result(Invoke<Call::kIoctl>(kernel_, to, SIOCATMARK, &value), outcome);
      break;
    default:
      Result(Invoke<Call::kIoctl>(kernel_, to, SIOCOUTQ, &value), outcome);
      break;
  }
  if (outcome->result == 0) outcome->AddValue(value);
}

void Machine::Timer(const Operation& op, Outcome* outcome) {
  itimerspec now = {};
  if (op.code == Code::kGetTimer) {
    if (Result(Invoke<Call::kTimerfdGettime>(kernel_, fd(op.slot), &now), outcome) < 0) return;
  } else {
    itimerspec wanted = {};
    if (op.value == 1) wanted.it_value.tv_nsec = 1;
    if (op.value == 2) wanted.it_value.tv_sec = kHour;
    const int flags = op.value == 1 ? TFD_TIMER_ABSTIME : 0;
    if (Result(Invoke<Call::kTimerfdSettime>(kernel_, fd(op.slot), flags, &wanted, &now), outcome) <
        0)
      return;
  }
  // Time passes on Linux only, so only whether the timer runs is told.
  outcome->AddValue(now.it_value.tv_sec != 0 || now.it_value.tv_nsec != 0);
  outcome->AddValue(now.it_interval.tv_sec);
}

void Machine::Epoll(const Operation& op, Outcome* outcome) {
  if (op.code == Code::kEpollWait) {
    epoll_event events[64] = {};
    const int count =
        Invoke<Call::kEpollWait>(kernel_, fd(op.slot), events, std::min(op.size, 64), 0);
    Result(count, outcome);
    for (int i = 0; i < count; ++i) {
      outcome->events.push_back({.data = events[i].data.u64, .events = events[i].events});
    }
    return;
  }
  epoll_event event = {};
  event.events = op.flags;
  event.data.u64 = static_cast<uint64_t>(op.value);
  int operation = EPOLL_CTL_DEL;
  if (op.code == Code::kEpollAdd) operation = EPOLL_CTL_ADD;
  if (op.code == Code::kEpollModify) operation = EPOLL_CTL_MOD;
  Result(Invoke<Call::kEpollCtl>(kernel_, fd(op.slot), operation, fd(op.other), &event), outcome);
}

void Machine::Poll(const Operation& op, Outcome* outcome) {
  pollfd fds[kMostWatched] = {};
  for (size_t i = 0; i < op.watched_count; ++i) {
    fds[i].fd = fd(op.watched[i].slot);
    fds[i].events = static_cast<int16_t>(op.watched[i].events);
  }
  if (Result(Invoke<Call::kPoll>(kernel_, fds, op.watched_count, 0), outcome) < 0) return;
  for (size_t i = 0; i < op.watched_count; ++i) {
    outcome->events.push_back({.data = static_cast<uint64_t>(op.watched[i].slot),
                               .events = static_cast<uint16_t>(fds[i].revents)});
  }
}

void Machine::Select(const Operation& op, Outcome* outcome) {
  static constexpr uint16_t kSets[3] = {POLLIN, POLLOUT, POLLPRI};
  fd_set sets[3];
  for (fd_set& set : sets) FD_ZERO(&set);
  int end = 0;
  for (size_t i = 0; i < op.watched_count; ++i) {
    const Watched& watched = op.watched[i];
    // A number that is not open would lie beyond the sets.
    if (!IsOpen(watched.slot) || fd(watched.slot) >= FD_SETSIZE) continue;
    end = std::max(end, fd(watched.slot) + 1);
    for (size_t set = 0; set < 3; ++set) {
      if ((watched.events & kSets[set]) != 0) FD_SET(fd(watched.slot), &sets[set]);
    }
  }
  timeval at_once = {};
  if (Result(Invoke<Call::kSelect>(kernel_, end, &sets[0], &sets[1], &sets[2], &at_once), outcome) <
      0)
    return;
  for (size_t i = 0; i < op.watched_count; ++i) {
    const Watched& watched = op.watched[i];
    if (!IsOpen(watched.slot) || fd(watched.slot) >= FD_SETSIZE) continue;
    uint32_t events = 0;
    for (size_t set = 0; set < 3; ++set) {
      if (FD_ISSET(fd(watched.slot), &sets[set])) events |= kSets[set];
    }
    outcome->events.push_back({.data = static_cast<uint64_t>(watched.slot), .events = events});
  }
}

void Machine::Look(std::vector<Seen>* readiness) {
  readiness->clear();
  polled_.clear();
  polled_slots_.clear();
  for (int i = 0; i < kSlots; ++i) {
    if (!IsOpen(i) || MadeBy(i) == Code::kEpoll) continue;
    polled_.push_back(
        {.fd = fd(i), .events = POLLIN | POLLPRI | POLLOUT | POLLRDHUP, .revents = 0});
    polled_slots_.push_back(i);
  }
  if (polled_.empty()) return;
  Invoke<Call::kPoll>(kernel_, polled_.data(), polled_.size(), 0);
  for (size_t i = 0; i < polled_.size(); ++i) {
    readiness->push_back({.data = static_cast<uint64_t>(polled_slots_[i]),
                          .events = static_cast<uint16_t>(polled_[i].revents)});
  }
}

}  // namespace hupstorm::conform
