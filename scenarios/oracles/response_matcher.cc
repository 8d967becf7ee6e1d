#include "scenarios/oracles/response_matcher.h"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/language/lexer.h"

namespace hupstorm {
namespace {

constexpr size_t kShown = 32;  // bytes of either side in a difference

}  // namespace

size_t ResponseMatcher::Take(std::string_view bytes, uint64_t owed) {
  size_t taken = 0;
  while (taken < bytes.size()) {
    if (greeted() && whole_ >= owed) return taken;
    const std::string_view rest = bytes.substr(taken);
    if (in_open_end()) {
      begun_ += rest.size();
      return bytes.size();
    }
    // A difference is found in a literal that stands at a known place only: a gap takes all.
    const bool in_gap = parts()[part_].after_any;
    const size_t count = in_gap ? TakeAny(rest) : TakeLiteral(rest);
    taken += count;
    if (count == 0) return taken;
  }
  return taken;
}

size_t ResponseMatcher::TakeLiteral(std::string_view bytes) {
  const std::string_view literal = parts()[part_].literal;
  const std::string_view wanted = literal.substr(matched_, bytes.size());
  const size_t same =
      std::mismatch(wanted.begin(), wanted.end(), bytes.begin()).first - wanted.begin();
  matched_ += same;
  begun_ += same;
  if (matched_ == literal.size()) PartDone();
  return same;
}

// Takes up to the end of the literal that ends the gap, or everything.
size_t ResponseMatcher::TakeAny(std::string_view bytes) {
  const std::string_view literal = parts()[part_].literal;
  const size_t before = window_.size();
  window_.append(bytes);
  const size_t found = window_.find(literal);
  if (found == std::string::npos) {
    window_.erase(0, window_.size() - std::min(window_.size(), literal.size() - 1));
    begun_ += bytes.size();
    return bytes.size();
  }
  const size_t taken = found + literal.size() - before;
  begun_ += taken;
  PartDone();
  return taken;
}

void ResponseMatcher::PartDone() {
  matched_ = 0;
  window_.clear();
  if (++part_ < parts().size() || (greeted() && exchange_->open_end)) return;
  if (greeted()) ++whole_;
  in_greeting_ = false;
  begun_ = 0;
  part_ = 0;
}

void ResponseMatcher::End() {
  if (exchange_ == nullptr || !in_open_end()) return;
  ++whole_;
  begun_ = 0;
  part_ = 0;
}

std::string ResponseMatcher::Awaited() const {
  if (begun_ == 0 || in_open_end() || !parts()[part_].after_any) return "";
  return Quote(parts()[part_].literal, kShown);
}

std::string ResponseMatcher::Difference(std::string_view bytes, uint64_t owed) const {
  std::string_view wanted;
  if (!greeted() || whole_ < owed) wanted = parts()[part_].literal;
  if (!greeted()) {
    return fmt::format("the greeting differs at its byte {}: expected {}, got {}", begun_,
                       Quote(wanted.substr(matched_), kShown), Quote(bytes, kShown));
  }
  if (whole_ >= owed) {
    return owed == 0 ? fmt::format("got {}, and is owed nothing yet", Quote(bytes, kShown))
                     : fmt::format("got {} beyond the {} response{} that it is owed",
                                   Quote(bytes, kShown), owed, owed == 1 ? "" : "s");
  }
  return fmt::format("response {} differs at its byte {}: expected {}, got {}", whole_ + 1, begun_,
                     Quote(wanted.substr(matched_), kShown), Quote(bytes, kShown));
}

}  // namespace hupstorm
