// Pipes (fs/pipe.c).

#ifndef HUPSTORM_KERNEL_SIMULATED_PIPE_H_
#define HUPSTORM_KERNEL_SIMULATED_PIPE_H_

#include <sys/types.h>

#include <cstdint>

#include "kernel/simulated/byte_queue.h"
#include "kernel/simulated/io_vector.h"
#include "kernel/simulated/object.h"

namespace hupstorm::simulated {

struct Kernel;
struct PipeEnd;

// A page is free again when all of it has been read.
struct Pipe {
  static constexpr uint64_t kPage = 4096;

  ByteQueue bytes;
  uint32_t serial = 0;  // of the end that was made first
  uint64_t pages = 16;  // that it holds at most
  uint64_t read_position = 0;
  uint64_t write_position = 0;
  // Packets, which are read one by one (O_DIRECT): each takes a page. Both kinds are never in one
  // pipe.
  bool in_packets = false;
  uint32_t packets = 0;
  ByteQueue sizes;            // of the packets, as uint32_t
  PipeEnd* reader = nullptr;  // null once it is closed
  PipeEnd* writer = nullptr;

  uint64_t UsedPages() const {
    if (in_packets) return packets;
    return (write_position + kPage - 1) / kPage - read_position / kPage;
  }
  bool IsFull() const { return UsedPages() >= pages; }
  uint64_t Room() const {
    if (in_packets) return IsFull() ? 0 : kPage;
    return (read_position / kPage + pages) * kPage - write_position;
  }
};

struct PipeEnd : Object {
  PipeEnd() : Object(Kind::kPipeEnd) {}
  Pipe* pipe = nullptr;
  bool is_writer = false;
};

uint32_t PollPipe(const PipeEnd& end);
ssize_t ReadPipe(Kernel& kernel, PipeEnd& end, IoVector& to, int fd);
ssize_t WritePipe(Kernel& kernel, PipeEnd& end, IoVector& from, int fd);
// F_SETPIPE_SZ: returns the size that it has then, in bytes.
int SetPipeSize(Kernel& kernel, PipeEnd& end, uint32_t bytes);
void ClosePipeEnd(Kernel& kernel, PipeEnd& end);

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_PIPE_H_
