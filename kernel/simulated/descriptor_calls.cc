// The calls on descriptors as such, and those that make descriptors that are no sockets; clocks and
// signals.

#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "kernel/simulated/calls.h"
#include "kernel/simulated/epoll.h"
#include "kernel/simulated/special_files.h"
#include "kernel/simulated/tcp.h"

namespace hupstorm::simulated {

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
    return flags | (static_cast<const PipeEnd&>(object).is_writer ? O_WRONLY : O_RDONLY);
  }
  return flags | O_RDWR;
}

// A connection names the descriptor it is known by; when that one of several is closed, it takes
// another.
void Rename(Kernel& kernel, Object& object) {
  if (object.kind != Kind::kTcp || object.references == 0) return;
  for (int fd = DescriptorTable::kFirst; fd < kernel.descriptors.end(); ++fd) {
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
      return static_cast<ssize_t>(tcp::UnreadForIoctl(endpoint));
    }
    case Kind::kUnixStream:
      return static_cast<const UnixStream&>(object).receive.size();
    case Kind::kPipeEnd:
      return static_cast<const PipeEnd&>(object).pipe->bytes.size();
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
      const auto& other = static_cast<const UnixStream&>(object).other;
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
    *value = endpoint.urgent != Urgent::kNone && endpoint.urgent_sequence == endpoint.read_sequence;
    return 0;
  }
  if (endpoint.state == TcpState::kListen) return -EINVAL;
  *value = in_handshake ? 0 : static_cast<int>(endpoint.send.size() + endpoint.lost);
  return 0;
}

}  // namespace

int CloseFd(Kernel& kernel, int fd) {
  if (kernel.descriptors.Get(fd) == nullptr) return -EBADF;
  CloseDescriptor(kernel, fd);
  return 0;
}

int ControlFd(Kernel& kernel, int fd, int command, long argument) {
  Object* object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  switch (command) {
    case F_GETFL:
      return StatusFlags(*object);
    case F_SETFL:
      if ((argument & O_DIRECT) != 0 && object->kind != Kind::kPipeEnd) return -EINVAL;
      object->non_blocking = (argument & O_NONBLOCK) != 0;
      object->status_flags =
          (object->status_flags & ~kSettableFlags) | (static_cast<int>(argument) & kSettableFlags);
      return 0;
    case F_GETFD:
      return kernel.descriptors.close_on_exec(fd) ? FD_CLOEXEC : 0;
    case F_SETFD:
      kernel.descriptors.set_close_on_exec(fd, (argument & FD_CLOEXEC) != 0);
      return 0;
    case F_DUPFD:
    case F_DUPFD_CLOEXEC: {
      const int limit = kFirstDescriptor + kernel.descriptors.limit();
      if (argument < 0 || argument >= limit) return -EINVAL;
      const int from = std::max(static_cast<int>(argument), kFirstDescriptor);
      return Duplicate(kernel, *object, from, command == F_DUPFD_CLOEXEC);
    }
    case F_SETOWN:
    case F_SETSIG:
    case F_GETOWN:
    case F_GETSIG:
      return 0;
    case F_GETPIPE_SZ:
    case F_SETPIPE_SZ: {
      if (object->kind != Kind::kPipeEnd) return -EBADF;
      auto& end = static_cast<PipeEnd&>(*object);
      if (command == F_SETPIPE_SZ) return SetPipeSize(kernel, end, static_cast<uint32_t>(argument));
      return static_cast<int>(end.pipe->pages * Pipe::kPage);
    }
    default:
      if (!LinuxHasFcntl(command)) return -EINVAL;
      return RefuseUnsimulated(EINVAL, "fcntl", "command", command);
  }
}

