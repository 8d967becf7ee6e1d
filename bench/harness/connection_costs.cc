// What a connection takes as there are more of them: time and memory in the simulation, time on
// Linux.

#include <fmt/format.h>
#include <limits.h>
#include <malloc.h>
#include <sys/epoll.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/file_descriptor.h"
#include "base/resource_limit.h"
#include "bench/harness/loaded_kernel.h"
#include "bench/harness/parts.h"
#include "bench/load/connections.h"
#include "bench/measuring.h"

namespace hupstorm::harness {
namespace {

constexpr int kMostOnLinux = 10'000;
// What a process has open besides: standard streams, epoll, listener, pipes.
constexpr int kSpareDescriptors = 64;

struct Cost {
  std::vector<double> accept_ns = {};  // accept4 and epoll_ctl, of one connection
  std::vector<double> recv_ns = {};    // a recv that finds nothing, on each connection in turn
  std::vector<double> bytes = {};      // of heap for one connection, both its ends; simulated only
};

// The heap of this process; 0 under a sanitizer, which has its own.
double HeapBytes() {
  const struct mallinfo2 use = mallinfo2();
  return static_cast<double>(use.uordblks) + static_cast<double>(use.hblkhd);
}

double RecvCost(Syscalls& kernel, const std::vector<int>& fds, std::chrono::milliseconds wall) {
  const double round = CostOf(
      [&] {
        char byte;
        for (const int fd : fds) Invoke<Call::kRecv>(kernel, fd, &byte, 1, MSG_DONTWAIT);
      },
      wall);
  return round / static_cast<double>(fds.size());
}

void MeasureSimulated(int size, std::chrono::milliseconds wall, Cost& cost) {
  LoadedKernel loaded(Platform::kSimulated, 0);
  loaded.ReserveIdle(size);  // so that no memory but the kernel's grows
  const double heap = HeapBytes();
  int64_t ns = 0;
  for (int done = 0; done < size;) {
    const int batch = std::min(size - done, 64);
    for (int i = 0; i < batch; ++i) loaded.ConnectIdle();
    const int64_t start = ThreadCpuNs();
    for (int i = 0; i < batch; ++i) loaded.AcceptIdle();
    ns += ThreadCpuNs() - start;
    done += batch;
  }
  cost.bytes.push_back((HeapBytes() - heap) / size);
  cost.accept_ns.push_back(static_cast<double>(ns) / size);
  cost.recv_ns.push_back(RecvCost(loaded.kernel(), loaded.idle(), wall));
}

void MeasureOnLinux(int size, std::chrono::milliseconds wall, Cost& cost) {
  HostKernel kernel;
  const FileDescriptor epoll(Do<Call::kEpollCreate1>(kernel, 0));
  std::vector<int> fds;
  int64_t ns = 0;
  const Connections connections(size, [&](int listener) {
    const int64_t start = ThreadCpuNs();
    const int fd = Do<Call::kAccept>(kernel, listener, nullptr, nullptr, SOCK_NONBLOCK);
    epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
    Do<Call::kEpollCtl>(kernel, epoll.get(), EPOLL_CTL_ADD, fd, &event);
    ns += ThreadCpuNs() - start;
    fds.push_back(fd);
    return fd;
  });
  cost.accept_ns.push_back(static_cast<double>(ns) / size);
  cost.recv_ns.push_back(RecvCost(kernel, fds, wall));
}

}  // namespace

void AddConnectionCosts(const Share& share, BenchReport& report) {
  const std::vector<int> sizes = LoadsOf(share);
  const auto limit = static_cast<int>(std::min<rlim_t>(RaiseDescriptorLimit().rlim_max, INT_MAX));
  const int most = std::min(kMostOnLinux, limit - kSpareDescriptors);
  // The largest number that can be had stands for kMostOnLinux.
  const auto on_linux = [most](int size) { return size == kMostOnLinux ? most : size; };
  const std::chrono::milliseconds wall(share.Choose(3, 30));
  std::map<int, Cost> simulated;
  std::map<int, Cost> real;
  share.TakeTurns(
      sizes, [](int size) { return fmt::format("{} connections", size); },
      [&](int size) {
        MeasureSimulated(size, wall, simulated[size]);
        if (on_linux(size) <= most) MeasureOnLinux(on_linux(size), wall, real[size]);
      });
  BenchTable table{
      .title = "What a connection costs, by how many there are",
      .header = {"connections", "accept, simulated, ns", "Linux", "recv in turn, simulated, ns",
                 "Linux", "heap, simulated, B"},
      .notes = {"accept: accept4 and epoll_ctl. recv: one that finds nothing, on each connection "
                "in turn, so that what it touches has left the processor's caches. heap: both ends "
                "of a simulated connection, with nothing in its buffers.",
                "On Linux the clients are real sockets of another process, on loopback."}};
  if (most < kMostOnLinux && !share.settings.quick) {
    table.notes.push_back(
        fmt::format("On Linux no more than {} connections were had in place of {}: a process may "
                    "have {} descriptors open here. Raise that with ulimit -Hn.",
                    most, kMostOnLinux, limit));
  }
  Plot plot{.file = "recv-in-turn-by-connections",
            .title = "recv on each of many connections in turn",
            .x_label = "connections",
            .y_label = "ns of CPU time",
            .log_y = true,
            .series = {{.name = "simulated"}, {.name = "Linux"}}};
  Json& figures = report.figures["connections"] = {{"descriptor_limit", limit}};
  for (const int size : sizes) {
    const std::string name = std::to_string(size);
    const auto text = [](const std::vector<double>& costs) {
      return costs.empty() ? "-" : SpreadText(SpreadOf(costs));
    };
    const Cost& cost = simulated[size];
    const Cost& of_linux = real[size];
    AddRow(table, figures[name]["simulated"], name,
           {{"accept_ns", SpreadOf(cost.accept_ns)},
            {"", {}, text(of_linux.accept_ns)},
            {"recv_in_turn_ns", SpreadOf(cost.recv_ns)},
            {"", {}, text(of_linux.recv_ns)},
            {"heap_bytes", SpreadOf(cost.bytes)}});
    plot.series[0].points.push_back({size, SpreadOf(cost.recv_ns)});
    if (of_linux.recv_ns.empty()) continue;
    plot.series[1].points.push_back({size, SpreadOf(of_linux.recv_ns)});
    figures[name]["linux"] = {{"connections", on_linux(size)},
                              {"accept_ns", SpreadJson(SpreadOf(of_linux.accept_ns))},
                              {"recv_in_turn_ns", SpreadJson(SpreadOf(of_linux.recv_ns))}};
  }
  report.tables.push_back(std::move(table));
  report.plots.push_back(std::move(plot));
}

}  // namespace hupstorm::harness
