// A kernel with a number of open connections, for measuring calls on one of them.

#ifndef HUPSTORM_BENCH_HARNESS_LOADED_KERNEL_H_
#define HUPSTORM_BENCH_HARNESS_LOADED_KERNEL_H_

#include <netinet/in.h>

#include <memory>
#include <string_view>
#include <vector>

#include "kernel/host_kernel.h"
#include "kernel/simulated/simulated_kernel.h"
#include "kernel/syscalls.h"

namespace hupstorm {

enum class Platform { kLinux, kSimulated };

struct MeasuredConnection {
  int client = -1;
  int server = -1;
};

class LoadedKernel {
 public:
  // Opens `connections` connections, by ConnectIdle and AcceptIdle. Throws FailedError if the
  // machine's limits do not allow so many.
  LoadedKernel(Platform platform, int connections);
  ~LoadedKernel();
  LoadedKernel(const LoadedKernel&) = delete;
  LoadedKernel& operator=(const LoadedKernel&) = delete;

  Syscalls& kernel() { return *kernel_; }
  int epoll() const { return epoll_; }
  int listener() const { return listener_; }  // no client waits there
  // The one that is measured: opened first, so that its numbers fit select; not in `epoll()`.
  const MeasuredConnection& measured() const { return measured_; }

  const std::vector<int>& idle() const { return idle_; }  // descriptors of idle connections
  // Makes room for so many, so that it is not taken later.
  void ReserveIdle(int count) { idle_.reserve(static_cast<size_t>(count)); }

  // A client that connects to `listener()` and waits there to be accepted.
  int ConnectClient();
  // The same, of a connection that stays idle: a peer on the simulation, which has no end of them;
  // a socket on Linux.
  void ConnectIdle();
  // Accepts one that waits, and registers it with `epoll()` for input.
  void AcceptIdle();

 private:
  void AwaitClient();
  int Accept();

  std::unique_ptr<Syscalls> kernel_;
  SimulatedKernel* simulated_ = nullptr;  // the same, if it is that
  int epoll_ = -1;
  int listener_ = -1;
  sockaddr_in address_ = {};
  MeasuredConnection measured_;
  std::vector<int> idle_;
};

// With a reset, so that no port is left waiting on Linux.
void CloseByReset(Syscalls& kernel, int fd);

// `result` of a call that must not fail here: throws FailedError with the call's name and errno if
// it did.
int Checked(std::string_view call, long result);

// Makes such a call.
template <Call kCall, typename... Arguments>
int Do(Syscalls& kernel, const Arguments&... arguments) {
  return Checked(CallName(kCall), static_cast<long>(Invoke<kCall>(kernel, arguments...)));
}

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_HARNESS_LOADED_KERNEL_H_
