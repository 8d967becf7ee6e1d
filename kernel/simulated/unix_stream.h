// The two ends of socketpair(AF_UNIX, SOCK_STREAM) (net/unix/af_unix.c).

#ifndef HUPSTORM_KERNEL_SIMULATED_UNIX_STREAM_H_
#define HUPSTORM_KERNEL_SIMULATED_UNIX_STREAM_H_

#include <sys/types.h>

#include <cstdint>

#include "kernel/call_table.h"
#include "kernel/simulated/byte_queue.h"
#include "kernel/simulated/io_vector.h"
#include "kernel/simulated/object.h"

namespace hupstorm::simulated {

struct Kernel;

struct UnixStream : Object {
  UnixStream() : Object(Kind::kUnixStream) {}
  UnixStream* other = nullptr;  // null once it is closed
  ByteQueue receive;
  ByteQueue segments;       // how many bytes came by each send, as uint32_t
  uint32_t first_left = 0;  // of the one that was begun to be read
  uint8_t shutdown = 0;     // kReceiveShutdown, kSendShutdown
  int error = 0;
  int send_buffer = 0;
  int receive_buffer = 0;
  int64_t receive_timeout_ns = -1;
  int64_t send_timeout_ns = -1;
  bool linger = false;  // kept, and of no effect (unix(7) has none)
  int linger_seconds = 0;
};

struct UnixTransfer {
  Call call;
  int fd;
  int flags;
};

uint32_t PollUnixStream(const UnixStream& stream);
ssize_t ReceiveUnix(Kernel& kernel, UnixStream& stream, IoVector& to, const UnixTransfer& transfer);
ssize_t SendUnix(Kernel& kernel, UnixStream& stream, IoVector& from, const UnixTransfer& transfer);
int ShutdownUnix(Kernel& kernel, UnixStream& stream, int how);
void CloseUnixStream(Kernel& kernel, UnixStream& stream);

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_UNIX_STREAM_H_
