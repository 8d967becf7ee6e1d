#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "bench/servers/comparison.h"

namespace hupstorm {
namespace {

constexpr double kNearTheLimit = 1.05;
constexpr Figure kCpu = &ServerSample::cpu_us;
constexpr Figure kRate = &ServerSample::per_second;

std::string SizeText(size_t bytes) {
  return bytes < 1024 ? fmt::format("{} B", bytes) : fmt::format("{} KiB", bytes / 1024);
}

std::string Percent(double share) { return fmt::format("{:.0f} %", 100 * share); }

class Report {
 public:
  explicit Report(const Measurements& results) : results_(results), cells_(results.plan.cells) {}

  BenchReport Make() const {
    return {.name = "servers",
            .title = "The reference beside echo servers on libraries",
            .tables = {Aims(), CpuTable(), ThroughputTable(), LatencyTable(), Connections(),
                       OtherFormsTable(), MemoryTable()},
            .plots = Plots(),
            .figures = Figures()};
  }

 private:
  Comparison In(const ServersCell& cell) const { return {results_.peers, results_.cells.at(cell)}; }
  // In tables and plots that have a place for each server.
  std::vector<std::string> Shown() const {
    std::vector<std::string> names;
    for (const EchoPeer& peer : results_.peers.found) {
      if (peer.kind == PeerKind::kOtherForm || peer.kind == PeerKind::kControl) continue;
      names.push_back(peer.name);
    }
    return names;
  }

  // A row for each cell: each form's figure and how it compares, the best library, and `last`.
  BenchTable CellsTable(const char* title, const char* unit, Figure figure, bool most,
                        const char* last_name,
                        const std::function<std::string(const Comparison&)>& last) const {
    BenchTable table = {.title = title, .header = {"connections", "message"}};
    for (const char* form : {"epoll-lt", "epoll-et"}) {
      table.header.insert(table.header.end(),
                          {fmt::format("{}{}", form, unit), "/ library", "/ bare loop"});
    }
    table.header.insert(table.header.end(), {"best library", last_name});
    for (const ServersCell& cell : cells_) {
      const Comparison in = In(cell);
      const std::string best = in.BestLibrary(figure, most);
      auto& row = table.rows.emplace_back();
      row = {std::to_string(cell.connections), SizeText(cell.message_bytes)};
      for (const std::string& form : in.Names(PeerKind::kReference)) {
        row.insert(row.end(),
                   {SpreadText(in.FigureOf(form, figure)), in.RatioText(form, best, figure),
                    in.RatioText(form, in.BareLoop(), figure)});
      }
      row.insert(row.end(), {best.empty() ? "-" : best, last(in)});
    }
    return table;
  }

  BenchTable CpuTable() const {
    BenchTable table =
        CellsTable("Processor time of the server for each message", ", us", kCpu, /*most=*/false,
                   "noise", [](const Comparison& in) { return Percent(in.Noise(kCpu)); });
    table.notes = {
        "Below 1 the reference takes less. \"/ library\" compares with the library that takes "
        "least in that cell. The bare loop makes one recv and one send for each event and notices "
        "no failure: it is a limit, not a server. Processor time is what the kernel charges to the "
        "server's process, with the delivery to the client's socket. Noise: the bare loop runs "
        "twice, and was at most so far from itself."};
    return table;
  }

  BenchTable ThroughputTable() const {
    BenchTable table = CellsTable(
        "Messages a second", "", kRate, /*most=*/true, "generator", [](const Comparison& in) {
          double share = 0;
          for (const std::string& form : in.Names(PeerKind::kReference)) {
            share = std::max(share, in.FigureOf(form, &ServerSample::generator_share).median);
          }
          return Percent(share);
        });
    table.notes = {
        "Above 1 the reference does more. The last column is the load generator's own share of its "
        "processor: towards 100 % it is what limits all servers alike, and the processor time "
        "above is what tells them apart."};
    return table;
  }

  // A row for each number of connections with small messages, and a column for each of `names`.
  BenchTable SmallTable(
      const char* title, const std::vector<std::string>& names,
      const std::function<std::string(const Comparison&, const std::string&)>& cell_text) const {
    BenchTable table = {.title = title, .header = {"connections"}};
    table.header.insert(table.header.end(), names.begin(), names.end());
    for (const ServersCell& cell : cells_) {
      if (cell.message_bytes != kSmallMessage) continue;
      auto& row = table.rows.emplace_back();
      row = {std::to_string(cell.connections)};
      for (const std::string& name : names) {
        row.push_back(cell_text(In(cell), name));
      }
    }
    return table;
  }

