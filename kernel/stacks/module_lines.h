// What an executable or a shared library tells of its code: functions, lines, calls. By elfutils'
// libdw, which finds debug files that lie apart (by build ID or .gnu_debuglink), too.

#ifndef HUPSTORM_KERNEL_STACKS_MODULE_LINES_H_
#define HUPSTORM_KERNEL_STACKS_MODULE_LINES_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernel/stacks/machine_calls.h"

namespace hupstorm {

// One function at an address: that which the code is of, or one that it was put into.
struct CodeLine {
  std::string symbol;  // as the linker knows it; empty if it is not told
  std::string file;
  int line = 0;
  int column = 0;
  bool returns_value = false;  // false also if it is not told
};

class ModuleLines {
 public:
  // Of the file at that path; tells nothing if it cannot be read.
  explicit ModuleLines(const std::string& path);
  ~ModuleLines();
  ModuleLines(const ModuleLines&) = delete;
  ModuleLines& operator=(const ModuleLines&) = delete;

  // From the innermost function that was inlined to the one that is called; empty if nothing is
  // known.
  std::vector<CodeLine> At(uint64_t address) const;
  // The code of the function that is At(address)[depth]: of a function in two parts (hot and cold)
  // both, if the file tells; of one that was inlined this copy. Empty if it is not known.
  std::vector<CodeRange> FunctionAt(uint64_t address, size_t depth) const;
  // The code of the function that is called, as the linker knows it: not that of a part elsewhere.
  std::optional<CodeRange> SymbolAt(uint64_t address) const;
  // MachineCalls::In and Before.
  std::vector<CallSite> CallsIn(CodeRange range) const;
  std::optional<CallSite> CallBefore(uint64_t next) const;
  // The name of the function that is called: its symbol, or that of another file's that it leads to
  // by the linker's table; empty if it is not known.
  std::string CalleeOf(const CallSite& call) const;
  // The calls, anywhere in the file, of the function that begins there.
  std::vector<CallSite> CallsOf(uint64_t function) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_STACKS_MODULE_LINES_H_
