// Between a server's process and the one that drives it: memory that both see at one address, and a
// socket over which they take turns. At any moment one of the two waits for the other, so that a
// server is held in each of its calls for as long as the driver likes.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_CONNECTION_H_
#define HUPSTORM_KERNEL_LINUX_HELD_CONNECTION_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "kernel/heap/heap_meter.h"
#include "kernel/linux/held/arena.h"
#include "kernel/linux/held/call_memory.h"
#include "kernel/linux/held/notes.h"
#include "kernel/system_call.h"

namespace hupstorm::held {

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
  kReturnFromCall,          // leave the call with the result in Frame::call
};

// What lies at the beginning of the shared memory.
struct Frame {
  SystemCall call;
  SystemCall order;
  bool order_done = false;
  HeapUse heap;  // of the server, at its last call
  char text[512] = {};
  // The server's clocks are this far ahead of Linux's. The driver's to write.
  std::atomic<int64_t> clock_offset_ns{0};
  // A call is under way: the server's thread waits for the driver, or is about to. The server's.
  std::atomic<bool> in_call{false};
  // The server's process is about to end by itself, with this status; -1 before. The server's.
  std::atomic<int32_t> exit_status{-1};
  Notes notes;
};

// The shared memory. Address space, mostly: pages that nobody touches cost nothing.
class SharedMemory {
 public:
  // Bytes that one call may move; see CallMemory.
  static constexpr size_t kArenaSize = 64 << 20;

  // Shared with the children that are forked from now on. Throws std::system_error.
  SharedMemory();
  // Shared with a process that maps `file` at the same address. Throws std::system_error, also
  // where something lies at `address` already.
  SharedMemory(int file, std::byte* address);
  // The other side's: what the driver has made, mapped by MapAt.
  explicit SharedMemory(std::byte* mapped);
  ~SharedMemory();

  // A file for shared memory, to be closed by the caller. Throws std::system_error.
  static int MakeFile();
  // Null where it cannot be mapped there.
  static std::byte* MapAt(int file, std::byte* address);
  // How far apart the addresses of two have to be.
  static size_t Spacing();

  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  Frame& frame() const { return *frame_; }
  // The server's, which takes them in turns: what a call points to stays as it is until the call
  // after the next.
  Arena& server_arena(int turn) { return server_arenas_.at(static_cast<size_t>(turn % 2)); }
  Arena& driver_arena() { return driver_arena_; }
  CallMemory::Range range() const;

 private:
  SharedMemory(std::byte* begin, Frame* frame);

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

}  // namespace hupstorm::held

#endif  // HUPSTORM_KERNEL_LINUX_HELD_CONNECTION_H_
