// Takes the stack of a thread of the server, in the server's process.

#ifndef HUPSTORM_KERNEL_STACKS_STACK_WALK_H_
#define HUPSTORM_KERNEL_STACKS_STACK_WALK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "kernel/stacks/call_stack.h"

namespace hupstorm {

// Plain data, so that it can be carried from one process to another.
struct StackWalk {
  static constexpr size_t kMost = 64;  // frames; those farther out are left out
  struct Frame {
    uint64_t offset = 0;  // CodeAddress::offset
    // What the dynamic linker calls the file, in the memory of the process whose stack it is: "" is
    // the program; null for none.
    const char* module = nullptr;
  };
  size_t size = 0;
  const char* callee = nullptr;     // CallStack::callee, in that memory; null if it is not known
  std::array<Frame, kMost> frames;  // the first `size` of them

  void Clear() {
    size = 0;
    callee = nullptr;
  }
};

// The stack on which a libc function of the server's was called, from inside that call. Takes no
// memory and no lock. A stack that is not described, or is damaged, ends early.
//
// In a library that was loaded into the server all frames of that library's are ours: the walk
// begins with the one that called it.
void WalkToServer(StackWalk& stack);
// In an executable that the server is linked to: `call` lies in the frame of the shim's function;
// `end` in the frame that has called the server, and this and what lies outwards of it are left
// out.
void WalkToServer(StackWalk& stack, const void* call, const void* end);

// ---- These take memory.

// Of this process.
CallStack ToCallStack(const StackWalk& walk);
// Of another: `process` is its folder in /proc, and `text` reads a string in its memory.
CallStack ToCallStack(const StackWalk& walk, const std::string& process,
                      const std::function<std::string(const char*)>& text);

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_STACKS_STACK_WALK_H_
