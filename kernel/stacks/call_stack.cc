#include <filesystem>
#include <system_error>

#include "kernel/stacks/stack_walk.h"

namespace hupstorm {

CallStack ToCallStack(const StackWalk& walk) {
  return ToCallStack(walk, "/proc/self", [](const char* text) { return std::string(text); });
}

CallStack ToCallStack(const StackWalk& walk, const std::string& process,
                      const std::function<std::string(const char*)>& text) {
  CallStack stack;
  std::error_code error;
  stack.program = std::filesystem::read_symlink(process + "/exe", error);
  if (walk.callee != nullptr) stack.callee = text(walk.callee);
  for (size_t i = 0; i < walk.size; ++i) {
    const StackWalk::Frame& frame = walk.frames[i];
    CodeAddress address = {.module = {}, .offset = frame.offset};
    if (frame.module != nullptr) {
      address.module = text(frame.module);
      const std::filesystem::path path = address.module;
      // "linux-vdso.so.1" is no file.
      if (path.empty()) {
        address.module = stack.program;
      } else if (path.is_relative() && path.has_parent_path()) {
        const auto folder = std::filesystem::read_symlink(process + "/cwd", error);
        address.module = (folder / path).lexically_normal();
      }
    }
    stack.frames.push_back(std::move(address));
  }
  return stack;
}

}  // namespace hupstorm
