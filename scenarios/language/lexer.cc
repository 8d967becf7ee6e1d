#include "scenarios/language/lexer.h"

#include <fmt/format.h>

#include "scenarios/language/scenario.h"

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

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

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
      value += c == '\\' ? Escape() : c;
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
  char Escape() {
    const int column = Column();
    const std::string_view rest = text_.substr(place_ + 1);
    if (rest.empty())
      Fail(line_, column, "expected an escape after '\\', found the end of the line");
    ++place_;
    switch (rest[0]) {
      case 'r':
        return '\r';
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case '0':
        return '\0';
      case '\\':
        return '\\';
      case '"':
        return '"';
      default:
        break;
    }
    if (rest.size() >= 3 && rest[0] == 'x' && HexDigit(rest[1]) >= 0 && HexDigit(rest[2]) >= 0) {
      place_ += 2;
      return static_cast<char>(HexDigit(rest[1]) * 16 + HexDigit(rest[2]));
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
  const std::string text = EscapeText(token.text.substr(0, kMost));
  return fmt::format("\"{}{}\"", text, token.text.size() > kMost ? "..." : "");
}

std::string EscapeText(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (const char c : bytes) {
    switch (c) {
      case '\r':
        text += "\\r";
        break;
      case '\n':
        text += "\\n";
        break;
      case '\t':
        text += "\\t";
        break;
      case '\\':
        text += "\\\\";
        break;
      case '"':
        text += "\\\"";
        break;
      default:
        if (c >= ' ' && c <= '~') {
          text += c;
        } else {
          text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        }
    }
  }
  return text;
}

}  // namespace hupstorm
