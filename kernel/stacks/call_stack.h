// Where a server was: the stack that a call of its was made on, as addresses in files. What
// functions and lines these are is told by place.h.

#ifndef HUPSTORM_KERNEL_STACKS_CALL_STACK_H_
#define HUPSTORM_KERNEL_STACKS_CALL_STACK_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace hupstorm {

// An instruction of a program.
struct CodeAddress {
  // The path of the file that it is from, the program's or a library's; empty for code that is from
  // none, as a compiler in the program has made it.
  std::string module;
  // In the address space of that file (ELF's virtual addresses). Of a frame that makes a call: the
  // last byte of the call's instruction, so that the return address is one more.
  uint64_t offset = 0;
  friend bool operator==(const CodeAddress&, const CodeAddress&) = default;
  friend auto operator<=>(const CodeAddress&, const CodeAddress&) = default;
};

// A frame of a script that an interpreter runs.
struct ScriptLine {
  std::string file;
  std::string function;
  int line = 0;
  friend bool operator==(const ScriptLine&, const ScriptLine&) = default;
};

struct CallStack {
  // Which of the server's calls, as ServerMonitor::calls() counts them: from 1. 0 for a death.
  uint64_t call = 0;
  // The server died here: of a fault, or by a call of exit.
  bool death = false;
  // Of blocks that the server allocated here it kept so many (RunOptions::heap_stacks).
  int64_t kept_blocks = 0;
  int64_t kept_bytes = 0;
  // libc's function that was called, "send"; "throw" for an exception that left the server, "raise"
  // for a script's; empty for a fault.
  std::string callee;
  // The path of the executable that the server's process runs.
  std::string program;
  // The server's, from the one that made the call outwards. The last may be short of main: where a
  // function is not described for unwinding the walk ends.
  std::vector<CodeAddress> frames;
  std::vector<ScriptLine> script;  // the same, of an interpreter's; empty for others
};

using SharedStack = std::shared_ptr<const CallStack>;

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_STACKS_CALL_STACK_H_
