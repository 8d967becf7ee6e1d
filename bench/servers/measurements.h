// Runs the comparison of servers.

#ifndef HUPSTORM_BENCH_SERVERS_MEASUREMENTS_H_
#define HUPSTORM_BENCH_SERVERS_MEASUREMENTS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/benches.h"
#include "bench/servers/peers.h"

namespace hupstorm {

struct ServersCell {
  int connections = 1;
  size_t message_bytes = kSmallMessage;

  friend auto operator<=>(const ServersCell&, const ServersCell&) = default;
};

// One server in one repeat: what was measured in each of its turns.
struct ServerSample {
  std::vector<double> cpu_us = {};  // processor time of the server for each message or connection
  std::vector<double> per_second = {};  // messages or connections
  // Of all turns together.
  std::vector<double> p50_us = {};
  std::vector<double> p99_us = {};
  std::vector<double> p999_us = {};
  std::vector<double> generator_share = {};  // of its processor, 0 to 1
};
using Figure = std::vector<double> ServerSample::*;

struct ServersPlan {
  std::vector<ServersCell> cells;
  std::chrono::milliseconds window{450};  // of each server in each repeat, all turns together
  // The servers run side by side and are measured in turn: a machine's pace changes within seconds,
  // and this way hits all alike.
  int turns = 15;
  int turns_of_many = 5;  // if a turn must be long enough for thousands of connections
  // If all their connections are too many at once, a server is started for each of its turns.
  int turns_apart = 3;
  int most_together = 80'000;     // connections, of all servers
  uint64_t most_opened = 20'000;  // connections, if they are what is counted
  int idle_connections = 10'000;  // for memory
};
ServersPlan MakeServersPlan(bool quick);

// By peer, a figure for each repeat.
using ServerSamples = std::map<std::string, std::vector<ServerSample>>;

struct Measurements {
  ServersPlan plan;  // as it was carried out
  Peers peers;
  std::map<ServersCell, ServerSamples> cells;
  ServerSamples connections;
  std::map<std::string, std::vector<double>> memory;  // bytes for each connection
  std::vector<std::string> notes;                     // what could not be done, and what it means
};

// Measures all servers in turn in each cell, and all cells in each repeat. Throws FailedError if
// a server dies or does not echo, with which and where.
Measurements MeasureServers(const Peers& peers, const ServersPlan& plan,
                            const BenchSettings& settings);

// Tables and plots of `results`, and whether the aims are met; all figures as
// {"window_seconds","libraries","notes","cells":[{"connections","message_bytes","servers":{NAME:
// {...}}}],"connections":{NAME:{...}},"memory_bytes_per_connection":{NAME:{...}}},
// each a {"median","least","most"}.
BenchReport ServersReport(const Measurements& results);

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_SERVERS_MEASUREMENTS_H_
