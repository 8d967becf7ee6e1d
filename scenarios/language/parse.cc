#include "scenarios/language/parse.h"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/language/lexer.h"
#include "scenarios/language/step_parser.h"
#include "scenarios/language/token_reader.h"
#include "scenarios/language/units.h"

namespace hupstorm {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Gathers the first sentence of the first comment, which may run over several lines.
class TitleReader {
 public:
  // `comment` is what follows '#' on a line; no value where the line has no comment, or a step too.
  void Add(std::optional<std::string_view> comment) {
    if (done_) return;
    if (!comment) {
      done_ = !title_.empty();
      return;
    }
    for (const char c : *comment) {
      const bool blank = static_cast<unsigned char>(c) <= ' ';
      if (blank && EndsSentence()) {
        done_ = true;
        return;
      }
      if (!blank) {
        title_ += c;
      } else if (!title_.empty() && title_.back() != ' ') {
        title_ += ' ';
      }
    }
    if (EndsSentence()) {
      done_ = true;
    } else if (!title_.empty() && title_.back() != ' ') {
      title_ += ' ';
    }
  }

  std::string Take() {
    title_.resize(std::min(title_.size(), kLongest));
    while (!title_.empty() && title_.back() == ' ') title_.pop_back();
    return std::move(title_);
  }

 private:
  static constexpr size_t kLongest = 1000;  // a title is for one line of a list

  bool EndsSentence() const {
    return !title_.empty() &&
           (title_.back() == '.' || title_.back() == '!' || title_.back() == '?');
  }

  std::string title_;
  bool done_ = false;
};

class FileParser {
 public:
  FileParser(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  Scenario Run() {
    scenario_.file = file_;
    CheckFile();
    std::string_view rest = text_;
    if (rest.starts_with(kByteOrderMark)) rest.remove_prefix(kByteOrderMark.size());
    int number = 0;
    std::string_view last = rest;
    while (!rest.empty()) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      last = rest.substr(0, end);
      if (last.ends_with('\r')) last.remove_suffix(1);
      ParseLine({file_, ++number, last});
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (scenario_.steps.empty()) {
      Fail({file_, std::max(number, 1), last}, static_cast<int>(last.size()) + 1,
           "expected at least one step, found the end of the file");
    }
    scenario_.title = title_.Take();
    return std::move(scenario_);
  }

 private:
  void CheckFile() {
    if (text_.size() > kMaxScenarioFile) {
      Fail({file_, 1, text_}, 1,
           fmt::format("expected a scenario of at most {}, found {} bytes",
                       FormatSize(kMaxScenarioFile), text_.size()));
    }
    const size_t nul = text_.find('\0');
    if (nul == std::string_view::npos) return;
    int number = 1;
    size_t start = 0;
    for (size_t end; (end = text_.find('\n', start)) < nul; start = end + 1) ++number;
    Fail({file_, number, {}}, static_cast<int>(nul - start) + 1, "expected text, found a NUL byte");
  }

  void ParseLine(const SourceLine& line) {
    const LexedLine lexed = LexLine(line);
    TokenReader reader(line, lexed.tokens);
    const bool bare = reader.token().kind == Token::Kind::kEnd;
    title_.Add(bare ? lexed.comment : std::nullopt);
    if (bare) return;
    if (reader.At("target") || reader.At("rounds")) return ParseHeader(reader);
    if (scenario_.steps.size() == kMaxSteps) {
      reader.FailHere(fmt::format("at most {} steps", kMaxSteps));
    }
    scenario_.steps.push_back(ParseStep(reader, before_));
    text_bytes_ += scenario_.steps.back().text.size();
    if (text_bytes_ > kMaxAllText) {
      Fail(line, 1,
           fmt::format("expected at most {} of strings in all steps together, found {}",
                       FormatSize(kMaxAllText), FormatSize(text_bytes_)));
    }
    before_ = IsExpect(scenario_.steps.back().action) ? Before::kExpectation : Before::kStep;
  }

  void ParseHeader(TokenReader& reader) {
    if (before_ != Before::kNothing) {
      reader.FailHere("headers before the first step");
    }
    bool& seen = reader.At("target") ? target_seen_ : rounds_seen_;
    if (seen) reader.FailHere("each header once");
    seen = true;
    if (reader.Accept("rounds")) {
      scenario_.rounds = static_cast<uint32_t>(reader.Number("a number", 1, kMaxRounds));
    } else {
      reader.Need("target");
      const auto word = reader.Choose("a protocol", {"echo", "ack", "http", "any"});
      if (word == "echo") scenario_.protocol = Protocol::kEcho;
      if (word == "ack") scenario_.protocol = Protocol::kAck;
      if (word == "http") scenario_.protocol = Protocol::kHttp;
      if (word == "any") scenario_.protocol = std::nullopt;
    }
    reader.NeedEnd();
  }

  std::string_view text_;
  const std::string& file_;
  Scenario scenario_;
  TitleReader title_;
  Before before_ = Before::kNothing;
  size_t text_bytes_ = 0;
  bool target_seen_ = false;
  bool rounds_seen_ = false;
};

}  // namespace

ParseError::ParseError(std::string file, int line, int column, const std::string& message)
    : std::runtime_error(fmt::format("{}:{}:{}: {}", file, line, column, message)),
      line_(line),
      column_(column) {}

Scenario ParseScenario(std::string_view text, const std::string& file) {
  return FileParser(text, file).Run();
}

}  // namespace hupstorm
