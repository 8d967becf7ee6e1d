// The system calls of the simulated kernel, each with the types of its arguments. SimulatedKernel::
// Make (system_calls.cc) calls them. All return what Linux's own functions do: the result, or a
// negative errno. A call on a descriptor of Linux's does not come here.

#ifndef HUPSTORM_KERNEL_SIMULATED_CALLS_H_
#define HUPSTORM_KERNEL_SIMULATED_CALLS_H_

#include <errno.h>
#include <sys/types.h>

#include <type_traits>

#include "kernel/simulated/simulated_kernel.h"
#include "kernel/simulated/state.h"

namespace hupstorm {

struct SimulatedKernel::State : simulated::Kernel {
  using simulated::Kernel::Kernel;
};

namespace simulated {

inline constexpr int kFirstDescriptor = SimulatedKernel::kFirstDescriptor;
// A descriptor of Linux's own. Negative numbers are nothing anywhere: the simulation says so.
inline bool IsHost(int fd) { return static_cast<unsigned>(fd) < kFirstDescriptor; }

// socket_calls.cc
int OpenSocket(Kernel& kernel, int domain, int type, int protocol);
int OpenSocketPair(Kernel& kernel, int domain, int type, int protocol, int fds[2]);
int BindSocket(Kernel& kernel, int fd, const sockaddr* address, socklen_t length);
int ListenOn(Kernel& kernel, int fd, int backlog);
int AcceptOn(Kernel& kernel, int fd, sockaddr* address, socklen_t* length, int flags);
int ConnectTo(Kernel& kernel, int fd, const sockaddr* address, socklen_t length);
int ShutSocket(Kernel& kernel, int fd, int how);
int OwnName(Kernel& kernel, int fd, sockaddr* address, socklen_t* length);
int PeerName(Kernel& kernel, int fd, sockaddr* address, socklen_t* length);

// socket_options.cc
int GetOption(Kernel& kernel, int fd, int level, int name, void* value, socklen_t* length);
int SetOption(Kernel& kernel, int fd, int level, int name, const void* value, socklen_t length);

// transfer_calls.cc
ssize_t ReceiveBytes(Kernel& kernel, int fd, void* buffer, size_t length, int flags);
ssize_t SendBytes(Kernel& kernel, int fd, const void* buffer, size_t length, int flags);
ssize_t ReceiveMessage(Kernel& kernel, int fd, msghdr* message, int flags);
ssize_t SendMessage(Kernel& kernel, int fd, const msghdr* message, int flags);
int ReceiveMessages(Kernel& kernel, int fd, mmsghdr* messages, unsigned count, int flags,
                    timespec* timeout);
int SendMessages(Kernel& kernel, int fd, mmsghdr* messages, unsigned count, int flags);
ssize_t ReadBytes(Kernel& kernel, int fd, void* buffer, size_t length);
ssize_t WriteBytes(Kernel& kernel, int fd, const void* buffer, size_t length);
ssize_t ReadParts(Kernel& kernel, int fd, const iovec* parts, int count);
ssize_t WriteParts(Kernel& kernel, int fd, const iovec* parts, int count);

// file_calls.cc
ssize_t SendFile(Kernel& kernel, int out, int in, off_t* offset, size_t count);

ssize_t Splice(Kernel& kernel, int in, off_t* in_offset, int out, off_t* out_offset, size_t count,
               unsigned flags);
ssize_t Tee(Kernel& kernel, int in, int out, size_t count, unsigned flags);

// descriptor_calls.cc
int CloseFd(Kernel& kernel, int fd);
int ControlFd(Kernel& kernel, int fd, int command, long argument);
int ControlIo(Kernel& kernel, int fd, unsigned long request, void* argument);
int DuplicateFd(Kernel& kernel, int fd);
int DuplicateOnto(Kernel& kernel, int fd, int wanted, int flags);
int OpenPipe(Kernel& kernel, int fds[2], int flags);
int OpenEpoll(Kernel& kernel, int flags);
int OpenEventfd(Kernel& kernel, unsigned initial, int flags);
int OpenTimerfd(Kernel& kernel, int clock, int flags);
int OpenSignalfd(Kernel& kernel, int fd, const uint64_t* mask, size_t size, int flags);
int SetTimer(Kernel& kernel, int fd, int flags, const itimerspec* value, itimerspec* old);
int GetTimer(Kernel& kernel, int fd, itimerspec* value);
int SetLimits(Kernel& kernel, int pid, int resource, const rlimit* wanted, rlimit* former);
int ReadClock(Kernel& kernel, clockid_t clock, timespec* now);
int SleepFor(Kernel& kernel, const timespec* request, timespec* remaining);

// poll_calls.cc; epoll's are in epoll.h
int SelectAll(Kernel& kernel, int count, fd_set* readable, fd_set* writable, fd_set* exceptional,
              timeval* timeout);
int PollAll(Kernel& kernel, pollfd* fds, nfds_t count, int timeout_ms);

// ---- What several of them need.

// What a call does on a socket of either family. -EBADF for null, -ENOTSOCK for any other object.
template <typename OnTcp, typename OnUnix>
std::invoke_result_t<OnTcp, TcpEndpoint&> OnSocket(Object* object, OnTcp&& on_tcp,
                                                   OnUnix&& on_unix) {
  if (object == nullptr) return -EBADF;
  if (object->kind == Kind::kTcp) return on_tcp(static_cast<TcpEndpoint&>(*object));
  if (object->kind == Kind::kUnixStream) return on_unix(static_cast<UnixStream&>(*object));
  return -ENOTSOCK;
}

// Send and receive on a socket. -ENOTSOCK on any other object.
ssize_t ReceiveFrom(Kernel& kernel, Object& object, IoVector& to, const Transfer& transfer);
ssize_t SendTo(Kernel& kernel, Object& object, IoVector& from, const Transfer& transfer);

// Gives `object` the lowest free descriptor, which must exist.
int InstallLowest(Kernel& kernel, Object& object, bool close_on_exec);

// Lets the server have open what its owner and itself allow.
void ApplyDescriptorLimit(Kernel& kernel);
// How many descriptors a poll may ask about.
rlim_t MostPolled(const Kernel& kernel);

// What SO_SNDBUF and SO_RCVBUF become when a server asks for `wanted` bytes, with `force` by
// SO_SNDBUFFORCE and SO_RCVBUFFORCE.
int SendBufferFor(int wanted, bool force = false);
int ReceiveBufferFor(int wanted, bool force = false);

}  // namespace simulated
}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_SIMULATED_CALLS_H_