  BenchTable LatencyTable() const {
    BenchTable table =
        SmallTable("Latency of messages of 64 bytes, us: half of all, 99 % and 99.9 % are below",
                   Shown(), [](const Comparison& in, const std::string& name) {
                     const auto us = [&](Figure figure) {
                       const double median = in.FigureOf(name, figure).median;
                       return median >= 100 ? fmt::format("{:.0f}", median) : Digits(median);
                     };
                     return fmt::format("{} / {} / {}", us(&ServerSample::p50_us),
                                        us(&ServerSample::p99_us), us(&ServerSample::p999_us));
                   });
    table.notes = {
        "Every connection has a message under way all the time, so "
        "most of it is waiting for the others' turn."};
    return table;
  }

  BenchTable OtherFormsTable() const {
    BenchTable table = SmallTable(
        "Other forms of the reference, processor time beside epoll-lt, 64 bytes",
        {"poll", "select", "epoll-lt, shim"}, [](const Comparison& in, const std::string& name) {
          return in.RatioText(name, "epoll-lt", kCpu);
        });
    table.notes = {
        "\"shim\": linked with hupstorm's definitions of libc's calls, as the hupstorm command is, "
        "while no test runs."};
    return table;
  }

  BenchTable Connections() const {
    const Comparison in = {results_.peers, results_.connections};
    BenchTable table = {.title = "Connections with one message of 64 bytes each",
                        .header = {"server", "a second", "server's processor time, us",
                                   "/ bare loop", "generator"}};
    for (const EchoPeer& peer : results_.peers.found) {
      const std::string& name = peer.name;
      table.rows.push_back({name, SpreadText(in.FigureOf(name, kRate)),
                            SpreadText(in.FigureOf(name, kCpu)),
                            in.RatioText(name, in.BareLoop(), kCpu),
                            Percent(in.FigureOf(name, &ServerSample::generator_share).median)});
    }
    return table;
  }

  BenchTable MemoryTable() const {
    BenchTable table = {
        .title = "Memory of an idle connection",
        .header = {"server", "of the server's own, bytes"},
        .notes = {fmt::format(
            "Of {} connections (fewer with poll and select), after a message of 1 KiB on each. "
            "What the kernel holds for a socket is the same for all.",
            results_.plan.idle_connections)}};
    for (const EchoPeer& peer : results_.peers.found) {
      if (peer.kind == PeerKind::kControl) continue;
      table.rows.push_back(
          {peer.name, fmt::format("{:.0f}", SpreadOf(results_.memory.at(peer.name)).median)});
    }
    return table;
  }

  BenchTable Aims() const {
    BenchTable table = {.title = "Aims", .header = {"aim", "met", "level", "not met"}};
    if (cells_.empty()) return table;
    for (const std::string& form : In(cells_.front()).Names(PeerKind::kReference)) {
      for (const AimTally& aim : AimsOf(form)) {
        table.rows.push_back(aim.Row());
        if (const std::string text = aim.Failures(); !text.empty()) table.notes.push_back(text);
      }
    }
    table.notes.emplace_back(
        "Level: the difference is smaller than what the same server differs by from itself in that "
        "cell, and says nothing.");
    table.notes.insert(table.notes.end(), results_.notes.begin(), results_.notes.end());
    table.notes.push_back(fmt::format("Libraries: {}.", PeerLibraries()));
    return table;
  }

  std::vector<AimTally> AimsOf(const std::string& form) const {
    AimTally cpu(fmt::format("{}: less processor time than each library", form));
    AimTally limit(fmt::format("{}: no more than 5 % above the bare loop", form));
    AimTally rate(fmt::format("{}: more messages a second than each library", form));
    AimTally opened(fmt::format("{}: less processor time for a connection", form));
    AimTally memory(fmt::format("{}: less memory for a connection", form));
    for (const ServersCell& cell : cells_) {
      const Comparison in = In(cell);
      const std::string cell_text =
          fmt::format("{} x {}", cell.connections, SizeText(cell.message_bytes));
      const double cpu_noise = in.Noise(kCpu);
      const double rate_noise = in.Noise(kRate);
      for (const std::string& library : in.Names(PeerKind::kLibrary)) {
        const std::string where = fmt::format("{}, {}", cell_text, library);
        cpu.Add(in.RatioOf(form, library, kCpu).median, 1 - cpu_noise, 1 + cpu_noise, where);
        rate.Add(in.RatioOf(library, form, kRate).median, 1 - rate_noise, 1 + rate_noise, where);
      }
      if (const std::string bare = in.BareLoop(); !bare.empty()) {
        limit.Add(in.RatioOf(form, bare, kCpu).median, kNearTheLimit, kNearTheLimit + cpu_noise,
                  cell_text);
      }
    }
    const Comparison connections = {results_.peers, results_.connections};
    if (const std::string best = connections.BestLibrary(kCpu); !best.empty()) {
      const double noise = connections.Noise(kCpu);
      opened.Add(connections.RatioOf(form, best, kCpu).median, 1 - noise, 1 + noise, best);
    }
    for (const std::string& library : connections.Names(PeerKind::kLibrary)) {
      const double other = SpreadOf(results_.memory.at(library)).median;
      if (other <= 0) continue;  // too few connections to tell
      memory.Add(SpreadOf(results_.memory.at(form)).median / other, 1, 1, library);
    }
    return {cpu, limit, rate, opened, memory};
  }

