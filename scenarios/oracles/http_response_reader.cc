#include "scenarios/oracles/http_response_reader.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "scenarios/language/lexer.h"

namespace hupstorm {
namespace {

constexpr size_t kLongestLine = 64 << 10;
constexpr size_t kShownOfLine = 40;  // bytes of a line in a difference
constexpr std::string_view kVersion = "HTTP/1.";

bool SameWord(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// The whole of `text` as a number.
std::optional<uint64_t> Number(std::string_view text, int base) {
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

}  // namespace

bool HttpResponseReader::InLine() const {
  return state_ != State::kBody && state_ != State::kChunk && state_ != State::kToTheEnd;
}

size_t HttpResponseReader::Take(std::string_view bytes) {
  size_t taken = 0;
  while (taken < bytes.size()) {
    if (state_ == State::kWhole || state_ == State::kToTheEnd) return bytes.size();
    const std::string_view rest = bytes.substr(taken);
    if (!InLine()) {
      const size_t count = std::min<uint64_t>(rest.size(), left_);
      left_ -= count;
      taken += count;
      if (left_ == 0) state_ = state_ == State::kBody ? State::kWhole : State::kChunkEnd;
      continue;
    }
    const size_t end = rest.find('\n');
    const bool ended = end != std::string_view::npos;
    line_.append(rest.substr(0, ended ? end : rest.size()));
    // A server that speaks something else need not send a newline to be found out.
    const size_t begins = std::min(line_.size(), kVersion.size());
    const bool alien = state_ == State::kStatus && !kVersion.starts_with(line_.substr(0, begins));
    if (alien || line_.size() > kLongestLine) {
      Differ(alien ? "\"HTTP/1.x\" and a status" : "a line of at most 64 KiB", line_);
      return taken;
    }
    if (!ended) return bytes.size();
    std::string line = std::move(line_);
    line_.clear();
    if (line.ends_with('\r')) line.pop_back();
    if (!TakeLine(line)) return taken;
    taken += end + 1;
  }
  return taken;
}

bool HttpResponseReader::TakeLine(std::string_view line) {
  switch (state_) {
    case State::kStatus:
      return TakeStatus(line);
    case State::kHeaders:
      return TakeHeader(line);
    case State::kChunkSize:
      return TakeChunkSize(line);
    case State::kChunkEnd:
      if (!line.empty()) return Differ("an empty line after a chunk", line);
      state_ = State::kChunkSize;
      return true;
    case State::kTrailers:
      if (line.empty()) state_ = State::kWhole;
      return true;
    default:
      return true;
  }
}

bool HttpResponseReader::TakeStatus(std::string_view line) {
  // HTTP/1.1 200 OK; the words are optional.
  const bool status = line.size() >= 12 && IsDigit(line[7]) && line[8] == ' ' &&
                      std::all_of(line.begin() + 9, line.begin() + 12, IsDigit) &&
                      (line.size() == 12 || line[12] == ' ');
  if (!status) return Differ("\"HTTP/1.x\" and a status", line);
  status_ = static_cast<int>(*Number(line.substr(9, 3), 10));
  state_ = State::kHeaders;
  return true;
}

bool HttpResponseReader::TakeHeader(std::string_view line) {
  if (line.empty()) {
    BeginBody();
    return true;
  }
  if (line.front() == ' ' || line.front() == '\t') return true;  // goes on from the line before
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return Differ("a header line", line);
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = Trim(line.substr(colon + 1));
  if (SameWord(name, "Content-Length")) {
    const auto length = Number(value, 10);
    if (!length || (length_ && *length_ != *length)) return Differ("one Content-Length", line);
    length_ = length;
  } else if (SameWord(name, "Transfer-Encoding")) {
    const size_t comma = value.rfind(',');
    const size_t last = comma == std::string_view::npos ? 0 : comma + 1;
    chunked_ = SameWord(Trim(value.substr(last)), "chunked");
  }
  return true;
}

void HttpResponseReader::BeginBody() {
  const bool interim = status_ >= 100 && status_ < 200 && status_ != 101;
  if (interim) {
    *this = {};
  } else if (status_ == 204 || status_ == 304) {
    state_ = State::kWhole;
  } else if (chunked_) {
    state_ = State::kChunkSize;
  } else if (length_) {
    left_ = *length_;
    state_ = left_ == 0 ? State::kWhole : State::kBody;
  } else {
    state_ = State::kToTheEnd;
  }
}

bool HttpResponseReader::TakeChunkSize(std::string_view line) {
  const auto size = Number(Trim(line.substr(0, line.find(';'))), 16);
  if (!size) return Differ("the size of a chunk", line);
  left_ = *size;
  state_ = left_ == 0 ? State::kTrailers : State::kChunk;
  return true;
}

void HttpResponseReader::End() {
  if (state_ == State::kToTheEnd) state_ = State::kWhole;
}

bool HttpResponseReader::Differ(std::string_view expected, std::string_view got) {
  difference_ = fmt::format("expected {}, got {}", expected, Quote(got, kShownOfLine));
  return false;
}

}  // namespace hupstorm
