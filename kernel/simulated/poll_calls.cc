// select(2) and poll(2) (fs/select.c). Sets may mix simulated and real descriptors: the former are
// judged here, the latter are asked of Linux without waiting.

#include <fcntl.h>

#include <algorithm>
#include <bit>

#include "kernel/simulated/calls.h"
#include "kernel/simulated/epoll.h"
#include "kernel/simulated/special_files.h"

namespace hupstorm::simulated {

namespace {

constexpr uint32_t kSelectIn = EPOLLRDNORM | EPOLLRDBAND | EPOLLIN | EPOLLHUP | EPOLLERR | POLLNVAL;
constexpr uint32_t kSelectOut = EPOLLWRBAND | EPOLLWRNORM | EPOLLOUT | EPOLLERR | POLLNVAL;
constexpr uint32_t kSelectExcept = EPOLLPRI | POLLNVAL;
constexpr int kHostWords = kFirstDescriptor / 64;

// Descriptors of Linux's own are asked about there, and negative numbers about nothing:
// `any_others`.
int PollOnce(Kernel& kernel, pollfd* fds, nfds_t count, bool any_others) {
  int ready = 0;
  for (nfds_t i = 0; i < count; ++i) {
    pollfd& entry = fds[i];
    if (entry.fd < kFirstDescriptor) continue;
    uint32_t mask = POLLNVAL;
    if (Object* object = kernel.descriptors.Get(entry.fd); object != nullptr) {
      mask = PollMask(kernel, *object) &
             (static_cast<uint16_t>(entry.events) | uint32_t{EPOLLERR | EPOLLHUP});
    }
    entry.revents = static_cast<int16_t>(mask);
    if (mask != 0) ++ready;
  }
  if (!any_others) return ready;
  for (nfds_t i = 0; i < count; ++i) {
    if (fds[i].fd >= kFirstDescriptor) continue;
    fds[i].revents = 0;
    if (fds[i].fd < 0) continue;
    if (Invoke<Call::kPoll>(kernel.host, &fds[i], 1, 0) > 0) ++ready;
  }
  return ready;
}

// One of the three sets of select, in words of 64 descriptors.
struct SetWords {
  uint64_t* words;
  uint64_t wanted(int word) const { return words != nullptr ? words[word] : 0; }
};

struct WordSets {
  SetWords in;
  SetWords out;
  SetWords except;
};

// A caller with descriptors beyond FD_SETSIZE passes larger sets than fd_set: Linux looks at
// `count` bits, whatever the type says.
SetWords Words(fd_set* set) { return {reinterpret_cast<uint64_t*>(set)}; }

// Bits of `word` that lie below `count`.
uint64_t Below(int count, int word) {
  const int bits = count - word * 64;
  return bits >= 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
}

// max_select_fd: each descriptor that is asked about must be open.
bool AllOpen(Kernel& kernel, const WordSets& sets, int count) {
  for (int word = 0; word * 64 < count; ++word) {
    uint64_t wanted = (sets.in.wanted(word) | sets.out.wanted(word) | sets.except.wanted(word)) &
                      Below(count, word);
    for (; wanted != 0; wanted &= wanted - 1) {
      const int fd = word * 64 + __builtin_ctzll(wanted);
      if (IsHost(fd) ? Invoke<Call::kFcntl>(kernel.host, fd, F_GETFD, 0) < 0
                     : kernel.descriptors.Get(fd) == nullptr) {
        return false;
      }
    }
  }
  return true;
}

// Empties the first `count` words of each set.
void Clear(const WordSets& sets, int count) {
  for (const SetWords& set : {sets.in, sets.out, sets.except}) {
    if (set.words != nullptr) std::fill_n(set.words, count, 0);
  }
}

// Judges each descriptor once. If one is ready the sets become the answer; if none is they
// stay as they are, to be asked again.
int SelectOnce(Kernel& kernel, const WordSets& sets, int count) {
  int ready = 0;
  for (int word = 0; word * 64 < count; ++word) {
    const uint64_t limit = Below(count, word);
    const uint64_t in = sets.in.wanted(word) & limit;
    const uint64_t out = sets.out.wanted(word) & limit;
    const uint64_t except = sets.except.wanted(word) & limit;
    uint64_t wanted = in | out | except;
    if (wanted == 0 && ready == 0) continue;
    uint64_t answer_in = 0;
    uint64_t answer_out = 0;
    uint64_t answer_except = 0;
    for (; wanted != 0; wanted &= wanted - 1) {
      const int fd = word * 64 + __builtin_ctzll(wanted);
      const uint64_t bit = wanted & (~wanted + 1);
      uint32_t mask = POLLNVAL;
      if (word < kHostWords) {
        mask = PollHostFile(kernel, fd);
      } else if (Object* object = kernel.descriptors.Get(fd); object != nullptr) {
        mask = PollMask(kernel, *object);
      }
      if ((mask & kSelectIn) != 0) answer_in |= in & bit;
      if ((mask & kSelectOut) != 0) answer_out |= out & bit;
      if ((mask & kSelectExcept) != 0) answer_except |= except & bit;
    }
    if (ready == 0) {
      if ((answer_in | answer_out | answer_except) == 0) continue;
      Clear(sets, word);
    }
    ready += __builtin_popcountll(answer_in) + __builtin_popcountll(answer_out) +
             __builtin_popcountll(answer_except);
    if (sets.in.words != nullptr) sets.in.words[word] = answer_in;
    if (sets.out.words != nullptr) sets.out.words[word] = answer_out;
    if (sets.except.words != nullptr) sets.except.words[word] = answer_except;
  }
  return ready;
}

}  // namespace

int PollAll(Kernel& kernel, pollfd* fds, nfds_t count, int timeout_ms) {
  if (count > MostPolled(kernel)) return -EINVAL;
  if (!CanRead(fds, count * sizeof *fds)) return -EFAULT;
  if (!IsUserRange(fds, count * sizeof *fds)) return -EFAULT;
  const bool is_writable = CanWrite(fds, count * sizeof *fds);
  bool any_others = false;
  for (nfds_t i = 0; i < count; ++i) any_others |= fds[i].fd < kFirstDescriptor;
  const int64_t deadline =
      timeout_ms <= 0 ? -1 : DeadlineAfter(kernel, int64_t{timeout_ms} * 1'000'000);
  for (;;) {
    const int ready = is_writable ? PollOnce(kernel, fds, count, any_others) : -EFAULT;
    if (ready == 0 && timeout_ms == 0) PassTime(kernel);
    if (ready != 0 || timeout_ms == 0) return ready;
    const int alone = count == 1 ? fds[0].fd : -1;
    const int woken = Sleep(kernel, {.call = Call::kPoll, .fd = alone, .deadline_ns = deadline});
    if (woken == -ETIMEDOUT) return 0;
    if (woken != 0) return woken;
  }
}

int SelectAll(Kernel& kernel, int count, fd_set* readable, fd_set* writable, fd_set* exceptional,
              timeval* timeout) {
  int64_t timeout_ns = -1;
  if (timeout != nullptr) {
    // kern_select carries whole seconds over from the microseconds.
    timeval given;
    if (!CopyIn(&given, timeout)) return -EFAULT;
    const timespec relative = {.tv_sec = given.tv_sec + given.tv_usec / 1'000'000,
                               .tv_nsec = given.tv_usec % 1'000'000 * 1000};
    if (!IsValid(relative)) return -EINVAL;
    timeout_ns = ToNs(relative);
  }
  if (count < 0) return -EINVAL;
  // As far as the table of descriptors reaches: larger numbers are not looked at, whatever they
  // are.
  count = std::min<int>(
      count, static_cast<int>(std::max<unsigned>(
                 FD_SETSIZE, std::bit_ceil(static_cast<unsigned>(kernel.descriptors.end())))));
  const size_t bytes = (static_cast<size_t>(count) + 63) / 64 * 8;
  for (const fd_set* set : {readable, writable, exceptional}) {
    if (set != nullptr && !CanWrite(set, bytes)) return -EFAULT;
  }
  const WordSets sets = {Words(readable), Words(writable), Words(exceptional)};
  const int64_t deadline = timeout_ns > 0 ? DeadlineAfter(kernel, timeout_ns) : -1;
  const auto leave_time = [&] {
    if (timeout == nullptr || timeout_ns == 0) return;
    const int64_t left = std::max<int64_t>(deadline - kernel.timers.now_ns(), 0);
    // poll_select_finish: a time that cannot be told is not.
    CopyOut(timeout, timeval{.tv_sec = left / kSecondNs, .tv_usec = left % kSecondNs / 1000});
  };
  if (!AllOpen(kernel, sets, count)) return -EBADF;
  int ready = SelectOnce(kernel, sets, count);
  for (bool in_time = timeout_ns != 0; ready == 0 && in_time;) {
    const int woken = Sleep(kernel, {.call = Call::kSelect, .deadline_ns = deadline});
    in_time = woken != -ETIMEDOUT;
    if (woken != 0 && in_time) {
      leave_time();
      return woken;
    }
    ready = SelectOnce(kernel, sets, count);
  }
  leave_time();
  if (ready == 0 && timeout_ns == 0) PassTime(kernel);
  if (ready == 0) Clear(sets, (count + 63) / 64);
  return ready;
}

}  // namespace hupstorm::simulated
