// Calls that the server makes on its own; the driver learns of them at the next call that it must
// approve. A server that spins, or logs a line for each of its clients, makes hundreds of thousands
// of such calls, and to be held in each would cost it twenty times as much.

#ifndef HUPSTORM_KERNEL_LINUX_HELD_NOTES_H_
#define HUPSTORM_KERNEL_LINUX_HELD_NOTES_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernel/system_call.h"

namespace hupstorm::held {

// What a server may do before its driver says more.
struct Freedom {
  // It may make calls that can neither sleep nor change anything for others:
  //   - write to standard output and error, which the driver takes for the log: nothing is written,
  //     the driver gets the text;
  //   - getsockname, getpeername;
  //   - recv where nothing is to be read: end of input, an error, EAGAIN where it would not sleep;
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
  // Gives out the calls, oldest first, with what came of them; null where there are no more, and
  // then all are gone. Pointers are null, but for bytes that a call hands over: these are in the
  // shared memory. A note is good until the server gets the turn.
  const SystemCall* Take();
  // As new, for a new server.
  void Clear();

  // ---- The server's.
  const Freedom& freedom() const { return freedom_; }
  // Whether a note with so many bytes has room. Without it the call has to be asked for.
  bool HasRoom(size_t bytes = 0) const { return count_ < kMost && bytes <= kTextSize - text_size_; }
  void Add(const SystemCall& note) { notes_[count_++] = note; }
  // Copies bytes that a note hands over.
  const std::byte* Keep(const void* bytes, size_t size);

 private:
  static constexpr uint32_t kMost = 2048;
  static constexpr size_t kTextSize = 128 << 10;

  Freedom freedom_;
  uint32_t count_ = 0;
  uint32_t taken_ = 0;
  size_t text_size_ = 0;
  std::array<SystemCall, kMost> notes_;
  std::array<std::byte, kTextSize> text_;
};

}  // namespace hupstorm::held

#endif  // HUPSTORM_KERNEL_LINUX_HELD_NOTES_H_
