// The report of `hupstorm_bench servers`.

#ifndef HUPSTORM_BENCH_SERVERS_SERVERS_REPORT_H_
#define HUPSTORM_BENCH_SERVERS_SERVERS_REPORT_H_

#include <nlohmann/json.hpp>

#include "bench/bench_report.h"
#include "bench/servers/measurements.h"

namespace hupstorm {

// Tables and plots of `results`, and whether the aims are met.
BenchReport ServersReport(const Measurements& results);

// {"window_seconds","libraries","notes","cells":[{"connections","message_bytes","servers":{NAME:
// {...}}}],"connections":{NAME:{...}},"memory_bytes_per_connection":{NAME:{...}},
// "queued_bytes_per_connection":{NAME:{...}}}; a figure is {"median","least","most"}.
nlohmann::ordered_json ServersFigures(const Measurements& results);

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_SERVERS_SERVERS_REPORT_H_
