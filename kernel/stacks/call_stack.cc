#include <filesystem>
#include <functional>
#include <string_view>

#include "base/hash.h"
#include "kernel/stacks/script_frames.h"
#include "kernel/stacks/stack_walk.h"

namespace hupstorm {

CallStack ToCallStack(const StackWalk& walk) {
  CallStack stack;
  const auto text = [&](size_t at) { return std::string(walk.text.data() + at); };
  stack.program = text(walk.program);
  stack.callee = text(walk.callee);
  for (size_t i = 0; i < walk.size; ++i) {
    const StackWalk::Frame& frame = walk.frames[i];
    std::string module = text(frame.module);
    // A library may have been named from the folder that the program was started in: it mostly is
    // below it.
    const std::filesystem::path path = module;
    if (path.is_relative() && path.has_parent_path()) {
      module = (std::filesystem::path(stack.program).parent_path() / path).lexically_normal();
    }
    stack.frames.push_back({.module = std::move(module), .offset = frame.offset});
  }
  stack.script = TracebackLines({walk.script.data(), walk.script_size});
  return stack;
}

SharedStack KnownStacks::Of(const StackWalk& walk) {
  NumberHash hash;
  for (size_t i = 0; i < walk.size; ++i) hash.Add(walk.frames[i].offset).Add(walk.frames[i].module);
  const std::string_view text(walk.text.data(), walk.text_size);
  const std::string_view script(walk.script.data(), walk.script_size);
  hash.Add(std::hash<std::string_view>()(text)).Add(std::hash<std::string_view>()(script));
  const auto [entry, is_new] = known_.try_emplace(hash.Add(walk.callee).value());
  if (is_new) entry->second = std::make_shared<CallStack>(ToCallStack(walk));
  return entry->second;
}

}  // namespace hupstorm
