// How long each of many things took, in a few kilobytes.

#ifndef HUPSTORM_BENCH_LOAD_LATENCY_HISTOGRAM_H_
#define HUPSTORM_BENCH_LOAD_LATENCY_HISTOGRAM_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace hupstorm {

// Each power of two is divided into 32 equal parts, so what is read out is at most 1/32 (3.1 %)
// above what was recorded. Below 64 ns it is exact.
class LatencyHistogram {
 public:
  static constexpr int kParts = 32;

  // Above 2^40 ns (18 minutes) is recorded as that.
  void Record(uint64_t nanoseconds);
  void Add(const LatencyHistogram& other);

  uint64_t count() const { return count_; }
  // The least number of nanoseconds that `fraction` (0 to 1) of all recorded do not exceed, rounded
  // up to the end of its part. 0 where nothing is recorded.
  uint64_t Percentile(double fraction) const;

 private:
  static constexpr uint64_t kMost = uint64_t{1} << 40;
  static constexpr int kShift = 5;  // 2^5 parts

  static size_t Index(uint64_t nanoseconds);
  static uint64_t End(size_t index);  // the largest that is counted there

  std::array<uint64_t, size_t{kParts} * 37> counts_{};
  uint64_t count_ = 0;
};

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_LOAD_LATENCY_HISTOGRAM_H_
