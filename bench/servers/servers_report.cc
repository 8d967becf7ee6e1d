#include "bench/servers/servers_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/servers/comparison.h"

namespace hupstorm {
namespace {

constexpr double kNearTheLimit = 1.05;

std::string SizeText(size_t bytes) {
  return bytes < 1024 ? fmt::format("{} B", bytes) : fmt::format("{} KiB", bytes / 1024);
}

std::string CellText(const ServersCell& cell) {
  return fmt::format("{} x {}", cell.connections, SizeText(cell.message_bytes));
}

class Report {
 public:
  explicit Report(const Measurements& results) : results_(results) {
    // By size, then by connections: as they are read.
    for (const ServersCell& cell : results.plan.cells) cells_.push_back(cell);
  }

  BenchReport Make() {
    BenchReport report;
    report.name = "servers";
    report.title = "The reference beside echo servers on libraries";
    report.tables = {Aims(),        CpuTable(),        ThroughputTable(), LatencyTable(),
                     Connections(), OtherFormsTable(), MemoryTable()};
    report.plots = Plots();
    report.figures = ServersFigures(results_);
    return report;
  }

 private:
  std::vector<std::string> Names(PeerKind kind, const ServerSamples& samples) const {
    return NamesOf(results_.peers, kind, samples);
  }
  std::string Best(const ServerSamples& samples, Figure figure, bool most = false) const {
    return BestLibrary(results_.peers, samples, figure, most);
  }
  // "0.93"; "-" where there is nothing to compare with.
  static std::string Ratio(const ServerSamples& samples, const std::string& peer,
                           const std::string& other, Figure figure) {
    if (other.empty() || !samples.contains(other)) return "-";
    return SpreadText(RatioOf(samples, peer, other, figure));
  }
  double Noise(const ServerSamples& samples, Figure figure) const {
    return NoiseOf(results_.peers, samples, figure);
  }
  // In tables and plots that have a place for each server.
  static bool IsShown(const EchoPeer& peer) {
    return peer.kind != PeerKind::kOtherForm && peer.kind != PeerKind::kControl;
  }
  std::string Bare(const ServerSamples& samples) const {
    const auto names = Names(PeerKind::kBareLoop, samples);
    return names.empty() ? "" : names.front();
  }

  // Processor time for each message (or connection) and how it compares, for each form.
  void AddCpuCells(const ServerSamples& samples, std::vector<std::string>& row) const {
    const std::string best = Best(samples, &ServerSample::cpu_us);
    for (const std::string& form : Names(PeerKind::kReference, samples)) {
      row.push_back(SpreadText(FigureOf(samples, form, &ServerSample::cpu_us)));
      row.push_back(Ratio(samples, form, best, &ServerSample::cpu_us));
      row.push_back(Ratio(samples, form, Bare(samples), &ServerSample::cpu_us));
    }
    row.push_back(best.empty() ? "-" : best);
  }

  BenchTable CpuTable() const {
    BenchTable table;
    table.title = "Processor time of the server for each message";
    table.header = {"connections",  "message",   "epoll-lt, us", "/ library",    "/ bare loop",
                    "epoll-et, us", "/ library", "/ bare loop ", "best library", "noise"};
    for (const ServersCell& cell : cells_) {
      std::vector<std::string> row = {std::to_string(cell.connections),
                                      SizeText(cell.message_bytes)};
      AddCpuCells(results_.cells.at(cell), row);
      row.push_back(
          fmt::format("{:.0f} %", 100 * Noise(results_.cells.at(cell), &ServerSample::cpu_us)));
      table.rows.push_back(std::move(row));
    }
    table.notes = {
        "Below 1 the reference takes less. \"/ library\" compares with the library that takes "
        "least in that cell. The bare loop makes one recv and one send for each event and notices "
        "no "
        "failure: it is a limit, not a server. Processor time is what the kernel charges to the "
        "server's process, with the delivery to the client's socket. Noise: the bare loop runs "
        "twice, and was at most so far from itself."};
    return table;
  }

  BenchTable ThroughputTable() const {
    BenchTable table;
    table.title = "Messages a second";
    table.header = {"connections", "message",   "epoll-lt",     "/ library",    "/ bare loop",
                    "epoll-et",    "/ library", "/ bare loop ", "best library", "generator"};
    for (const ServersCell& cell : cells_) {
      const ServerSamples& samples = results_.cells.at(cell);
      const std::string best = Best(samples, &ServerSample::per_second, /*most=*/true);
      std::vector<std::string> row = {std::to_string(cell.connections),
                                      SizeText(cell.message_bytes)};
      double share = 0;
      for (const std::string& form : Names(PeerKind::kReference, samples)) {
        row.push_back(SpreadText(FigureOf(samples, form, &ServerSample::per_second)));
        row.push_back(Ratio(samples, form, best, &ServerSample::per_second));
        row.push_back(Ratio(samples, form, Bare(samples), &ServerSample::per_second));
        share = std::max(share, FigureOf(samples, form, &ServerSample::generator_share).median);
      }
      row.push_back(best.empty() ? "-" : best);
      row.push_back(fmt::format("{:.0f} %", share * 100));
      table.rows.push_back(std::move(row));
    }
    table.notes = {
        "Above 1 the reference does more. The last column is the load generator's own share of its "
        "processor: towards 100 % it is what limits all servers alike, and the processor time "
        "above is what tells them apart."};
    return table;
  }

