// The frames of a script, as the interpreter tells them that runs in the server's process:
// CPython's.

#ifndef HUPSTORM_KERNEL_STACKS_SCRIPT_FRAMES_H_
#define HUPSTORM_KERNEL_STACKS_SCRIPT_FRAMES_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "kernel/stacks/call_stack.h"

namespace hupstorm {

// In the server's process: has the interpreter write the stack of the calling thread to `text`.
// Returns its size; 0 if there is no interpreter, or the thread runs no script. Takes no memory of
// the server's.
size_t WriteTraceback(char* text, size_t room);

// What such a text says: lines such as '  File "/home/me/echo.py", line 12 in on_data'.
std::vector<ScriptLine> TracebackLines(std::string_view text);

// If a script has died of an exception that nobody caught, by what it wrote as it did, has `stack`
// tell where that was raised: the "Traceback (most recent call last):" at the end of `text`.
void AddTraceback(std::string_view text, CallStack& stack);

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_STACKS_SCRIPT_FRAMES_H_
