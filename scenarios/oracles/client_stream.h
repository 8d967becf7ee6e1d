// What one client sent, what it is owed for that, and whether it got it: all that depends on the
// protocol that a server speaks.

#ifndef HUPSTORM_SCENARIOS_ORACLES_CLIENT_STREAM_H_
#define HUPSTORM_SCENARIOS_ORACLES_CLIENT_STREAM_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/language/scenario.h"
#include "scenarios/oracles/http_response_reader.h"
#include "scenarios/oracles/response_matcher.h"
#include "target/target.h"

namespace hupstorm {

class ClientStream {
 public:
  // The byte that `send urgent` sends; no pattern contains it.
  static constexpr char kUrgentByte = '!';
  // A request longer than this need not be answered: servers limit what they read.
  static constexpr uint64_t kLongRequest = 8 * 1024;

  // Starts anew, for a client of `target`, which must outlive it, that bears this name.
  void Reset(const Target& target, char letter, uint32_t index);

  // What the client sends, in order. Pattern bytes are those of `pattern()` at the stream's offset;
  // for kExpect they are requests, one after another, cut where the count ends and continued by the
  // next.
  void AppendPattern(uint64_t count);
  void AppendText(std::string_view text);
  void AppendUrgent();
  void AppendRequest();                       // kExpect: up to the end of a request
  void AppendPartOfRequest(uint64_t count);   // kExpect: less than that
  void FinishSending() { finished_ = true; }  // the client's FIN
  uint64_t sent() const { return sent_; }
  const ClientPattern& pattern() const { return pattern_; }
  // Writes bytes [offset, offset + count) of what was appended.
  void Copy(uint64_t offset, char* out, size_t count) const;
  // The same bytes, at least one: in place if they are kept, or else written to `room`. Good until
  // the next call for any stream.
  std::string_view View(uint64_t offset, size_t count, char* room) const;

  // What the client got. `Receive` checks it against what is owed, byte by byte.
  void Receive(std::string_view bytes);
  uint64_t received() const { return received_; }
  const std::string& first_received() const { return first_received_; }  // at most 256 bytes

  void EndOfInput();  // the server's FIN came after that

  // For kAck: each read of the server that gave it bytes owes one answer.
  void CountRead() { ++reads_; }

  // ---- What is owed.
  // False for kNone: whatever comes, or does not, is right.
  bool is_known() const { return protocol_ != Protocol::kNone; }
  // The server answers one full request, and then ends the connection.
  bool is_one_response() const;
  // Bytes owed in all, if the answers are known to the byte; otherwise 0.
  uint64_t owed() const;
  // All that is owed was received, and nothing that is not.
  bool complete() const;
  bool has_full_request() const;
  // An answer may be left out: the request is not full, or longer than kLongRequest, or of a form
  // that a server of its own kind may refuse to read.
  bool answer_is_optional() const;
  // With the whole response the connection must end. A third-party HTTP server may keep it open for
  // a client that does not say HTTP/1.0, or says so in a request that it need not read: it has
  // answered 400, and waits for a better one.
  bool must_end() const;
  // The least number of bytes that a server must keep for the client once it has taken in
  // `consumed` bytes of its stream and given out `answered`. Its heap tells whether it does.
  uint64_t Held(uint64_t consumed, uint64_t answered) const;

  // True for bytes with which answers begin: they are the server's own words, even if another
  // client has sent the same.
  bool BeginsAnswer(std::string_view bytes) const;

  // For sentences: "64 bytes", "3 responses", "an answer"; and how much of it came: "40", "2 and 7
  // bytes of the next", "nothing".
  std::string OwedText() const;
  std::string GotText() const;

  // The first byte that is not what was owed there.
  struct Mismatch {
    uint64_t at = 0;        // offset in what was received
    uint64_t expected = 0;  // offset in what was owed
    std::string bytes;      // what came there, up to 64 bytes
  };
  const std::optional<Mismatch>& mismatch() const { return mismatch_; }
  // Says what the mismatch is, for a server whose answers are not bytes that were sent: "response 2
  // differs at its byte 3: expected \"ONG\", got \"ING\"". Harmless to print.
  const std::string& difference() const { return difference_; }

  // Where `bytes` begin in what the client sent, between `from` and `from + range`. Empty for fewer
  // than 4 bytes, which would name no client, and for kExpect, as all clients send the same.
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
  uint64_t LeftOfRequest() const;
  uint64_t OwedResponses() const;
  void ReceiveEcho(std::string_view bytes);
  // How many of the first bytes are the ones owed next, in the segment that these lie in.
  size_t SameAsOwed(std::string_view bytes) const;
  void ReceiveAnswers(std::string_view bytes, uint64_t most);
  void ReceiveResponses(std::string_view bytes);
  void ReceiveHttp(std::string_view bytes);
  void ScanForRequest(std::string_view text);
  void CountBody(uint64_t at, uint64_t count);
  void SetMismatch(uint64_t at, std::string_view bytes);
  const Segment& SegmentAt(uint64_t offset) const;

  Protocol protocol_ = Protocol::kEcho;
  bool exact_ = false;       // IsKnownToTheByte
  std::string_view answer_;  // the documented one to each read (kAck) or request (kHttp)
  const Exchange* exchange_ = nullptr;
  ResponseMatcher responses_;  // kExpect
  HttpResponseReader http_;    // kHttp of a third-party server
  ClientPattern pattern_{'a', 0};
  std::vector<Segment> segments_;
  std::string texts_;
  uint64_t sent_ = 0;
  uint64_t urgent_ = 0;
  uint64_t urgent_open_ = 0;  // of those just before `position_`, the ones that may still come back
  uint64_t reads_ = 0;
  uint64_t received_ = 0;
  uint64_t position_ = 0;      // kEcho: offset of the next byte owed
  mutable size_t cursor_ = 0;  // the segment looked at last
  bool finished_ = false;
  int blank_line_state_ = 0;
  bool odd_request_ = false;  // not what RFC 9112 has for a request
  uint64_t body_left_ = 0;    // of a request whose header declares a body
  std::optional<uint64_t> request_end_;
  std::optional<Mismatch> mismatch_;
  std::string difference_;
  std::string first_received_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_ORACLES_CLIENT_STREAM_H_
