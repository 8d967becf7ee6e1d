// What one client sent, what it is owed for that, and whether it got it.

#ifndef HUPSTORM_SCENARIOS_ORACLES_CLIENT_STREAM_H_
#define HUPSTORM_SCENARIOS_ORACLES_CLIENT_STREAM_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/language/scenario.h"
#include "target/target.h"

namespace hupstorm {

class ClientStream {
 public:
  // The byte that `send urgent` sends; no pattern contains it.
  static constexpr char kUrgentByte = '!';
  // A request longer than this need not be answered: servers limit what they read.
  static constexpr uint64_t kLongRequest = 8 * 1024;

  // Starts anew, for a client that bears this name.
  void Reset(Protocol protocol, char letter, uint32_t index);

  // What the client sends, in order. Pattern bytes are those of `pattern()` at the stream's offset.
  void AppendPattern(uint64_t count);
  void AppendText(std::string_view text);
  void AppendUrgent();
  uint64_t sent() const { return sent_; }
  const ClientPattern& pattern() const { return pattern_; }
  // Writes bytes [offset, offset + count) of what was appended.
  void Copy(uint64_t offset, char* out, size_t count) const;

  // What the client got. `Receive` checks it against what is owed, byte by byte.
  void Receive(std::string_view bytes);
  uint64_t received() const { return received_; }
  const std::string& first_received() const { return first_received_; }  // at most 256 bytes

  // For kAck: each read of the server that gave it bytes owes one answer.
  void CountRead() { ++reads_; }

  // Bytes owed in all. Urgent bytes may come back or not (SO_OOBINLINE is the server's choice), so
  // they are not counted.
  uint64_t owed() const;
  // All that is owed was received, and nothing else.
  bool complete() const;
  bool has_full_request() const { return request_end_.has_value(); }
  // An answer may be left out: the request is longer than kLongRequest.
  bool answer_is_optional() const;

  // The first byte that is not what was owed there.
  struct Mismatch {
    uint64_t at = 0;        // offset in what was received
    uint64_t expected = 0;  // offset in what was owed
    std::string bytes;      // what came there, up to 64 bytes
  };
  const std::optional<Mismatch>& mismatch() const { return mismatch_; }

  // Where `bytes` begin in what the client sent, between `from` and `from + range`. Empty for fewer
  // than 4 bytes, which would name no one.
  static constexpr uint64_t kSearchRange = 1 << 20;
  std::optional<uint64_t> Find(std::string_view bytes, uint64_t from,
                               uint64_t range = kSearchRange) const;

 private:
  struct Segment {
    enum class Kind : uint8_t { kPattern, kText, kUrgent } kind;
    uint64_t start = 0;
    uint64_t length = 0;
    uint64_t text_at = 0;  // into texts_
  };
  void ReceiveEcho(std::string_view bytes);
  void ReceiveRepeated(std::string_view bytes, std::string_view unit, uint64_t most);
  void ScanForRequest(std::string_view text);
  void SetMismatch(uint64_t at, std::string_view bytes);
  const Segment& SegmentAt(uint64_t offset) const;

  Protocol protocol_ = Protocol::kEcho;
  ClientPattern pattern_{'a', 0};
  std::vector<Segment> segments_;
  std::string texts_;
  uint64_t sent_ = 0;
  uint64_t urgent_ = 0;
  uint64_t reads_ = 0;
  uint64_t received_ = 0;
  uint64_t position_ = 0;      // kEcho: offset of the next byte owed
  mutable size_t cursor_ = 0;  // the segment looked at last
  int blank_line_state_ = 0;
  std::optional<uint64_t> request_end_;
  std::optional<Mismatch> mismatch_;
  std::string first_received_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_ORACLES_CLIENT_STREAM_H_
