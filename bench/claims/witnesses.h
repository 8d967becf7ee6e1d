// What Linux does, seen by doing it: where select ends, and that epoll shares no memory with a
// process.

#ifndef HUPSTORM_BENCH_CLAIMS_WITNESSES_H_
#define HUPSTORM_BENCH_CLAIMS_WITNESSES_H_

namespace hupstorm {

struct SelectLimit {
  int fd_setsize = 0;
  bool takes_last = false;        // descriptor FD_SETSIZE - 1
  bool takes_next = true;         // FD_SETSIZE
  bool others_take_next = false;  // poll and epoll
  // select(2) itself, given a longer set than libc's, reports a descriptor beyond FD_SETSIZE: the
  // limit is libc's, core_sys_select() takes as many as the process may have.
  bool kernel_takes_next = false;
  // Of so many clients of the reference server on select and on poll, those that are served.
  int clients = 0;
  int served_by_select = 0;
  int served_by_poll = 0;
};
// Needs RLIMIT_NOFILE beyond FD_SETSIZE and a few hundred more (ManyDescriptors); throws
// std::system_error if there are fewer descriptors.
SelectLimit WitnessSelectLimit();

struct EpollMemory {
  // mmap(2) of an epoll descriptor: errno, 0 if it succeeds. ENODEV: do_mmap() finds no mmap
  // among its file_operations (eventpoll_fops in fs/eventpoll.c).
  int mmap_error = 0;
  // /proc/self/maps is another after epoll_create1, epoll_ctl and epoll_wait.
  bool maps_changed = false;
  // An event shows in the caller's array without a call.
  bool array_changed_by_event = false;
  // How many bytes epoll_wait changes there for one event.
  int bytes_written_by_wait = 0;
};
EpollMemory WitnessEpollMemory();

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_CLAIMS_WITNESSES_H_
