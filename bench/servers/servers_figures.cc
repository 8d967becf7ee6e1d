#include "bench/servers/comparison.h"
#include "bench/servers/servers_report.h"

namespace hupstorm {
namespace {

using Json = nlohmann::ordered_json;

Json SamplesJson(const ServerSamples& samples, const char* what) {
  Json json = Json::object();
  for (const auto& entry : samples) {
    const std::string& name = entry.first;
    const auto figure = [&](Figure which) { return SpreadJson(FigureOf(samples, name, which)); };
    json[name] = {{std::string("cpu_us_per_") + what, figure(&ServerSample::cpu_us)},
                  {std::string(what) + "s_per_second", figure(&ServerSample::per_second)},
                  {"latency_p50_us", figure(&ServerSample::p50_us)},
                  {"latency_p99_us", figure(&ServerSample::p99_us)},
                  {"latency_p99.9_us", figure(&ServerSample::p999_us)},
                  {"generator_share", figure(&ServerSample::generator_share)}};
  }
  return json;
}

Json ByName(const std::map<std::string, std::vector<double>>& figures) {
  Json json = Json::object();
  for (const auto& [name, all] : figures) json[name] = SpreadJson(SpreadOf(all));
  return json;
}

}  // namespace

nlohmann::ordered_json ServersFigures(const Measurements& results) {
  Json cells = Json::array();
  for (const auto& [cell, samples] : results.cells) {
    cells.push_back({{"connections", cell.connections},
                     {"message_bytes", cell.message_bytes},
                     {"servers", SamplesJson(samples, "message")}});
  }
  return {{"window_seconds", static_cast<double>(results.plan.window.count()) / 1000},
          {"libraries", PeerLibraries()},
          {"notes", results.notes},
          {"cells", std::move(cells)},
          {"connections", SamplesJson(results.connections, "connection")},
          {"memory_bytes_per_connection", ByName(results.memory)},
          {"queued_bytes_per_connection", ByName(results.socket_memory)}};
}

}  // namespace hupstorm
