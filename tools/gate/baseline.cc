#include "tools/gate/baseline.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "tools/cli/errors.h"
#include "tools/report/findings_report.h"

namespace hupstorm {
namespace {

constexpr size_t kFingerprintLength = 16;

constexpr char kHeader[] =
    "# Findings that hupstorm gate --baseline tolerates: target, oracle, fingerprint, and in "
    "which\n"
    "# scenarios and areas. In another scenario of the suite the same finding is a new one.\n"
    "# What stands behind a '#' is yours, and stays when --update-baseline writes the file anew.\n";

constexpr std::string_view kIn = "in";
constexpr size_t kWidth = 100;

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
        "A line of a baseline is: TARGET ORACLE FINGERPRINT [# comment], and below it: "
        "in SCENARIO ...; hupstorm gate --update-baseline writes them",
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

// Lines "  in SCENARIO SCENARIO".
std::string ShownInText(const std::set<std::string>& shown_in) {
  std::string text;
  std::string line;
  for (const std::string& name : shown_in) {
    const std::string word = ' ' + ShellWord(name);
    if (!line.empty() && line.size() + word.size() > kWidth) {
      text += line + '\n';
      line.clear();
    }
    if (line.empty()) line = fmt::format("  {}", kIn);
    line += word;
  }
  return line.empty() ? text : text + line + '\n';
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
    std::string first = line.Word("a target");
    if (first == kIn) {
      if (baseline.entries_.empty()) line.Fail("no finding stands before these scenarios");
      std::set<std::string>& shown_in = baseline.entries_.back().shown_in;
      do shown_in.insert(line.Word("a scenario"));
      while (!line.AtEnd());
      continue;
    }
    BaselineEntry& entry = baseline.entries_.emplace_back();
    entry.target = std::move(first);
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

const BaselineEntry* Baseline::Find(const Finding& finding) const {
  const BaselineEntry wanted = EntryFor(finding, {});
  const auto place =
      std::find_if(entries_.begin(), entries_.end(),
                   [&](const BaselineEntry& entry) { return AreSame(entry, wanted); });
  return place == entries_.end() ? nullptr : &*place;
}

bool Baseline::Tolerates(const Finding& finding, bool in_suite) const {
  const BaselineEntry* const known = Find(finding);
  if (known == nullptr) return false;
  return !in_suite || known->shown_in.empty() || known->shown_in.contains(finding.scenario);
}

void NoteBaseline(const Baseline& baseline, GateReport& report) {
  report.has_baseline = true;
  std::set<std::pair<std::string, std::string>> seen;
  for (const GateFinding& found : report.findings) {
    seen.insert({found.finding.target, found.finding.fingerprint});
  }
  // Nothing is known of targets that this pass is not about.
  std::set<std::string> judged;
  for (const GateArea& area : report.areas) {
    for (const GateCase& one : area.cases) judged.insert(one.target);
  }
  for (const BaselineEntry& known : baseline.entries()) {
    if (!judged.contains(known.target)) continue;
    if (!seen.contains({known.target, known.fingerprint})) {
      report.gone.push_back(known);
    } else if (known.shown_in.empty()) {
      ++report.known_anywhere;
    }
  }
}

BaselineEntry EntryFor(const Finding& finding, std::set<std::string> shown_in) {
  return {finding.target, finding.oracle, finding.fingerprint, "", std::move(shown_in)};
}

std::string BaselineText(std::vector<BaselineEntry> entries, const Baseline& former) {
  std::sort(entries.begin(), entries.end());
  std::vector<BaselineEntry> merged;
  for (BaselineEntry& entry : entries) {
    for (const BaselineEntry& old : former.entries()) {
      if (entry.comment.empty() && AreSame(entry, old)) entry.comment = old.comment;
    }
    if (merged.empty() || !AreSame(merged.back(), entry)) {
      merged.push_back(std::move(entry));
    } else {
      merged.back().shown_in.merge(entry.shown_in);
    }
  }
  std::string text = kHeader;
  for (const BaselineEntry& entry : merged) {
    text += fmt::format("{} {} {}", ShellWord(entry.target), entry.oracle, entry.fingerprint);
    if (!entry.comment.empty()) text += "  # " + entry.comment;
    text += '\n' + ShownInText(entry.shown_in);
  }
  return text;
}

}  // namespace hupstorm