  BenchTable LatencyTable() const {
    BenchTable table;
    table.title = "Latency of messages of 64 bytes, us: half of all, 99 % and 99.9 % are below";
    table.header = {"connections"};
    for (const EchoPeer& peer : results_.peers.found) {
      if (IsShown(peer)) table.header.push_back(peer.name);
    }
    for (const ServersCell& cell : cells_) {
      if (cell.message_bytes != kSmallMessage) continue;
      const ServerSamples& samples = results_.cells.at(cell);
      std::vector<std::string> row = {std::to_string(cell.connections)};
      for (size_t i = 1; i < table.header.size(); ++i) {
        const auto us = [&](Figure figure) {
          const double median = FigureOf(samples, table.header[i], figure).median;
          return median >= 100 ? fmt::format("{:.0f}", median) : fmt::format("{:.3g}", median);
        };
        row.push_back(fmt::format("{} / {} / {}", us(&ServerSample::p50_us),
                                  us(&ServerSample::p99_us), us(&ServerSample::p999_us)));
      }
      table.rows.push_back(std::move(row));
    }
    table.notes = {
        "Rounded up by at most 3.1 %. Every connection has a message under way all the time, so "
        "most of it is waiting for the others' turn."};
    return table;
  }

  BenchTable Connections() const {
    const ServerSamples& samples = results_.connections;
    BenchTable table;
    table.title = "Connections with one message of 64 bytes each";
    table.header = {"server", "a second", "server's processor time, us", "/ bare loop",
                    "generator"};
    for (const EchoPeer& peer : results_.peers.found) {
      table.rows.push_back(
          {peer.name, SpreadText(FigureOf(samples, peer.name, &ServerSample::per_second)),
           SpreadText(FigureOf(samples, peer.name, &ServerSample::cpu_us)),
           Ratio(samples, peer.name, Bare(samples), &ServerSample::cpu_us),
           fmt::format("{:.0f} %",
                       FigureOf(samples, peer.name, &ServerSample::generator_share).median * 100)});
    }
    return table;
  }

  BenchTable OtherFormsTable() const {
    BenchTable table;
    table.title = "Other forms of the reference, processor time beside epoll-lt, 64 bytes";
    table.header = {"connections", "poll", "select", "epoll-lt, shim"};
    for (const ServersCell& cell : cells_) {
      if (cell.message_bytes != kSmallMessage) continue;
      const ServerSamples& samples = results_.cells.at(cell);
      std::vector<std::string> row = {std::to_string(cell.connections)};
      for (size_t i = 1; i < table.header.size(); ++i) {
        const std::string& name = table.header[i];
        row.push_back(
            samples.contains(name) ? Ratio(samples, name, "epoll-lt", &ServerSample::cpu_us) : "-");
      }
      table.rows.push_back(std::move(row));
    }
    table.notes = {
        "\"shim\": linked with hupstorm's definitions of libc's calls, as the hupstorm command is, "
        "while no test runs."};
    return table;
  }

  BenchTable MemoryTable() const {
    BenchTable table;
    table.title = "Memory of an idle connection";
    table.header = {"server", "of the server's own, bytes", "in the kernel's queues, bytes"};
    const auto bytes = [](const std::vector<double>& figures) {
      return fmt::format("{:.0f}", SpreadOf(figures).median);
    };
    for (const EchoPeer& peer : results_.peers.found) {
      if (peer.kind == PeerKind::kControl) continue;
      table.rows.push_back({peer.name, bytes(results_.memory.at(peer.name)),
                            bytes(results_.socket_memory.at(peer.name))});
    }
    table.notes = {
        fmt::format("Of {} connections (fewer with poll and select), after a message of 1 KiB on "
                    "each. What the "
                    "kernel holds for a socket besides is the same for all.",
                    results_.plan.idle_connections)};
    return table;
  }

