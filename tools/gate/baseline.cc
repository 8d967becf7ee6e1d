#include "tools/gate/baseline.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "tools/cli/errors.h"
#include "tools/report/findings_report.h"

namespace hupstorm {
namespace {

constexpr size_t kNumberLength = 16;

constexpr char kHeader[] =
    "# Bugs that hupstorm gate --baseline tolerates: target, symptom, the bug's number, and in "
    "which\n"
    "# scenarios and areas. In another scenario of the suite the same is a new finding.\n"
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
        "A line of a baseline is: TARGET ORACLE BUG [# comment], and below it: "
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

bool IsNumber(std::string_view word) {
  return word.size() == kNumberLength &&
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

auto KeyOf(const BaselineEntry& entry) { return std::tie(entry.target, entry.oracle, entry.bug); }

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
    entry.bug = line.Word("a bug's number");
    if (!IsNumber(entry.bug)) {
      line.Fail(
          fmt::format("\"{}\" is no number of a bug, which has 16 hexadecimal digits", entry.bug));
    }
    if (!line.AtEnd()) {
      line.Word("");
      line.Fail("nothing but a comment may follow a bug's number");
    }
    entry.comment = line.Comment();
  }
  return baseline;
}

const BaselineEntry* Baseline::Find(const Finding& finding) const {
  const BaselineEntry* by_fingerprint = nullptr;
  for (const BaselineEntry& entry : entries_) {
    if (entry.target != finding.target || entry.oracle != finding.oracle) continue;
    if (entry.bug == BugOf(finding)) return &entry;
    if (entry.bug == finding.fingerprint) by_fingerprint = &entry;
  }
  return by_fingerprint;
}

bool Baseline::HasBug(const Finding& finding) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const BaselineEntry& entry) {
    return entry.target == finding.target &&
           (entry.bug == BugOf(finding) || entry.bug == finding.fingerprint);
  });
}

bool Baseline::Tolerates(const Finding& finding, bool in_suite) const {
  const BaselineEntry* const known = Find(finding);
  if (known == nullptr) return false;
  return !in_suite || known->shown_in.empty() || known->shown_in.contains(finding.scenario);
}

void NoteBaseline(const Baseline& baseline, GateReport& report) {
  report.has_baseline = true;
  std::set<std::tuple<std::string, std::string, std::string>> bugs;
  std::set<std::tuple<std::string, std::string, std::string>> fingerprints;
  for (const GateFinding& found : report.findings) {
    for (const Symptom& symptom : found.symptoms) {
      bugs.emplace(found.finding.target, symptom.oracle, BugOf(found.finding));
      fingerprints.emplace(found.finding.target, symptom.oracle, symptom.fingerprint);
    }
  }
  // Nothing is known of targets that this pass is not about.
  std::set<std::string> judged;
  for (const GateArea& area : report.areas) {
    for (const GateCase& one : area.cases) judged.insert(one.target);
  }
  for (const BaselineEntry& known : baseline.entries()) {
    if (!judged.contains(known.target)) continue;
    const bool is_named = bugs.contains(KeyOf(known));
    if (!is_named && !fingerprints.contains(KeyOf(known))) {
      report.gone.push_back(known);
      continue;
    }
    if (known.shown_in.empty()) ++report.known_anywhere;
    if (!is_named) ++report.known_by_fingerprint;
  }
}

std::vector<BaselineEntry> EntriesFor(const GateFinding& found, const Baseline& former) {
  std::vector<BaselineEntry> entries;
  for (const Symptom& symptom : found.symptoms) {
    Finding finding = found.finding;
    finding.oracle = symptom.oracle;
    finding.fingerprint = symptom.fingerprint;
    const BaselineEntry* const known = former.Find(finding);
    entries.push_back({finding.target, symptom.oracle, BugOf(found.finding),
                       known == nullptr ? "" : known->comment, symptom.shown_in});
  }
  return entries;
}

std::string BaselineText(std::vector<BaselineEntry> entries) {
  std::sort(entries.begin(), entries.end());
  std::vector<BaselineEntry> merged;
  for (BaselineEntry& entry : entries) {
    if (merged.empty() || KeyOf(merged.back()) != KeyOf(entry)) {
      merged.push_back(std::move(entry));
      continue;
    }
    BaselineEntry& same = merged.back();
    same.shown_in.merge(entry.shown_in);
    // Sorted as they are, equal comments follow each other.
    if (!entry.comment.empty() && !same.comment.ends_with(entry.comment)) {
      same.comment += (same.comment.empty() ? "" : "; ") + entry.comment;
    }
  }
  std::string text = kHeader;
  for (const BaselineEntry& entry : merged) {
    text += fmt::format("{} {} {}", ShellWord(entry.target), entry.oracle, entry.bug);
    if (!entry.comment.empty()) text += "  # " + entry.comment;
    text += '\n' + ShownInText(entry.shown_in);
  }
  return text;
}

}  // namespace hupstorm
