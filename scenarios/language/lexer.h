// A text file of ours to lines, and a line to tokens. Only strings, brackets, ".." and ":" are
// special; whatever else stands between blanks is a word, right or wrong, so that the parser can
// say what it wanted there.

#ifndef HUPSTORM_SCENARIOS_LANGUAGE_LEXER_H_
#define HUPSTORM_SCENARIOS_LANGUAGE_LEXER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/language/parse.h"

namespace hupstorm {

// The longest string, each of its bytes as \xHH, and as much again for what stands around it.
inline constexpr size_t kMaxScenarioLine = 8 * (64 << 10);

struct SourceLine {
  const std::string& file;
  int number;             // from 1
  std::string_view text;  // without its end
};

[[noreturn]] void Fail(const SourceLine& line, int column, const std::string& message);

// The lines of a scenario, or of what --protocol expect: names.
class SourceLines {
 public:
  // Both must outlive it. Throws ParseError for text of more than kMaxScenarioFile bytes (`what`
  // names it: "a scenario"), and for text that holds a NUL byte.
  SourceLines(std::string_view text, const std::string& file, std::string_view what);

  bool AtEnd() const { return rest_.empty(); }
  // The next line, without its end (LF or CRLF).
  SourceLine Next();
  // "expected WHAT, found the end of the file", there.
  [[noreturn]] void FailAtEnd(std::string_view what) const;

 private:
  const std::string& file_;
  std::string_view rest_;
  std::string_view last_;
  int number_ = 0;
};

struct Token {
  enum class Kind : uint8_t { kWord, kString, kOpen, kClose, kRange, kColon, kEnd };
  Kind kind = Kind::kEnd;
  int column = 1;         // from 1, in bytes
  std::string_view text;  // as written
  std::string value;      // kString: the bytes it stands for
};

struct LexedLine {
  std::vector<Token> tokens;                // ends with kEnd
  std::optional<std::string_view> comment;  // what follows '#'
};
LexedLine LexLine(const SourceLine& line);

// What a token is called in an error: "\"conect\"", "the end of the line". Harmless to print.
std::string Describe(const Token& token);

// The bytes as the inside of a string: printable ASCII as it is, the rest escaped.
std::string EscapeText(std::string_view bytes);
// The same in quotes, up to `most` bytes, and "..." if there are more.
std::string Quote(std::string_view bytes, size_t most);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_LANGUAGE_LEXER_H_
