#include "scenarios/worlds/last_words.h"

#include <fmt/format.h>
#include <string.h>
#include <sys/wait.h>

#include <cstddef>
#include <iterator>

namespace hupstorm {

std::string EndOfProcess(int status) {
  if (WIFSIGNALED(status)) {
    const int number = WTERMSIG(status);
    return fmt::format("killed by SIG{} ({})", sigabbrev_np(number), strsignal(number));
  }
  return fmt::format("it called exit({})", WEXITSTATUS(status));
}

std::string_view ReasonIn(std::string_view output) {
  constexpr size_t kLongestQuote = 300;
  static constexpr std::string_view kMarks[] = {"SUMMARY: ", "runtime error: ", "terminate called",
                                                "what():"};
  std::string_view best;
  size_t best_rank = std::size(kMarks) + 1;
  while (!output.empty()) {
    const size_t end = output.find('\n');
    const std::string_view line = output.substr(0, end);
    output.remove_prefix(end == std::string_view::npos ? output.size() : end + 1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    size_t rank = std::size(kMarks);
    for (size_t i = 0; i < std::size(kMarks); ++i) {
      if (line.find(kMarks[i]) != std::string_view::npos) {
        rank = i;
        break;
      }
    }
    if (rank < best_rank || (rank == best_rank && rank == std::size(kMarks))) {
      best = line;
      best_rank = rank;
    }
  }
  return best.substr(0, kLongestQuote);
}

std::string LastWords(std::string_view how, std::string_view output) {
  const std::string_view reason = ReasonIn(output);
  return reason.empty() ? std::string(how) : fmt::format("{}: {}", how, reason);
}

std::string LastWords(int status, std::string_view output) {
  return LastWords(EndOfProcess(status), output);
}

}  // namespace hupstorm
