#include "base/nearest_word.h"

#include <algorithm>
#include <vector>

namespace hupstorm {
namespace {

constexpr size_t kLongest = 24;  // no word of the language is as long

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

// The optimal string alignment distance.
size_t Edits(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> cost(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      const bool same = Lower(a[i - 1]) == Lower(b[j - 1]);
      cost[i][j] =
          std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && Lower(a[i - 1]) == Lower(b[j - 2]) &&
          Lower(a[i - 2]) == Lower(b[j - 1])) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

std::string_view NearestWord(std::string_view word, std::span<const std::string_view> candidates) {
  if (word.empty() || word.size() > kLongest) return {};
  std::string_view nearest;
  // About one mistake in three letters; a single letter must at least be the right one.
  size_t limit = word.size() == 1 ? 0 : (word.size() + 2) / 3;
  for (const std::string_view candidate : candidates) {
    if (candidate.size() > kLongest) continue;
    const size_t edits = Edits(word, candidate);
    if (edits > limit || edits >= std::max(word.size(), candidate.size())) continue;
    if (!nearest.empty() && edits == limit) continue;  // the first of equals
    nearest = candidate;
    limit = edits;
  }
  return nearest;
}

}  // namespace hupstorm
