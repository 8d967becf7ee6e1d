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

// Colour if `stream` is a terminal and the user has not asked for none (NO_COLOR, TERM=dumb).
class Style {
 public:
  explicit Style(bool colour) : colour_(colour) {}
  static Style For(FILE* stream);

  std::string Bold(std::string_view text) const { return Wrap("1", text); }
  std::string Dim(std::string_view text) const { return Wrap("2", text); }
  std::string Red(std::string_view text) const { return Wrap("1;31", text); }
  std::string Green(std::string_view text) const { return Wrap("32", text); }
  std::string Yellow(std::string_view text) const { return Wrap("33", text); }
  std::string Cyan(std::string_view text) const { return Wrap("1;36", text); }

 private:
  std::string Wrap(std::string_view code, std::string_view text) const;

  bool colour_;
};

// One line on standard error that is rewritten in place, on a terminal only, and only once the work
// has taken two seconds. Gone when the object is.
class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // "matrix: 1200 of 4000, 12 findings".
  void Update(size_t done, size_t total, std::string_view note);
  // For work whose end is not known. "shrink: 120 runs, 7 steps left".
  void Update(std::string_view state);

 private:
  using Clock = std::chrono::steady_clock;

  std::string what_;
  bool terminal_;
  bool shown_ = false;
  Clock::time_point start_ = Clock::now();
  Clock::time_point last_ = start_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CLI_OUTPUT_H_
