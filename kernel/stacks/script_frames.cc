#include "kernel/stacks/script_frames.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

// CPython's, if the program is its interpreter or is linked to it. The first is what its
// faulthandler calls when a signal has come, so it may be called at any time.
extern "C" {
[[gnu::weak]] void _Py_DumpTraceback(int fd, void* thread_state);
[[gnu::weak]] void* PyGILState_GetThisThreadState();
}

namespace hupstorm {
namespace {

int MakeFile() {
  return static_cast<int>(syscall(SYS_memfd_create, "hupstorm-stack", 1L /* MFD_CLOEXEC */));
}

// Also where the server has no descriptor left.
int MakeFileInAnyCase() {
  const int file = MakeFile();
  if (file >= 0 || errno != EMFILE) return file;
  rlimit limit = {};
  syscall(SYS_prlimit64, 0L, static_cast<long>(RLIMIT_NOFILE), nullptr, &limit);
  const rlimit raised = {.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
  syscall(SYS_prlimit64, 0L, static_cast<long>(RLIMIT_NOFILE), &raised, nullptr);
  const int made = MakeFile();
  syscall(SYS_prlimit64, 0L, static_cast<long>(RLIMIT_NOFILE), &limit, nullptr);
  return made;
}

// Takes what stands before `end` from the front, and `end`; false if it is not there.
bool TakeUntil(std::string_view& text, std::string_view end, std::string& taken) {
  const size_t at = text.find(end);
  if (at == std::string_view::npos) return false;
  taken = text.substr(0, at);
  text.remove_prefix(at + end.size());
  return true;
}

}  // namespace

size_t WriteTraceback(char* text, size_t room) {
  if (_Py_DumpTraceback == nullptr || PyGILState_GetThisThreadState == nullptr) return 0;
  void* const state = PyGILState_GetThisThreadState();
  if (state == nullptr) return 0;
  const int file = MakeFileInAnyCase();
  if (file < 0) return 0;
  _Py_DumpTraceback(file, state);
  const long size = syscall(SYS_pread64, static_cast<long>(file), text, room, 0L);
  syscall(SYS_close, static_cast<long>(file));
  return static_cast<size_t>(std::max(size, 0L));
}

std::vector<ScriptLine> TracebackLines(std::string_view text) {
  std::vector<ScriptLine> lines;
  std::string line;
  while (TakeUntil(text, "\n", line)) {
    std::string_view left = line;
    std::string skipped;
    std::string number;
    ScriptLine frame;
    if (!TakeUntil(left, "File \"", skipped) || !TakeUntil(left, "\", line ", frame.file) ||
        !TakeUntil(left, " in ", number)) {
      continue;
    }
    std::from_chars(number.data(), number.data() + number.size(), frame.line);
    frame.function = left;
    lines.push_back(std::move(frame));
  }
  return lines;
}

void AddTraceback(std::string_view text, CallStack& stack) {
  constexpr std::string_view kBegin = "Traceback (most recent call last):\n";
  const size_t begin = text.rfind(kBegin);
  if (begin == std::string_view::npos) return;
  text.remove_prefix(begin + kBegin.size());
  size_t end = 0;
  while (end < text.size() && text[end] == ' ') {
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
  }
  // Then comes the line of the exception. What goes on after that has not died of it.
  const size_t rest = text.find('\n', end);
  if (rest != std::string_view::npos && rest + 1 < text.size()) return;
  std::vector<ScriptLine> lines = TracebackLines(text.substr(0, end));
  if (lines.empty()) return;
  std::reverse(lines.begin(), lines.end());
  stack.script = std::move(lines);
  stack.callee = "raise";
}

}  // namespace hupstorm
