// How Python turns bytes into text and writes lines.
//
// `Bytes` is Python's bytes; a std::string elsewhere in this folder is a str, in UTF-8.

#ifndef HUPSTORM_TARGET_DOCUMENTED_PYTHON_TEXT_H_
#define HUPSTORM_TARGET_DOCUMENTED_PYTHON_TEXT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace hupstorm::python {

using Bytes = std::string;

// An IPv4 address as Python's sockets give it: the tuple (host, port).
struct Address {
  std::string host;
  uint16_t port = 0;
};

std::string Repr(const Bytes& bytes);      // b'abc\n'
std::string Repr(const Address& address);  // ('127.0.0.1', 40001)

// bytes.decode('utf-8'). Throws UnicodeDecodeError, worded as CPython's.
std::string DecodeUtf8(const Bytes& bytes);

// bytes.decode('utf-8', errors='replace').
std::string DecodeUtf8Replacing(const Bytes& bytes);

// codecs.getincrementaldecoder('utf-8')(errors='replace'): a character that is cut in two by the
// end of one piece is finished by the next.
class Utf8Decoder {
 public:
  std::string Decode(const Bytes& piece);

 private:
  Bytes unfinished_;
};

// text[:-count], counted in characters.
std::string DropLastCharacters(const std::string& text, size_t count);

// print(...) to the standard output and to sys.stderr. One write(2) a call, so that a line is one
// event to whoever watches; a line that can't be written is lost.
void WriteLine(int fd, std::string line);

inline void AppendStr(std::string_view text, std::string* line) { *line += text; }
inline void AppendStr(const Address& address, std::string* line) { *line += Repr(address); }
inline void AppendStr(size_t number, std::string* line) { *line += std::to_string(number); }
inline void AppendStr(int number, std::string* line) { *line += std::to_string(number); }

template <typename First, typename... Rest>
void PrintTo(int fd, const First& first, const Rest&... rest) {
  std::string line;
  AppendStr(first, &line);
  ((line += ' ', AppendStr(rest, &line)), ...);
  WriteLine(fd, std::move(line));
}

template <typename... Parts>
void Print(const Parts&... parts) {
  PrintTo(1, parts...);
}

template <typename... Parts>
void PrintToStderr(const Parts&... parts) {
  PrintTo(2, parts...);
}

}  // namespace hupstorm::python

#endif  // HUPSTORM_TARGET_DOCUMENTED_PYTHON_TEXT_H_
