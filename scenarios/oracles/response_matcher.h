// Follows what one client gets from a server whose answers an Exchange gives (--protocol
// expect:FILE), and says where it differs.

#ifndef HUPSTORM_SCENARIOS_ORACLES_RESPONSE_MATCHER_H_
#define HUPSTORM_SCENARIOS_ORACLES_RESPONSE_MATCHER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "target/target.h"

namespace hupstorm {

class ResponseMatcher {
 public:
  // `exchange` may be null for a matcher that is not used, and must outlive it.
  explicit ResponseMatcher(const Exchange* exchange = nullptr)
      : exchange_(exchange), in_greeting_(exchange != nullptr && !exchange->greeting.empty()) {}

  // Takes what came next, while `owed` responses are owed in all after the greeting. Returns how
  // many of the bytes are as they must be: all, or those before the first difference; nothing may
  // be taken after that.
  size_t Take(std::string_view bytes, uint64_t owed);
  // The server ended the connection: that ends a response with an open end.
  void End();

  bool greeted() const { return !in_greeting_; }  // the greeting came whole, or there is none
  uint64_t whole() const { return whole_; }       // responses that came whole
  uint64_t begun() const { return begun_; }       // bytes of the one after these
  bool at_start() const { return begun_ == 0; }   // of a response, or the greeting
  // The string that a gap waits for, quoted; empty outside of a gap. Harmless to print.
  std::string Awaited() const;
  // What stands in the place of `bytes`, which differ: "response 2 differs at its byte 3: expected
  // \"ONG\", got \"ING\"". Harmless to print.
  std::string Difference(std::string_view bytes, uint64_t owed) const;

 private:
  size_t TakeLiteral(std::string_view bytes);
  size_t TakeAny(std::string_view bytes);
  void PartDone();
  const std::vector<Exchange::Part>& parts() const {
    return in_greeting_ ? exchange_->greeting : exchange_->response;
  }
  bool in_open_end() const { return part_ == parts().size(); }

  const Exchange* exchange_;
  bool in_greeting_;
  uint64_t whole_ = 0;
  uint64_t begun_ = 0;
  size_t part_ = 0;     // index into parts()
  size_t matched_ = 0;  // bytes of that part's literal
  std::string window_;  // the last bytes of a gap: the literal may have begun in them
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_ORACLES_RESPONSE_MATCHER_H_
