// Scenario text to scenario. The grammar is in README.md beside this file.

#ifndef HUPSTORM_SCENARIOS_LANGUAGE_PARSE_H_
#define HUPSTORM_SCENARIOS_LANGUAGE_PARSE_H_

#include <stdexcept>
#include <string>
#include <string_view>

#include "scenarios/language/scenario.h"

namespace hupstorm {

// A mistake in a scenario's text. what() is a whole message for the user, ready to print:
//   suite/a.scn:3:8: expected an action of a client, found "conect"; did you mean "connect"?
class ParseError : public std::runtime_error {
 public:
  ParseError(std::string file, int line, int column, const std::string& message);
  int line() const { return line_; }      // from 1
  int column() const { return column_; }  // from 1, in bytes

 private:
  int line_;
  int column_;
};

inline constexpr size_t kMaxScenarioFile = 4 << 20;  // bytes; a larger file is refused

// `file` is named in errors and kept in the scenario; `name` is left empty. Throws ParseError,
// for text that holds a NUL byte or no step at all too.
Scenario ParseScenario(std::string_view text, const std::string& file);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_LANGUAGE_PARSE_H_
