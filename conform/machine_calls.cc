// What a Machine does with bytes, and how it looks at what is ready.

#include <errno.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <cstddef>

#include "conform/machine.h"

namespace hupstorm::conform {
namespace {

// Far more than buffers grow to (net.ipv4.tcp_wmem, tcp_rmem): a fill ends when no more is taken.
constexpr uint64_t kMostFilled = 64 << 20;
constexpr size_t kFillStep = 4096;

}  // namespace

std::byte PatternByte(uint64_t position) {
  static constexpr char kBytes[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxy";
  static_assert(sizeof(kBytes) - 1 == kPattern);
  return static_cast<std::byte>(kBytes[position % kPattern]);
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

void Machine::TakeReceived(const Operation& op, Outcome* outcome) {
  if (op.code == Code::kRecvmsg) outcome->AddValue(memory_.message.msg_flags);
  if (op.code == Code::kRecvmmsg) {
    for (int64_t i = 0; i < outcome->result; ++i) {
      outcome->AddValue(memory_.messages[i].msg_len);
      outcome->AddValue(memory_.messages[i].msg_hdr.msg_flags);
    }
    // The second message's bytes behind the first one's.
    std::copy_n(
        static_cast<const std::byte*>(memory_.parts[1].iov_base),
        std::min<size_t>(memory_.messages[1].msg_len, memory_.parts[1].iov_len),
        buffer_.begin() + std::min<ptrdiff_t>(memory_.messages[0].msg_len,
                                              static_cast<ptrdiff_t>(memory_.parts[0].iov_len)));
  }
  const auto count = static_cast<size_t>(std::min<uint64_t>(Moved(op, *outcome), op.size));
  outcome->bytes.assign(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(count));
  if (IsTcp(op.slot) && (op.flags & MSG_TRUNC) == 0) {
    outcome->in_order = TakesInOrder(At(op.slot), count, (op.flags & MSG_PEEK) != 0);
  }
}

uint64_t Machine::Moved(const Operation& op, const Outcome& outcome) const {
  if (op.code != Code::kSendmmsg && op.code != Code::kRecvmmsg) {
    return static_cast<uint64_t>(outcome.result);
  }
  uint64_t moved = 0;
  for (int64_t i = 0; i < outcome.result; ++i) moved += memory_.messages[i].msg_len;
  return moved;
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
    // What a reset threw away is not counted: it may be told as an error before.
    const int state = TcpState(op.slot);
    const bool open = state >= 0 && state != TCP_CLOSE;
    if (empty || (got == 0 && open)) outcome->AddValue(all_came);
    return;
  }
}

int Machine::Asked(int slot, unsigned long request) const {
  int number = 0;
  return Invoke<Call::kIoctl>(kernel_, fd(slot), request, &number) == 0 ? number : -1;
}

int Machine::TcpState(int slot) const {
  tcp_info info = {};
  socklen_t length = sizeof(info);
  const int result =
      Invoke<Call::kGetsockopt>(kernel_, fd(slot), IPPROTO_TCP, TCP_INFO, &info, &length);
  return result == 0 ? info.tcpi_state : -1;
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
