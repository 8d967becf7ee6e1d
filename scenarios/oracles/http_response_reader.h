// Follows one HTTP/1.x response of a server that is not ours: is it well formed, is it whole? What
// ends a body is RFC 9112, section 6.3, for the answer to a GET.

#ifndef HUPSTORM_SCENARIOS_ORACLES_HTTP_RESPONSE_READER_H_
#define HUPSTORM_SCENARIOS_ORACLES_HTTP_RESPONSE_READER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hupstorm {

class HttpResponseReader {
 public:
  // Takes what came next. Returns how many of the bytes can be part of a response: all, or those
  // before the line that cannot be; nothing may be taken after that. What follows a whole response
  // is not looked at.
  size_t Take(std::string_view bytes);
  // The server ended the connection: that ends a body of no declared length.
  void End();

  bool whole() const { return state_ == State::kWhole; }
  // Why the line at the first difference cannot be: "expected \"HTTP/1.x\" and a status, got
  // \"hello\"". Harmless to print.
  const std::string& difference() const { return difference_; }

 private:
  enum class State : uint8_t {
    kStatus,     // the status line
    kHeaders,    // header lines, up to an empty one
    kBody,       // as many bytes as Content-Length says
    kChunkSize,  // the line that begins a chunk
    kChunk,      // as many bytes as that line says
    kChunkEnd,   // the empty line after them
    kTrailers,   // lines up to an empty one
    kToTheEnd,   // a body that the connection's end ends
    kWhole,
  };

  bool InLine() const;
  bool TakeLine(std::string_view line);
  bool TakeStatus(std::string_view line);
  bool TakeHeader(std::string_view line);
  bool TakeChunkSize(std::string_view line);
  void BeginBody();
  bool Differ(std::string_view expected, std::string_view got);

  State state_ = State::kStatus;
  std::string line_;   // so far
  uint64_t left_ = 0;  // of the body or the chunk
  int status_ = 0;
  bool chunked_ = false;
  std::optional<uint64_t> length_;
  std::string difference_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_ORACLES_HTTP_RESPONSE_READER_H_
