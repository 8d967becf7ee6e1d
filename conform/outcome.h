// What a call gave: everything that a program could see of it.

#ifndef HUPSTORM_CONFORM_OUTCOME_H_
#define HUPSTORM_CONFORM_OUTCOME_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "conform/program.h"

namespace hupstorm::conform {

// An event that epoll_wait reported, or the answer of poll and select about one descriptor.
struct Seen {
  uint64_t data = 0;  // epoll: as registered; else the slot
  uint32_t events = 0;
  friend bool operator==(const Seen&, const Seen&) = default;
};

struct Outcome {
  // The call was not made: it would have slept, or it would have read from a buffer whose content
  // is Linux's to choose.
  bool skipped = false;
  int64_t result = 0;  // of calls that make descriptors: 0
  int error = 0;       // errno if result is -1
  int sigpipes = 0;    // SIGPIPEs that the call raised
  // What was read continues what was read before (programs with full buffers).
  bool in_order = true;
  int value_count = 0;
  std::array<int64_t, 4> values = {};  // what the call wrote for its caller, numbers
  std::vector<Seen> events;
  std::vector<std::byte> bytes;  // what was read

  void AddValue(int64_t value) { values[static_cast<size_t>(value_count++)] = value; }
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// "3 \"abc\"", "-1 EAGAIN", "1 {client1: EPOLLIN}".
std::string OutcomeText(const Program& program, size_t index, const Outcome& outcome);

}  // namespace hupstorm::conform

#endif  // HUPSTORM_CONFORM_OUTCOME_H_
