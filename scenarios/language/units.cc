#include "scenarios/language/units.h"

#include <fmt/format.h>

namespace hupstorm {
namespace {

constexpr Unit kSizeUnits[] = {{"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}};
constexpr Unit kDurationUnits[] = {
    {"h", 3'600'000'000'000}, {"m", 60'000'000'000}, {"s", 1'000'000'000},
    {"ms", 1'000'000},        {"us", 1'000},         {"ns", 1},
};

std::string Format(uint64_t amount, std::span<const Unit> units) {
  for (const Unit& unit : units) {
    if (amount % unit.factor == 0 && (amount != 0 || unit.factor == 1)) {
      return fmt::format("{}{}", amount / unit.factor, unit.name);
    }
  }
  return fmt::format("{}", amount);
}

}  // namespace

std::span<const Unit> SizeUnits() { return kSizeUnits; }
std::span<const Unit> DurationUnits() { return kDurationUnits; }

std::string FormatSize(uint64_t bytes) { return Format(bytes, kSizeUnits); }
std::string FormatDuration(uint64_t nanoseconds) { return Format(nanoseconds, kDurationUnits); }

std::optional<uint64_t> ParseDigits(std::string_view word) {
  if (word.empty()) return std::nullopt;
  uint64_t value = 0;
  for (const char c : word) {
    if (c < '0' || c > '9') return std::nullopt;
    if (__builtin_mul_overflow(value, 10, &value) ||
        __builtin_add_overflow(value, static_cast<uint64_t>(c - '0'), &value)) {
      value = UINT64_MAX;  // stays there: each further digit overflows again
    }
  }
  return value;
}

}  // namespace hupstorm
