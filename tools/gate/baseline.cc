#include "tools/gate/baseline.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/cli/errors.h"
#include "tools/report/findings_report.h"

namespace hupstorm {
namespace {

constexpr size_t kFingerprintLength = 16;

constexpr char kHeader[] =
    "# Findings that hupstorm gate --baseline tolerates: target, oracle, fingerprint.\n"
    "# What stands behind a '#' is yours, and stays when --update-baseline writes the file anew.\n";

constexpr std::string_view kBlank = " \t\r";

// One line, word by word.
class Line {
 public:
  Line(std::string_view text, std::string_view file, int number)
      : text_(text), file_(file), number_(number) {}

  bool AtEnd() {
    const size_t next = text_.find_first_not_of(kBlank, place_);
    place_ = std::min(next, text_.size());
    return place_ == text_.size() || text_[place_] == '#';
  }

  std::string Comment() const {
    if (place_ == text_.size()) return {};
    const size_t begin = std::min(text_.find_first_not_of(kBlank, place_ + 1), text_.size());
    const size_t end = text_.find_last_not_of(kBlank) + 1;
    return std::string(text_.substr(begin, std::max(end, begin) - begin));
  }

  // As ShellWord writes it.
  std::string Word(const char* what) {
    const bool missing = AtEnd();
    word_ = place_;
    if (missing) Fail(fmt::format("{} is missing", what));
    std::string word;
    while (place_ < text_.size() && kBlank.find(text_[place_]) == std::string_view::npos) {
      if (text_[place_] == '\'') {
        const size_t end = text_.find('\'', place_ + 1);
        if (end == std::string_view::npos) Fail("a quote is not closed");
        word += text_.substr(place_ + 1, end - place_ - 1);
        place_ = end + 1;
      } else {
        if (text_[place_] == '\\' && place_ + 1 < text_.size()) ++place_;
        word += text_[place_++];
      }
    }
    return word;
  }

  // About the last word, or where one should be.
  [[noreturn]] void Fail(const std::string& why) const {
    throw UsageError(
        "{}:{}:{}: {}\n"
        "A line of a baseline is: TARGET ORACLE FINGERPRINT [# comment]; "
        "hupstorm gate --update-baseline writes them",
        file_, number_, word_ + 1, why);
  }

 private:
  std::string_view text_;
  std::string_view file_;
  int number_;
  size_t place_ = 0;
  size_t word_ = 0;
};

bool IsFingerprint(std::string_view word) {
  return word.size() == kFingerprintLength &&
         word.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool AreSame(const BaselineEntry& a, const BaselineEntry& b) {
  return a.target == b.target && a.oracle == b.oracle && a.fingerprint == b.fingerprint;
}

}  // namespace

Baseline Baseline::Parse(std::string_view text, std::string_view file) {
  Baseline baseline;
  for (int number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    Line line(text.substr(0, end), file, number);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.AtEnd()) continue;
    BaselineEntry& entry = baseline.entries_.emplace_back();
    entry.target = line.Word("a target");
    entry.oracle = line.Word("an oracle");
    entry.fingerprint = line.Word("a fingerprint");
    if (!IsFingerprint(entry.fingerprint)) {
      line.Fail(fmt::format("\"{}\" is no fingerprint, which has 16 hexadecimal digits",
                            entry.fingerprint));
    }
    if (!line.AtEnd()) {
      line.Word("");
      line.Fail("nothing but a comment may follow a fingerprint");
    }
    entry.comment = line.Comment();
  }
  return baseline;
}

bool Baseline::Has(const Finding& finding) const {
  const BaselineEntry wanted = EntryFor(finding);
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const BaselineEntry& entry) { return AreSame(entry, wanted); });
}

BaselineEntry EntryFor(const Finding& finding) {
  return {finding.target, finding.oracle, finding.fingerprint, ""};
}

std::string BaselineText(std::vector<BaselineEntry> entries, const Baseline& former) {
  for (BaselineEntry& entry : entries) {
    for (const BaselineEntry& old : former.entries()) {
      if (entry.comment.empty() && AreSame(entry, old)) entry.comment = old.comment;
    }
  }
  std::sort(entries.begin(), entries.end());
  entries.erase(std::unique(entries.begin(), entries.end(), AreSame), entries.end());
  std::string text = kHeader;
  for (const BaselineEntry& entry : entries) {
    text += fmt::format("{} {} {}", ShellWord(entry.target), entry.oracle, entry.fingerprint);
    if (!entry.comment.empty()) text += "  # " + entry.comment;
    text += '\n';
  }
  return text;
}

}  // namespace hupstorm
