// The calls in the code of an executable or a shared library, by the bytes of their instructions
// (x86-64): those whose callee stands in the instruction, or in a pointer that the dynamic linker
// fills in.

#ifndef HUPSTORM_KERNEL_STACKS_MACHINE_CALLS_H_
#define HUPSTORM_KERNEL_STACKS_MACHINE_CALLS_H_

#include <libelf.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hupstorm {

// Addresses in [begin, end).
struct CodeRange {
  uint64_t begin = 0;
  uint64_t end = 0;
};

// An instruction that calls another function.
struct CallSite {
  uint64_t next = 0;  // the address behind it
  // What tells the callee: its address, or that of the pointer to it.
  uint64_t target = 0;
  bool by_pointer = false;
  bool is_jump = false;  // the function's last deed: its frame is gone by then
};

class MachineCalls {
 public:
  // `elf` must outlive it.
  explicit MachineCalls(Elf* elf);

  // The calls in a range, by `call` and `jmp` with rel32 and *rel32(%rip), whose callee or pointer
  // lies in the file; jumps only out of the range. Bytes in the middle of an instruction may look
  // like one, too.
  std::vector<CallSite> In(CodeRange range) const;
  // The one that ends at `next`, if it is of these.
  std::optional<CallSite> Before(uint64_t next) const;
  // The name of a function of another file's that is called; empty if it is none, or not known.
  std::string CalleeElsewhere(const CallSite& call) const;

 private:
  std::string_view CodeAt(CodeRange range) const;
  bool IsMapped(uint64_t address, bool code) const;
  std::optional<CallSite> CallAt(std::string_view code, size_t at, uint64_t begin) const;
  std::optional<uint64_t> StubsPointer(uint64_t address) const;
  void ReadPointers();

  Elf* const elf_;
  std::map<uint64_t, std::string> pointers_;  // to functions of other files
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_STACKS_MACHINE_CALLS_H_
