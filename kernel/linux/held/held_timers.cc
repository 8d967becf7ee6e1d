#include "kernel/linux/held/held_timers.h"

#include <poll.h>

#include <algorithm>
#include <cstring>

namespace hupstorm::held {
namespace {

// How long a timer that is set to go off at once may take.
constexpr int kAtOnceMs = 10'000;

// For as often as it has expired by now.
void Fire(HeldThread& thread, int fd, int64_t now_ns) {
  DescriptorFacts& timer = thread.process->book.At(fd);
  if (timer.interval_ns > 0) {
    const int64_t times = 1 + (now_ns - timer.expiry_ns) / timer.interval_ns;
    timer.expirations += static_cast<uint64_t>(times);
    timer.expiry_ns += times * timer.interval_ns;
  } else {
    ++timer.expirations;
    timer.expiry_ns = -1;
  }
  const itimerspec at_once = {.it_interval = {}, .it_value = {.tv_sec = 0, .tv_nsec = 1}};
  Invoke<Call::kTimerfdSettime>(thread.remote, fd, 0, &at_once, nullptr);
  pollfd fired = {.fd = fd, .events = POLLIN, .revents = 0};
  Invoke<Call::kPoll>(thread.remote, &fired, 1, kAtOnceMs);
}

void Write(const DescriptorFacts& timer, int64_t now_ns, itimerspec* value) {
  if (value == nullptr) return;
  const int64_t left = timer.expiry_ns < 0 ? 0 : std::max<int64_t>(timer.expiry_ns - now_ns, 1);
  *value = {.it_interval = Timespec(timer.interval_ns), .it_value = Timespec(left)};
}

}  // namespace

int64_t SetTimer(HeldThread& thread, const ServerClock& clock, const SystemCall& call) {
  const int fd = call.Int(0);
  const auto* const value = call.Pointer<const itimerspec>(2);
  // What is wrong with the call is for Linux to say; a timer that is off for now tells it all.
  itimerspec off = {};
  if (value != nullptr) {
    off = *value;
    if (Nanoseconds(off.it_value) >= 0 && off.it_value.tv_nsec < kSecondNs) off.it_value = {};
  }
  SystemCall quiet = call;
  if (value != nullptr) quiet.SetPointer(2, &off);
  quiet.arguments[3] = 0;
  if (Invoke(thread.remote, quiet) == -1) return -1;
  const int64_t now = clock.now_ns();
  DescriptorFacts& timer = thread.process->book.At(fd);
  Write(timer, now, call.Pointer<itimerspec>(3));
  const int64_t first = Nanoseconds(value->it_value);
  const bool absolute = (call.arguments[1] & TFD_TIMER_ABSTIME) != 0;
  timer.interval_ns = Nanoseconds(value->it_interval);
  timer.expirations = 0;
  timer.expiry_ns = first == 0 ? -1 : first + (absolute ? now - clock.Read(timer.clock) : now);
  if (timer.expiry_ns >= 0 && timer.expiry_ns <= now) Fire(thread, fd, now);
  return 0;
}

int64_t GetTimer(HeldThread& thread, const ServerClock& clock, const SystemCall& call) {
  const int fd = call.Int(0);
  const int64_t result = Invoke(thread.remote, call);
  if (result == 0) Write(thread.process->book.Of(fd), clock.now_ns(), call.Pointer<itimerspec>(1));
  return result;
}

void TakeExpirations(HeldThread& thread, int fd, void* buffer) {
  uint64_t& expirations = thread.process->book.At(fd).expirations;
  std::memcpy(buffer, &expirations, sizeof expirations);
  expirations = 0;
}

void FireTimers(HeldThread& thread, const ServerClock& clock) {
  const int64_t now = clock.now_ns();
  for (int fd = 0; fd < thread.process->book.end(); ++fd) {
    const int64_t expiry = thread.process->book.Of(fd).expiry_ns;
    if (expiry >= 0 && expiry <= now) Fire(thread, fd, now);
  }
}

int64_t NextTimerOf(const HeldProcess& process) {
  int64_t next = -1;
  for (int fd = 0; fd < process.book.end(); ++fd) {
    next = Earlier(next, process.book.Of(fd).expiry_ns);
  }
  return next;
}

}  // namespace hupstorm::held
