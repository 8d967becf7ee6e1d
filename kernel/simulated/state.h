// Everything that a simulated kernel consists of, and the two things that all its parts do: wake
// the watchers of an object, and let a call sleep.
//
// Functions that carry out a call return what Linux's own do: the result, or a negative errno.

#ifndef HUPSTORM_KERNEL_SIMULATED_STATE_H_
#define HUPSTORM_KERNEL_SIMULATED_STATE_H_

#include <sys/resource.h>
#include <time.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernel/host_kernel.h"
#include "kernel/simulated/byte_queue.h"
#include "kernel/simulated/descriptor_table.h"
#include "kernel/simulated/object.h"
#include "kernel/simulated/pipe.h"
#include "kernel/simulated/ports.h"
#include "kernel/simulated/signals.h"
#include "kernel/simulated/simulated_kernel.h"
#include "kernel/simulated/slab.h"
#include "kernel/simulated/tcp_endpoint.h"
#include "kernel/simulated/timers.h"
#include "kernel/simulated/unix_stream.h"

namespace hupstorm::simulated {

struct Peer {
  TcpEndpoint* self = nullptr;    // null once it is closed and forgotten
  TcpEndpoint* server = nullptr;  // null before the handshake, and once it is closed and forgotten
  uint16_t port = 0;
  bool changed = false;     // listed in changed_peers
  int64_t next_syn_ns = 0;  // when Linux would send the one again that found no room
  bool connected = false;
  bool refused = false;
  bool was_reset = false;
  bool end_of_input = false;  // kept for the time after `self`
};

struct Kernel {
  explicit Kernel(const SimulatedKernel::Options& options) : options(options) {}

  SimulatedKernel::Options options;
  HostKernel host;
  KernelDriver* driver = nullptr;
  DescriptorTable descriptors;
  Timers timers;
  Timer wake;  // see SimulatedKernel::set_wake_ns
  Signals signals;
  Ports ports;

  Slab<TcpEndpoint> endpoints;
  Slab<Listener, 16> listeners;
  Slab<Timer, 16> tcp_timers;
  Slab<KeptValues, 16> kept_options;
  Slab<EpollItem> epoll_items;
  Slab<Epoll, 16> epolls;
  Slab<Eventfd, 16> eventfds;
  Slab<Timerfd, 16> timerfds;
  Slab<Pipe, 16> pipes;
  Slab<PipeEnd, 16> pipe_ends;
  Slab<UnixStream, 16> unix_streams;
  Slab<UnixListener, 16> unix_listeners;
  Slab<PassedDescriptors, 1> passed_descriptors;
  Slab<Signalfd, 16> signalfds;
  Slab<HostFile, 16> host_files;
  ChunkPool chunks;

  // AF_UNIX: sockets with a name, datagram sockets with a peer, and descriptors on their way.
  IntrusiveList<UnixStream, &UnixStream::bound_link> unix_bound;
  IntrusiveList<UnixStream, &UnixStream::connected_link> unix_connected;
  IntrusiveList<PassedDescriptors, &PassedDescriptors::link> passed;
  struct UnixPath {
    std::string path;
    dev_t device;
    ino_t inode;
  };
  std::vector<UnixPath> unix_paths;  // bound in the file system, and to be removed from it
  unsigned next_unix_name = 0;

