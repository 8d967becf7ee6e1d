// The part of ClientStream that knows what a server owes: exactly if its answers are documented,
// and otherwise as far as its protocol says.

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "scenarios/oracles/client_stream.h"

namespace hupstorm {
namespace {

// The bytes that a response has at least.
uint64_t LeastResponse(const Exchange& exchange) {
  uint64_t size = 0;
  for (const Exchange::Part& part : exchange.response) size += part.literal.size();
  return size;
}

}  // namespace

uint64_t ClientStream::owed() const {
  if (!exact_) return 0;
  // Urgent bytes may come back or not (SO_OOBINLINE is the server's choice).
  if (protocol_ == Protocol::kEcho) return sent_ - urgent_;
  return answer_.size() * (protocol_ == Protocol::kAck ? reads_ : request_end_ ? 1 : 0);
}

uint64_t ClientStream::OwedResponses() const {
  const uint64_t full = sent_ / exchange_->request.size();
  return exchange_->close ? std::min<uint64_t>(full, 1) : full;
}

bool ClientStream::is_one_response() const {
  return protocol_ == Protocol::kHttp || (protocol_ == Protocol::kExpect && exchange_->close);
}

bool ClientStream::has_full_request() const {
  if (protocol_ == Protocol::kExpect) return OwedResponses() > 0;
  return request_end_.has_value();
}

bool ClientStream::answer_is_optional() const {
  if (!is_one_response()) return false;
  if (protocol_ == Protocol::kExpect) return !has_full_request();
  return !request_end_ || *request_end_ > kLongRequest || (!exact_ && odd_request_);
}

bool ClientStream::must_end() const {
  if (protocol_ != Protocol::kHttp || exact_) return is_one_response();
  if (answer_is_optional()) return false;
  const std::string_view line = std::string_view(texts_).substr(0, texts_.find('\n'));
  return line.find(" HTTP/1.0") != std::string_view::npos;
}

bool ClientStream::complete() const {
  if (mismatch_) return false;
  switch (protocol_) {
    case Protocol::kEcho: {
      uint64_t position = position_;
      while (position < sent_ && SegmentAt(position).kind == Segment::Kind::kUrgent) ++position;
      return position == sent_;
    }
    case Protocol::kAck:
      return exact_ ? received_ == owed() : received_ > 0 || sent_ == urgent_;
    case Protocol::kHttp:
      // A third-party server may say what is wrong with a request before it has all of it.
      return exact_ ? received_ == owed() : http_.whole() || !request_end_;
    case Protocol::kExpect:
      return responses_.greeted() && responses_.whole() == OwedResponses() && responses_.at_start();
    case Protocol::kNone:
      break;
  }
  return true;
}

uint64_t ClientStream::Held(uint64_t consumed, uint64_t answered) const {
  if (!is_known()) return 0;  // what it takes in may be what it is there to keep
  // Only an unanswered request is held; what comes after the answer is thrown away.
  if (is_one_response()) return answered > 0 ? 0 : consumed;
  if (protocol_ == Protocol::kExpect) {
    // Either the requests or their responses are held: as many bytes as the shorter have.
    const uint64_t request = exchange_->request.size();
    const uint64_t response = LeastResponse(*exchange_);
    const uint64_t full = consumed / request;
    const uint64_t done = std::min(full, answered / response);
    return (full - done) * std::min(request, response);
  }
  // The reads of kAck are thrown away; the answers that wait to be sent are held.
  const uint64_t kept = protocol_ == Protocol::kAck && exact_ ? owed() : consumed;
  return kept > answered ? kept - answered : 0;
}

void ClientStream::ReceiveResponses(std::string_view bytes) {
  const uint64_t owed = OwedResponses();
  const size_t same = responses_.Take(bytes, owed);
  if (same == bytes.size()) return;
  // What a server says to half a request that will never be more is its own affair.
  const bool cut_short = finished_ && sent_ % exchange_->request.size() != 0;
  if (cut_short && responses_.whole() >= owed) return;
  SetMismatch(received_ + same, bytes.substr(same));
  difference_ = responses_.Difference(bytes.substr(same), owed);
}

void ClientStream::ReceiveHttp(std::string_view bytes) {
  const size_t same = http_.Take(bytes);
  if (same == bytes.size()) return;
  SetMismatch(received_ + same, bytes.substr(same));
  difference_ = http_.difference();
}

bool ClientStream::BeginsAnswer(std::string_view bytes) const {
  return !answer_.empty() && answer_.starts_with(bytes.substr(0, answer_.size()));
}

void ClientStream::EndOfInput() {
  if (mismatch_) return;
  if (protocol_ == Protocol::kExpect) responses_.End();
  if (protocol_ == Protocol::kHttp && !exact_) http_.End();
}

std::string ClientStream::OwedText() const {
  if (protocol_ == Protocol::kExpect) {
    const uint64_t owed = OwedResponses();
    return fmt::format("{}{} response{}", exchange_->greeting.empty() ? "" : "the greeting and ",
                       owed, owed == 1 ? "" : "s");
  }
  if (protocol_ == Protocol::kNone) return "nothing that is known";
  if (exact_) return fmt::format("{} bytes", owed());
  return protocol_ == Protocol::kHttp ? "a response" : "an answer";
}

std::string ClientStream::GotText() const {
  if (protocol_ == Protocol::kExpect) {
    if (!responses_.greeted()) return fmt::format("{} bytes of the greeting", responses_.begun());
    if (responses_.at_start()) return fmt::to_string(responses_.whole());
    std::string got = fmt::format("{} bytes of it", responses_.begun());
    if (responses_.whole() > 0) {
      got = fmt::format("{} and {} bytes of the next", responses_.whole(), responses_.begun());
    }
    const std::string awaited = responses_.Awaited();
    return awaited.empty() ? got : fmt::format("{} without {}", got, awaited);
  }
  if (exact_) return fmt::to_string(received_);
  if (received_ == 0) return "nothing";
  if (protocol_ == Protocol::kHttp && http_.whole()) return "it whole";
  return fmt::format("{} bytes", received_);
}

}  // namespace hupstorm
