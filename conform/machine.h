// Carries out programs on one kernel, call by call, and writes down what each call gave.

#ifndef HUPSTORM_CONFORM_MACHINE_H_
#define HUPSTORM_CONFORM_MACHINE_H_

#include <poll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/file_descriptor.h"
#include "conform/call_of.h"
#include "conform/outcome.h"
#include "conform/program.h"
#include "kernel/syscalls.h"

namespace hupstorm::conform {

class Machine {
 public:
  // `patience_ms`: how long a kDrain waits for bytes that were sent and have not arrived; 0 if
  // they arrive at once or never.
  Machine(Syscalls& kernel, int patience_ms);

  // Forgets the last program, and counts the kernel's SIGPIPEs from now on. Listeners bind to `ip`
  // (in the order of the host's bytes).
  void Start(uint32_t ip, bool fills_buffers);
  void Do(const Operation& operation, Outcome* outcome);
  // Closes what the program left open; connections by RST, so that nothing of them stays.
  void Finish();

  Syscalls& kernel() { return kernel_; }
  // The descriptor in a slot; a number that is not open if there is none.
  int fd(int slot) const;
  bool IsOpen(int slot) const { return slot != kNoSlot && At(slot).fd >= 0; }
  bool IsTcp(int slot) const;
  // A file in which a sender's stream stands, over and over.
  int file() const { return file_.get(); }
  // The slot of the other end of an accepted connection, kNoSlot if it is not known.
  int8_t Partner(int slot) const { return slot == kNoSlot ? kNoSlot : At(slot).partner; }
  // It was shut down for reading: an end of input is none of the other end's.
  bool ReadIsShut(int slot) const { return At(slot).read_shut; }
  // The first slot of those that are copies of one another.
  int8_t Origin(int slot) const { return At(slot).origin; }
  // What was put in the slot last, by which call.
  Code MadeBy(int slot) const { return At(slot).made_by; }

  // What an ioctl that asks for a number says, of a descriptor that is open; -1 if it fails.
  int Asked(int slot, unsigned long request) const;
  // TCP's state (TCP_INFO), -1 if it has none.
  int TcpState(int slot) const;
  // poll(2), without waiting, of all that is open but the epolls.
  void Look(std::vector<Seen>* readiness);

 private:
  struct Slot {
    int fd = -1;
    Code made_by = Code::kClose;
    int8_t partner = kNoSlot;
    int8_t origin = kNoSlot;
    bool read_shut = false;  // shutdown for reading
    uint16_t port = 0;       // its own
    uint64_t sent = 0;       // bytes that it took from the program
    uint64_t received = 0;   // bytes that it gave to the program
  };

  Slot& At(int slot) { return slots_[static_cast<size_t>(slot)]; }
  const Slot& At(int slot) const { return slots_[static_cast<size_t>(slot)]; }
  // A number that is not open would lie beyond the sets of select.
  bool FitsSets(int slot) const { return IsOpen(slot) && fd(slot) < FD_SETSIZE; }
  // What the slot held before, if anything, is closed.
  void Put(int8_t slot, int fd, Code made_by);
  static int64_t Result(int64_t result, Outcome* outcome);
  // Fills the memory that the call points to.
  void Prepare(const Operation& operation);
  // Tells what it gave: in `outcome`, and in the slots.
  void Take(const Operation& operation, Outcome* outcome);
  void TakeDescriptors(const Operation& operation, Outcome* outcome);
  // How many bytes a call moved.
  uint64_t Moved(const Operation& operation, const Outcome& outcome) const;
  void TakeReceived(const Operation& operation, Outcome* outcome);
  void MakeListener(const Operation& operation, Outcome* outcome);
  void Fill(const Operation& operation, Outcome* outcome);
  void Drain(const Operation& operation, Outcome* outcome);
  // What a name means to the program: whose port it is, and which of the program's addresses.
  void AddName(Outcome* outcome);
  bool TakesInOrder(Slot& slot, size_t count, bool peek);
  void FillPattern(uint64_t position, size_t count);

  Syscalls& kernel_;
  int patience_ms_;
  uint32_t ip_ = INADDR_LOOPBACK;
  bool fills_buffers_ = false;
  std::array<Slot, kSlots> slots_;
  Memory memory_;
  FileDescriptor file_;  // Linux's own: what kSendfile sends
  std::vector<std::byte> buffer_;
  std::vector<pollfd> polled_;
  std::vector<int> polled_slots_;
};

// The byte that a sender's stream has at `position`, which repeats itself after kPattern bytes.
inline constexpr uint64_t kPattern = 61;  // a prime: no power of two hides a shift
std::byte PatternByte(uint64_t position);

}  // namespace hupstorm::conform

#endif  // HUPSTORM_CONFORM_MACHINE_H_
