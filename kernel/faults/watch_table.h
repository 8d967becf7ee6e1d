// What the server's descriptors are registered for, as far as a fault must know: edges that it
// swallows have to be raised again.

#ifndef HUPSTORM_KERNEL_FAULTS_WATCH_TABLE_H_
#define HUPSTORM_KERNEL_FAULTS_WATCH_TABLE_H_

#include <cstdint>
#include <vector>

#include "kernel/syscalls.h"

namespace hupstorm {

class WatchTable {
 public:
  // Learns from a finished call.
  void Learn(const SystemCall& call);
  void Reset();

  // Raises the edges in `events` again for the open file behind `fd`, if a watch waits for one
  // of them by edge: its registration is renewed through `kernel`, which makes epoll look at the
  // descriptor anew (fs/eventpoll.c ep_modify). Watches with EPOLLONESHOT are left alone: whether
  // they are armed is not known, and the server arms them again itself.
  void RaiseEdges(Syscalls& kernel, int fd, uint32_t events);

  // An epoll tells of the end of input (EPOLLRDHUP) as soon as it has come, whatever is unread.
  bool TellsOfEnd(int fd) const;

  // shutdown was called for writing, or both ways.
  bool IsWriteShut(int fd) const;

 private:
  struct Watch {
    int epfd = -1;  // -1: none
    uint32_t events = 0;
    uint64_t data = 0;
  };
  struct Descriptor {
    Watch watch;
    uint32_t file = 0;  // the same for all duplicates of a descriptor; 0 if there are none
    bool write_shut = false;
  };
  struct MoreWatch {
    int fd;
    Watch watch;
  };

  Descriptor& At(int fd);
  void LearnControl(int epfd, int operation, int fd, const epoll_event* event);
  void LearnClose(int fd);
  void LearnDup(int fd, int duplicate);
  static void Raise(Syscalls& kernel, int fd, const Watch& watch, uint32_t events);

  std::vector<Descriptor> descriptors_;
  // What has been used of it since Reset, so that a small run after a large one is soon forgotten.
  size_t used_begin_ = SIZE_MAX;
  size_t used_end_ = 0;
  std::vector<MoreWatch> more_;  // of descriptors that are in several epolls at once
  uint32_t last_file_ = 0;
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_FAULTS_WATCH_TABLE_H_
