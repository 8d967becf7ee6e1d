// "Did you mean": the valid word that a misspelt one is nearest to.

#ifndef HUPSTORM_BASE_NEAREST_WORD_H_
#define HUPSTORM_BASE_NEAREST_WORD_H_

#include <cstddef>
#include <span>
#include <string_view>

namespace hupstorm {

// How many edits make the one of the other: a character put in, left out, changed, or swapped with
// its neighbour. Letter case does not count.
size_t Edits(std::string_view a, std::string_view b);

// The candidate that the fewest edits make of `word`. Empty if none is near enough for the guess to
// help.
std::string_view NearestWord(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace hupstorm

#endif  // HUPSTORM_BASE_NEAREST_WORD_H_
