// The place in the server's source that is to blame for a call: the function and the line, by what
// the server's files tell of themselves (symbols, DWARF).

#ifndef HUPSTORM_KERNEL_STACKS_PLACE_H_
#define HUPSTORM_KERNEL_STACKS_PLACE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernel/stacks/call_stack.h"

namespace hupstorm {

// A frame of a stack as a person reads it. A function that the compiler has put into another has a
// frame of its own.
struct Frame {
  std::string file;      // its path, as the compiler knew it; empty if that is not told
  int line = 0;          // 0 if it is not told
  std::string function;  // "Connection::Flush", without parameters; empty if it is not told
  std::string module;    // CodeAddress; both empty in a script
  uint64_t offset = 0;
  bool own = false;  // the server's own, and no library's
};

struct Place {
  // Of the first frame that is the server's own, and no wrapper. `file` is empty and `line` 0 if
  // the program does not tell; so is `function` if it is stripped.
  std::string file;
  int line = 0;
  std::string function;
  // The function that is called there: libc's "send", a library's "SSL_write", or the server's own
  // wrapper of it; empty if there is none, as for a fault.
  std::string call;
  std::string module;
  uint64_t offset = 0;
  // Which of the function's calls of the same callee it is, from 1, by their order in the source;
  // 0 if that is not known.
  int which = 0;
  // From the call outwards; `stack[frame]` is the place.
  std::vector<Frame> stack;
  size_t frame = 0;
  // The function with its parameters, as overloads have the same name.
  std::string signature;

  // False if there was no stack: all is empty.
  explicit operator bool() const { return !stack.empty(); }
  // What stays the same when lines are put in above, the folder is another, or other stacks are at
  // hand: the module's name, the function, what it calls and which of these calls (of a script: its
  // line); without symbols the module's name and the offset. Of a function that may be a wrapper
  // its caller's is taken. Empty if there was no stack.
  std::string site;
  // Why there is no line, and what helps; empty if there is one.
  std::string Hint() const;
};

// Finds places, and keeps what it has read of files. Not thread-safe.
class PlaceFinder {
 public:
  // `libraries`: parts of the paths of sources that are no server's own, however they are built.
  explicit PlaceFinder(std::vector<std::string> libraries = {});
  ~PlaceFinder();
  PlaceFinder(const PlaceFinder&) = delete;
  PlaceFinder& operator=(const PlaceFinder&) = delete;

  // Never throws for what a file contains, or that it cannot be read. `others`: stacks of the same
  // run, also of other calls, by which the server's wrappers of a call are known: a function that
  // does little but make the call, and whose callers differ. Without them none is left out.
  Place Find(const CallStack& stack, std::span<const CallStack> others = {});

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_STACKS_PLACE_H_
