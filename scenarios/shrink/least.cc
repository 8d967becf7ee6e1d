#include "scenarios/shrink/least.h"

#include <algorithm>
#include <bit>
#include <vector>

namespace hupstorm {
namespace {

constexpr uint64_t kExactUpTo = 1024;  // bytes; multiples of it are tried beyond

constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kSecond = 1000 * kMs;
constexpr uint64_t kMinute = 60 * kSecond;
constexpr uint64_t kHour = 60 * kMinute;
// clang-format off
constexpr uint64_t kRoundDurations[] = {
    kMs, 2 * kMs, 5 * kMs, 10 * kMs, 20 * kMs, 50 * kMs, 100 * kMs, 200 * kMs, 500 * kMs,
    kSecond, 2 * kSecond, 5 * kSecond, 10 * kSecond, 20 * kSecond, 30 * kSecond,
    kMinute, 2 * kMinute, 5 * kMinute, 10 * kMinute, 30 * kMinute,
    kHour, 2 * kHour, 5 * kHour, 12 * kHour};
// clang-format on

// The numbers from `least` up to `value`, which is left out, that are tried first; ascending.
std::vector<uint64_t> RoundNumbers(uint64_t value, uint64_t least, NumberKind kind) {
  std::vector<uint64_t> numbers;
  if (kind == NumberKind::kDuration) {
    std::copy_if(std::begin(kRoundDurations), std::end(kRoundDurations),
                 std::back_inserter(numbers),
                 [&](uint64_t number) { return number >= least && number < value; });
    return numbers;
  }
  if (least < value) numbers.push_back(least);
  if (kind == NumberKind::kCount) return numbers;
  for (uint64_t number = 1; number < value && number != 0; number *= 2) {
    if (number > least) numbers.push_back(number);
  }
  return numbers;
}

}  // namespace

uint64_t LeastNumber(uint64_t value, uint64_t least, NumberKind kind,
                     const std::function<bool(uint64_t)>& works) {
  const std::vector<uint64_t> round = RoundNumbers(value, least, kind);
  if (round.empty()) return value;
  if (works(round.front())) return round.front();
  size_t fails = 0;
  size_t found = round.size();
  while (found - fails > 1) {
    const size_t middle = fails + (found - fails) / 2;
    (works(round[middle]) ? found : fails) = middle;
  }
  uint64_t best = found == round.size() ? value : round[found];
  if (kind == NumberKind::kDuration) return best;
  uint64_t unit = 1;
  if (kind == NumberKind::kSize && best > kExactUpTo) {
    if (std::has_single_bit(best)) return best;
    unit = kExactUpTo;
  }
  uint64_t too_low = round[fails] / unit;
  uint64_t high = (best + unit - 1) / unit;  // `best` itself
  while (high - too_low > 1) {
    const uint64_t middle = too_low + (high - too_low) / 2;
    if (works(middle * unit)) {
      best = middle * unit;
      high = middle;
    } else {
      too_low = middle;
    }
  }
  return best;
}

void RemoveRuns(size_t size, size_t least,
                const std::function<bool(size_t first, size_t end)>& remove) {
  for (size_t run = std::max<size_t>(size / 2, 1);; run /= 2) {
    for (size_t end = size; end > 0;) {
      const size_t first = end > run ? end - run : 0;
      if (size - (end - first) >= least && remove(first, end)) size -= end - first;
      end = first;
    }
    if (run <= 1) return;
  }
}

}  // namespace hupstorm
