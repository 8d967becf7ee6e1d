#include "scenarios/oracles/call_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "kernel/system_call.h"
#include "kernel/trace/symbols.h"

namespace hupstorm {
namespace {

constexpr uint64_t kMostRecorded = 1'000'000;

bool MakesDescriptor(Call call) {
  switch (call) {
    case Call::kSocket:
    case Call::kAccept:
    case Call::kDup:
    case Call::kDup3:
    case Call::kEpollCreate1:
    case Call::kEventfd:
    case Call::kTimerfdCreate:
    case Call::kSignalfd4:
      return true;
    default:
      return false;
  }
}

bool IsTransfer(CallFamily family) {
  return family == CallFamily::kRecv || family == CallFamily::kSend;
}

}  // namespace

Ending MadeCall::ending() const {
  if (is_elsewhere) return Ending::kElsewhere;
  if (family() == CallFamily::kSend) {
    if (result >= 0) return static_cast<uint64_t>(result) < asked ? Ending::kShort : Ending::kDone;
    if (error == EAGAIN) return Ending::kShort;
  } else if (family() == CallFamily::kRecv && result == 0 && asked > 0) {
    return Ending::kEnd;
  }
  if (result >= 0) return Ending::kDone;
  // Who was told that something is there has not asked in vain by a mistake of its own.
  if (error == EAGAIN && !is_fault) return Ending::kNothing;
  return error == EINTR ? Ending::kInterrupted : Ending::kFailed;
}

uint64_t MadeCall::failure() const {
  // A descriptor that is none is the mistake of the one that made the call.
  if (ending() != Ending::kFailed || error == EBADF) return 0;
  if (IsTransfer(family())) return static_cast<uint64_t>(CallFamily::kRecv) + 1;
  // Also by epoll_ctl, for want of memory or of watches.
  const bool is_shortage = error == ENOMEM || error == ENOSPC || error == EMFILE || error == ENFILE;
  if (family() == CallFamily::kAccept || is_shortage) {
    return static_cast<uint64_t>(CallFamily::kAccept) + 1;
  }
  return 0x100 + static_cast<uint64_t>(call);
}

std::string MadeCall::OutcomeText() const {
  if (result < 0) return fmt::format("failed with {}", ErrorName(error));
  if (family() == CallFamily::kSend) return fmt::format("took {} of {} bytes", result, asked);
  if (ending() == Ending::kEnd) return "returned 0, the end of input";
  if (is_elsewhere) return "ended a connection while the server was at work on another";
  if (family() == CallFamily::kRecv) return fmt::format("gave {} bytes", result);
  return fmt::format("returned {}", result);
}

void CallRecord::Add(uint64_t number, const SystemCall& call, int client, bool is_fault,
                     bool is_elsewhere) {
  last_ = std::max(last_, number);
  if (calls_.size() < std::min(number, kMostRecorded))
    calls_.resize(std::min(number, kMostRecorded));
  calls_[(number - 1) % kMostRecorded] = {.number = number,
                                          .call = call.call,
                                          .result = ResultInBytes(call),
                                          .error = call.error,
                                          .asked = BytesAsked(call),
                                          .client = client,
                                          .is_fault = is_fault,
                                          .is_elsewhere = is_elsewhere};
}

const MadeCall* CallRecord::Find(uint64_t number) const {
  if (number == 0 || number > last_) return nullptr;
  const MadeCall& call = calls_[(number - 1) % kMostRecorded];
  return call.number == number ? &call : nullptr;
}

template <typename Predicate>
uint64_t CallRecord::LastThat(const Predicate& predicate) const {
  for (uint64_t number = last_; number > first_kept(); --number) {
    const MadeCall* const call = Find(number);
    if (call != nullptr && predicate(*call)) return number;
  }
  return 0;
}

uint64_t CallRecord::Last(CallFamily family) const {
  return LastThat([&](const MadeCall& call) { return call.family() == family; });
}

uint64_t CallRecord::LastOn(int client, CallFamily family) const {
  if (client < 0) return 0;
  return LastThat([&](const MadeCall& call) {
    return call.client == client && (family == CallFamily::kAny || call.family() == family);
  });
}

uint64_t CallRecord::BeginOf(int client) const {
  return LastThat([&](const MadeCall& call) {
    return call.client == client && call.family() == CallFamily::kAccept;
  });
}

uint64_t CallRecord::FirstWordOfEnd(int client) const {
  for (uint64_t number = BeginOf(client); number > 0 && number <= last_; ++number) {
    const MadeCall* const made = Find(number);
    if (made == nullptr) continue;
    const MadeCall& call = *made;
    if (call.client != client || !IsTransfer(call.family())) continue;
    const bool is_lost = call.ending() == Ending::kFailed && call.error != EAGAIN;
    if (call.ending() == Ending::kEnd || is_lost) return number;
  }
  return 0;
}

uint64_t CallRecord::MakerOf(int fd) const {
  return LastThat(
      [&](const MadeCall& call) { return call.result == fd && MakesDescriptor(call.call); });
}

uint64_t CallRecord::LargestRead(int client) const {
  uint64_t largest = 0;
  int64_t bytes = 0;
  for (uint64_t number = last_; number > first_kept(); --number) {
    const MadeCall* const call = Find(number);
    if (call == nullptr || call->client != client || call->family() != CallFamily::kRecv) continue;
    if (call->result > bytes) {
      bytes = call->result;
      largest = number;
    }
  }
  return largest;
}

uint64_t CallRecord::InVain(int client) const {
  int waits = 0;
  uint64_t on_another = 0;
  for (uint64_t number = last_; number > first_kept() && waits < 2; --number) {
    const MadeCall* const made = Find(number);
    if (made == nullptr) continue;
    const MadeCall& call = *made;
    if (call.family() == CallFamily::kWait) ++waits;
    const bool concerns = client >= 0 ? call.client == client && IsTransfer(call.family())
                                      : call.family() == CallFamily::kAccept;
    if (call.ending() == Ending::kDone) continue;
    if (concerns) return number;
    const bool may_fail = IsTransfer(call.family()) || call.family() == CallFamily::kAccept;
    if (on_another == 0 && may_fail) on_another = number;
  }
  return on_another != 0 ? on_another : Last(CallFamily::kWait);
}

uint64_t CallRecord::SendOf(int client, uint64_t offset) const {
  uint64_t sent = 0;
  uint64_t short_one = 0;
  for (uint64_t number = BeginOf(client); number > 0 && number <= last_; ++number) {
    const MadeCall* const made = Find(number);
    if (made == nullptr) continue;
    const MadeCall& call = *made;
    if (call.client != client || call.family() != CallFamily::kSend) continue;
    const bool is_short = call.ending() == Ending::kShort;
    if (call.result > 0) sent += static_cast<uint64_t>(call.result);
    if (is_short && sent <= offset) short_one = number;
    if (sent > offset) return short_one != 0 ? short_one : number;
    if (call.result > 0 && !is_short) short_one = 0;
  }
  return short_one != 0 ? short_one : LastOn(client, CallFamily::kSend);
}

uint64_t CallRecord::CallThatCuts(int client, uint64_t received) const {
  const uint64_t send = SendOf(client, received);
  const MadeCall* const made = Find(send);
  const bool is_dropped =
      made != nullptr && made->ending() == Ending::kShort && !TakesUpWhatWasKept(client, *made);
  return is_dropped ? send : EndOf(client);
}

bool CallRecord::TakesUpWhatWasKept(int client, const MadeCall& send) const {
  bool waited = false;
  const uint64_t begin = BeginOf(client);
  for (uint64_t number = send.number - 1; number > begin; --number) {
    const MadeCall* const before = Find(number);
    if (before == nullptr) continue;
    waited = waited || before->family() == CallFamily::kWait;
    if (before->client != client || before->family() != CallFamily::kSend) continue;
    const auto taken = static_cast<uint64_t>(std::max<int64_t>(before->result, 0));
    // Of one that took nothing the next may be another answer, of the same length.
    return waited && taken > 0 && before->ending() == Ending::kShort &&
           before->asked - taken == send.asked;
  }
  return false;
}

uint64_t CallRecord::EndOf(int client) const {
  const uint64_t end = LastThat([&](const MadeCall& call) {
    return call.client == client && call.result == 0 &&
           (call.family() == CallFamily::kClose || call.family() == CallFamily::kShutdown);
  });
  return end != 0 ? end : LastOn(client);
}

std::vector<uint64_t> CallRecord::OthersLike(uint64_t number) const {
  constexpr size_t kMost = 32;
  std::vector<uint64_t> others;
  const MadeCall* const like = Find(number);
  for (uint64_t other = first_kept() + 1; like != nullptr && other <= last_; ++other) {
    const MadeCall* const call = Find(other);
    const bool is_other = call != nullptr && other != number && call->family() == like->family();
    if (is_other) others.push_back(other);
  }
  // As many from each part of the run.
  const size_t step = others.size() / kMost + 1;
  std::vector<uint64_t> some;
  for (size_t i = 0; i < others.size(); i += step) some.push_back(others[i]);
  return some;
}

uint64_t CallRecord::LastBeforeDeath() const {
  uint64_t last = 0;
  for (uint64_t number = last_; number > first_kept(); --number) {
    const MadeCall* const call = Find(number);
    if (call == nullptr) continue;
    if (call->ending() == Ending::kFailed) return number;
    if (last == 0) last = number;
    if (last == number && call->ending() != Ending::kDone) return number;
    if (call->family() == CallFamily::kWait) break;
  }
  return last;
}

}  // namespace hupstorm
