#include "kernel/simulated/epoll.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <iterator>
#include <optional>

#include "base/scoped_value.h"

namespace hupstorm::simulated {
namespace {

constexpr uint32_t kPrivateBits = EPOLLWAKEUP | EPOLLONESHOT | EPOLLET | EPOLLEXCLUSIVE;
constexpr uint32_t kInOutBits = EPOLLIN | EPOLLOUT;
constexpr uint32_t kExclusiveOkBits =
    kInOutBits | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE;
constexpr int kMostNests = 4;  // EP_MAX_NESTS
constexpr uint32_t kPolledOnHost = EPOLLIN | EPOLLPRI | EPOLLOUT | EPOLLRDNORM | EPOLLRDBAND |
                                   EPOLLWRNORM | EPOLLWRBAND | EPOLLRDHUP;
constexpr int kMostEvents = INT_MAX / static_cast<int>(sizeof(epoll_event));

uint32_t ReadyEvents(Kernel& kernel, const EpollItem& item) {  // ep_item_poll
  return PollMask(kernel, *item.object) & item.events;
}

void MakeReady(Kernel& kernel, EpollItem& item) {
  if (item.ready_link.linked) return;
  item.epoll->ready.PushBack(&item);
  if (!item.epoll->watchers.empty()) Wake(kernel, *item.epoll, EPOLLIN, false);
}

// ep_poll_callback. Returns whether an exclusive wake-up counts as taken.
bool OnWake(Kernel& kernel, EpollItem& item, uint32_t key) {
  Epoll& epoll = *item.epoll;
  const bool exclusive = (item.events & EPOLLEXCLUSIVE) != 0;
  if ((item.events & ~kPrivateBits) == 0) return !exclusive;  // disarmed by EPOLLONESHOT
  if (key != 0 && (key & item.events) == 0) return !exclusive;
  const bool was_ready = item.ready_link.linked;
  if (!was_ready) epoll.ready.PushBack(&item);
  // A nested epoll hears of every wake-up, of news on an item that is ready already too.
  if (!epoll.watchers.empty()) Wake(kernel, epoll, EPOLLIN, false);
  if (!exclusive) return true;
  if (epoll.waiting == 0) return false;
  const uint32_t both = key & kInOutBits;
  return both == 0 || (both != kInOutBits && (item.events & both) != 0);
}

EpollItem* Find(const Epoll& epoll, Object& object, int fd) {
  for (EpollItem* item = object.watchers.first(); item != nullptr;
       item = object.watchers.Next(item)) {
    if (item->epoll == &epoll && item->fd == fd) return item;
  }
  return nullptr;
}

void Remove(Kernel& kernel, EpollItem& item) {
  Object* object = item.object;
  object->watchers.Remove(&item);
  item.epoll->items.Remove(&item);
  if (item.ready_link.linked) item.epoll->ready.Remove(&item);
  kernel.epoll_items.Delete(&item);
}

// How many epolls are nested below `epoll`, itself not counted; more than kMostNests if it
// would contain `forbidden`.
int DepthBelow(const Epoll& epoll, const Epoll& forbidden, int level) {
  if (&epoll == &forbidden || level > kMostNests) return kMostNests + 1;
  int depth = 0;
  for (EpollItem* item = epoll.items.first(); item != nullptr; item = epoll.items.Next(item)) {
    if (item->object->kind != Kind::kEpoll) continue;
    depth =
        std::max(depth, 1 + DepthBelow(static_cast<Epoll&>(*item->object), forbidden, level + 1));
  }
  return depth;
}

int DepthAbove(const Epoll& epoll, int level) {
  if (level > kMostNests) return level;
  int depth = 0;
  for (EpollItem* item = epoll.watchers.first(); item != nullptr;
       item = epoll.watchers.Next(item)) {
    depth = std::max(depth, 1 + DepthAbove(*item->epoll, level + 1));
  }
  return depth;
}

bool WouldLoop(const Epoll& outer, const Epoll& inner) {
  return DepthBelow(inner, outer, 0) + 1 + DepthAbove(outer, 0) > kMostNests;
}

// The object for a real descriptor; null and an errno if epoll cannot watch it.
Object* HostObject(Kernel& kernel, int fd, int* error) {
  // An epoll of Linux's tells of news, each once: the edges that ours may have been asked for.
  if (kernel.host_epoll < 0) {
    constexpr int kOutOfTheWay = DescriptorTable::kFirst - 16;
    const long made = syscall(SYS_epoll_create1, EPOLL_CLOEXEC);
    const long moved = syscall(SYS_fcntl, made, F_DUPFD_CLOEXEC, kOutOfTheWay);
    if (moved >= 0) syscall(SYS_close, made);
    kernel.host_epoll = static_cast<int>(moved >= 0 ? moved : made);
  }
  epoll_event all{};
  all.events = kPolledOnHost | EPOLLET;
  all.data.fd = fd;
  const bool added = syscall(SYS_epoll_ctl, kernel.host_epoll, EPOLL_CTL_ADD, fd, &all) == 0;
  HostFile*& file = kernel.watched_host_files[fd];
  if (added) {
    // Linux knows nothing of it: if it was watched, the number was another file's then.
    if (file != nullptr) ForgetHostFile(kernel, fd);
    file = kernel.host_files.New();
    file->fd = fd;
  } else if (errno != EEXIST) {
    *error = -errno;
    return nullptr;
  }
  return file;
}

// Linux's descriptors for which there is news.
void WakeHostFiles(Kernel& kernel) {
  epoll_event events[16];
  const long count =
      syscall(SYS_epoll_wait, kernel.host_epoll, events, static_cast<long>(std::size(events)), 0L);
  for (long i = 0; i < count; ++i) {
    HostFile* const file = kernel.watched_host_files[events[i].data.fd];
    if (file != nullptr) Wake(kernel, *file, events[i].events, true);
  }
}

int Add(Kernel& kernel, Epoll& epoll, Object& object, int fd, const epoll_event& event) {
  EpollItem& item = *kernel.epoll_items.New();
  item.object = &object;
  item.epoll = &epoll;
  item.fd = fd;
  item.events = event.events | EPOLLERR | EPOLLHUP;
  item.data = event.data.u64;
  epoll.items.PushBack(&item);
  // Exclusive waiters stand behind the others in a wait queue.
  if ((item.events & EPOLLEXCLUSIVE) != 0) {
    object.watchers.PushBack(&item);
  } else {
    object.watchers.PushFront(&item);
  }
  if (ReadyEvents(kernel, item) != 0) MakeReady(kernel, item);
  return 0;
}

// ep_send_events: hands out what is ready still. Items that fire again stay in the list, behind the
// ones that were not looked at.
int Collect(Kernel& kernel, Epoll& epoll, epoll_event* events, int max_events) {
  IntrusiveList<EpollItem, &EpollItem::ready_link> batch = epoll.ready;
  epoll.ready = {};
  int count = 0;
  while (count < max_events) {
    EpollItem* item = batch.PopFront();
    if (item == nullptr) break;
    const uint32_t ready = ReadyEvents(kernel, *item);
    if (ready == 0) continue;
    epoll_event event{};
    event.events = ready;
    event.data.u64 = item->data;
    if (!CopyOut(&events[count], event)) {
      epoll.ready.PushFront(item);
      if (count == 0) count = -EFAULT;
      break;
    }
    ++count;
    if ((item->events & EPOLLONESHOT) != 0) {
      item->events &= kPrivateBits;
    } else if ((item->events & EPOLLET) == 0) {
      epoll.ready.PushBack(item);
    }
  }
  epoll.ready.SpliceFront(batch);
  return count;
}

}  // namespace

uint32_t PollHostFile(Kernel& kernel, int fd) {
  pollfd entry = {.fd = fd, .events = static_cast<int16_t>(kPolledOnHost), .revents = 0};
  return Invoke<Call::kPoll>(kernel.host, &entry, 1, 0) > 0 ? static_cast<uint16_t>(entry.revents)
                                                            : 0;
}

void Wake(Kernel& kernel, Object& object, uint32_t key, bool all) {
  for (EpollItem* item = object.watchers.first(); item != nullptr;
       item = object.watchers.Next(item)) {
    const bool taken = OnWake(kernel, *item, key);
    if (taken && !all && (item->events & EPOLLEXCLUSIVE) != 0) return;
  }
}

uint32_t PollEpoll(Kernel& kernel, Epoll& epoll) {
  if (kernel.host_epoll >= 0) WakeHostFiles(kernel);
  while (EpollItem* item = epoll.ready.first()) {
    if (ReadyEvents(kernel, *item) != 0) return kReadable;
    epoll.ready.Remove(item);
  }
  return 0;
}

int ControlEpoll(Kernel& kernel, int epfd, int operation, int fd, const epoll_event* event) {
  const bool has_event = operation != EPOLL_CTL_DEL;
  epoll_event wanted{};
  if (has_event && !CopyIn(&wanted, event)) return -EFAULT;
  Object* file = kernel.descriptors.Get(epfd);
  if (file == nullptr) return -EBADF;
  Object* object = nullptr;
  if (fd >= DescriptorTable::kFirst) {
    object = kernel.descriptors.Get(fd);
    if (object == nullptr) return -EBADF;
  } else {
    int error = 0;
    object = fd < 0 ? nullptr : HostObject(kernel, fd, &error);
    if (object == nullptr) return fd < 0 ? -EBADF : error;
  }
  if (file == object || file->kind != Kind::kEpoll) return -EINVAL;
  Epoll& epoll = static_cast<Epoll&>(*file);
  if (has_event) {
    if ((wanted.events & EPOLLEXCLUSIVE) != 0) {
      if (operation == EPOLL_CTL_MOD) return -EINVAL;
      if (operation == EPOLL_CTL_ADD &&
          (object->kind == Kind::kEpoll || (wanted.events & ~kExclusiveOkBits) != 0)) {
        return -EINVAL;
      }
    }
  }
  if (operation == EPOLL_CTL_ADD && object->kind == Kind::kEpoll &&
      WouldLoop(epoll, static_cast<Epoll&>(*object))) {
    return -ELOOP;
  }
  EpollItem* item = Find(epoll, *object, fd);
  switch (operation) {
    case EPOLL_CTL_ADD:
      return item != nullptr ? -EEXIST : Add(kernel, epoll, *object, fd, wanted);
    case EPOLL_CTL_DEL:
      if (item == nullptr) return -ENOENT;
      Remove(kernel, *item);
      return 0;
    case EPOLL_CTL_MOD:
      if (item == nullptr) return -ENOENT;
      if ((item->events & EPOLLEXCLUSIVE) != 0) return -EINVAL;
      item->events = wanted.events | EPOLLERR | EPOLLHUP;
      item->data = wanted.data.u64;
      if (ReadyEvents(kernel, *item) != 0) MakeReady(kernel, *item);
      return 0;
    default:
      return -EINVAL;
  }
}

int WaitEpoll(Kernel& kernel, int epfd, epoll_event* events, int max_events, int timeout_ms) {
  Object* file = kernel.descriptors.Get(epfd);
  if (file == nullptr) return -EBADF;
  if (max_events <= 0 || max_events > kMostEvents) return -EINVAL;
  if (!IsUserRange(events, static_cast<size_t>(max_events) * sizeof *events)) return -EFAULT;
  if (file->kind != Kind::kEpoll) return -EINVAL;
  Epoll& epoll = static_cast<Epoll&>(*file);
  std::optional<Pin> pin;
  int64_t deadline = -1;
  bool deadline_known = timeout_ms < 0;
  for (;;) {
    if (kernel.host_epoll >= 0) WakeHostFiles(kernel);
    if (!epoll.ready.empty()) {
      const int count = Collect(kernel, epoll, events, max_events);
      if (count != 0) return count;
    }
    if (timeout_ms == 0) {
      PassTime(kernel);
      return 0;
    }
    if (!deadline_known) {
      deadline = DeadlineAfter(kernel, int64_t{timeout_ms} * 1'000'000);
      deadline_known = true;
    }
    if (!pin) pin.emplace(kernel, epoll);
    const ScopedValue waiting(epoll.waiting, epoll.waiting + 1);
    const int woken =
        Sleep(kernel, {.call = Call::kEpollWait, .fd = epfd, .deadline_ns = deadline});
    if (woken != 0) return woken == -ETIMEDOUT ? 0 : woken;
  }
}

void CloseEpoll(Kernel& kernel, Epoll& epoll) {
  while (EpollItem* item = epoll.items.first()) Remove(kernel, *item);
  kernel.epolls.Delete(&epoll);
}

void ForgetWatchers(Kernel& kernel, Object& object) {
  while (EpollItem* item = object.watchers.first()) Remove(kernel, *item);
}

void ForgetHostFile(Kernel& kernel, int fd) {
  HostFile* file = kernel.watched_host_files[fd];
  if (file == nullptr) return;
  kernel.watched_host_files[fd] = nullptr;
  ForgetWatchers(kernel, *file);
  kernel.host_files.Delete(file);
}

void ForgetHostFiles(Kernel& kernel) {
  if (kernel.host_epoll < 0) return;
  std::fill(std::begin(kernel.watched_host_files), std::end(kernel.watched_host_files), nullptr);
  syscall(SYS_close, kernel.host_epoll);
  kernel.host_epoll = -1;
}

}  // namespace hupstorm::simulated
