// Walks over the tokens of one line, and says what is wrong with them.

#ifndef HUPSTORM_SCENARIOS_LANGUAGE_TOKEN_READER_H_
#define HUPSTORM_SCENARIOS_LANGUAGE_TOKEN_READER_H_

#include <span>
#include <string_view>
#include <vector>

#include "scenarios/language/lexer.h"
#include "scenarios/language/scenario.h"
#include "scenarios/language/units.h"

namespace hupstorm {

// Each mistake is a ParseError at the token that is wrong.
class TokenReader {
 public:
  TokenReader(const SourceLine& line, const std::vector<Token>& tokens)
      : line_(line), tokens_(tokens) {}

  const Token& token() const { return tokens_[next_]; }
  void Skip() { ++next_; }
  bool At(std::string_view word) const {
    return token().kind == Token::Kind::kWord && token().text == word;
  }
  bool Accept(std::string_view word);  // skips the word if it is next

  // The next word, which must be one of `words`; `what` names them in the error.
  std::string_view Choose(std::string_view what, const std::vector<std::string_view>& words);
  void Need(std::string_view word);
  void NeedEnd();
  // A number from `min` to `max`; `what` names it in the error.
  uint64_t Number(std::string_view what, uint64_t min, uint64_t max);
  uint64_t Size(uint64_t min, uint64_t max);
  uint64_t Duration(uint64_t min, uint64_t max);
  bool AtNumber() const;
  hupstorm::Clients Clients();
  hupstorm::Clients OneClient();

  // "expected WHAT, found TOKEN" at the next token, with the nearest of `words` if one is near,
  // or else all of them.
  [[noreturn]] void FailHere(std::string_view what,
                             const std::vector<std::string_view>& words = {});
  int line_number() const { return line_.number; }

 private:
  uint64_t Amount(std::string_view what, std::span<const Unit> units, bool unit_needed,
                  uint64_t min, uint64_t max);
  [[noreturn]] void FailWith(const Token& token, std::string_view what, std::string_view advice);
  [[noreturn]] void FailClients();
  uint32_t Index(uint32_t min);

  const SourceLine& line_;
  const std::vector<Token>& tokens_;
  size_t next_ = 0;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_LANGUAGE_TOKEN_READER_H_
