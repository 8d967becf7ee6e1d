#include "scenarios/worlds/last_words.h"

#include <fmt/format.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <iterator>

#include "scenarios/worlds/server_log.h"

namespace hupstorm {
namespace {

constexpr size_t kLongestQuote = 300;

// The best first. Of the last kind the last line counts, of all others the first.
constexpr std::string_view kMarks[] = {
    "SUMMARY: ",    "runtime error: ",     "terminate called", "what():",      "panic: ",
    "panicked at ", "Exception in thread", "PHP Fatal error",  "fatal error: "};
constexpr size_t kNamesError = std::size(kMarks);
constexpr size_t kAnyLine = kNamesError + 1;
constexpr size_t kNoReason = kAnyLine + 1;

// "ValueError: ...", "java.io.IOException: ...", "Error: write ECONNRESET".
bool NamesError(std::string_view line) {
  const size_t end = line.find(": ");
  if (end == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, end);
  return (name.ends_with("Error") || name.ends_with("Exception")) &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) || c == '.' || c == '_'; });
}

// dash: "Aborted", "Segmentation fault (core dumped)". bash, in a script: "x.sh: line 3:  4711
// Aborted   ./server".
bool IsShellsWord(std::string_view line) {
  constexpr std::string_view kCore = " (core dumped)";
  const bool is_bash = line.find(": line ") != std::string_view::npos;
  if (line.ends_with(kCore)) line.remove_suffix(kCore.size());
  for (int number = 1; number < SIGRTMIN; ++number) {
    const std::string_view word = strsignal(number);
    if (line == word) return true;
    const size_t at = is_bash ? line.find(word) : 0;
    if (at == std::string_view::npos || at < 2) continue;
    const size_t before = line.find_last_not_of(' ', at - 1);
    if (before != std::string_view::npos &&
        std::isdigit(static_cast<unsigned char>(line[before]))) {
      return true;
    }
  }
  return false;
}

// What stands between an error and its stack: Lua's, PHP's, Tcl's, Rust's.
bool BeginsStack(std::string_view line) {
  constexpr std::string_view kWords[] = {"stack traceback:", "Stack trace:", "while executing",
                                         "stack backtrace:"};
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  return std::find(std::begin(kWords), std::end(kWords), line) != std::end(kWords);
}

size_t RankOf(std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos || IsShellsWord(line)) {
    return kNoReason;
  }
  for (size_t i = 0; i < std::size(kMarks); ++i) {
    if (line.find(kMarks[i]) != std::string_view::npos) return i;
  }
  if (NamesError(line)) return kNamesError;
  const bool is_of_stack = line.front() == ' ' || line.front() == '\t' || BeginsStack(line);
  const bool is_aftermath = line.starts_with("Node.js v") || line.starts_with("(Use `node ") ||
                            line.starts_with("Crash dump is being written to");
  return is_of_stack || is_aftermath ? kNoReason : kAnyLine;
}

}  // namespace

std::string EndOfProcess(int status) {
  if (WIFSIGNALED(status)) {
    const int number = WTERMSIG(status);
    return fmt::format("killed by SIG{} ({})", sigabbrev_np(number), strsignal(number));
  }
  return fmt::format("it called exit({})", WEXITSTATUS(status));
}

bool IsFault(int status) {
  const int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return number == SIGSEGV || number == SIGBUS || number == SIGILL || number == SIGFPE;
}

int StatusBehindShell(int status) {
  constexpr int kDeaths[] = {SIGILL,  SIGTRAP, SIGABRT, SIGBUS, SIGFPE,
                             SIGKILL, SIGSEGV, SIGPIPE, SIGSYS};
  const int number = WIFEXITED(status) ? WEXITSTATUS(status) - 128 : 0;
  const bool is_death =
      std::find(std::begin(kDeaths), std::end(kDeaths), number) != std::end(kDeaths);
  return is_death ? number : status;
}

std::string_view ReasonIn(std::string_view output) {
  std::string_view best;
  size_t best_rank = kNoReason;
  std::string_view before;  // the line before
  const auto consider = [&](std::string_view line, size_t rank) {
    if (rank > best_rank || (rank == best_rank && rank < kNamesError) || rank == kNoReason) return;
    best = line;
    best_rank = rank;
  };
  while (!output.empty()) {
    const size_t end = output.find('\n');
    const std::string_view line = output.substr(0, end);
    output.remove_prefix(end == std::string_view::npos ? output.size() : end + 1);
    if (best == before && !best.empty() && best.ends_with(':') &&
        best.find("panicked at ") != std::string_view::npos) {
      best = line;  // Rust's message stands below the place
    } else if (BeginsStack(line) && RankOf(before) == kAnyLine) {
      consider(before, kNamesError);
    } else {
      consider(line, RankOf(line));
    }
    before = line;
  }
  return best.substr(0, kLongestQuote);
}

std::string_view WithoutShellsWords(std::string_view output) {
  while (true) {
    const std::string_view text =
        output.ends_with('\n') ? output.substr(0, output.size() - 1) : output;
    const size_t start = text.rfind('\n') + 1;  // 0 if there is one line only
    if (text.empty() || !IsShellsWord(text.substr(start))) return output;
    output = output.substr(0, start);
  }
}

std::string LastWords(std::string_view how, std::string_view output) {
  const std::string_view reason = ReasonIn(output);
  return reason.empty() ? std::string(how) : fmt::format("{}: {}", how, reason);
}

std::string LastWords(int status, std::string_view output) {
  return LastWords(EndOfProcess(status), output);
}

std::string LastWordsOfCommand(int status, std::string_view errors, std::string_view output) {
  const int real = StatusBehindShell(status);
  const std::string how = EndOfProcess(real);
  if (!ReasonIn(errors).empty() || WIFSIGNALED(real)) return LastWords(how, errors);
  const std::string_view last = ReasonIn(output);
  return ShowsPattern(last) ? how : LastWords(how, last);
}

}  // namespace hupstorm
