// Takes the stack of a thread of the server, in the server's process.

#ifndef HUPSTORM_KERNEL_STACKS_STACK_WALK_H_
#define HUPSTORM_KERNEL_STACKS_STACK_WALK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "kernel/stacks/call_stack.h"

namespace hupstorm {

// Plain data, whole in itself, so that it can be carried from one process to another.
struct StackWalk {
  static constexpr size_t kMost = 64;  // frames; those farther out are left out
  struct Frame {
    uint64_t offset;  // CodeAddress::offset
    uint16_t module;  // what the dynamic linker calls the file, in `text`; 0: none
  };
  size_t size = 0;       // frames; 0: there is no stack
  uint16_t program = 0;  // CallStack::program, in `text`
  uint16_t callee = 0;   // CallStack::callee, in `text`
  size_t text_size = 1;
  size_t script_size = 0;
  std::array<Frame, kMost> frames;
  std::array<char, 8192> text;    // strings with their zeros; the first is empty
  std::array<char, 8192> script;  // as the server's interpreter says it, for TracebackLines

  StackWalk() { text[0] = '\0'; }
  void Clear() {
    size = script_size = 0;
    program = callee = 0;
    text_size = 1;
  }
};

// The stack on which a libc function of the server's was called, from inside that call; or on which
// it was, from a handler of the fault that came. Takes no memory of the server's and no lock. A
// stack that is not described, or is damaged, ends early.
//
// In a library that was loaded into the server all frames of that library's are ours: the walk
// begins with the one that called it.
void WalkToServer(StackWalk& stack);
// In an executable that the server is linked to: `call` lies in the frame of the shim's function;
// `end` in the frame that has called the server, and this and what lies outwards of it are left
// out.
void WalkToServer(StackWalk& stack, const void* call, const void* end);
// In such an executable, of a fault, from its handler on a stack of its own.
void WalkFromFault(StackWalk& stack, const void* end);

// Takes memory.
CallStack ToCallStack(const StackWalk& walk);

// The stacks of many calls: few differ, as a server makes its calls at few places.
class KnownStacks {
 public:
  void Clear() { known_.clear(); }
  // The same object for the same stack.
  SharedStack Of(const StackWalk& walk);

 private:
  std::unordered_map<uint64_t, SharedStack> known_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_STACKS_STACK_WALK_H_
