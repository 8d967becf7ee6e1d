// A text file of ours as lines, for the parsers: scenarios, and what --protocol expect: names.

#ifndef HUPSTORM_SCENARIOS_LANGUAGE_SOURCE_LINES_H_
#define HUPSTORM_SCENARIOS_LANGUAGE_SOURCE_LINES_H_

#include <string>
#include <string_view>

#include "scenarios/language/lexer.h"

namespace hupstorm {

class SourceLines {
 public:
  // Both must outlive it. Throws ParseError for text of more than kMaxScenarioFile bytes (`what`
  // names it: "a scenario"), and where it holds a NUL byte.
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

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_LANGUAGE_SOURCE_LINES_H_
