#include "scenarios/language/exchange.h"

#include <fmt/format.h>

#include "scenarios/language/lexer.h"
#include "scenarios/language/token_reader.h"
#include "scenarios/language/units.h"

namespace hupstorm {
namespace {

constexpr std::string_view kAString = "a string";

class ExchangeParser {
 public:
  ExchangeParser(std::string_view text, const std::string& file)
      : lines_(text, file, "a request and its response") {}

  Exchange Run() {
    if (At("greeting")) ParseGreeting();
    Need("request", exchange_.greeting.empty() ? "\"request\" or \"greeting\""
                                               : "a string, \"*\" or \"request\"");
    std::string& request = exchange_.request;
    while (AtString()) {
      request += String();
      CheckSize("a request", request.size(), kMaxRequest);
    }
    if (request.empty()) Fail(kAString);
    if (At("*")) Fail("a string (only a response can have parts that vary) or \"response\"");
    Need("response", "a string or \"response\"");
    while (Next()) ParseInResponse();
    if (exchange_.response.empty()) Fail(any_ ? kAString : "a string or \"*\"");
    if (any_ && !exchange_.close) {
      Fail("a string after \"*\", or \"close\": else nothing says where it ends");
    }
    exchange_.open_end = any_;
    return std::move(exchange_);
  }

 private:
  void ParseGreeting() {
    reader_->Skip();
    while (AtString() || (!any_ && At("*"))) {
      if (reader_->Accept("*")) {
        any_ = true;
      } else {
        AddString(exchange_.greeting, "a greeting");
      }
    }
    if (any_ || exchange_.greeting.empty()) Fail(any_ ? kAString : "a string or \"*\"");
    size_ = 0;
  }

  // The string that is next, to what the server sends.
  void AddString(std::vector<Exchange::Part>& parts, std::string_view what) {
    if (parts.empty() || any_) parts.push_back({.literal = "", .after_any = any_});
    any_ = false;
    const std::string text = String();
    parts.back().literal += text;
    size_ += text.size();
    CheckSize(what, size_, kMaxResponse);
  }

  void ParseInResponse() {
    auto& parts = exchange_.response;
    if (AtString()) {
      AddString(parts, "a response");
    } else if (any_ && !At("close")) {
      Fail(parts.empty() ? kAString : "a string or \"close\" after \"*\"");
    } else if (reader_->Accept("*")) {
      any_ = true;
    } else if (parts.empty()) {
      Fail(any_ ? "a string: a response of any bytes would say nothing" : "a string or \"*\"");
    } else if (At("request")) {
      Fail("one request and its response in a file");
    } else {
      Need("close", "a string, \"*\" or \"close\"");
      exchange_.close = true;
      if (Next()) Fail("the end of the file after \"close\"");
    }
  }

  // Goes to the next token: its parts may be spread over lines as one likes. False at the end.
  bool Next() {
    while (!reader_ || reader_->token().kind == Token::Kind::kEnd) {
      if (lines_.AtEnd()) return false;
      line_.emplace(lines_.Next());
      lexed_ = LexLine(*line_);
      reader_.emplace(*line_, lexed_.tokens);
    }
    return true;
  }
  bool At(std::string_view word) { return Next() && reader_->At(word); }
  bool AtString() { return Next() && reader_->token().kind == Token::Kind::kString; }
  [[noreturn]] void Fail(std::string_view what, const std::vector<std::string_view>& words = {}) {
    if (Next()) reader_->FailHere(what, words);
    lines_.FailAtEnd(what);
  }
  void Need(std::string_view word, std::string_view what) {
    if (!Next() || !reader_->Accept(word)) Fail(what, {word});
  }

  std::string String() {
    std::string value = reader_->token().value;
    reader_->Skip();
    return value;
  }
  void CheckSize(std::string_view what, size_t size, size_t most) {
    if (size > most) reader_->FailHere(fmt::format("{} of at most {}", what, FormatSize(most)));
  }

  SourceLines lines_;
  std::optional<SourceLine> line_;
  LexedLine lexed_;
  std::optional<TokenReader> reader_;
  Exchange exchange_;
  bool any_ = false;  // after a "*"
  size_t size_ = 0;   // of the greeting or the response, so far
};

}  // namespace

Exchange ParseExchange(std::string_view text, const std::string& file) {
  return ExchangeParser(text, file).Run();
}

}  // namespace hupstorm
