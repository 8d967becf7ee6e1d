#include "bench/load/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace hupstorm {

// Up to 2 * kParts each number has a place of its own. Above, the five bits after the leading one
// choose the part, and the leading one's place the group of parts.
size_t LatencyHistogram::Index(uint64_t nanoseconds) {
  if (nanoseconds < 2 * kParts) return nanoseconds;
  const int shift = std::bit_width(nanoseconds) - 1 - kShift;
  return static_cast<size_t>(shift) * kParts + (nanoseconds >> shift);
}

uint64_t LatencyHistogram::End(size_t index) {
  if (index < 2 * kParts) return index;
  const size_t shift = index / kParts - 1;
  const uint64_t leading = index - shift * kParts;
  return ((leading + 1) << shift) - 1;
}

void LatencyHistogram::Record(uint64_t nanoseconds) {
  ++counts_[Index(std::min(nanoseconds, kMost))];
  ++count_;
}

void LatencyHistogram::Add(const LatencyHistogram& other) {
  for (size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
}

uint64_t LatencyHistogram::Percentile(double fraction) const {
  if (count_ == 0) return 0;
  const auto wanted = std::max<uint64_t>(
      1, static_cast<uint64_t>(std::ceil(fraction * static_cast<double>(count_))));
  uint64_t seen = 0;
  for (size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= wanted) return End(i);
  }
  return kMost;
}

}  // namespace hupstorm
