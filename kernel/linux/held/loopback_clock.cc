// The server's time: a clock that moves when the driver says so, and timers that go by it.

#include <errno.h>
#include <poll.h>

#include <algorithm>

#include "kernel/linux/held/loopback_kernel.h"

namespace hupstorm {

namespace {

constexpr int64_t kSecond = 1'000'000'000;
// How long a timer that is set to go off at once may take.
constexpr int kAtOnceMs = 10'000;

int64_t Nanoseconds(const timespec& time) { return time.tv_sec * kSecond + time.tv_nsec; }

timespec Timespec(int64_t ns) { return {.tv_sec = ns / kSecond, .tv_nsec = ns % kSecond}; }

}  // namespace

int64_t LoopbackKernel::NextTimerNs() const { return NextTimerOf(*server_); }

int64_t LoopbackKernel::NextTimerOf(const Server& server) {
  int64_t next = -1;
  for (int fd = 0; fd < server.book.end(); ++fd) {
    const int64_t expiry = server.book.Of(fd).expiry_ns;
    if (expiry >= 0 && (next < 0 || expiry < next)) next = expiry;
  }
  return next;
}

void LoopbackKernel::AdvanceTo(int64_t ns) {
  now_ns_ = std::max(now_ns_, ns);
  for (int fd = 0; fd < server_->book.end(); ++fd) {
    const int64_t expiry = server_->book.Of(fd).expiry_ns;
    if (expiry >= 0 && expiry <= now_ns()) Fire(fd);
  }
}

// Makes the server's timerfd readable, for as often as it has expired.
void LoopbackKernel::Fire(int fd) {
  DescriptorFacts& timer = server_->book.At(fd);
  if (timer.interval_ns > 0) {
    const int64_t times = 1 + (now_ns() - timer.expiry_ns) / timer.interval_ns;
    timer.expirations += static_cast<uint64_t>(times);
    timer.expiry_ns += times * timer.interval_ns;
  } else {
    ++timer.expirations;
    timer.expiry_ns = -1;
  }
  const itimerspec at_once = {.it_interval = {}, .it_value = {.tv_sec = 0, .tv_nsec = 1}};
  Invoke<Call::kTimerfdSettime>(*remote_, fd, 0, &at_once, nullptr);
  pollfd fired = {.fd = fd, .events = POLLIN, .revents = 0};
  Invoke<Call::kPoll>(*remote_, &fired, 1, kAtOnceMs);
}

int64_t LoopbackKernel::Sleep(const SystemCall& call) {
  const auto* const request = reinterpret_cast<const timespec*>(call.arguments[0]);
  const int64_t deadline = now_ns() + Nanoseconds(*request);
  while (now_ns() < deadline) {
    interrupted_ = false;
    LetClientsAct();
    Block(call.call, -1, deadline);
    if (interrupted_) {
      if (auto* const left = reinterpret_cast<timespec*>(call.arguments[1])) {
        *left = Timespec(std::max<int64_t>(deadline - now_ns(), 0));
      }
      errno = EINTR;
      return -1;
    }
  }
  return 0;
}

int64_t LoopbackKernel::ReadClock(const SystemCall& call) {
  *reinterpret_cast<timespec*>(call.arguments[1]) =
      Timespec(ClockNs(static_cast<clockid_t>(call.arguments[0])));
  return 0;
}

void LoopbackKernel::WriteTimer(const DescriptorFacts& timer, int64_t address) const {
  if (address == 0) return;
  const int64_t left = timer.expiry_ns < 0 ? 0 : std::max<int64_t>(timer.expiry_ns - now_ns(), 1);
  *reinterpret_cast<itimerspec*>(address) = {.it_interval = Timespec(timer.interval_ns),
                                             .it_value = Timespec(left)};
}

int64_t LoopbackKernel::SetTimer(const SystemCall& call) {
  const int fd = static_cast<int>(call.arguments[0]);
  const auto* const value = reinterpret_cast<const itimerspec*>(call.arguments[2]);
  // What is wrong with the call is for Linux to say; a timer that is off for now tells it all.
  itimerspec off = {};
  if (value != nullptr) {
    off = *value;
    if (Nanoseconds(off.it_value) >= 0 && off.it_value.tv_nsec < kSecond) off.it_value = {};
  }
  SystemCall quiet = call;
  if (value != nullptr) quiet.arguments[2] = reinterpret_cast<int64_t>(&off);
  quiet.arguments[3] = 0;
  const int64_t result = Pass(quiet);
  if (result == -1) return -1;
  DescriptorFacts& timer = server_->book.At(fd);
  WriteTimer(timer, call.arguments[3]);
  const int64_t first = Nanoseconds(value->it_value);
  const bool absolute = (call.arguments[1] & TFD_TIMER_ABSTIME) != 0;
  timer.interval_ns = Nanoseconds(value->it_interval);
  timer.expirations = 0;
  const int64_t from = absolute ? now_ns() - ClockNs(timer.clock) : now_ns();
  timer.expiry_ns = first == 0 ? -1 : from + first;
  if (timer.expiry_ns >= 0 && timer.expiry_ns <= now_ns()) Fire(fd);
  return 0;
}

int64_t LoopbackKernel::GetTimer(const SystemCall& call) {
  const int fd = static_cast<int>(call.arguments[0]);
  const int64_t result = Pass(call);
  if (result == 0) WriteTimer(server_->book.Of(fd), call.arguments[1]);
  return result;
}

}  // namespace hupstorm
