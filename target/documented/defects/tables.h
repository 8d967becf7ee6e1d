// The catalogue's parts, one a server, for defects.cc, which joins them.

#ifndef HUPSTORM_TARGET_DOCUMENTED_DEFECTS_TABLES_H_
#define HUPSTORM_TARGET_DOCUMENTED_DEFECTS_TABLES_H_

#include <span>
#include <string_view>

#include "target/documented/documented.h"

namespace hupstorm {

std::span<const Defect> EpollQueueDefects();
std::span<const Defect> SelectQueueDefects();
std::span<const Defect> PollQueueDefects();
std::span<const Defect> EpollAckDefects();
std::span<const Defect> EpollHttpDefects();

// Defect::expected of several defects.
inline constexpr std::string_view kReportsServerDied[] = {"server-died"};
inline constexpr std::string_view kReportsLostBytes[] = {"lost-bytes"};
inline constexpr std::string_view kReportsHeapLeak[] = {"heap-leak"};
inline constexpr std::string_view kReportsForeignBytes[] = {"foreign-bytes"};
inline constexpr std::string_view kReportsUnboundedQueue[] = {"unbounded-queue"};
inline constexpr std::string_view kReportsIgnoredFin[] = {"close-wait-leak", "busy-loop",
                                                          "fd-leak"};

}  // namespace hupstorm

#endif  // HUPSTORM_TARGET_DOCUMENTED_DEFECTS_TABLES_H_
