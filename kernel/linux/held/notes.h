// Calls that the server makes on its own; the driver learns of them at the next call that it must
// approve. A server that spins, or logs a line for each of its clients, makes hundreds of thousands
// of such calls, which cost twenty times as much if it is held in each.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_NOTES_H_
#define HUPSTORM_KERNEL_LINUX_HELD_NOTES_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>

#include "kernel/linux/held/server_memory.h"
#include "kernel/system_call.h"

namespace hupstorm::held {

// What a server may do before its driver says more.
struct Freedom {
  // It may make calls that can neither sleep nor change anything for others:
  //   - write to standard output and error, which the driver takes for the log: nothing is written,
  //     the driver gets the text;
  //   - getsockname, getpeername;
  //   - recv if nothing is to be read: end of input, an error, or EAGAIN if it would not sleep;
  //   - clock_gettime of CLOCK_MONOTONIC.
  // Only for a server that gets signals from its driver alone: they are not held back
  // meanwhile.
  bool may_note = false;
  int64_t monotonic_ns = 0;  // what that clock shows
};

// In the shared memory. Each side looks at it only while it has the turn.
class Notes {
 public:
  // ---- The driver's.
  void set_freedom(const Freedom& freedom) { freedom_ = freedom; }
  // Gives out the calls, oldest first, with what came of them; null if there are no more, and
  // then all are gone. Pointers are null, but for bytes that a call hands over: these are in the
  // shared memory. A note is good until the server gets the turn.
  const SystemCall* Take() {
    if (taken_ < count_) return At(taken_++);
    Clear();
    return nullptr;
  }
  void Clear() {
    freedom_ = {};
    count_ = taken_ = 0;
    text_size_ = 0;
  }

  // ---- The server's.
  const Freedom& freedom() const { return freedom_; }
  // Whether a note with `bytes` bytes has room. Without it the driver has to be asked.
  bool HasRoom(size_t bytes = 0) const { return count_ < kMost && bytes <= kTextSize - text_size_; }
  void Add(const SystemCall& note) { new (At(count_++)) SystemCall(note); }
  // Copies bytes that a note hands over. Null if they cannot be read.
  const std::byte* Keep(const void* bytes, size_t size) {
    std::byte* const copy = text_.data() + text_size_;
    if (CopyFromServer(copy, bytes, size) != size) return nullptr;
    text_size_ += size;
    return copy;
  }

 private:
  static constexpr uint32_t kMost = 2048;
  static constexpr size_t kTextSize = 128 << 10;

  SystemCall* At(uint32_t number) { return reinterpret_cast<SystemCall*>(notes_.data()) + number; }

  Freedom freedom_;
  uint32_t count_ = 0;
  uint32_t taken_ = 0;
  size_t text_size_ = 0;
  // Bytes, so that a thread that makes no notes has no pages for them.
  alignas(SystemCall) std::array<std::byte, kMost * sizeof(SystemCall)> notes_;
  std::array<std::byte, kTextSize> text_;
};

}  // namespace hupstorm::held

#endif  // HUPSTORM_KERNEL_LINUX_HELD_NOTES_H_
