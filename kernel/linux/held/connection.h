// What connects a thread of a server with the process that drives it: memory that both have at one
// address, and a socket over which they take turns. One of the two always waits for the other, so
// the server stays in a call until the driver gives it the turn.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_CONNECTION_H_
#define HUPSTORM_KERNEL_LINUX_HELD_CONNECTION_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/file_descriptor.h"
#include "kernel/heap/heap_meter.h"
#include "kernel/linux/held/call_memory.h"
#include "kernel/linux/held/notes.h"
#include "kernel/linux/held/sleepers.h"
#include "kernel/stacks/stack_walk.h"
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
  kExecuteAndGoUnlessZero,  // the same, unless the result is zero
  kWakeSleepers,            // wake sleepers of Frame::first whose time is over
  kRunHandlers,             // let handlers of pending signals run
  kReturnFromCall,          // leave the call with the result in Frame::call
};

// What lies at the beginning of the shared memory. Each side looks at it only while it has the
// turn, but for the atomic fields.
struct Frame {
  SystemCall call;
  SystemCall order;
  bool order_done = false;
  HeapUse heap;  // of the server, at its last call
  char text[512] = {};
  // The server's clocks are this far ahead of Linux's. The driver's to write; and the server's, as
  // it returns from a call in which they stood still.
  std::atomic<int64_t> clock_offset_ns{0};
  // They stand still while a call is carried out that does not sleep: on a busy machine that takes
  // long, and is no time of the server's. Nobody but this thread reads them. The driver's.
  std::atomic<bool> stops_clock{false};
  // The call that is under way has slept. The driver's.
  bool has_slept = false;
  // For how long they stood still since the driver has taken that into account.
  std::atomic<int64_t> stood_still_ns{0};
  // A call is under way: the server's thread waits for the driver, or is about to. The server's.
  std::atomic<bool> in_call{false};
  // Signals that the server's thread sleeps without, bit 0 is signal 1: its own mask, or that of
  // the wait. All are blocked while it is held. The server's.
  std::atomic<uint64_t> blocked{0};
  // The server's thread runs code of ours: a fault that ends it now is none of the server's. The
  // server's.
  std::atomic<bool> in_library{false};
  // The server's process is about to end by itself, with this status; -1 before. If the line is
  // then shut down, it still has exit handlers to run. The server's.
  std::atomic<int32_t> exit_status{-1};
  // The server's process has connected to somebody, or its parent has before it was forked. The
  // server's.
  std::atomic<bool> has_connected{false};
  // The stack of each call is wanted, and none is made without the driver. The driver's.
  std::atomic<bool> wants_stacks{false};
  StackWalk stack;  // on which `call` is made, if it is wanted
  // Where the server's process has died of a fault, or has called exit. The server's.
  StackWalk death;
  // The frame that was this process's first: there its sleepers are noted, and there it reads its
  // clock. The server's.
  std::atomic<Frame*> first{nullptr};
  Sleepers sleepers;
  int64_t wake_until_ns = 0;  // for kWakeSleepers
  Notes notes;
};

// The shared memory: the frame, and then the arenas. Mostly address space: pages that are never
// used cost nothing.
class SharedMemory {
 public:
  static constexpr size_t kFrameSize = 512 << 10;
  // Bytes that one call may move; see CallMemory.
  static constexpr size_t kArenaSize = 64 << 20;
  static constexpr size_t kSize = kFrameSize + 3 * kArenaSize;

  // Shared with the children that are forked from now on. Throws std::system_error.
  SharedMemory();
  // Takes over what Map has mapped. `is_new`: this process is the first to map it.
  SharedMemory(std::byte* mapped, bool is_new);
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  // A file for shared memory. Throws std::system_error.
  static FileDescriptor MakeFile();
  // Maps the file at `address`; for -1 new memory, anywhere. Null if that cannot be done.
  static std::byte* Map(int file, std::byte* address);

  Frame& frame() const { return *reinterpret_cast<Frame*>(begin_); }
  // The server's, which takes them in turns: what a call points to stays as it is until the call
  // after the next.
  Arena& server_arena(int turn) { return server_arenas_.at(static_cast<size_t>(turn % 2)); }
  Arena& driver_arena() { return driver_arena_; }
  CallMemory::Range range() const { return {begin_, begin_ + kSize}; }

 private:
  std::byte* const begin_;
  std::array<Arena, 2> server_arenas_;
  Arena driver_arena_;
};
static_assert(sizeof(Frame) <= SharedMemory::kFrameSize);

// One end of the socket.
class Line {
 public:
  explicit Line(int socket) : socket_(socket) {}
  // False if the other side is gone.
  bool Give(Turn turn);
  // Waits until the other side gives the turn back, or is gone.
  Turn Await();
  int socket() const { return socket_; }

 private:
  int socket_;
};

}  // namespace hupstorm::held

#endif  // HUPSTORM_KERNEL_LINUX_HELD_CONNECTION_H_
