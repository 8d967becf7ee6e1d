// What a call points to, moved to where another process can see it, and what the call wrote moved
// back.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_CALL_MEMORY_H_
#define HUPSTORM_KERNEL_LINUX_HELD_CALL_MEMORY_H_

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>

#include "kernel/linux/held/arena.h"
#include "kernel/system_call.h"

namespace hupstorm::held {

// For the life of the object the memory is taken from the arena; objects nest. Pointers that lead
// into `shared` are left as they are: the other process sees that memory already.
//
// Bytes to be moved by one call are limited by the room in the arena: a longer transfer becomes a
// shorter one, as Linux may make it.
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

  // The call, with pointers to what it points to now.
  const SystemCall& call() const { return call_; }

  // Copies what the call wrote to where the caller wants it. `result`: of the call.
  void CopyBack(int64_t result) const;

  // False for calls that carry a pointer to who knows what: ioctl requests that are none of the
  // sockets', fcntl's locks. They can be carried out in the server's own process only. Nor may a
  // transfer that could sleep be made for the driver (sendfile).
  static bool IsPortable(const SystemCall& call);

 private:
  // What decides how much of it is copied back.
  enum class Extent : uint8_t { kAll, kResult, kEvents, kLength };
  struct Piece {
    void* original = nullptr;
    void* copy = nullptr;
    size_t size = 0;
    Extent extent = Extent::kAll;
    const socklen_t* length = nullptr;  // kLength: the copy of the caller's length
    bool out = false;
  };

  void MoveArgument(const Argument& argument, size_t index);
  void* Move(size_t argument, size_t size, Direction direction, Extent extent = Extent::kAll);
  void MoveAddress(size_t argument, size_t length_argument);
  void MoveBytes(size_t argument, size_t size_argument, Direction direction);
  iovec* MoveParts(const iovec* parts, size_t count, Direction direction);
  void MoveMessage(size_t argument, Direction direction);
  void Add(void* original, void* copy, size_t size, Direction direction, Extent extent,
           const socklen_t* length = nullptr);
  void CopyPartsBack(size_t bytes) const;
  void CopyMessageBack() const;

  Arena& arena_;
  const Range shared_;
  std::byte* const former_top_;
  SystemCall call_;
  std::array<Piece, 6> pieces_;
  size_t piece_count_ = 0;
  const iovec* parts_ = nullptr;  // the caller's
  iovec* part_copies_ = nullptr;
  size_t part_count_ = 0;
  bool parts_out_ = false;
  msghdr* message_ = nullptr;  // the caller's
  msghdr* message_copy_ = nullptr;
};

}  // namespace hupstorm::held

#endif  // HUPSTORM_KERNEL_LINUX_HELD_CALL_MEMORY_H_