int ControlIo(Kernel& kernel, int fd, unsigned long request, void* argument) {
  Object* object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  int number = 0;
  switch (request) {
    case FIOCLEX:
    case FIONCLEX:
      kernel.descriptors.set_close_on_exec(fd, request == FIOCLEX);
      return 0;
    case FIONBIO:
      if (!CopyIn(&number, argument)) return -EFAULT;
      object->non_blocking = number != 0;
      return 0;
    case FIOASYNC:
      if (!CopyIn(&number, argument)) return -EFAULT;
      object->status_flags = (object->status_flags & ~O_ASYNC) | (number != 0 ? O_ASYNC : 0);
      return 0;
    case FIONREAD: {
      const ssize_t unread = UnreadBytes(*object);
      if (unread < 0) return static_cast<int>(unread);
      return CopyOut(argument, static_cast<int>(unread)) ? 0 : -EFAULT;
    }
    case SIOCATMARK:
    case SIOCOUTQ: {
      const int failed = ControlSocket(*object, request, &number);
      return failed != 0 || CopyOut(argument, number) ? failed : -EFAULT;
    }
    default:
      if (object->kind == Kind::kEpoll) return -EINVAL;  // ep_eventpoll_ioctl
      if (!LinuxHasSocketIoctl(request)) return -ENOTTY;
      return RefuseUnsimulated(ENOTTY, "ioctl", "request", static_cast<long>(request));
  }
}

int DuplicateFd(Kernel& kernel, int fd) {
  Object* object = kernel.descriptors.Get(fd);
  if (object == nullptr) return -EBADF;
  return Duplicate(kernel, *object, kFirstDescriptor, false);
}

int DuplicateOnto(Kernel& kernel, int fd, int wanted, int flags) {
  if ((flags & ~O_CLOEXEC) != 0 || fd == wanted) return -EINVAL;
  if (wanted < 0 || wanted >= kFirstDescriptor + kernel.descriptors.limit()) return -EBADF;
  Object* object = kernel.descriptors.Get(fd);
  if (object == nullptr && !IsHost(fd)) return -EBADF;
  if (IsHost(fd) != IsHost(wanted)) {
    AbortUnsimulated("dup3", "between a real and a simulated descriptor,", wanted);
  }
  const Pin pin(kernel, *object);
  if (kernel.descriptors.Get(wanted) != nullptr) CloseDescriptor(kernel, wanted);
  kernel.descriptors.Install(wanted, object, (flags & O_CLOEXEC) != 0);
  return wanted;
}

int OpenPipe(Kernel& kernel, int fds[2], int flags) {
  if ((flags & ~(O_NONBLOCK | O_CLOEXEC | O_DIRECT)) != 0) return -EINVAL;
  const int first = kernel.descriptors.LowestFree();
  if (first < 0 || kernel.descriptors.LowestFree(first + 1) < 0) return -EMFILE;
  if (!CanWrite(fds, 2 * sizeof *fds)) return -EFAULT;
  Pipe& pipe = *kernel.pipes.New();
  pipe.reader = kernel.pipe_ends.New();
  pipe.writer = kernel.pipe_ends.New();
  pipe.writer->is_writer = true;
  PipeEnd* ends[2] = {pipe.reader, pipe.writer};
  for (int i = 0; i < 2; ++i) {
    ends[i]->pipe = &pipe;
    ends[i]->non_blocking = (flags & O_NONBLOCK) != 0;
    ends[i]->status_flags = flags & O_DIRECT;
    fds[i] = InstallLowest(kernel, *ends[i], (flags & O_CLOEXEC) != 0);
  }
  pipe.serial = pipe.reader->serial;
  return 0;
}

int OpenEpoll(Kernel& kernel, int flags) {
  if ((flags & ~EPOLL_CLOEXEC) != 0) return -EINVAL;
  if (kernel.descriptors.LowestFree() < 0) return -EMFILE;
  return InstallLowest(kernel, *kernel.epolls.New(), (flags & EPOLL_CLOEXEC) != 0);
}

int OpenEventfd(Kernel& kernel, unsigned initial, int flags) {
  if ((flags & ~(EFD_SEMAPHORE | EFD_CLOEXEC | EFD_NONBLOCK)) != 0) return -EINVAL;
  if (kernel.descriptors.LowestFree() < 0) return -EMFILE;
  Eventfd& eventfd = *kernel.eventfds.New();
  eventfd.count = initial;
  eventfd.semaphore = (flags & EFD_SEMAPHORE) != 0;
  eventfd.non_blocking = (flags & EFD_NONBLOCK) != 0;
  return InstallLowest(kernel, eventfd, (flags & EFD_CLOEXEC) != 0);
}

