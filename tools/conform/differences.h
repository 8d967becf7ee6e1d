// The one list of what random programs are not held to, or do not do, each with its reason.

#ifndef HUPSTORM_TOOLS_CONFORM_DIFFERENCES_H_
#define HUPSTORM_TOOLS_CONFORM_DIFFERENCES_H_

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "tools/conform/outcome.h"
#include "tools/conform/program.h"

namespace hupstorm::conform {

// By slot: the events that are not to be compared, as a buffer between it and its other end was
// filled, and not emptied since.
using Uncertain = std::array<uint32_t, kSlots>;
inline constexpr uint32_t kUncertainOfSender = EPOLLOUT | EPOLLWRNORM;
// A FIN behind the bytes arrives when they fit.
inline constexpr uint32_t kUncertainOfReader = EPOLLRDHUP | EPOLLHUP;

// A call on which the two kernels do not give the same.
struct Disagreement {
  const Program& program;
  size_t operation;
  const Outcome& simulated;
  const Outcome& host;
  const Uncertain& uncertain;
};

struct DeclaredDifference {
  std::string_view name;
  std::string_view reason;
  // Whether it accounts for all of the disagreement. Null where programs keep clear of it.
  bool (*accounts_for)(const Disagreement&);
};
std::span<const DeclaredDifference> DeclaredDifferences();

// The declared difference that accounts for it, null where none does.
const DeclaredDifference* FindDeclared(const Disagreement& disagreement);

// Events of `slot` that may be compared.
inline uint32_t Comparable(uint32_t events, int slot, const Uncertain& uncertain) {
  return events & ~uncertain[static_cast<size_t>(slot)];
}

}  // namespace hupstorm::conform

#endif  // HUPSTORM_TOOLS_CONFORM_DIFFERENCES_H_
