#include "scenarios/oracles/client_stream.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>

#include "scenarios/language/fit.h"

namespace hupstorm {
namespace {

constexpr size_t kFirstReceivedLimit = 256;
constexpr size_t kMismatchBytes = 64;
constexpr std::string_view kAck(kAckAnswer, sizeof(kAckAnswer) - 1);
constexpr std::string_view kHttp(kHttpResponse, sizeof(kHttpResponse) - 1);

size_t CommonPrefix(std::string_view a, std::string_view b) {
  const size_t count = std::min(a.size(), b.size());
  if (std::memcmp(a.data(), b.data(), count) == 0) return count;
  return std::mismatch(a.begin(), a.begin() + count, b.begin()).first - a.begin();
}

// The Content-Length of the request that `text` begins with (RFC 9112, section 6.2); 0 without one.
uint64_t DeclaredBody(std::string_view text) {
  constexpr std::string_view kName = "\r\ncontent-length:";
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  const auto found = std::search(text.begin(), text.end(), kName.begin(), kName.end(), same);
  if (found == text.end()) return 0;
  text.remove_prefix(static_cast<size_t>(found - text.begin()) + kName.size());
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  uint64_t size = 0;
  std::from_chars(text.data(), text.data() + text.size(), size);
  return size;
}

}  // namespace

void ClientStream::Reset(const Target& target, char letter, uint32_t index) {
  protocol_ = target.protocol;
  exact_ = IsKnownToTheByte(target);
  answer_ = protocol_ == Protocol::kAck ? kAck : protocol_ == Protocol::kHttp ? kHttp : "";
  exchange_ = target.exchange.get();
  responses_ = ResponseMatcher(exchange_);
  http_ = {};
  pattern_ = ClientPattern(letter, index);
  segments_.clear();
  texts_.clear();
  sent_ = urgent_ = urgent_open_ = reads_ = received_ = position_ = 0;
  cursor_ = 0;
  finished_ = false;
  blank_line_state_ = 0;
  odd_request_ = false;
  body_left_ = 0;
  request_end_.reset();
  mismatch_.reset();
  difference_.clear();
  first_received_.clear();
}

void ClientStream::AppendPattern(uint64_t count) {
  if (count == 0) return;
  blank_line_state_ = 0;  // the pattern has no newline
  CountBody(sent_, count);
  if (!segments_.empty() && segments_.back().kind == Segment::Kind::kPattern) {
    segments_.back().length += count;
  } else {
    segments_.push_back({.kind = Segment::Kind::kPattern, .start = sent_, .length = count});
  }
  sent_ += count;
}

void ClientStream::AppendText(std::string_view text) {
  if (text.empty()) return;
  segments_.push_back({.kind = Segment::Kind::kText,
                       .start = sent_,
                       .length = text.size(),
                       .text_at = texts_.size()});
  texts_.append(text);
  if (protocol_ == Protocol::kHttp) ScanForRequest(text);
  sent_ += text.size();
}

void ClientStream::AppendRequest() { AppendPattern(LeftOfRequest()); }

void ClientStream::AppendPartOfRequest(uint64_t count) {
  AppendPattern(std::min(count, LeftOfRequest() - 1));
}

uint64_t ClientStream::LeftOfRequest() const {
  const uint64_t size = exchange_->request.size();
  return size - sent_ % size;
}

void ClientStream::AppendUrgent() {
  segments_.push_back({.kind = Segment::Kind::kUrgent, .start = sent_, .length = 1});
  blank_line_state_ = 0;
  ++sent_;
  ++urgent_;
}

// A blank line is "\n\n" or "\n\r\n", as doc003 looks for it.
void ClientStream::ScanForRequest(std::string_view text) {
  if (body_left_ > 0) return CountBody(sent_, text.size());
  if (request_end_) return;
  const size_t before = texts_.size() - text.size();
  char previous = before > 0 ? texts_[before - 1] : '\0';
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    // Nearly all are such, and none of what follows is about them.
    if (c >= ' ' && c <= '~') {
      previous = c;
      blank_line_state_ = 0;
      continue;
    }
    const bool bare = c == '\n' && previous != '\r';
    odd_request_ = odd_request_ || bare || (c < ' ' && c != '\r' && c != '\n') || c > '~';
    previous = c;
    if (c == '\n' && blank_line_state_ > 0) {
      // The documents' server knows no bodies.
      body_left_ = exact_ ? 0 : DeclaredBody(texts_);
      if (body_left_ > 0) return CountBody(sent_ + i + 1, text.size() - i - 1);
      request_end_ = sent_ + i + 1;
      return;
    }
    if (c == '\n') {
      blank_line_state_ = 1;
    } else if (c == '\r' && blank_line_state_ == 1) {
      blank_line_state_ = 2;
    } else {
      blank_line_state_ = 0;
    }
  }
}

// `count` bytes were sent at offset `at`, which may be of a request's body.
void ClientStream::CountBody(uint64_t at, uint64_t count) {
  if (body_left_ == 0) return;
  if (count >= body_left_) request_end_ = at + body_left_;
  body_left_ -= std::min(count, body_left_);
}

