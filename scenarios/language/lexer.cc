#include "scenarios/language/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "scenarios/language/scenario.h"
#include "scenarios/language/units.h"

namespace hupstorm {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

std::optional<Token::Kind> MarkAt(std::string_view text) {
  if (text.front() == '[') return Token::Kind::kOpen;
  if (text.front() == ']') return Token::Kind::kClose;
  if (text.front() == ':') return Token::Kind::kColon;
  if (text.starts_with("..")) return Token::Kind::kRange;
  return std::nullopt;
}

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// A letter after a backslash, and what it stands for. (\0 is read as well, and written as \x00.)
struct Escape {
  char letter;
  char byte;
};
constexpr Escape kEscapes[] = {{'r', '\r'}, {'n', '\n'}, {'t', '\t'}, {'\\', '\\'}, {'"', '"'}};

class Lexer {
 public:
  explicit Lexer(const SourceLine& line) : line_(line), text_(line.text) {}

  LexedLine Run() {
    LexedLine result;
    while (true) {
      while (place_ < text_.size() && IsBlank(text_[place_])) ++place_;
      Token token;
      token.column = Column();
      if (place_ == text_.size() || text_[place_] == '#') {
        if (place_ < text_.size()) result.comment = text_.substr(place_ + 1);
        result.tokens.push_back(std::move(token));
        return result;
      }
      const size_t start = place_;
      if (text_[place_] == '"') {
        token.kind = Token::Kind::kString;
        token.value = String();
      } else if (const auto mark = MarkAt(text_.substr(place_))) {
        token.kind = *mark;
        place_ += *mark == Token::Kind::kRange ? 2 : 1;
      } else {
        token.kind = Token::Kind::kWord;
        while (place_ < text_.size() && !EndsWord()) ++place_;
      }
      token.text = text_.substr(start, place_ - start);
      result.tokens.push_back(std::move(token));
    }
  }

 private:
  int Column() const { return static_cast<int>(place_) + 1; }

  bool EndsWord() const {
    const char c = text_[place_];
    return IsBlank(c) || c == '#' || c == '"' || MarkAt(text_.substr(place_));
  }

  std::string String() {
    const int start = Column();
    std::string value;
    ++place_;
    while (true) {
      if (place_ == text_.size()) {
        Fail(line_, start, "expected a '\"' that ends this string, found the end of the line");
      }
      const char c = text_[place_];
      if (c == '"') break;
      value += c == '\\' ? EscapedByte() : c;
      ++place_;
    }
    ++place_;
    if (value.empty()) Fail(line_, start, "expected a string of at least one byte, found \"\"");
    if (value.size() > kMaxText) {
      Fail(line_, start,
           fmt::format("expected a string of at most {} bytes, found {}", kMaxText, value.size()));
    }
    return value;
  }

  // At a backslash; leaves `place_` on the last character of the escape.
  char EscapedByte() {
    const int column = Column();
    const std::string_view rest = text_.substr(place_ + 1);
    if (rest.empty()) {
      Fail(line_, column, "expected an escape after '\\', found the end of the line");
    }
    ++place_;
    if (rest[0] == '0') return '\0';
    for (const Escape& escape : kEscapes) {
      if (rest[0] == escape.letter) return escape.byte;
    }
    const char* const digits = rest.data() + 1;
    unsigned value = 0;
    if (rest.size() >= 3 && rest[0] == 'x' &&
        std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2) {
      place_ += 2;
      return static_cast<char>(value);
    }
    Fail(line_, column,
         fmt::format(R"(expected an escape (\r \n \t \0 \\ \" \xHH), found "\{}")",
                     EscapeText(rest.substr(0, rest[0] == 'x' ? 3 : 1))));
  }

  const SourceLine& line_;
  std::string_view text_;
  size_t place_ = 0;
};

}  // namespace

void Fail(const SourceLine& line, int column, const std::string& message) {
  throw ParseError(line.file, line.number, column, message);
}

LexedLine LexLine(const SourceLine& line) {
  if (line.text.size() > kMaxScenarioLine) {
    Fail(line, 1,
         fmt::format("expected a line of at most {} bytes, found one of {}", kMaxScenarioLine,
                     line.text.size()));
  }
  return Lexer(line).Run();
}

std::string Describe(const Token& token) {
  constexpr size_t kMost = 40;
  if (token.kind == Token::Kind::kEnd) return "the end of the line";
  if (token.kind == Token::Kind::kString) return "a string";
  return Quote(token.text, kMost);
}

std::string EscapeText(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (const char c : bytes) {
    const auto escape = std::find_if(std::begin(kEscapes), std::end(kEscapes),
                                     [c](const Escape& known) { return known.byte == c; });
    if (escape != std::end(kEscapes)) {
      text += {'\\', escape->letter};
    } else if (c >= ' ' && c <= '~') {
      text += c;
    } else {
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return text;
}

std::string Quote(std::string_view bytes, size_t most) {
  return fmt::format("\"{}{}\"", EscapeText(bytes.substr(0, most)),
                     bytes.size() > most ? "..." : "");
}

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
