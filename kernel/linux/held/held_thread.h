// The processes and threads of a server that is held in its calls, as its driver knows them.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_HELD_THREAD_H_
#define HUPSTORM_KERNEL_LINUX_HELD_HELD_THREAD_H_

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "base/file_descriptor.h"
#include "kernel/linux/held/connection.h"
#include "kernel/linux/held/descriptor_book.h"
#include "kernel/linux/held/remote_kernel.h"

namespace hupstorm::held {

struct HeldProcess {
  // Null if nobody of it sleeps where the driver can see.
  Sleepers* sleepers() const {
    return first_memory == nullptr ? nullptr : &first_memory->frame().sleepers;
  }

  pid_t pid = -1;
  std::shared_ptr<SharedMemory> first_memory;  // with Frame::first; null before it is known
  DescriptorBook book;
  std::vector<int> given;           // descriptors that are not the server's own, in order
  uint64_t given_handlers = 0;      // nor are the handlers of these signals; bit 0 is signal 1
  rlim_t descriptor_limit = 0;      // RLIMIT_NOFILE at start
  int listener = -1;                // the first that it made at the port that it was given
  bool send_buffer_chosen = false;  // SO_SNDBUF, by the server itself
  bool receive_buffer_chosen = false;
};

struct HeldThread {
  HeldThread(FileDescriptor line_here, std::shared_ptr<SharedMemory> shared, Syscalls& top)
      : line(std::move(line_here)), memory(std::move(shared)) {
    remote.Attach(line.get(), top);
  }

  bool IsInCall() const { return memory->frame().in_call; }
  // Its process ends and holds it no more.
  bool IsLetGo() const { return memory->frame().exit_status >= 0; }

  pid_t pid = -1;
  pid_t tid = -1;
  FileDescriptor line;  // the driver's end of the socket between the two
  int line_there = -1;  // the number of the other end in the server's process; -1: unknown
  std::shared_ptr<SharedMemory> memory;
  RemoteKernel remote{*memory};    // Linux, as this thread sees it
  HeldProcess* process = nullptr;  // null before its first call
  std::thread driver;              // answers its calls; none if the kernel's owner does
  bool gone = false;               // makes no calls any more

  // The call in which it sleeps, or slept last.
  bool asleep = false;
  Call call = Call::kEpollWait;
  int fd = -1;
  int64_t deadline_ns = -1;  // by ServerClock::timeouts_now_ns
  bool interrupted = false;  // by a handler, or by the driver
  bool restarts = false;     // after such a handler the call goes on
};

}  // namespace hupstorm::held

#endif  // HUPSTORM_KERNEL_LINUX_HELD_HELD_THREAD_H_
