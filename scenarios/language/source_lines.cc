#include "scenarios/language/source_lines.h"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/language/units.h"

namespace hupstorm {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

}  // namespace

SourceLines::SourceLines(std::string_view text, const std::string& file, std::string_view what)
    : file_(file), rest_(text), last_(text) {
  if (text.size() > kMaxScenarioFile) {
    Fail({file, 1, text}, 1,
         fmt::format("expected {} of at most {}, found {} bytes", what,
                     FormatSize(kMaxScenarioFile), text.size()));
  }
  const size_t nul = text.find('\0');
  if (nul != std::string_view::npos) {
    int number = 1;
    size_t start = 0;
    for (size_t end; (end = text.find('\n', start)) < nul; start = end + 1) ++number;
    Fail({file, number, {}}, static_cast<int>(nul - start) + 1, "expected text, found a NUL byte");
  }
  if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
  last_ = rest_;
}

SourceLine SourceLines::Next() {
  const size_t end = std::min(rest_.find('\n'), rest_.size());
  last_ = rest_.substr(0, end);
  if (last_.ends_with('\r')) last_.remove_suffix(1);
  rest_.remove_prefix(std::min(end + 1, rest_.size()));
  return {file_, ++number_, last_};
}

void SourceLines::FailAtEnd(std::string_view what) const {
  Fail({file_, std::max(number_, 1), last_}, static_cast<int>(last_.size()) + 1,
       fmt::format("expected {}, found the end of the file", what));
}

}  // namespace hupstorm
