// Standard output and standard error: writing that notices a full disk, colour, and progress.

#ifndef HUPSTORM_TOOLS_CLI_OUTPUT_H_
#define HUPSTORM_TOOLS_CLI_OUTPUT_H_

#include <fmt/core.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace hupstorm {

// Writes to standard output. Throws FailedError if it cannot be written (a full disk).
void Print(std::string_view text);
template <typename... T>
void Print(fmt::format_string<T...> format, T&&... arguments) requires(sizeof...(T) > 0) {
  Print(fmt::format(format, std::forward<T>(arguments)...));
}
// Writes out what Print has buffered; call it before ending. Throws as Print does.
void FlushOutput();

// Columns of the terminal that `stream` is, 0 if it is none.
size_t TerminalColumns(FILE* stream);
// Columns to wrap text at on standard output: 100, or what the terminal has, but at least 30.
size_t TextWidth();

// The beginning of `text`, UTF-8 of at most so many bytes, without a part of a letter.
std::string_view BeginningOf(std::string_view text, size_t bytes);

// Colour if `stream` is a terminal and the user has not asked for none (NO_COLOR, TERM=dumb).
class Style {
 public:
  explicit Style(bool colour) : colour_(colour) {}
  static Style For(FILE* stream);

  // What of `text` fits into the terminal's line behind `used` columns, with "..." for the rest;
  // all of it if the stream is none.
  std::string Cut(std::string_view text, size_t used) const;

  std::string Bold(std::string_view text) const { return Wrap("1", text); }
  std::string Dim(std::string_view text) const { return Wrap("2", text); }
  std::string Red(std::string_view text) const { return Wrap("1;31", text); }
  std::string Green(std::string_view text) const { return Wrap("32", text); }
  std::string Yellow(std::string_view text) const { return Wrap("33", text); }
  std::string Cyan(std::string_view text) const { return Wrap("1;36", text); }

 private:
  std::string Wrap(std::string_view code, std::string_view text) const;

  bool colour_;
  size_t columns_ = 0;  // 0: no terminal
};

// How far some work has got, on standard error. On a terminal it is one line that is rewritten in
// place, once the work has taken two seconds, and gone when the object is. Anywhere else (a file,
// the log of a CI job) it is a line every ten seconds, and after the first of them also whenever
// another folder is worked on, a second or more after the last; each is written out at once, so
// that they stay if the command is killed.
class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  // `stream` and `now` are other ones in tests.
  explicit Progress(std::string what, FILE* stream = stderr,
                    Clock::time_point (*now)() = &Clock::now);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // "running scenarios: half-close, 120 of 400, 12 findings, about 30 s left". `item` is what was
  // done last, "half-close/idle", and may be empty.
  void Update(size_t done, size_t total, std::string_view note, std::string_view item = {});
  // For work whose end is not known, on a terminal only. "shrink: 120 runs, 7 steps left".
  void Update(std::string_view state);

 private:
  void WriteLine(std::string_view state, std::string_view folder);

  std::string what_;
  FILE* stream_;
  Clock::time_point (*now_)();
  bool terminal_;
  std::string folder_;  // of the line that was written last
  bool shown_ = false;
  Clock::time_point start_ = now_();
  Clock::time_point last_ = start_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CLI_OUTPUT_H_
