// What a descriptor refers to: an open file description, in the words of open(2). One type for each
// kind derives from Object; kernel code switches on `kind`.

#ifndef HUPSTORM_KERNEL_SIMULATED_OBJECT_H_
#define HUPSTORM_KERNEL_SIMULATED_OBJECT_H_

#include <sys/epoll.h>

#include <cstdint>

#include "kernel/simulated/intrusive_list.h"

namespace hupstorm::simulated {

struct Epoll;
struct Object;

// One registration with an epoll instance (struct epitem of fs/eventpoll.c).
struct alignas(64) EpollItem {
  Object* object = nullptr;
  Epoll* epoll = nullptr;
  uint32_t events = 0;
  int fd = -1;
  uint64_t data = 0;
  Link<EpollItem> ready_link;  // the epoll's ready list
  Link<EpollItem> watch_link;  // the object's watchers
  Link<EpollItem> own_link;    // all of the epoll's items
};

enum class Kind : uint8_t {
  kTcp,
  kEpoll,
  kEventfd,
  kTimerfd,
  kPipeEnd,
  kUnixStream,
  kSignalfd,
  kHostFile
};

struct Object {
  explicit Object(Kind kind) : kind(kind) {}
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  Kind kind;
  bool non_blocking = false;
  int references = 0;    // descriptors, and calls that sleep on it
  int status_flags = 0;  // O_APPEND and the like, kept for F_GETFL; O_NONBLOCK is above
  uint32_t serial = 0;   // in the order in which they were made
  IntrusiveList<EpollItem, &EpollItem::watch_link> watchers;
};

// An epoll instance.
struct Epoll : Object {
  Epoll() : Object(Kind::kEpoll) {}
  IntrusiveList<EpollItem, &EpollItem::ready_link> ready;
  IntrusiveList<EpollItem, &EpollItem::own_link> items;
  int waiting = 0;  // calls of epoll_wait that sleep on it
};

struct Eventfd : Object {
  Eventfd() : Object(Kind::kEventfd) {}
  uint64_t count = 0;
  bool semaphore = false;
};

struct Signalfd : Object {
  Signalfd() : Object(Kind::kSignalfd) {}
  uint64_t mask = 0;  // by number - 1
};

// A real descriptor of the process (below kFirstDescriptor) that an epoll watches. Linux is asked
// whether it is ready.
struct HostFile : Object {
  HostFile() : Object(Kind::kHostFile) {}
  int fd = -1;
};

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_OBJECT_H_
