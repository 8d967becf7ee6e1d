#include "scenarios/language/token_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/nearest_word.h"

namespace hupstorm {
namespace {

bool IsLetter(std::string_view word) {
  return word.size() == 1 && word[0] >= 'a' && word[0] <= 'z';
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

void TokenReader::FailWith(const Token& token, std::string_view what, std::string_view advice) {
  Fail(line_, token.column, fmt::format("expected {}, found {}{}", what, Describe(token), advice));
}

void TokenReader::FailHere(std::string_view what, const std::vector<std::string_view>& words) {
  std::string advice;
  if (!words.empty()) {
    const bool is_word = token().kind == Token::Kind::kWord;
    if (const auto nearest = is_word ? NearestWord(token().text, words) : ""; !nearest.empty()) {
      advice = fmt::format("; did you mean \"{}\"?", nearest);
    } else if (words.size() > 2) {  // if they are few, `what` says them
      advice = fmt::format("; it can be {}", fmt::join(words, ", "));
    }
  }
  FailWith(token(), what, advice);
}

bool TokenReader::Accept(std::string_view word) {
  if (!At(word)) return false;
  Skip();
  return true;
}

std::string_view TokenReader::Choose(std::string_view what,
                                     const std::vector<std::string_view>& words) {
  for (const std::string_view word : words) {
    if (Accept(word)) return word;
  }
  FailHere(what, words);
}

void TokenReader::Need(std::string_view word) {
  if (!Accept(word)) FailHere(fmt::format("\"{}\"", word), {word});
}

void TokenReader::NeedEnd() {
  if (token().kind != Token::Kind::kEnd) FailHere("the end of the line");
}

bool TokenReader::AtNumber() const {
  return token().kind == Token::Kind::kWord && IsDigit(token().text.front());
}

uint64_t TokenReader::Number(std::string_view what, uint64_t min, uint64_t max) {
  const auto number = token().kind == Token::Kind::kWord ? ParseDigits(token().text) : std::nullopt;
  if (!number || *number < min || *number > max) {
    FailHere(fmt::format("{} from {} to {}", what, min, max));
  }
  Skip();
  return *number;
}

uint64_t TokenReader::Amount(std::string_view what, std::span<const Unit> units, bool unit_needed,
                             uint64_t min, uint64_t max) {
  if (!AtNumber()) FailHere(what);
  const Token& amount = token();
  const size_t digits =
      std::find_if_not(amount.text.begin(), amount.text.end(), IsDigit) - amount.text.begin();
  const std::string_view number = amount.text.substr(0, digits);
  std::string_view unit = amount.text.substr(digits);
  Skip();

  std::vector<std::string_view> names;
  for (const Unit& known : units) names.push_back(known.name);
  if (unit.starts_with('.')) FailWith(amount, "a whole number", "; a smaller unit makes it one");
  const bool blank_before_unit = unit.empty() && token().kind == Token::Kind::kWord &&
                                 !NearestWord(token().text, names).empty();
  const auto did_you_mean = [&](std::string_view written) {
    const std::string_view nearest = NearestWord(written, names);
    return nearest.empty() ? fmt::format("; its unit can be {}", fmt::join(names, ", "))
                           : fmt::format("; did you mean \"{}{}\"?", number, nearest);
  };
  if (blank_before_unit) {
    FailWith(token(), "no blank between a number and its unit", did_you_mean(token().text));
  }
  uint64_t factor = 1;
  if (!unit.empty() || unit_needed) {
    const auto known = std::find(names.begin(), names.end(), unit);
    if (known == names.end()) FailWith(amount, what, did_you_mean(unit));
    factor = units[known - names.begin()].factor;
  }
  uint64_t value = 0;
  if (__builtin_mul_overflow(*ParseDigits(number), factor, &value)) value = UINT64_MAX;
  if (value < min || value > max) {
    const bool size = !unit_needed;
    FailWith(amount,
             fmt::format("{} from {} to {}", size ? "a size" : "a duration",
                         size ? FormatSize(min) : FormatDuration(min),
                         size ? FormatSize(max) : FormatDuration(max)),
             "");
  }
  return value;
}

uint64_t TokenReader::Size(uint64_t min, uint64_t max) {
  return Amount("a size such as 64KiB", SizeUnits(), false, min, max);
}

uint64_t TokenReader::Duration(uint64_t min, uint64_t max) {
  return Amount("a duration such as 30s", DurationUnits(), true, min, max);
}

void TokenReader::FailClients() {
  constexpr std::string_view kWhat = "a client such as a, c[7] or c[1..200]";
  const std::string_view word = token().text;
  if (token().kind == Token::Kind::kWord && word.size() == 1 && word[0] >= 'A' && word[0] <= 'Z') {
    FailWith(token(), kWhat,
             fmt::format("; did you mean \"{}\"?", static_cast<char>(word[0] - 'A' + 'a')));
  }
  if (token().kind == Token::Kind::kWord && word.size() > 1 && word[0] >= 'a' && word[0] <= 'z' &&
      ParseDigits(word.substr(1))) {
    FailWith(token(), kWhat, fmt::format("; did you mean \"{}[{}]\"?", word[0], word.substr(1)));
  }
  FailHere(kWhat);
}

uint32_t TokenReader::Index(uint32_t min) {
  return static_cast<uint32_t>(Number("the number of a client", min, kMaxClientIndex));
}

Clients TokenReader::Clients() {
  if (token().kind != Token::Kind::kWord || !IsLetter(token().text)) FailClients();
  hupstorm::Clients clients{.letter = token().text[0], .first = 0, .last = 0};
  Skip();
  if (token().kind != Token::Kind::kOpen) return clients;
  Skip();
  clients.first = clients.last = Index(0);
  const bool range = token().kind == Token::Kind::kRange;
  if (range) {
    Skip();
    clients.last = Index(clients.first);
  }
  if (token().kind != Token::Kind::kClose) FailHere(range ? "\"]\"" : "\"]\" or \"..\"");
  Skip();
  return clients;
}

Clients TokenReader::OneClient() {
  const int column = token().column;
  const hupstorm::Clients clients = Clients();
  if (clients.first != clients.last) {
    Fail(line_, column, fmt::format("expected one client, found \"{}\"", ClientsText(clients)));
  }
  return clients;
}

}  // namespace hupstorm
