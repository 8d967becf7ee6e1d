// The calls on descriptors as such, and those that make descriptors that are no sockets; clocks and
// signals.

#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include <algorithm>

#include "kernel/simulated/epoll.h"
#include "kernel/simulated/facade.h"
#include "kernel/simulated/tcp.h"
#include "kernel/simulated/timerfd.h"

namespace hupstorm {

using simulated::IsHost;
using simulated::Kernel;
using simulated::Kind;
using simulated::Object;
using simulated::Result;
using simulated::TcpEndpoint;

namespace {

constexpr int kSettableFlags = O_APPEND | O_ASYNC | O_DIRECT | O_NOATIME;

int Duplicate(Kernel& kernel, Object& object, int from, bool close_on_exec) {
  const int fd = kernel.descriptors.LowestFree(from);
  if (fd < 0) return -EMFILE;
  kernel.descriptors.Install(fd, &object, close_on_exec);
  return fd;
}

int StatusFlags(const Object& object) {
  int flags = object.status_flags | (object.non_blocking ? O_NONBLOCK : 0);
  if (object.kind == Kind::kPipeEnd) {
    return flags | (static_cast<const simulated::PipeEnd&>(object).is_writer ? O_WRONLY : O_RDONLY);
  }
  return flags | O_RDWR;
}

// A connection names the descriptor it is known by; when that one of several is closed, it takes
// another.
void Rename(Kernel& kernel, Object& object) {
  if (object.kind != Kind::kTcp || object.references == 0) return;
  for (int fd = simulated::DescriptorTable::kFirst; fd < kernel.descriptors.end(); ++fd) {
    if (kernel.descriptors.Get(fd) == &object) {
      static_cast<TcpEndpoint&>(object).fd = fd;
      return;
    }
  }
}

void CloseDescriptor(Kernel& kernel, int fd) {
  Object& object = *kernel.descriptors.Remove(fd);
  const bool shared = object.references > 1;
  if (shared && object.kind == Kind::kTcp && static_cast<TcpEndpoint&>(object).fd == fd) {
    Rename(kernel, object);
  }
  Unreference(kernel, object, fd);
}

ssize_t UnreadBytes(const Object& object) {
  switch (object.kind) {
    case Kind::kTcp: {
      const auto& endpoint = static_cast<const TcpEndpoint&>(object);
      if (endpoint.state == TcpState::kListen) return -EINVAL;
      return static_cast<ssize_t>(simulated::tcp::UnreadForIoctl(endpoint));
    }
    case Kind::kUnixStream:
      return static_cast<const simulated::UnixStream&>(object).receive.size();
    case Kind::kPipeEnd:
      return static_cast<const simulated::PipeEnd&>(object).pipe->bytes.size();
    case Kind::kEpoll:
      return -EINVAL;  // ep_eventpoll_ioctl
    default:
      return -ENOTTY;
  }
}

// What Linux knows and the simulation does not aborts; what Linux does not know gets its errno.
bool LinuxHasFcntl(int command) {
  return (command >= 0 && command <= F_GETOWN_EX + 1) ||
         (command >= F_SETLEASE && command < F_SETLEASE + 32);
}

bool LinuxHasSocketIoctl(unsigned long request) {
  return request >= FIOSETOWN && request < SIOCDEVPRIVATE;
}

int ControlSocket(Object& object, unsigned long request, int* value) {
  switch (object.kind) {
    case Kind::kTcp:
      break;
    case Kind::kUnixStream: {
      // What waits to be read; Linux counts the memory that it takes.
      const auto& other = static_cast<const simulated::UnixStream&>(object).other;
      const bool unsent = request == SIOCOUTQ && other != nullptr;
      *value = unsent ? static_cast<int>(other->receive.size()) : 0;
      return 0;
    }
    case Kind::kEpoll:
      return -EINVAL;
    default:
      return -ENOTTY;
  }
  const auto& endpoint = static_cast<const TcpEndpoint&>(object);
  const bool in_handshake =
      endpoint.state == TcpState::kSynSent || endpoint.state == TcpState::kSynRecv;
  if (request == SIOCATMARK) {
    *value = endpoint.urgent != simulated::Urgent::kNone &&
             endpoint.urgent_sequence == endpoint.read_sequence;
    return 0;
  }
  if (endpoint.state == TcpState::kListen) return -EINVAL;
  *value = in_handshake ? 0 : static_cast<int>(endpoint.send.size() + endpoint.lost);
  return 0;
}

}  // namespace

int SimulatedKernel::Close(int fd) {
  if (IsHost(fd)) {
    if (fd >= 0) simulated::ForgetHostFile(*state_, fd);
    return state_->host.Close(fd);
  }
  if (state_->descriptors.Get(fd) == nullptr) return Result(-EBADF);
  CloseDescriptor(*state_, fd);
  return 0;
}

int SimulatedKernel::Fcntl(int fd, int command, long argument) {
  if (IsHost(fd)) return state_->host.Fcntl(fd, command, argument);
  State& state = *state_;
  Object* object = state.descriptors.Get(fd);
  if (object == nullptr) return Result(-EBADF);
  switch (command) {
    case F_GETFL:
      return StatusFlags(*object);
    case F_SETFL:
      object->non_blocking = (argument & O_NONBLOCK) != 0;
      object->status_flags =
          (object->status_flags & ~kSettableFlags) | (static_cast<int>(argument) & kSettableFlags);
      return 0;
    case F_GETFD:
      return state.descriptors.close_on_exec(fd) ? FD_CLOEXEC : 0;
    case F_SETFD:
      state.descriptors.set_close_on_exec(fd, (argument & FD_CLOEXEC) != 0);
      return 0;
    case F_DUPFD:
    case F_DUPFD_CLOEXEC: {
      const int limit = kFirstDescriptor + state.descriptors.limit();
      if (argument < 0 || argument >= limit) return Result(-EINVAL);
      const int from = std::max(static_cast<int>(argument), kFirstDescriptor);
      return Result(Duplicate(state, *object, from, command == F_DUPFD_CLOEXEC));
    }
    case F_SETOWN:
    case F_SETSIG:
      return 0;
    case F_GETOWN:
    case F_GETSIG:
      return 0;
    case F_GETPIPE_SZ:
      if (object->kind != Kind::kPipeEnd) return Result(-EBADF);
      return simulated::Pipe::kPage * simulated::Pipe::kPages;
    default:
      if (!LinuxHasFcntl(command)) return Result(-EINVAL);
      simulated::AbortUnsimulated("fcntl", "command", command);
  }
}

int SimulatedKernel::Ioctl(int fd, unsigned long request, void* argument) {
  if (IsHost(fd)) return state_->host.Ioctl(fd, request, argument);
  Object* object = state_->descriptors.Get(fd);
  if (object == nullptr) return Result(-EBADF);
  int* value = static_cast<int*>(argument);
  switch (request) {
    case FIOCLEX:
      state_->descriptors.set_close_on_exec(fd, true);
      return 0;
    case FIONCLEX:
      state_->descriptors.set_close_on_exec(fd, false);
      return 0;
    default:
      break;
  }
  switch (request) {
    case FIONBIO:
      if (value == nullptr) return Result(-EFAULT);
      object->non_blocking = *value != 0;
      return 0;
    case FIOASYNC:
      if (value == nullptr) return Result(-EFAULT);
      object->status_flags = (object->status_flags & ~O_ASYNC) | (*value != 0 ? O_ASYNC : 0);
      return 0;
    case FIONREAD: {
      if (value == nullptr) return Result(-EFAULT);
      const ssize_t unread = UnreadBytes(*object);
      if (unread < 0) return Result(static_cast<int>(unread));
      *value = static_cast<int>(unread);
      return 0;
    }
    case SIOCATMARK:
    case SIOCOUTQ:
      if (value == nullptr) return Result(-EFAULT);
      return Result(ControlSocket(*object, request, value));
    default:
      if (!LinuxHasSocketIoctl(request)) return Result(-ENOTTY);
      simulated::AbortUnsimulated("ioctl", "request", static_cast<long>(request));
  }
}

int SimulatedKernel::Dup(int fd) {
  if (IsHost(fd)) return state_->host.Dup(fd);
  Object* object = state_->descriptors.Get(fd);
  if (object == nullptr) return Result(-EBADF);
  return Result(Duplicate(*state_, *object, kFirstDescriptor, false));
}

int SimulatedKernel::Dup3(int fd, int wanted, int flags) {
  State& state = *state_;
  if (IsHost(fd) && IsHost(wanted)) {
    if (wanted >= 0) simulated::ForgetHostFile(state, wanted);
    return state.host.Dup3(fd, wanted, flags);
  }
  if ((flags & ~O_CLOEXEC) != 0 || fd == wanted) return Result(-EINVAL);
  if (wanted < 0 || wanted >= kFirstDescriptor + state.descriptors.limit()) return Result(-EBADF);
  if (IsHost(fd) != IsHost(wanted)) {
    simulated::AbortUnsimulated("dup3", "between a real and a simulated descriptor,", wanted);
  }
  Object* object = state.descriptors.Get(fd);
  if (object == nullptr) return Result(-EBADF);
  const simulated::Pin pin(state, *object);
  if (state.descriptors.Get(wanted) != nullptr) CloseDescriptor(state, wanted);
  state.descriptors.Install(wanted, object, (flags & O_CLOEXEC) != 0);
  return wanted;
}

int SimulatedKernel::Pipe2(int fds[2], int flags) {
  State& state = *state_;
  if ((flags & ~(O_NONBLOCK | O_CLOEXEC)) != 0) return Result(-EINVAL);
  if (fds == nullptr) return Result(-EFAULT);
  const int first = state.descriptors.LowestFree();
  if (first < 0 || state.descriptors.LowestFree(first + 1) < 0) return Result(-EMFILE);
  simulated::Pipe& pipe = *state.pipes.New();
  pipe.reader = state.pipe_ends.New();
  pipe.writer = state.pipe_ends.New();
  pipe.writer->is_writer = true;
  simulated::PipeEnd* ends[2] = {pipe.reader, pipe.writer};
  for (int i = 0; i < 2; ++i) {
    ends[i]->pipe = &pipe;
    ends[i]->non_blocking = (flags & O_NONBLOCK) != 0;
    fds[i] = InstallLowest(state, *ends[i], (flags & O_CLOEXEC) != 0);
  }
  return 0;
}

int SimulatedKernel::EpollCreate1(int flags) {
  if ((flags & ~EPOLL_CLOEXEC) != 0) return Result(-EINVAL);
  if (state_->descriptors.LowestFree() < 0) return Result(-EMFILE);
  return InstallLowest(*state_, *state_->epolls.New(), (flags & EPOLL_CLOEXEC) != 0);
}

int SimulatedKernel::EpollCtl(int epfd, int operation, int fd, epoll_event* event) {
  if (IsHost(epfd)) return state_->host.EpollCtl(epfd, operation, fd, event);
  return Result(simulated::ControlEpoll(*state_, epfd, operation, fd, event));
}

int SimulatedKernel::EpollWait(int epfd, epoll_event* events, int max_events, int timeout_ms) {
  if (IsHost(epfd)) return state_->host.EpollWait(epfd, events, max_events, timeout_ms);
  return Result(simulated::WaitEpoll(*state_, epfd, events, max_events, timeout_ms));
}

int SimulatedKernel::Eventfd(unsigned initial, int flags) {
  if ((flags & ~(EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK)) != 0) return Result(-EINVAL);
  if (state_->descriptors.LowestFree() < 0) return Result(-EMFILE);
  simulated::Eventfd& eventfd = *state_->eventfds.New();
  eventfd.count = initial;
  eventfd.semaphore = (flags & EFD_SEMAPHORE) != 0;
  eventfd.non_blocking = (flags & EFD_NONBLOCK) != 0;
  return InstallLowest(*state_, eventfd, (flags & EFD_CLOEXEC) != 0);
}

int SimulatedKernel::TimerfdCreate(int clock, int flags) {
  if ((flags & ~(TFD_CLOEXEC | TFD_NONBLOCK)) != 0) return Result(-EINVAL);
  if (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME && clock != CLOCK_BOOTTIME) {
    return Result(-EINVAL);
  }
  if (state_->descriptors.LowestFree() < 0) return Result(-EMFILE);
  simulated::Timerfd& timerfd = *state_->timerfds.New();
  timerfd.non_blocking = (flags & TFD_NONBLOCK) != 0;
  return InstallLowest(*state_, timerfd, (flags & TFD_CLOEXEC) != 0);
}

int SimulatedKernel::TimerfdSettime(int fd, int flags, const itimerspec* value, itimerspec* old) {
  if (IsHost(fd)) return state_->host.TimerfdSettime(fd, flags, value, old);
  Object* object = state_->descriptors.Get(fd);
  if (object == nullptr) return Result(-EBADF);
  if (object->kind != Kind::kTimerfd) return Result(-EINVAL);
  return Result(SetTimerfd(*state_, static_cast<simulated::Timerfd&>(*object), flags, value, old));
}

int SimulatedKernel::TimerfdGettime(int fd, itimerspec* value) {
  if (IsHost(fd)) return state_->host.TimerfdGettime(fd, value);
  Object* object = state_->descriptors.Get(fd);
  if (object == nullptr) return Result(-EBADF);
  if (object->kind != Kind::kTimerfd) return Result(-EINVAL);
  return Result(GetTimerfd(*state_, static_cast<simulated::Timerfd&>(*object), value));
}

int SimulatedKernel::ClockGettime(clockid_t clock, timespec* now) {
  if (now == nullptr) return Result(-EFAULT);
  if (clock < 0 || clock > CLOCK_TAI) return Result(-EINVAL);
  *now = simulated::ToTimespec(state_->timers.now_ns());
  return 0;
}

int SimulatedKernel::Nanosleep(const timespec* request, timespec* remaining) {
  State& state = *state_;
  if (request == nullptr) return Result(-EFAULT);
  if (!simulated::IsValid(*request)) return Result(-EINVAL);
  const int64_t deadline = simulated::DeadlineAfter(state, simulated::ToNs(*request));
  for (;;) {
    const int woken = simulated::Sleep(state, {.call = Call::kNanosleep, .deadline_ns = deadline});
    if (woken == -ETIMEDOUT) return 0;
    if (woken == 0) continue;
    if (remaining != nullptr) {
      *remaining = simulated::ToTimespec(std::max<int64_t>(deadline - state.timers.now_ns(), 0));
    }
    return Result(woken);
  }
}

int SimulatedKernel::Sigaction(int signal, const struct sigaction* action, struct sigaction* old) {
  return Result(state_->signals.Action(signal, action, old));
}

}  // namespace hupstorm