  // A line for each server, over the cells with `connections` and `bytes` (0: any number), by what
  // differs; `y` of a server in a cell.
  std::vector<PlotSeries> Lines(
      int connections, size_t bytes,
      const std::function<Spread(const Comparison&, const std::string&)>& y) const {
    std::vector<PlotSeries> lines;
    for (const std::string& name : Shown()) {
      PlotSeries& line = lines.emplace_back(PlotSeries{.name = name});
      for (const ServersCell& cell : cells_) {
        if (connections != 0 && cell.connections != connections) continue;
        if (bytes != 0 && cell.message_bytes != bytes) continue;
        if (!In(cell).Has(name)) continue;
        const auto x = bytes == 0 ? static_cast<int>(cell.message_bytes) : cell.connections;
        line.points.push_back({x, y(In(cell), name)});
      }
    }
    return lines;
  }

  std::vector<Plot> Plots() const {
    // Beside the bare loop, so that the machine's pace is not what is plotted.
    const auto cpu = [](const Comparison& in, const std::string& name) {
      const std::string bare = in.BareLoop();
      return bare.empty() ? in.FigureOf(name, kCpu) : in.RatioOf(name, bare, kCpu);
    };
    const auto latency = [](const Comparison& in, const std::string& name) {
      return in.FigureOf(name, &ServerSample::p99_us);
    };
    return {{"servers-cpu-by-connections", "Processor time of the server for a message of 64 bytes",
             "connections", "times the bare loop's", false, Lines(0, kSmallMessage, cpu)},
            {"servers-cpu-by-size", "Processor time of the server for a message, 100 connections",
             "bytes in a message", "times the bare loop's", true, Lines(100, 0, cpu)},
            {"servers-latency", "Latency that 99 % stay below, messages of 64 bytes", "connections",
             "us", true, Lines(0, kSmallMessage, latency)}};
  }

  Json SamplesJson(const ServerSamples& samples, const std::string& what) const {
    const Comparison in = {results_.peers, samples};
    const std::pair<std::string, Figure> figures[] = {
        {"cpu_us_per_" + what, kCpu},
        {what + "s_per_second", kRate},
        {"latency_p50_us", &ServerSample::p50_us},
        {"latency_p99_us", &ServerSample::p99_us},
        {"latency_p99.9_us", &ServerSample::p999_us},
        {"generator_share", &ServerSample::generator_share}};
    Json json = Json::object();
    for (const auto& entry : samples) {
      for (const auto& [key, figure] : figures) {
        json[entry.first][key] = SpreadJson(in.FigureOf(entry.first, figure));
      }
    }
    return json;
  }

  Json Figures() const {
    Json cells = Json::array();
    for (const auto& [cell, samples] : results_.cells) {
      cells.push_back({{"connections", cell.connections},
                       {"message_bytes", cell.message_bytes},
                       {"servers", SamplesJson(samples, "message")}});
    }
    Json memory = Json::object();
    for (const auto& [name, bytes] : results_.memory) memory[name] = SpreadJson(SpreadOf(bytes));
    return {{"window_seconds", static_cast<double>(results_.plan.window.count()) / 1000},
            {"libraries", PeerLibraries()},
            {"notes", results_.notes},
            {"cells", std::move(cells)},
            {"connections", SamplesJson(results_.connections, "connection")},
            {"memory_bytes_per_connection", std::move(memory)}};
  }

  const Measurements& results_;
  // By size, then by connections: as they are read.
  const std::vector<ServersCell> cells_;
};

}  // namespace

BenchReport ServersReport(const Measurements& results) { return Report(results).Make(); }

BenchReport BenchServers(const BenchSettings& settings) {
  const Peers peers = FindPeers(PeerFolder());
  return ServersReport(MeasureServers(peers, MakeServersPlan(settings.quick), settings));
}

}  // namespace hupstorm
