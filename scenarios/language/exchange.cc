#include "scenarios/language/exchange.h"

#include <fmt/format.h>

#include "scenarios/language/lexer.h"
#include "scenarios/language/source_lines.h"
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
    while (!lines_.AtEnd()) {
      const SourceLine line = lines_.Next();
      const LexedLine lexed = LexLine(line);
      TokenReader reader(line, lexed.tokens);
      while (reader.token().kind != Token::Kind::kEnd) ParseToken(reader);
    }
    CheckEnd();
    exchange_.open_end = any_;
    return std::move(exchange_);
  }

 private:
  // Where in the file the next token stands. Its parts may be spread over lines as one likes.
  enum class Place { kStart, kRequest, kResponse, kClosed };

  void ParseToken(TokenReader& reader) {
    switch (place_) {
      case Place::kStart:
        reader.Need("request");
        place_ = Place::kRequest;
        return;
      case Place::kRequest:
        return ParseInRequest(reader);
      case Place::kResponse:
        return ParseInResponse(reader);
      case Place::kClosed:
        reader.FailHere("the end of the file after \"close\"");
    }
  }

  void ParseInRequest(TokenReader& reader) {
    std::string& request = exchange_.request;
    if (reader.token().kind == Token::Kind::kString) {
      request += String(reader);
      CheckSize(reader, "a request", request.size(), kMaxRequest);
    } else if (request.empty()) {
      reader.FailHere(kAString);
    } else if (reader.At("*")) {
      reader.FailHere("a string (only a response can have parts that vary) or \"response\"");
    } else {
      reader.Choose("a string or \"response\"", {"response"});
      place_ = Place::kResponse;
    }
  }

  void ParseInResponse(TokenReader& reader) {
    auto& parts = exchange_.response;
    if (reader.token().kind == Token::Kind::kString) {
      if (parts.empty() || any_) parts.push_back({.literal = "", .after_any = any_});
      any_ = false;
      const std::string text = String(reader);
      parts.back().literal += text;
      response_size_ += text.size();
      CheckSize(reader, "a response", response_size_, kMaxResponse);
    } else if (any_ && !reader.At("close")) {
      reader.FailHere(parts.empty() ? kAString : "a string or \"close\" after \"*\"");
    } else if (reader.Accept("*")) {
      any_ = true;
    } else if (parts.empty()) {
      reader.FailHere(any_ ? "a string: a response of any bytes would say nothing"
                           : "a string or \"*\"");
    } else {
      if (reader.At("request")) {
        reader.FailHere("one request and its response in a file");
      }
      reader.Choose("a string, \"*\" or \"close\"", {"close"});
      exchange_.close = true;
      place_ = Place::kClosed;
    }
  }

  void CheckEnd() const {
    if (place_ == Place::kStart) lines_.FailAtEnd("\"request\"");
    if (place_ == Place::kRequest) {
      lines_.FailAtEnd(exchange_.request.empty() ? kAString : "a string or \"response\"");
    }
    if (exchange_.response.empty()) lines_.FailAtEnd(any_ ? kAString : "a string or \"*\"");
    if (any_ && place_ != Place::kClosed) {
      lines_.FailAtEnd("a string after \"*\", or \"close\": else nothing says where it ends");
    }
  }

  static std::string String(TokenReader& reader) {
    std::string value = reader.token().value;
    reader.Skip();
    return value;
  }

  static void CheckSize(TokenReader& reader, std::string_view what, size_t size, size_t most) {
    if (size > most) reader.FailHere(fmt::format("{} of at most {}", what, FormatSize(most)));
  }

  SourceLines lines_;
  Exchange exchange_;
  Place place_ = Place::kStart;
  bool any_ = false;  // after a "*"
  size_t response_size_ = 0;
};

}  // namespace

Exchange ParseExchange(std::string_view text, const std::string& file) {
  return ExchangeParser(text, file).Run();
}

}  // namespace hupstorm
