// Linux's points and spans of time as nanoseconds, and back.

#ifndef HUPSTORM_BASE_TIMESPEC_H_
#define HUPSTORM_BASE_TIMESPEC_H_

#include <time.h>

#include <cstdint>

namespace hupstorm {

inline constexpr int64_t kMicrosecondNs = 1'000;
inline constexpr int64_t kMillisecondNs = 1'000'000;
inline constexpr int64_t kSecondNs = 1'000'000'000;

inline int64_t Nanoseconds(const timespec& time) { return time.tv_sec * kSecondNs + time.tv_nsec; }

// `ns` must not be negative.
inline timespec Timespec(int64_t ns) {
  return {.tv_sec = ns / kSecondNs, .tv_nsec = ns % kSecondNs};
}

}  // namespace hupstorm

#endif  // HUPSTORM_BASE_TIMESPEC_H_
