#include "tools/cli/output.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

constexpr size_t kWidest = 100;
constexpr size_t kNarrowest = 30;
constexpr std::chrono::milliseconds kQuiet{2000};
constexpr std::chrono::milliseconds kBetweenUpdates{100};
constexpr std::chrono::milliseconds kBetweenFolders{1000};
constexpr std::chrono::milliseconds kBetweenLines{10'000};

[[noreturn]] void ThrowCannotWrite(int error) {
  throw FailedError("cannot write to standard output: {}", std::strerror(error));
}

bool IsSet(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

void Print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) ThrowCannotWrite(errno);
}

void FlushOutput() {
  // An earlier failure counts too: the code that met it (the library that prints --version) may
  // not have reported it.
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) ThrowCannotWrite(errno);
}

size_t TerminalColumns(FILE* stream) {
  winsize size = {};
  if (ioctl(fileno(stream), TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

size_t TextWidth() {
  const size_t columns = TerminalColumns(stdout);
  return columns == 0 ? kWidest : std::clamp(columns, kNarrowest, kWidest);
}

std::string_view BeginningOf(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (text[bytes] & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

Style Style::For(FILE* stream) {
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::strcmp(term, "dumb") == 0;
  Style style(isatty(fileno(stream)) == 1 && !IsSet("NO_COLOR") && !dumb);
  style.columns_ = TerminalColumns(stream);
  return style;
}

std::string Style::Cut(std::string_view text, size_t used) const {
  constexpr std::string_view kRest = "...";
  if (columns_ == 0 || used + text.size() <= columns_) return std::string(text);
  const size_t end = columns_ > used + kRest.size() ? columns_ - used - kRest.size() : 0;
  return fmt::format("{}{}", BeginningOf(text, end), kRest);
}

std::string Style::Wrap(std::string_view code, std::string_view text) const {
  if (!colour_) return std::string(text);
  return fmt::format("\033[{}m{}\033[0m", code, text);
}

Progress::Progress(std::string what, FILE* stream, Clock::time_point (*now)())
    : what_(std::move(what)), stream_(stream), now_(now), terminal_(isatty(fileno(stream)) == 1) {}

Progress::~Progress() {
  if (shown_) std::fputs("\r\033[K", stream_);
}

void Progress::Update(size_t done, size_t total, std::string_view note, std::string_view item) {
  const size_t slash = item.rfind('/');
  const std::string_view folder = slash == std::string_view::npos ? "" : item.substr(0, slash);
  std::string state = fmt::format("{}{}{} of {}", folder, folder.empty() ? "" : ", ", done, total);
  if (!note.empty()) state += fmt::format(", {}", note);
  if (done > 0 && done < total) {
    const std::chrono::duration<double> passed = now_() - start_;
    const double left =
        passed.count() / static_cast<double>(done) * static_cast<double>(total - done);
    state += left < 100 ? fmt::format(", about {:.0f} s left", left)
                        : fmt::format(", about {:.0f} min left", left / 60);
  }
  if (terminal_) return Update(state);
  WriteLine(state, folder);
}

void Progress::WriteLine(std::string_view state, std::string_view folder) {
  const Clock::time_point now = now_();
  const bool is_news = folder != folder_ && now - last_ >= kBetweenFolders;
  if (now - start_ < kBetweenLines || (!is_news && now - last_ < kBetweenLines)) return;
  last_ = now;
  folder_ = folder;
  std::fputs(fmt::format("{}: {}\n", what_, state).c_str(), stream_);
  std::fflush(stream_);
}

void Progress::Update(std::string_view state) {
  if (!terminal_) return;
  const Clock::time_point now = now_();
  if (now - start_ < kQuiet || now - last_ < kBetweenUpdates) return;
  last_ = now;
  shown_ = true;
  std::string line = fmt::format("{}: {}", what_, state);
  // Of a line that is broken only the last part could be rewritten.
  const size_t columns = TerminalColumns(stream_);
  if (columns > 0) line.resize(std::min(line.size(), columns - 1));
  std::fputs(("\r\033[K" + line).c_str(), stream_);
}

}  // namespace hupstorm
