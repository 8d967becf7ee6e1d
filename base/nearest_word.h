// "Did you mean": the valid word that a misspelt one is nearest to.

#ifndef HUPSTORM_BASE_NEAREST_WORD_H_
#define HUPSTORM_BASE_NEAREST_WORD_H_

#include <span>
#include <string_view>

namespace hupstorm {

// The candidate that the fewest edits (a character put in, left out, changed, or swapped with its
// neighbour; letter case does not count) make of `word`. Empty where none is near enough for the
// guess to help.
std::string_view NearestWord(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace hupstorm

#endif  // HUPSTORM_BASE_NEAREST_WORD_H_
