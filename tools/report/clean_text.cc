#include "tools/report/clean_text.h"

#include <cstdint>

namespace hupstorm {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

struct Sequence {
  size_t length;
  uint32_t first_bits;  // of the code point, from the lead byte
  uint32_t least;       // code point: a smaller one has a shorter form
};

Sequence SequenceOf(unsigned char lead) {
  if (lead < 0x80) return {1, lead, 0};
  if (lead >= 0xC0 && lead < 0xE0) return {2, lead & 0x1Fu, 0x80};
  if (lead >= 0xE0 && lead < 0xF0) return {3, lead & 0x0Fu, 0x800};
  if (lead >= 0xF0 && lead < 0xF8) return {4, lead & 0x07u, 0x10000};
  return {0, 0, 0};
}

bool IsAllowed(uint32_t point) {
  if (point < 0x20) return point == '\t' || point == '\n' || point == '\r';
  const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  const bool no_character = point == 0xFFFE || point == 0xFFFF;
  return !surrogate && !no_character && point <= 0x10FFFF;
}

// The bytes at the front of `text` that are one allowed character; 0 for none.
size_t CharacterLength(std::string_view text) {
  const auto [length, first_bits, least] = SequenceOf(static_cast<unsigned char>(text.front()));
  if (length == 0 || length > text.size()) return 0;
  uint32_t point = first_bits;
  for (size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) != 0x80) return 0;
    point = point << 6 | (byte & 0x3Fu);
  }
  return point >= least && IsAllowed(point) ? length : 0;
}

}  // namespace

std::string CleanText(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    clean += length == 0 ? kReplacement : text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return clean;
}

}  // namespace hupstorm