  // TIME-WAIT, and FIN-WAIT-2 without an owner: each rests for the same time, so that the first to
  // end is the first in the list.
  EndpointQueue resting;
  size_t accept_queue_length = 0;  // of all listeners
  std::vector<Peer> peers;
  PeerId acting_peer = kNoPeer;  // whose own doing is no news to it
  uint32_t next_peer_address = 0;
  std::vector<PeerId> changed_peers;
  std::vector<PeerId> taken_peers;
  // SO_SNDBUF and SO_RCVBUF for connections that are accepted from now on; 0: as the listener has.
  int accepted_send_buffer = 0;
  int accepted_receive_buffer = 0;
  HostFile* watched_host_files[DescriptorTable::kFirst] = {};
  int host_epoll = -1;  // Linux's, in which they are; -1: there are none
  // What the owner lets the server have open, and what the server set for itself (RLIMIT_NOFILE).
  int owner_limit = DrivenKernel::kNoDescriptorLimit;
  std::optional<rlimit> own_limit;
  // Linux's descriptors that the server has closed since there was no room for more: each makes
  // room for one, until Linux gives out its number again. Some servers keep one in reserve.
  std::vector<int> given_up;
  uint32_t next_serial = 1;
  std::vector<DrivenKernel::SleepingCall> sleeping_calls;  // as the owner has set them
  // How often the server has looked at the clock since anything but its calls could change
  // something.
  int looks_at_clock = 0;
};

// The wake-up of a wait queue: `key` are the events that happened, 0 if any may have. `all` is
// false if one exclusive waiter is enough (EPOLLEXCLUSIVE).
void Wake(Kernel& kernel, Object& object, uint32_t key, bool all);
// The same for a TCP endpoint; a peer's owner hears of it by TakeChangedPeers.
inline void WakeEndpoint(Kernel& kernel, TcpEndpoint& endpoint, uint32_t key, bool all = false) {
  if (endpoint.is_peer) {
    Peer& peer = kernel.peers[static_cast<size_t>(endpoint.peer)];
    if (!peer.changed && endpoint.peer != kernel.acting_peer) {
      peer.changed = true;
      kernel.changed_peers.push_back(endpoint.peer);
    }
  } else if (!endpoint.watchers.empty()) {
    Wake(kernel, endpoint, key, all);
  }
}

// The keys that Linux wakes with.
inline constexpr uint32_t kDataReady = EPOLLIN | EPOLLPRI | EPOLLRDNORM | EPOLLRDBAND;
inline constexpr uint32_t kWriteSpace = EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;
inline constexpr uint32_t kReadable = EPOLLIN | EPOLLRDNORM;
inline constexpr uint32_t kWritable = EPOLLOUT | EPOLLWRNORM;

// What poll(2) says of an object at this moment (its f_op->poll).
uint32_t PollMask(Kernel& kernel, Object& object);

// How a call sleeps, and until when.
struct SleepRequest {
  Call call;
  int fd = -1;
  int64_t deadline_ns = -1;  // -1: never
  bool restartable = false;  // started again after a handler with SA_RESTART
  bool may_sleep = true;
};
// Sleeps once. 0: look again; -EINTR; -ETIMEDOUT: the deadline has passed and nothing was asked;
// -EDEADLK: there is no driver, and nothing that could ever happen. The driver may leave by an
// exception. A signal handler may close the descriptor of what the caller sleeps on: it holds a
// Pin.
int Sleep(Kernel& kernel, const SleepRequest& request);
// The same on an object that has no Pin. -EAGAIN if it may not sleep or the deadline has passed,
// -EBADF if the object was closed meanwhile: a call that is started again then finds no descriptor.
// The caller must not touch the object after any failure.
int Sleep(Kernel& kernel, Object& object, const SleepRequest& request);

// A send or receive on a socket, or accept.
struct Transfer {
  Call call;
  int fd;
  int flags = 0;
  MessageExtras* extras = nullptr;  // AF_UNIX; of sendmsg and recvmsg alone
};
// How it sleeps: for no longer than the socket's timeout (-1: none).
SleepRequest SleepOf(const Kernel& kernel, const Object& object, const Transfer& transfer,
                     int64_t timeout_ns);

// Keeps an object alive for a call that sleeps.
class Pin {
 public:
  Pin(Kernel& kernel, Object& object);
  ~Pin();
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;

 private:
  Kernel& kernel_;
  Object& object_;
};

// How far a clock is ahead of CLOCK_MONOTONIC.
inline int64_t AheadNs(const Kernel& kernel, clockid_t clock) {
  switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI:
      return kernel.options.realtime_ahead_ns;
    default:
      return 0;
  }
}
// Moves the clock and fires what is due on the way.
void AdvanceClock(Kernel& kernel, int64_t ns);
// The server looks at the clock, or at what is ready without waiting.
inline void PassTime(Kernel& kernel) {
  if (++kernel.looks_at_clock > kernel.options.looks_at_one_instant) [[unlikely]] {
    AdvanceClock(kernel, kernel.timers.now_ns() + kernel.options.look_ns);
  }
}

// The moment `timeout_ns` from now; -1 for a negative one.
int64_t DeadlineAfter(const Kernel& kernel, int64_t timeout_ns);
// Drops one reference; with the last the object is closed. `fd` is what a close that lingers
// (SO_LINGER) says it sleeps on; -1: it must not sleep.
void Unreference(Kernel& kernel, Object& object, int fd);

[[noreturn]] void AbortUnsimulated(const char* call, const char* what, long value);
// The same for what an older Linux does not have, and says so by an error: where that may be
// (unsimulated.h) returns it, negative.
int RefuseUnsimulated(int error, const char* call, const char* what, long value);

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_STATE_H_
