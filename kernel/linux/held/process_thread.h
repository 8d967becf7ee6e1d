// One thread of a foreign server, seen from its driver. Internal to kernel/linux/held/.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_PROCESS_THREAD_H_
#define HUPSTORM_KERNEL_LINUX_HELD_PROCESS_THREAD_H_

#include <unistd.h>

#include <thread>

#include "kernel/linux/held/process_kernel.h"

namespace hupstorm {

struct ProcessKernel::Thread {
  Thread(int line_here, int file, std::byte* address) : line(line_here), memory(file, address) {
    remote.Attach(line);
  }
  ~Thread() { close(line); }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  bool IsInCall() const { return memory.frame().in_call; }

  pid_t pid = -1;
  pid_t tid = -1;
  int line;             // its end here
  int line_there = -1;  // and the number of the other in the server's process
  remote::SharedMemory memory;
  remote::RemoteKernel remote{memory};
  Server* server = nullptr;
  std::thread driver;

  bool asleep = false;  // held in a call that has nothing to do
  Call call = Call::kEpollWait;
  int fd = -1;
  int64_t deadline_ns = -1;
  bool interrupted = false;  // while it slept
  bool restarts = false;     // by a handler after which the call goes on
  uint64_t refused = 0;      // signals that are pending and that it does not let in
  bool gone = false;
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_LINUX_HELD_PROCESS_THREAD_H_