  BenchTable Aims() const {
    BenchTable table;
    table.title = "Aims";
    table.header = {"aim", "met", "level", "not met"};
    std::vector<AimTally> aims;
    if (cells_.empty()) return table;
    for (const std::string& form : Names(PeerKind::kReference, results_.cells.at(cells_.front()))) {
      AimTally cpu(fmt::format("{}: less processor time than each library", form));
      AimTally limit(fmt::format("{}: no more than 5 % above the bare loop", form));
      AimTally rate(fmt::format("{}: more messages a second than each library", form));
      for (const ServersCell& cell : cells_) JudgeCell(cell, form, cpu, limit, rate);
      AimTally opened(fmt::format("{}: less processor time for a connection", form));
      if (const std::string best = Best(results_.connections, &ServerSample::cpu_us);
          !best.empty()) {
        const double noise = Noise(results_.connections, &ServerSample::cpu_us);
        opened.Add(RatioOf(results_.connections, form, best, &ServerSample::cpu_us).median,
                   1 - noise, 1 + noise, best);
      }
      AimTally memory(fmt::format("{}: less memory for a connection", form));
      for (const std::string& library : Names(PeerKind::kLibrary, results_.connections)) {
        const double other = SpreadOf(results_.memory.at(library)).median;
        if (other <= 0) continue;  // too few connections to tell
        memory.Add(SpreadOf(results_.memory.at(form)).median / other, 1, 1, library);
      }
      for (AimTally* aim : {&cpu, &limit, &rate, &opened, &memory}) aims.push_back(*aim);
    }
    for (const AimTally& aim : aims) {
      table.rows.push_back(aim.Row());
      if (const std::string failures = aim.Failures(); !failures.empty()) {
        table.notes.push_back(failures);
      }
    }
    table.notes.emplace_back(
        "Level: the difference is smaller than what the same server differs by from itself in that "
        "cell, and says nothing.");
    table.notes.insert(table.notes.end(), results_.notes.begin(), results_.notes.end());
    table.notes.push_back(fmt::format("Libraries: {}.", PeerLibraries()));
    return table;
  }

  void JudgeCell(const ServersCell& cell, const std::string& form, AimTally& cpu, AimTally& limit,
                 AimTally& rate) const {
    const ServerSamples& samples = results_.cells.at(cell);
    const double cpu_noise = Noise(samples, &ServerSample::cpu_us);
    const double rate_noise = Noise(samples, &ServerSample::per_second);
    for (const std::string& library : Names(PeerKind::kLibrary, samples)) {
      const std::string where = fmt::format("{}, {}", CellText(cell), library);
      cpu.Add(RatioOf(samples, form, library, &ServerSample::cpu_us).median, 1 - cpu_noise,
              1 + cpu_noise, where);
      rate.Add(RatioOf(samples, library, form, &ServerSample::per_second).median, 1 - rate_noise,
               1 + rate_noise, where);
    }
    if (const std::string bare = Bare(samples); !bare.empty()) {
      limit.Add(RatioOf(samples, form, bare, &ServerSample::cpu_us).median, kNearTheLimit,
                kNearTheLimit + cpu_noise, CellText(cell));
    }
  }

  // A line for each server, over the cells that `chosen` takes, by `x`; `y` of a server in a cell.
  template <typename Chosen, typename X, typename Y>
  std::vector<PlotSeries> Lines(Chosen chosen, X x, Y y) const {
    std::vector<PlotSeries> lines;
    for (const EchoPeer& peer : results_.peers.found) {
      if (!IsShown(peer)) continue;
      PlotSeries line{.name = peer.name};
      for (const ServersCell& cell : cells_) {
        const ServerSamples& samples = results_.cells.at(cell);
        if (!chosen(cell) || !samples.contains(peer.name)) continue;
        line.points.push_back({.x = x(cell), .y = y(samples, peer.name)});
      }
      lines.push_back(std::move(line));
    }
    return lines;
  }

  std::vector<Plot> Plots() const {
    const auto small = [](const ServersCell& cell) { return cell.message_bytes == kSmallMessage; };
    const auto hundred = [](const ServersCell& cell) { return cell.connections == 100; };
    const auto connections = [](const ServersCell& cell) {
      return static_cast<double>(cell.connections);
    };
    const auto bytes = [](const ServersCell& cell) {
      return static_cast<double>(cell.message_bytes);
    };
    const auto plot = [](std::string file, std::string title, std::string x, std::string y,
                         bool log_y, std::vector<PlotSeries> lines) {
      return Plot{.file = std::move(file),
                  .title = std::move(title),
                  .x_label = std::move(x),
                  .y_label = std::move(y),
                  .log_x = true,
                  .log_y = log_y,
                  .series = std::move(lines)};
    };
    // Beside the bare loop, so that the machine's pace is not what is plotted.
    const auto cpu = [this](const ServerSamples& samples, const std::string& name) {
      const std::string bare = Bare(samples);
      return bare.empty() ? FigureOf(samples, name, &ServerSample::cpu_us)
                          : RatioOf(samples, name, bare, &ServerSample::cpu_us);
    };
    const auto latency = [](const ServerSamples& samples, const std::string& name) {
      return FigureOf(samples, name, &ServerSample::p99_us);
    };
    return {
        plot("servers-cpu-by-connections", "Processor time of the server for a message of 64 bytes",
             "connections", "times the bare loop's", false, Lines(small, connections, cpu)),
        plot("servers-cpu-by-size", "Processor time of the server for a message, 100 connections",
             "bytes in a message", "times the bare loop's", true, Lines(hundred, bytes, cpu)),
        plot("servers-latency", "Latency that 99 % stay below, messages of 64 bytes", "connections",
             "us", true, Lines(small, connections, latency))};
  }

  const Measurements& results_;
  std::vector<ServersCell> cells_;
};

}  // namespace

BenchReport ServersReport(const Measurements& results) { return Report(results).Make(); }

}  // namespace hupstorm
