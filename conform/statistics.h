// What programs came to do, so that one sees that they do something.

#ifndef HUPSTORM_CONFORM_STATISTICS_H_
#define HUPSTORM_CONFORM_STATISTICS_H_

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "conform/outcome.h"
#include "conform/program.h"

namespace hupstorm::conform {

class Statistics {
 public:
  // One call, what it gave on Linux, and what poll says of all descriptors after it.
  void Add(const Operation& operation, const Outcome& host, const std::vector<Seen>& readiness);

  struct Calls {
    uint64_t made = 0;
    std::map<int, uint64_t> errors;  // by errno
  };
  const std::array<Calls, kCodes>& calls() const { return calls_; }
  // How often each set of events was seen: by epoll_wait, and by poll after a call.
  const std::map<uint32_t, uint64_t>& epoll_events() const { return epoll_events_; }
  const std::map<uint32_t, uint64_t>& readiness() const { return readiness_; }

  std::string ToText() const;

 private:
  std::array<Calls, kCodes> calls_;
  std::map<uint32_t, uint64_t> epoll_events_;
  std::map<uint32_t, uint64_t> readiness_;
};

}  // namespace hupstorm::conform

#endif  // HUPSTORM_CONFORM_STATISTICS_H_