int OpenTimerfd(Kernel& kernel, int clock, int flags) {
  if ((flags & ~(TFD_CLOEXEC | TFD_NONBLOCK)) != 0) return -EINVAL;
  if (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME && clock != CLOCK_BOOTTIME) {
    return -EINVAL;
  }
  if (kernel.descriptors.LowestFree() < 0) return -EMFILE;
  Timerfd& timerfd = *kernel.timerfds.New();
  timerfd.non_blocking = (flags & TFD_NONBLOCK) != 0;
  timerfd.ahead_ns = AheadNs(kernel, clock);
  return InstallLowest(kernel, timerfd, (flags & TFD_CLOEXEC) != 0);
}

void ApplyDescriptorLimit(Kernel& kernel) {
  const auto is_closed = [&](int fd) {
    return Invoke<Call::kFcntl>(kernel.host, fd, F_GETFD, 0) < 0;
  };
  const auto room = std::count_if(kernel.given_up.begin(), kernel.given_up.end(), is_closed);
  const auto owners = static_cast<rlim_t>(std::max(kernel.owner_limit, 0) + room);
  const rlim_t own = kernel.own_limit ? kernel.own_limit->rlim_cur : owners;
  kernel.descriptors.set_limit(static_cast<int>(std::min(owners, own)));
}

rlim_t MostPolled(const Kernel& kernel) {
  if (kernel.own_limit) return kernel.own_limit->rlim_cur;
  return static_cast<rlim_t>(kFirstDescriptor + kernel.descriptors.limit());
}

// do_prlimit, for RLIMIT_NOFILE of the server itself. What it sets is not told to Linux: the limit
// would be the harness' too.
int SetLimits(Kernel& kernel, int pid, int resource, const rlimit* wanted, rlimit* former) {
  if (resource != RLIMIT_NOFILE || (pid != 0 && pid != getpid())) {
    return Invoke<Call::kPrlimit64>(kernel.host, pid, resource, wanted, former) == 0 ? 0 : -errno;
  }
  rlimit limit{};
  if (wanted != nullptr && !CopyIn(&limit, wanted)) return -EFAULT;
  rlimit current{};
  if (kernel.own_limit) {
    current = *kernel.own_limit;
  } else {
    getrlimit(RLIMIT_NOFILE, &current);
  }
  if (wanted != nullptr) {
    constexpr rlim_t kMost = 1 << 30;  // fs.nr_open, if it is raised as far as can be
    if (limit.rlim_cur > limit.rlim_max) return -EINVAL;
    if (limit.rlim_max > kMost || (limit.rlim_max > current.rlim_max && geteuid() != 0)) {
      return -EPERM;
    }
    kernel.own_limit = limit;
    ApplyDescriptorLimit(kernel);
  }
  return former == nullptr || CopyOut(former, current) ? 0 : -EFAULT;
}

int ReadClock(Kernel& kernel, clockid_t clock, timespec* now) {
  if (clock < 0 || clock > CLOCK_TAI) return -EINVAL;
  PassTime(kernel);
  return CopyOut(now, Timespec(kernel.timers.now_ns() + AheadNs(kernel, clock))) ? 0 : -EFAULT;
}

int SleepFor(Kernel& kernel, const timespec* request, timespec* remaining) {
  timespec wanted;
  if (!CopyIn(&wanted, request)) return -EFAULT;
  if (!IsValid(wanted)) return -EINVAL;
  const int64_t deadline = DeadlineAfter(kernel, ToNs(wanted));
  for (;;) {
    const int woken = Sleep(kernel, {.call = Call::kNanosleep, .deadline_ns = deadline});
    if (woken == -ETIMEDOUT) return 0;
    if (woken == 0) continue;
    const int64_t left = std::max<int64_t>(deadline - kernel.timers.now_ns(), 0);
    if (remaining != nullptr && !CopyOut(remaining, Timespec(left))) return -EFAULT;
    return woken;
  }
}

}  // namespace hupstorm::simulated
