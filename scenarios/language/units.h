// Amounts with a unit, as scenarios write them: sizes ("64KiB") and durations ("30s").

#ifndef HUPSTORM_SCENARIOS_LANGUAGE_UNITS_H_
#define HUPSTORM_SCENARIOS_LANGUAGE_UNITS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace hupstorm {

struct Unit {
  std::string_view name;
  uint64_t factor;
};
// Largest first.
std::span<const Unit> SizeUnits();      // MiB, KiB, B
std::span<const Unit> DurationUnits();  // h, m, s, ms, us, ns

// The largest unit that gives a whole number: 65536 is "64KiB", 1500000000 ns is "1500ms".
std::string FormatSize(uint64_t bytes);
std::string FormatDuration(uint64_t nanoseconds);

// Decimal digits alone; a number too large for 64 bits is UINT64_MAX.
std::optional<uint64_t> ParseDigits(std::string_view word);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_LANGUAGE_UNITS_H_
