#include "target/documented/python/text.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "target/documented/python/errors.h"

namespace hupstorm::python {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

constexpr const char* kInvalidStart = "invalid start byte";
constexpr const char* kInvalidContinuation = "invalid continuation byte";
constexpr const char* kUnexpectedEnd = "unexpected end of data";

uint8_t At(const Bytes& bytes, size_t i) { return static_cast<uint8_t>(bytes[i]); }

// What stands at one place of a byte string: a character of `length` bytes if `error` is null,
// else `length` bytes that are not one.
struct Piece {
  size_t length;
  const char* error;
};

// The range that the second byte of a character must be in, by its first (RFC 3629, section 4).
bool SecondByteFits(uint8_t first, uint8_t second) {
  switch (first) {
    case 0xE0:
      return second >= 0xA0 && second <= 0xBF;
    case 0xED:
      return second >= 0x80 && second <= 0x9F;
    case 0xF0:
      return second >= 0x90 && second <= 0xBF;
    case 0xF4:
      return second >= 0x80 && second <= 0x8F;
    default:
      return second >= 0x80 && second <= 0xBF;
  }
}

// Objects/stringlib/codecs.h, utf8_decode.
Piece PieceAt(const Bytes& bytes, size_t i) {
  const uint8_t first = At(bytes, i);
  if (first < 0x80) return {1, nullptr};
  if (first < 0xC2 || first > 0xF4) return {1, kInvalidStart};
  const size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  for (size_t n = 1; n < length; ++n) {
    if (i + n == bytes.size()) return {n, kUnexpectedEnd};
    const uint8_t next = At(bytes, i + n);
    const bool fits = n == 1 ? SecondByteFits(first, next) : (next & 0xC0) == 0x80;
    if (!fits) return {n, kInvalidContinuation};
  }
  return {length, nullptr};
}

std::string DecodeErrorMessage(const Bytes& bytes, size_t start, const Piece& piece) {
  const std::string codec = "'utf-8' codec can't decode ";
  const std::string reason = std::string(": ") + piece.error;
  if (piece.length > 1) {
    return codec + "bytes in position " + std::to_string(start) + "-" +
           std::to_string(start + piece.length - 1) + reason;
  }
  char byte[8];
  std::snprintf(byte, sizeof(byte), "0x%02x", At(bytes, start));
  return codec + "byte " + byte + " in position " + std::to_string(start) + reason;
}

bool IsPrintable(char c) { return c >= 0x20 && c < 0x7F; }

// For a byte that Repr can't leave as it is.
void AppendEscaped(char c, std::string* text) {
  constexpr char kDigits[] = "0123456789abcdef";
  *text += '\\';
  if (c == '\t') {
    *text += 't';
  } else if (c == '\n') {
    *text += 'n';
  } else if (c == '\r') {
    *text += 'r';
  } else if (!IsPrintable(c)) {
    const auto byte = static_cast<uint8_t>(c);
    *text += {'x', kDigits[byte >> 4], kDigits[byte & 0xF]};
  } else {
    *text += c;
  }
}

}  // namespace

std::string Repr(const Bytes& bytes) {
  const bool has_single = bytes.find('\'') != Bytes::npos;
  const char quote = has_single && bytes.find('"') == Bytes::npos ? '"' : '\'';
  std::string text = "b";
  text.reserve(bytes.size() + 3);
  text += quote;
  size_t plain = 0;  // where the run of bytes that stand for themselves began
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (IsPrintable(c) && c != quote && c != '\\') continue;
    text.append(bytes, plain, i - plain);
    plain = i + 1;
    AppendEscaped(c, &text);
  }
  text.append(bytes, plain);
  text += quote;
  return text;
}

std::string Repr(const Address& address) {
  std::string text;
  text.reserve(address.host.size() + 11);
  text += "('";
  text += address.host;
  text += "', ";
  text += std::to_string(address.port);
  text += ')';
  return text;
}

std::string DecodeUtf8(const Bytes& bytes) {
  for (size_t i = 0; i < bytes.size();) {
    const Piece piece = PieceAt(bytes, i);
    if (piece.error != nullptr) throw UnicodeDecodeError(DecodeErrorMessage(bytes, i, piece));
    i += piece.length;
  }
  return bytes;
}

std::string DecodeUtf8Replacing(const Bytes& bytes) {
  std::string text;
  for (size_t i = 0; i < bytes.size();) {
    const Piece piece = PieceAt(bytes, i);
    text += piece.error == nullptr ? std::string_view(bytes).substr(i, piece.length) : kReplacement;
    i += piece.length;
  }
  return text;
}

std::string Utf8Decoder::Decode(const Bytes& piece) {
  Bytes bytes = std::move(unfinished_);
  bytes += piece;
  unfinished_.clear();
  // A character has four bytes at most, so an unfinished one is among the last three.
  for (size_t i = bytes.size() - std::min<size_t>(bytes.size(), 3); i < bytes.size(); ++i) {
    if (PieceAt(bytes, i).error != kUnexpectedEnd) continue;
    unfinished_ = bytes.substr(i);
    bytes.resize(i);
  }
  return DecodeUtf8Replacing(bytes);
}

std::string DropLastCharacters(const std::string& text, size_t count) {
  size_t end = text.size();
  for (; count > 0 && end > 0; --count) {
    do {
      --end;
    } while (end > 0 && (At(text, end) & 0xC0) == 0x80);
  }
  return text.substr(0, end);
}

void WriteLine(int fd, std::string line) {
  line += '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = write(fd, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    rest.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace hupstorm::python
