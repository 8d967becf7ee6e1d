#include "kernel/faults/watch_table.h"

#include <fcntl.h>

#include <algorithm>

namespace hupstorm {

void WatchTable::Learn(const SystemCall& call) {
  if (call.result == -1) return;
  const int fd = call.Int(0);
  switch (call.call) {
    case Call::kEpollCtl:
      LearnControl(fd, call.Int(1), call.Int(2), call.Pointer<const epoll_event>(3));
      break;
    case Call::kClose:
      LearnClose(fd);
      break;
    case Call::kShutdown:
      if (call.Int(1) != SHUT_RD) At(fd).write_shut = true;
      break;
    case Call::kDup:
    case Call::kDup3:
      LearnDup(fd, static_cast<int>(call.result));
      break;
    case Call::kFcntl:
      if (call.Int(1) == F_DUPFD || call.Int(1) == F_DUPFD_CLOEXEC) {
        LearnDup(fd, static_cast<int>(call.result));
      }
      break;
    default:
      break;
  }
}

void WatchTable::Reset() {
  for (size_t i = used_begin_; i < used_end_; ++i) descriptors_[i] = {};
  used_begin_ = SIZE_MAX;
  used_end_ = 0;
  more_.clear();
  last_file_ = 0;
}

WatchTable::Descriptor& WatchTable::At(int fd) {
  const size_t index = static_cast<size_t>(fd);
  if (index >= descriptors_.size()) descriptors_.resize(index + 1);
  used_begin_ = std::min(used_begin_, index);
  used_end_ = std::max(used_end_, index + 1);
  return descriptors_[index];
}

void WatchTable::LearnControl(int epfd, int operation, int fd, const epoll_event* event) {
  Watch& first = At(fd).watch;
  const auto more = std::find_if(more_.begin(), more_.end(), [&](const MoreWatch& watch) {
    return watch.fd == fd && watch.watch.epfd == epfd;
  });
  if (operation == EPOLL_CTL_DEL) {
    if (first.epfd == epfd) first = {};
    if (more != more_.end()) more_.erase(more);
    return;
  }
  const Watch watch{.epfd = epfd, .events = event->events, .data = event->data.u64};
  if (first.epfd == -1 || first.epfd == epfd) {
    first = watch;
  } else if (more != more_.end()) {
    more->watch = watch;
  } else {
    more_.push_back({fd, watch});
  }
}

// A registration outlives its descriptor while a duplicate is open, but without the descriptor
// nothing can renew it. Registrations in an epoll that is closed stay in the table: renewing them
// fails, which does no harm.
void WatchTable::LearnClose(int fd) {
  if (static_cast<size_t>(fd) >= descriptors_.size()) return;
  descriptors_[static_cast<size_t>(fd)] = {};
  if (!more_.empty()) std::erase_if(more_, [&](const MoreWatch& watch) { return watch.fd == fd; });
}

void WatchTable::LearnDup(int fd, int duplicate) {
  if (fd == duplicate) return;
  LearnClose(duplicate);
  At(std::max(fd, duplicate));
  Descriptor& original = At(fd);
  if (original.file == 0) original.file = ++last_file_;
  At(duplicate).file = original.file;
  At(duplicate).write_shut = original.write_shut;
}

void WatchTable::RaiseEdges(Syscalls& kernel, int fd, uint32_t events) {
  if (fd < 0 || static_cast<size_t>(fd) >= descriptors_.size()) return;
  const uint32_t file = descriptors_[static_cast<size_t>(fd)].file;
  const auto same_file = [&](int other) {
    return other == fd || (file != 0 && descriptors_[static_cast<size_t>(other)].file == file);
  };
  if (file == 0) {
    Raise(kernel, fd, descriptors_[static_cast<size_t>(fd)].watch, events);
  } else {
    for (size_t other = 0; other < descriptors_.size(); ++other) {
      const int number = static_cast<int>(other);
      if (same_file(number)) Raise(kernel, number, descriptors_[other].watch, events);
    }
  }
  for (const MoreWatch& more : more_) {
    if (same_file(more.fd)) Raise(kernel, more.fd, more.watch, events);
  }
}

void WatchTable::Raise(Syscalls& kernel, int fd, const Watch& watch, uint32_t events) {
  if (watch.epfd == -1 || (watch.events & EPOLLET) == 0 || (watch.events & EPOLLONESHOT) != 0 ||
      (watch.events & events) == 0) {
    return;
  }
  epoll_event event{};
  event.events = watch.events;
  event.data.u64 = watch.data;
  if ((watch.events & EPOLLEXCLUSIVE) != 0) {  // cannot be modified (epoll_ctl(2))
    Invoke<Call::kEpollCtl>(kernel, watch.epfd, EPOLL_CTL_DEL, fd, &event);
    Invoke<Call::kEpollCtl>(kernel, watch.epfd, EPOLL_CTL_ADD, fd, &event);
  } else {
    Invoke<Call::kEpollCtl>(kernel, watch.epfd, EPOLL_CTL_MOD, fd, &event);
  }
}

bool WatchTable::TellsOfEnd(int fd) const {
  if (fd < 0 || static_cast<size_t>(fd) >= descriptors_.size()) return false;
  const auto tells = [](const Watch& watch) { return (watch.events & EPOLLRDHUP) != 0; };
  return tells(descriptors_[static_cast<size_t>(fd)].watch) ||
         std::any_of(more_.begin(), more_.end(),
                     [&](const MoreWatch& more) { return more.fd == fd && tells(more.watch); });
}

bool WatchTable::IsWriteShut(int fd) const {
  return fd >= 0 && static_cast<size_t>(fd) < descriptors_.size() &&
         descriptors_[static_cast<size_t>(fd)].write_shut;
}

}  // namespace hupstorm
