#include "kernel/inside/call_coverage.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <bit>

namespace hupstorm::inside {
namespace {

// What a descriptor may meet that is out of the ordinary, and that its server has to remember.
enum Met : uint8_t {
  kEnd = 1 << 0,         // of input
  kReset = 1 << 1,       // an error that ends the connection
  kNothingYet = 1 << 2,  // a recv that found nothing
  kTooMuch = 1 << 3,     // a send that took nothing
  kInPart = 1 << 4,      // a send that took less
  kInterrupted = 1 << 5,
  kShutDown = 1 << 6,
  kOtherError = 1 << 7,
};

// What is counted, apart from each other.
enum Kind : uint32_t { kOnDescriptor = 1, kInAll, kWhatWasMet, kBesideOthers, kReady };

uint32_t Mix(uint32_t seed, uint32_t value) {
  const uint64_t product = (uint64_t{seed} ^ (uint64_t{value} << 32 | value)) * 0x9e3779b97f4a7c15;
  return static_cast<uint32_t>(product >> 32) ^ static_cast<uint32_t>(product);
}

uint32_t Mix(uint32_t seed, uint32_t value, uint32_t more) { return Mix(Mix(seed, value), more); }

// An amount, up to a factor of four.
uint32_t MagnitudeOf(int64_t amount) {
  return static_cast<uint32_t>(std::bit_width(static_cast<uint64_t>(amount)) + 1) / 2;
}

bool IsTransfer(CallFamily family) {
  return family == CallFamily::kRecv || family == CallFamily::kSend;
}

// Kind and outcome, without amounts.
uint32_t CoarseShape(const SystemCall& call, CallFamily family) {
  uint32_t shape = Mix(1, static_cast<uint32_t>(call.call));
  if (call.result == -1) return Mix(shape, static_cast<uint32_t>(call.error));
  if (IsTransfer(family) || family == CallFamily::kWait) return Mix(shape, call.result > 0 ? 1 : 2);
  return shape;
}

uint32_t FineShape(const SystemCall& call, CallFamily family, uint32_t coarse) {
  if (call.result == -1) return coarse;
  switch (family) {
    case CallFamily::kRecv:
    case CallFamily::kSend: {
      const int64_t moved = ResultInBytes(call);
      const bool is_all = moved == static_cast<int64_t>(BytesAsked(call));
      return Mix(coarse, MagnitudeOf(moved), is_all ? 1 : 0);
    }
    case CallFamily::kWait:
      return Mix(coarse, static_cast<uint32_t>(std::min<int64_t>(call.result, 3)));
    case CallFamily::kEpollCtl: {
      const auto* const event = call.Pointer<const epoll_event>(3);
      const bool has_events = call.Int(1) != EPOLL_CTL_DEL && event != nullptr;
      return Mix(coarse, static_cast<uint32_t>(call.Int(1)), has_events ? event->events : 0);
    }
    case CallFamily::kShutdown:
    case CallFamily::kFcntl:
      return Mix(coarse, static_cast<uint32_t>(call.Int(1)));
    case CallFamily::kSetsockopt:
      return Mix(coarse, static_cast<uint32_t>(call.Int(2)));
    default:
      return coarse;
  }
}

uint8_t MetIn(const SystemCall& call, CallFamily family) {
  if (family == CallFamily::kShutdown) return kShutDown;
  if (call.result == -1) {
    switch (call.error) {
      case EINTR:
        return kInterrupted;
      case EAGAIN:
        return family == CallFamily::kSend ? kTooMuch : kNothingYet;
      case ECONNRESET:
      case EPIPE:
      case ETIMEDOUT:
        return kReset;
      default:
        return kOtherError;
    }
  }
  if (family == CallFamily::kRecv && call.result == 0 && BytesAsked(call) > 0) return kEnd;
  if (family == CallFamily::kSend && ResultInBytes(call) < static_cast<int64_t>(BytesAsked(call))) {
    return kInPart;
  }
  return 0;
}

}  // namespace

void CallCoverage::Begin() {
  last_ = 0;
  last_fd_ = -1;
  met_by_ = {};
  records_ = {};
}

void CallCoverage::Count(uint32_t what) {
  uint8_t& count = map_[Mix(what, what >> 16) % kSize];
  if (count != UINT8_MAX) ++count;
}

void CallCoverage::Note(const SystemCall& call) {
  const CallFamily family = FamilyOf(call.call);
  const uint32_t coarse = CoarseShape(call, family);
  const uint32_t fine = FineShape(call, family, coarse);
  const int fd = family == CallFamily::kEpollCtl ? call.Int(2) : call.Fd();
  Count(Mix(kInAll, Mix(last_, fd == last_fd_ ? 1 : 0), coarse));
  last_ = coarse;
  last_fd_ = fd;
  if (family == CallFamily::kWait) return NoteReady(call);
  if (fd < 0) return;
  Record& record = Of(fd);
  Count(Mix(kOnDescriptor, record.last, fine));
  Count(Mix(kWhatWasMet, record.met, fine));
  record.last = fine;
  if (const uint8_t met = MetIn(call, family)) Meet(record, met);
  if (call.result < 0) return;
  if (family == CallFamily::kAccept) Forget(Of(static_cast<int>(call.result)));
  if (family == CallFamily::kClose) Forget(record);
}

// Which of poll's descriptors are ready, and for what. What epoll reports has no number of its own.
void CallCoverage::NoteReady(const SystemCall& wait) {
  if (wait.result <= 0) return;
  if (wait.call == Call::kPoll) {
    const auto* const fds = wait.Pointer<const pollfd>(0);
    for (size_t i = 0; i < wait.Size(1); ++i) {
      if (fds[i].revents == 0 || fds[i].fd < 0) continue;
      const uint32_t ready = Mix(kReady, static_cast<uint16_t>(fds[i].revents));
      Record& record = Of(fds[i].fd);
      Count(Mix(ready, record.met));
      Count(Mix(ready, record.last, 1));
    }
  } else if (wait.call == Call::kEpollWait) {
    const auto* const events = wait.Pointer<const epoll_event>(1);
    for (int64_t i = 0; i < wait.result; ++i) Count(Mix(kReady, events[i].events));
  }
}

void CallCoverage::Meet(Record& record, uint8_t met) {
  if ((record.met & met) != 0) return;
  uint32_t others = 0;
  for (size_t bit = 0; bit < met_by_.size(); ++bit) {
    const bool is_mine = (record.met >> bit & 1) != 0;
    if (met_by_[bit] > (is_mine ? 1U : 0U)) others |= 1U << bit;
  }
  record.met |= met;
  ++met_by_[static_cast<size_t>(std::countr_zero(met))];
  Count(Mix(kBesideOthers, record.met, others));
}

void CallCoverage::Forget(Record& record) {
  for (size_t bit = 0; bit < met_by_.size(); ++bit) {
    if ((record.met >> bit & 1) != 0) --met_by_[bit];
  }
  record = {};
}

}  // namespace hupstorm::inside