const ClientStream::Segment& ClientStream::SegmentAt(uint64_t offset) const {
  if (cursor_ >= segments_.size() || segments_[cursor_].start > offset) cursor_ = 0;
  while (segments_[cursor_].start + segments_[cursor_].length <= offset) ++cursor_;
  return segments_[cursor_];
}

void ClientStream::Copy(uint64_t offset, char* out, size_t count) const {
  while (count > 0) {
    const Segment& segment = SegmentAt(offset);
    const uint64_t inside = offset - segment.start;
    const size_t part = std::min<uint64_t>(count, segment.length - inside);
    switch (segment.kind) {
      case Segment::Kind::kPattern:
        if (exchange_ != nullptr) {
          const std::string& request = exchange_->request;
          for (size_t i = 0; i < part; ++i) out[i] = request[(offset + i) % request.size()];
        } else {
          pattern_.Fill(offset, out, part);
        }
        break;
      case Segment::Kind::kText:
        std::memcpy(out, texts_.data() + segment.text_at + inside, part);
        break;
      case Segment::Kind::kUrgent:
        *out = kUrgentByte;
        break;
    }
    offset += part;
    out += part;
    count -= part;
  }
}

std::string_view ClientStream::View(uint64_t offset, size_t count, char* room) const {
  const Segment& segment = SegmentAt(offset);
  const bool is_pattern = segment.kind == Segment::Kind::kPattern && exchange_ == nullptr;
  if (is_pattern && count <= segment.length - (offset - segment.start)) {
    if (const char* const known = pattern_.Find(offset, count)) return {known, count};
  }
  Copy(offset, room, count);
  return {room, count};
}

void ClientStream::Receive(std::string_view bytes) {
  if (bytes.empty()) return;
  if (first_received_.size() < kFirstReceivedLimit) {
    first_received_.append(bytes.substr(0, kFirstReceivedLimit - first_received_.size()));
  }
  if (!mismatch_) {
    if (protocol_ == Protocol::kEcho) {
      ReceiveEcho(bytes);
    } else if (exact_) {
      ReceiveAnswers(bytes, protocol_ == Protocol::kAck ? UINT64_MAX : owed());
    } else if (protocol_ == Protocol::kHttp) {
      ReceiveHttp(bytes);
    } else if (protocol_ == Protocol::kExpect) {
      ReceiveResponses(bytes);
    }
  }
  received_ += bytes.size();
}

void ClientStream::ReceiveEcho(std::string_view bytes) {
  uint64_t at = received_;
  while (!bytes.empty()) {
    const bool is_urgent = position_ < sent_ && SegmentAt(position_).kind == Segment::Kind::kUrgent;
    // Echoed in its place, or left out: which of the two shows in what comes next.
    if (is_urgent) {
      ++position_;
      ++urgent_open_;
      continue;
    }
    const size_t same = SameAsOwed(bytes);
    position_ += same;
    at += same;
    const bool is_past = bytes.substr(0, same).find_first_not_of(kUrgentByte) != bytes.npos;
    if (is_past) urgent_open_ = 0;
    bytes.remove_prefix(same);
    if (same > 0) continue;
    if (urgent_open_ == 0 || bytes[0] != kUrgentByte) return SetMismatch(at, bytes);
    --urgent_open_;
    ++at;
    bytes.remove_prefix(1);
  }
}

size_t ClientStream::SameAsOwed(std::string_view bytes) const {
  if (position_ >= sent_) return 0;
  const Segment& segment = SegmentAt(position_);
  const uint64_t inside = position_ - segment.start;
  bytes = bytes.substr(0, segment.length - inside);
  if (segment.kind == Segment::Kind::kPattern) return pattern_.Match(position_, bytes);
  return CommonPrefix(bytes, std::string_view(texts_).substr(segment.text_at + inside));
}

void ClientStream::ReceiveAnswers(std::string_view bytes, uint64_t most) {
  uint64_t at = received_;
  while (!bytes.empty()) {
    if (at >= most) return SetMismatch(at, bytes);
    const std::string_view rest = answer_.substr(at % answer_.size());
    const size_t want = std::min(bytes.size(), rest.size());
    const size_t same = CommonPrefix(bytes.substr(0, want), rest);
    at += same;
    bytes.remove_prefix(same);
    if (same < want) return SetMismatch(at, bytes);
  }
}

std::optional<uint64_t> ClientStream::Find(std::string_view bytes, uint64_t from,
                                           uint64_t range) const {
  if (protocol_ == Protocol::kExpect || bytes.size() < 4 || from >= sent_) return std::nullopt;
  std::string sent(std::min(sent_ - from, range), '\0');
  Copy(from, sent.data(), sent.size());
  const size_t at = sent.find(bytes);
  if (at == std::string::npos) return std::nullopt;
  return from + at;
}

void ClientStream::SetMismatch(uint64_t at, std::string_view bytes) {
  mismatch_ = {.at = at,
               .expected = protocol_ == Protocol::kEcho ? position_ : at,
               .bytes = std::string(bytes.substr(0, kMismatchBytes))};
}

}  // namespace hupstorm
