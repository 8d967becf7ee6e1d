// Searches that shrinking is made of.

#ifndef HUPSTORM_SCENARIOS_SHRINK_LEAST_H_
#define HUPSTORM_SCENARIOS_SHRINK_LEAST_H_

#include <cstddef>
#include <cstdint>
#include <functional>

namespace hupstorm {

enum class NumberKind : uint8_t {
  kCount,
  kSize,      // bytes
  kDuration,  // nanoseconds
};

// The least number from `least` to `value` for which `works` holds, which is taken to hold for
// `value`. If it does not hold for all numbers above one for which it does, any such number may
// be found.
//
// Numbers that read well are preferred: of sizes above 1 KiB the powers of two, then whole KiB; of
// durations 1, 2 and 5 with a unit, and the like. A number that has none of these below it stays.
uint64_t LeastNumber(uint64_t value, uint64_t least, NumberKind kind,
                     const std::function<bool(uint64_t)>& works);

// Asks `remove` to take away items [first, end) of `size`, long runs first and from the end, down
// to single items; `remove` says whether it has. `least` items always stay.
void RemoveRuns(size_t size, size_t least,
                const std::function<bool(size_t first, size_t end)>& remove);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_SHRINK_LEAST_H_
