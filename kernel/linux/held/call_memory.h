// What a call points to, moved to where another process can see it, and what the call wrote moved
// back.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_CALL_MEMORY_H_
#define HUPSTORM_KERNEL_LINUX_HELD_CALL_MEMORY_H_

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>

#include "kernel/system_call.h"

namespace hupstorm::held {

// A range of memory that two processes share at the same address, of which one hands out parts like
// a stack.
class Arena {
 public:
  static constexpr size_t kAlignment = 16;

  Arena(std::byte* begin, size_t size) : top_(begin), end_(begin + size) {}

  // Null if there is no room.
  void* Take(size_t size) {
    const size_t whole = (size + kAlignment - 1) / kAlignment * kAlignment;
    if (whole < size || whole > room()) return nullptr;
    std::byte* const taken = top_;
    top_ += whole;
    return taken;
  }
  size_t room() const { return static_cast<size_t>(end_ - top_); }

  std::byte* top() const { return top_; }
  // Gives back all that was taken since `top()` was this.
  void GiveBack(std::byte* top) { top_ = top; }

 private:
  std::byte* top_;
  std::byte* end_;
};

// For the life of the object the memory is taken from the arena; objects nest. Pointers that lead
// into `shared` are left as they are: the other process sees that memory already.
//
// Bytes to be moved by one call are limited by the room in the arena, and by how much of them can
// be read: a longer transfer becomes a shorter one, as Linux makes it.
class CallMemory {
 public:
  struct Range {
    const std::byte* begin;
    const std::byte* end;
    bool Contains(const void* address) const { return begin <= address && address < end; }
  };

  CallMemory(const SystemCall& call, Arena& arena, Range shared);
  ~CallMemory() { arena_.GiveBack(former_top_); }
  CallMemory(const CallMemory&) = delete;
  CallMemory& operator=(const CallMemory&) = delete;

  // False if the call points to what is not there, or to more than there is room for. Then call()
  // is not to be looked at: whatever comes of the call, Linux has to say.
  bool is_whole() const { return is_whole_; }
  // The call, with pointers to what it points to now.
  const SystemCall& call() const { return call_; }

  // `order`, which may be call(), or differ from it by its numbers, with the bytes that it is to
  // receive led to where the caller wants them. Linux then takes nothing off a connection that it
  // cannot deliver. Once the order is done, with `result`, CopyReceived brings the same bytes to
  // where call() points to, for those that look there.
  SystemCall Direct(const SystemCall& order);
  void CopyReceived(int64_t result);

  // Copies what the call wrote to where the caller wants it. `result`: of the call. False if that
  // is no place to write to (EFAULT).
  bool CopyBack(int64_t result) const;

  // False for calls that can be carried out in the server's own process only: those with a pointer
  // to memory of unknown size (ioctl requests that are none of the sockets', fcntl's locks), and
  // sendfile, recvmmsg and sendmmsg, which may sleep.
  static bool IsPortable(const SystemCall& call);

 private:
  // What the call may write.
  struct Piece {
    Argument argument;  // that leads to it
    size_t index;       // of that argument
    void* original;
    void* copy;
    size_t size;
  };

  void MoveArgument(size_t index);
  // Room for `size` bytes of `original`, which are copied there if `direction` says so; the
  // original if it is shared, or there are none.
  void* Move(void* original, size_t size, Direction direction);
  iovec* MoveParts(iovec* parts, int64_t count, Direction direction);
  msghdr* MoveMessage(msghdr* message, Direction direction);
  size_t RoomForBytes() const;

  Arena& arena_;
  const Range shared_;
  std::byte* const former_top_;
  SystemCall call_;
  bool is_whole_ = true;
  std::array<Piece, kMostArguments> pieces_;
  size_t piece_count_ = 0;
  // Copies of the caller's parts, as they were and as the call has them.
  const iovec* parts_ = nullptr;
  iovec* part_copies_ = nullptr;
  iovec* direct_parts_ = nullptr;  // the caller's parts, as long as the call's are
  bool is_direct_ = false;
  size_t written_parts_ = 0;   // how many the call may write
  msghdr* message_ = nullptr;  // the caller's, if the call may write it
  const msghdr* message_before_ = nullptr;
  msghdr* message_copy_ = nullptr;
};

}  // namespace hupstorm::held

#endif  // HUPSTORM_KERNEL_LINUX_HELD_CALL_MEMORY_H_
