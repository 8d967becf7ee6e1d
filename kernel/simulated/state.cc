#include "kernel/simulated/state.h"

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "kernel/simulated/epoll.h"
#include "kernel/simulated/special_files.h"
#include "kernel/simulated/tcp.h"
#include "kernel/unsimulated.h"

namespace hupstorm::simulated {
namespace {

void Fire(Kernel& kernel, Timer& timer) {
  kernel.timers.Disarm(timer);
  if (timer.owner == nullptr) return;
  if (timer.owner->kind == Kind::kTimerfd) {
    FireTimerfd(kernel, static_cast<Timerfd&>(*timer.owner));
  } else {
    tcp::OnTimer(kernel, static_cast<TcpEndpoint&>(*timer.owner));
  }
}

}  // namespace

uint32_t PollMask(Kernel& kernel, Object& object) {
  switch (object.kind) {
    case Kind::kTcp:
      return tcp::PollMask(static_cast<TcpEndpoint&>(object));
    case Kind::kEpoll:
      return PollEpoll(kernel, static_cast<Epoll&>(object));
    case Kind::kEventfd:
      return PollEventfd(static_cast<Eventfd&>(object));
    case Kind::kTimerfd:
      return static_cast<Timerfd&>(object).ticks > 0 ? kReadable & ~EPOLLRDNORM : 0;
    case Kind::kPipeEnd:
      return PollPipe(static_cast<PipeEnd&>(object));
    case Kind::kUnixStream:
      return PollUnixStream(static_cast<UnixStream&>(object));
    case Kind::kSignalfd:
      return PollSignalfd(kernel, static_cast<Signalfd&>(object));
    case Kind::kHostFile:
      return PollHostFile(kernel, static_cast<HostFile&>(object).fd);
  }
  return 0;
}

Pin::Pin(Kernel& kernel, Object& object) : kernel_(kernel), object_(object) {
  ++object_.references;
}

Pin::~Pin() { Unreference(kernel_, object_, -1); }

int Sleep(Kernel& kernel, const SleepRequest& request) {
  kernel.looks_at_clock = 0;
  const int64_t now = kernel.timers.now_ns();
  if (request.deadline_ns >= 0 && now >= request.deadline_ns) return -ETIMEDOUT;
  if (kernel.driver == nullptr) {
    int64_t next = request.deadline_ns;
    if (const Timer* timer = kernel.timers.first(); timer != nullptr) {
      next = next < 0 ? timer->due_ns : std::min(next, timer->due_ns);
    }
    if (next < 0) return -EDEADLK;
    AdvanceClock(kernel, next);
    return 0;
  }
  const Signals::SleepingCall sleeping(kernel.signals);
  kernel.driver->OnBlock(request.call, request.fd, request.deadline_ns);
  return sleeping.IsInterrupted(request.call, request.restartable) ? -EINTR : 0;
}

int Sleep(Kernel& kernel, Object& object, const SleepRequest& request) {
  if (!request.may_sleep) return -EAGAIN;
  const Pin pin(kernel, object);
  const int woken = Sleep(kernel, request);
  if (woken == 0 && object.references == 1) return -EBADF;
  return woken == -ETIMEDOUT ? -EAGAIN : woken;
}

SleepRequest SleepOf(const Kernel& kernel, const Object& object, const Transfer& transfer,
                     int64_t timeout_ns) {
  const bool may_sleep = !object.non_blocking && (transfer.flags & MSG_DONTWAIT) == 0;
  return {.call = transfer.call,
          .fd = transfer.fd,
          .deadline_ns = may_sleep ? DeadlineAfter(kernel, timeout_ns) : -1,
          .restartable = timeout_ns < 0,
          .may_sleep = may_sleep};
}

int64_t DeadlineAfter(const Kernel& kernel, int64_t timeout_ns) {
  if (timeout_ns < 0) return -1;
  const int64_t now = kernel.timers.now_ns();
  return timeout_ns > INT64_MAX - now ? INT64_MAX : now + timeout_ns;
}

void AdvanceClock(Kernel& kernel, int64_t ns) {
  while (Timer* timer = kernel.timers.first()) {
    if (timer->due_ns > ns) break;
    kernel.timers.set_now_ns(std::max(kernel.timers.now_ns(), timer->due_ns));
    Fire(kernel, *timer);
  }
  kernel.timers.set_now_ns(std::max(kernel.timers.now_ns(), ns));
  tcp::EndRests(kernel);
}

void Unreference(Kernel& kernel, Object& object, int fd) {
  if (--object.references > 0) return;
  if (!object.watchers.empty()) ForgetWatchers(kernel, object);
  switch (object.kind) {
    case Kind::kTcp:
      tcp::Close(kernel, static_cast<TcpEndpoint&>(object), fd);
      break;
    case Kind::kEpoll:
      CloseEpoll(kernel, static_cast<Epoll&>(object));
      break;
    case Kind::kEventfd:
      kernel.eventfds.Delete(static_cast<Eventfd*>(&object));
      break;
    case Kind::kTimerfd:
      kernel.timers.Disarm(static_cast<Timerfd&>(object).timer);
      kernel.timerfds.Delete(static_cast<Timerfd*>(&object));
      break;
    case Kind::kPipeEnd:
      ClosePipeEnd(kernel, static_cast<PipeEnd&>(object));
      break;
    case Kind::kUnixStream:
      CloseUnixStream(kernel, static_cast<UnixStream&>(object));
      break;
    case Kind::kSignalfd:
      kernel.signalfds.Delete(static_cast<Signalfd*>(&object));
      break;
    case Kind::kHostFile:
      kernel.host_files.Delete(static_cast<HostFile*>(&object));
      break;
  }
}

void AbortUnsimulated(const char* call, const char* what, long value) {
  char text[160];
  std::snprintf(text, sizeof text, "%s: %s %ld is not simulated", call, what, value);
  EndUnsimulated(text);
}

int RefuseUnsimulated(int error, const char* call, const char* what, long value) {
  if (!IsOlderLinux()) AbortUnsimulated(call, what, value);
  return -error;
}

}  // namespace hupstorm::simulated
