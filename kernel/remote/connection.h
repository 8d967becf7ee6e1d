// Between a server's process and the one that drives it: memory that both see at one address, and a
// socket over which they take turns. At any moment one of the two waits for the other, so that a
// server is held in each of its calls for as long as the driver likes.

#ifndef HUPSTORM_KERNEL_REMOTE_CONNECTION_H_
#define HUPSTORM_KERNEL_REMOTE_CONNECTION_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernel/heap/heap_meter.h"
#include "kernel/remote/arena.h"
#include "kernel/remote/call_memory.h"
#include "kernel/remote/raw_call.h"

namespace hupstorm::remote {

// Whose turn it is, and what for.
enum class Turn : uint8_t {
  kGone,  // the other side has closed its end, or died
  // The server's:
  kCall,      // it makes the call in Frame::call
  kDone,      // what it was told to do is done
  kReturned,  // serve() has returned
  kThrew,     // serve() has thrown: Frame::text
  // The driver's:
  kExecute,                 // make the system call in Frame::order
  kExecuteAndGo,            // the same, and leave the call with its result, without another turn
  kExecuteAndGoUnlessZero,  // the same, where the result is not zero
  kRunHandlers,             // let handlers of pending signals run
  kReturnFromCall,          // leave the call with Frame::call_result
};

// What lies at the beginning of the shared memory.
struct Frame {
  RawCall call;
  int64_t call_result = 0;
  int32_t call_error = 0;
  RawCall order;
  bool order_done = false;
  int64_t order_result = 0;
  int32_t order_error = 0;
  HeapUse heap;  // of the server, at its last call
  char text[512] = {};
};

// The shared memory. Address space, mostly: pages that nobody touches cost nothing.
class SharedMemory {
 public:
  // Bytes that one call may move; see CallMemory.
  static constexpr size_t kArenaSize = 64 << 20;

  // Shared with the children that are forked from now on. Throws std::system_error.
  SharedMemory();
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  Frame& frame() const { return *frame_; }
  // The server's, which takes them in turns: what a call points to stays as it is until the call
  // after the next.
  Arena& server_arena(int turn) { return server_arenas_.at(static_cast<size_t>(turn % 2)); }
  Arena& driver_arena() { return driver_arena_; }
  CallMemory::Range range() const;

 private:
  std::byte* const begin_;
  Frame* const frame_;
  std::array<Arena, 2> server_arenas_;
  Arena driver_arena_;
};

// One end of the socket.
class Line {
 public:
  explicit Line(int socket) : socket_(socket) {}
  // False where nobody is there any more.
  bool Give(Turn turn);
  // Waits until the other side gives the turn back. kGone where it will not.
  Turn Await();
  int socket() const { return socket_; }

 private:
  int socket_;
};

}  // namespace hupstorm::remote

#endif  // HUPSTORM_KERNEL_REMOTE_CONNECTION_H_
