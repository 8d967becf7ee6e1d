// The two ends of socketpair(AF_UNIX, SOCK_STREAM) (net/unix/af_unix.c).

#ifndef HUPSTORM_KERNEL_SIMULATED_UNIX_STREAM_H_
#define HUPSTORM_KERNEL_SIMULATED_UNIX_STREAM_H_

#include <sys/types.h>

#include <cstdint>

#include "kernel/simulated/byte_queue.h"
#include "kernel/simulated/io_vector.h"
#include "kernel/simulated/object.h"
#include "kernel/simulated/tcp_endpoint.h"

namespace hupstorm::simulated {

struct Kernel;
struct Transfer;

struct UnixStream : Object {
  UnixStream() : Object(Kind::kUnixStream) {}
  UnixStream* other = nullptr;  // null once it is closed
  ByteQueue receive;
  ByteQueue segments;       // how many bytes came by each send, as uint32_t
  uint32_t first_left = 0;  // of the one that was begun to be read
  uint8_t shutdown = 0;     // kReceiveShutdown, kSendShutdown
  int error = 0;
  SocketOptions options;  // SO_LINGER is kept, and of no effect
};

uint32_t PollUnixStream(const UnixStream& stream);
ssize_t ReceiveUnix(Kernel& kernel, UnixStream& stream, IoVector& to, const Transfer& transfer);
ssize_t SendUnix(Kernel& kernel, UnixStream& stream, IoVector& from, const Transfer& transfer);
int ShutdownUnix(Kernel& kernel, UnixStream& stream, int how);
void CloseUnixStream(Kernel& kernel, UnixStream& stream);

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_UNIX_STREAM_H_
