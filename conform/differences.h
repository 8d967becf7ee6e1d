// The one list of what random programs are not held to, or do not do, each with its reason.

#ifndef HUPSTORM_CONFORM_DIFFERENCES_H_
#define HUPSTORM_CONFORM_DIFFERENCES_H_

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "conform/outcome.h"
#include "conform/program.h"

namespace hupstorm::conform {

// What cannot be compared of a slot, as a buffer between it and its other end was filled.
struct Uncertain {
  bool filled = false;  // it sends into a buffer that was filled, and not emptied since
  // Edges of room, or of bytes at the other end, may have come while it was full, and an epoll may
  // have reported them.
  bool edges = false;
  enum class Calls : uint8_t {
    kComparable,
    kUntilDrained,  // all but a kDrain: a FIN waits behind the bytes
    kForGood,       // nor that: bytes may have met a socket that refuses them
  };
  Calls calls = Calls::kComparable;

  // Of what poll says.
  uint32_t events() const {
    if (calls != Calls::kComparable) return ~0u;
    return filled ? EPOLLOUT | EPOLLWRNORM : 0;
  }
};
class Uncertainties {
 public:
  Uncertain& operator[](int slot) { return slots_[static_cast<size_t>(slot)]; }
  const Uncertain& operator[](int slot) const { return slots_[static_cast<size_t>(slot)]; }

 private:
  std::array<Uncertain, kSlots> slots_;
};

// A call on which the two kernels do not give the same.
struct Disagreement {
  const Program& program;
  size_t operation;
  const Outcome& simulated;
  const Outcome& host;
  const Uncertainties& uncertain;
  Code made_by;  // what made the descriptor that the call is on
};

struct DeclaredDifference {
  std::string_view name;
  std::string_view reason;
  // Whether it accounts for all of the disagreement. Null if programs keep clear of it.
  bool (*accounts_for)(const Disagreement&);
};
std::span<const DeclaredDifference> DeclaredDifferences();

// The declared difference that accounts for it, null if none does.
const DeclaredDifference* FindDeclared(const Disagreement& disagreement);

// Events of `slot` that may be compared.
inline uint32_t Comparable(uint32_t events, int slot, const Uncertainties& uncertain) {
  return events & ~uncertain[slot].events();
}

}  // namespace hupstorm::conform

#endif  // HUPSTORM_CONFORM_DIFFERENCES_H_
