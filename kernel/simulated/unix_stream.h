// Sockets of AF_UNIX (net/unix/af_unix.c): streams, and those that keep the bounds of messages.

#ifndef HUPSTORM_KERNEL_SIMULATED_UNIX_STREAM_H_
#define HUPSTORM_KERNEL_SIMULATED_UNIX_STREAM_H_

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include <cstdint>

#include "kernel/simulated/byte_queue.h"
#include "kernel/simulated/io_vector.h"
#include "kernel/simulated/object.h"
#include "kernel/simulated/tcp_endpoint.h"

namespace hupstorm::simulated {

struct Kernel;
struct Transfer;
struct UnixListener;

// Descriptors on their way (SCM_RIGHTS).
struct PassedDescriptors {
  static constexpr uint32_t kMost = 253;  // SCM_MAX_FD
  struct Entry {
    Object* object = nullptr;
    int host_fd = -1;  // if `object` is null: a duplicate of Linux's, which belongs to the message
  };
  uint32_t count = 0;
  Link<PassedDescriptors> link;
  Entry entries[kMost];
};

// What came by one send.
struct UnixSegment {
  uint32_t left = 0;  // bytes that are not read yet
  PassedDescriptors* passed = nullptr;
};

// A name as bind(2) was given it: none, a path with its final 0, or a 0 and any bytes.
struct UnixName {
  uint8_t length = 0;  // of `path`
  char path[sizeof(sockaddr_un::sun_path) + 1] = {};

  bool IsPath() const { return length > 0 && path[0] != 0; }
};

// What a message has beside its bytes, both ways.
struct MessageExtras {
  PassedDescriptors* passed = nullptr;
  const UnixName* to = nullptr;
  UnixName from;
  int flags = 0;  // MSG_TRUNC and the like, that the receiver is told
};

enum class UnixState : uint8_t { kUnconnected, kListening, kConnected };

struct UnixStream : Object {
  UnixStream() : Object(Kind::kUnixStream) {}
  UnixState state = UnixState::kUnconnected;
  uint8_t type = SOCK_STREAM;
  uint8_t shutdown = 0;  // kReceiveShutdown, kSendShutdown
  bool passes_credentials = false;
  bool has_peer_credentials = false;
  UnixStream* other = nullptr;  // null once it is closed
  uint32_t unread_segments = 0;
  UnixSegment first;   // the oldest of them
  ByteQueue segments;  // the rest
  ByteQueue receive;   // in a datagram socket a UnixName, the sender's, before each message
  int error = 0;
  SocketOptions options;  // SO_LINGER is kept, and of no effect

  UnixName name;
  UnixName peer_name;  // as the other end is closed
  dev_t device = 0;    // where a path leads
  ino_t inode = 0;
  Link<UnixStream> bound_link;
  UnixListener* listener = nullptr;  // if it listens
  Link<UnixStream> queue_link;       // where it waits for accept
  Link<UnixStream> connected_link;
};

struct UnixListener {
  IntrusiveList<UnixStream, &UnixStream::queue_link> accepting;
  uint32_t length = 0;
  uint32_t backlog = 0;
};

uint32_t PollUnixStream(const UnixStream& stream);
ssize_t ReceiveUnix(Kernel& kernel, UnixStream& stream, IoVector& to, const Transfer& transfer);
ssize_t SendUnix(Kernel& kernel, UnixStream& stream, IoVector& from, const Transfer& transfer);
int ShutdownUnix(Kernel& kernel, UnixStream& stream, int how);
void CloseUnixStream(Kernel& kernel, UnixStream& stream);

// ---- unix_names.cc
// A new socket without a name.
UnixStream& NewUnixStream(Kernel& kernel, int type, bool non_blocking);
// Makes them each other's peer.
void JoinUnix(Kernel& kernel, UnixStream& a, UnixStream& b);
int BindUnix(Kernel& kernel, UnixStream& stream, const sockaddr* address, socklen_t length);
int ListenUnix(Kernel& kernel, UnixStream& stream, int backlog);
int ConnectUnix(Kernel& kernel, UnixStream& stream, const sockaddr* address, socklen_t length,
                int fd);
// Waits for a connection. Null and a negative errno if there is none.
UnixStream* AcceptUnix(Kernel& kernel, UnixStream& listener, int fd, int* error);
int WriteUnixName(const UnixName& name, sockaddr* to, socklen_t* length);
int UnixPeerName(const UnixStream& stream, sockaddr* to, socklen_t* length);
// What sendto(2) was given. 0 or a negative errno.
int ReadUnixName(const void* address, socklen_t length, UnixName* name);
// The socket with a name that a socket of `type` asks for. Null and a negative errno if there is
// none.
UnixStream* FindUnix(Kernel& kernel, const UnixName& name, int type, int* error);
void LeaveNames(Kernel& kernel, UnixStream& stream);
// At the end of a run: removes from the file system what was bound there, and closes Linux's
// descriptors that were on their way.
void ForgetUnix(Kernel& kernel);

// ---- unix_control.cc
// SCM_RIGHTS and SCM_CREDENTIALS of a message to send. 0 or a negative errno.
int TakeControl(Kernel& kernel, const msghdr& message, PassedDescriptors** passed);
// Gives the receiver what came, and sets msg_controllen and msg_flags. `passed` is used up.
int GiveControl(Kernel& kernel, const UnixStream& stream, PassedDescriptors* passed, int flags,
                msghdr* message);
PassedDescriptors* CopyPassed(Kernel& kernel, const PassedDescriptors& passed);
// Gives a message's descriptors their place; what is left at Reset is closed.
PassedDescriptors* NewPassed(Kernel& kernel);
void DropPassed(Kernel& kernel, PassedDescriptors* passed);

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_UNIX_STREAM_H_
