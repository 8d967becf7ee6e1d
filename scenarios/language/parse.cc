#include "scenarios/language/parse.h"

#include <fmt/format.h>

#include <algorithm>

#include "scenarios/language/lexer.h"
#include "scenarios/language/source_lines.h"
#include "scenarios/language/step_parser.h"
#include "scenarios/language/token_reader.h"
#include "scenarios/language/units.h"

namespace hupstorm {
namespace {

// Gathers the first sentence of the first comment, which may run over several lines.
class TitleReader {
 public:
  // `comment` is what follows '#' on a line; no value if the line has no comment, or a step too.
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
  FileParser(std::string_view text, const std::string& file) : lines_(text, file, "a scenario") {
    scenario_.file = file;
  }

  Scenario Run() {
    while (!lines_.AtEnd()) ParseLine(lines_.Next());
    if (scenario_.steps.empty()) lines_.FailAtEnd("at least one step");
    scenario_.title = title_.Take();
    return std::move(scenario_);
  }

 private:
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

  SourceLines lines_;
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
