// What a connection takes as there are more of them: time and memory in the simulation, time on
// Linux.

#include <errno.h>
#include <fmt/format.h>
#include <limits.h>
#include <malloc.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/child_process.h"
#include "base/file_descriptor.h"
#include "base/loopback_address.h"
#include "base/resource_limit.h"
#include "bench/harness/cpu_cost.h"
#include "bench/harness/loaded_kernel.h"
#include "bench/harness/parts.h"
#include "kernel/host_kernel.h"
#include "kernel/simulated/simulated_kernel.h"
#include "tools/cli/errors.h"

namespace hupstorm::harness {
namespace {

constexpr int kSizes[] = {10, 100, 1'000, 10'000, 100'000};
constexpr int kQuickSizes[] = {10, 1'000};
constexpr int kMostOnLinux = 10'000;
// What a process has open besides: standard streams, epoll, listener, pipes.
constexpr int kSpareDescriptors = 64;
constexpr int kBacklog = 1024;

struct Cost {
  std::vector<double> accept_ns;  // accept4 and epoll_ctl, of one connection
  std::vector<double> recv_ns;    // a recv that finds nothing, on each connection in turn
  std::vector<double> bytes;      // of heap for one connection, both its ends; simulated only
};

int Listen(Syscalls& kernel, sockaddr_in& address) {
  const int fd =
      Checked("socket", Invoke<Call::kSocket>(kernel, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
  address = LoopbackIpv4(0);
  socklen_t length = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  Checked("bind", Invoke<Call::kBind>(kernel, fd, raw, length));
  Checked("listen", Invoke<Call::kListen>(kernel, fd, kBacklog));
  Checked("getsockname", Invoke<Call::kGetsockname>(kernel, fd, raw, &length));
  return fd;
}

// The server's side of many connections.
class Connections {
 public:
  explicit Connections(Syscalls& kernel) : kernel_(kernel) {
    listener_ = Listen(kernel_, address_);
    epoll_ = Checked("epoll_create1", Invoke<Call::kEpollCreate1>(kernel_, 0));
  }
  ~Connections() {
    for (const int fd : fds_) Invoke<Call::kClose>(kernel_, fd);
    Invoke<Call::kClose>(kernel_, listener_);
    Invoke<Call::kClose>(kernel_, epoll_);
  }
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  uint16_t port() const { return ntohs(address_.sin_port); }

  // Accepts and registers one that waits already. Room for it is there, so that no memory but the
  // kernel's grows.
  void Reserve(int count) { fds_.reserve(static_cast<size_t>(count)); }
  void Accept() {
    const int fd = Checked(
        "accept4", Invoke<Call::kAccept>(kernel_, listener_, nullptr, nullptr, SOCK_NONBLOCK));
    fds_.push_back(fd);
    epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
    Checked("epoll_ctl", Invoke<Call::kEpollCtl>(kernel_, epoll_, EPOLL_CTL_ADD, fd, &event));
  }
  void AwaitClient() {
    pollfd entry = {listener_, POLLIN, 0};
    if (Checked("poll", Invoke<Call::kPoll>(kernel_, &entry, 1, 10'000)) != 1) {
      throw FailedError("no client came for 10 seconds");
    }
  }

  double RecvCost(std::chrono::milliseconds wall) {
    const double round = CostOf(
        [this] {
          char byte;
          for (const int fd : fds_) Invoke<Call::kRecv>(kernel_, fd, &byte, 1, MSG_DONTWAIT);
        },
        wall);
    return round / static_cast<double>(fds_.size());
  }

 private:
  Syscalls& kernel_;
  sockaddr_in address_ = {};
  int listener_ = -1;
  int epoll_ = -1;
  std::vector<int> fds_;
};

// The heap of this process; 0 under a sanitizer, which has its own.
double HeapBytes() {
  const struct mallinfo2 use = mallinfo2();
  return static_cast<double>(use.uordblks) + static_cast<double>(use.hblkhd);
}

void MeasureSimulated(int size, std::chrono::milliseconds wall, Cost& cost) {
  SimulatedKernel kernel;
  Connections connections(kernel);
  connections.Reserve(size);
  const uint16_t port = connections.port();
  const double heap = HeapBytes();
  int64_t ns = 0;
  for (int done = 0; done < size;) {
    const int batch = std::min(size - done, 64);
    for (int i = 0; i < batch; ++i) kernel.PeerConnect(port);
    const int64_t start = ThreadCpuNs();
    for (int i = 0; i < batch; ++i) connections.Accept();
    ns += ThreadCpuNs() - start;
    done += batch;
  }
  cost.bytes.push_back((HeapBytes() - heap) / size);
  cost.accept_ns.push_back(static_cast<double>(ns) / size);
  cost.recv_ns.push_back(connections.RecvCost(wall));
}

// Clients in a process of their own: it has its own limit of descriptors, and its own CPU time.
class ClientProcess {
 public:
  ClientProcess(uint16_t port, int count) {
    auto [wait, end] = MakePipe();
    process_ = ChildProcess([&, &wait = wait, &end = end] {
      end.reset();
      Connect(port, count, wait.get());
    });
    end_ = std::move(end);
  }
  ~ClientProcess() {
    end_.reset();
    process_.Wait();
  }

 private:
  // Connects, waits for the end of the pipe, and resets, so that no port is left waiting.
  static void Connect(uint16_t port, int count, int pipe) {
    std::vector<FileDescriptor> clients;
    for (int i = 0; i < count; ++i) {
      const int fd = clients.emplace_back(ConnectToLoopback(port)).get();
      const linger reset = {1, 0};
      // Otherwise the server waits in vain, and says so.
      if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) != 0) return;
    }
    char byte;
    while (read(pipe, &byte, 1) < 0 && errno == EINTR) {
    }
  }

  FileDescriptor end_;
  ChildProcess process_;
};

void MeasureOnLinux(int size, std::chrono::milliseconds wall, Cost& cost) {
  HostKernel kernel;
  auto connections = std::make_unique<Connections>(kernel);
  // Goes first, so that the server's ends are closed by resets.
  const ClientProcess clients(connections->port(), size);
  int64_t ns = 0;
  for (int i = 0; i < size; ++i) {
    connections->AwaitClient();
    const int64_t start = ThreadCpuNs();
    connections->Accept();
    ns += ThreadCpuNs() - start;
  }
  cost.accept_ns.push_back(static_cast<double>(ns) / size);
  cost.recv_ns.push_back(connections->RecvCost(wall));
}

}  // namespace

void AddConnectionCosts(const Share& share, BenchReport& report) {
  const bool quick = share.settings.quick;
  const std::span<const int> sizes =
      quick ? std::span<const int>(kQuickSizes) : std::span<const int>(kSizes);
  const auto limit = static_cast<int>(std::min<rlim_t>(RaiseDescriptorLimit().rlim_max, INT_MAX));
  const int most = std::min(kMostOnLinux, limit - kSpareDescriptors);
  const std::chrono::milliseconds wall(quick ? 3 : 30);
  std::map<int, Cost> simulated;
  std::map<int, Cost> on_linux;
  const int repeats = share.settings.repeats;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    for (const int size : sizes) {
      share.Report(static_cast<double>(repeat) / repeats, fmt::format("{} connections", size));
      MeasureSimulated(size, wall, simulated[size]);
      // The largest number that can be had stands for kMostOnLinux.
      const int real = size == kMostOnLinux ? most : size;
      if (real <= most) MeasureOnLinux(real, wall, on_linux[size]);
    }
  }
  BenchTable table{
      .title = "What a connection costs, by how many there are",
      .header = {"connections", "accept, simulated, ns", "Linux", "recv in turn, simulated, ns",
                 "Linux", "heap, simulated, B"},
      .notes = {"accept: accept4 and epoll_ctl. recv: one that finds nothing, on each connection "
                "in turn, so that what it touches has left the processor's caches. heap: both ends "
                "of a simulated connection, with nothing in its buffers.",
                "On Linux the clients are real sockets of another process, on loopback."}};
  if (most < kMostOnLinux && !quick) {
    table.notes.push_back(
        fmt::format("On Linux no more than {} connections were had in place of {}: a process may "
                    "have {} descriptors open here. Raise that with ulimit -Hn.",
                    most, kMostOnLinux, limit));
  }
  Plot plot{.file = "recv-in-turn-by-connections",
            .title = "recv on each of many connections in turn",
            .x_label = "connections",
            .y_label = "ns of CPU time",
            .log_x = true,
            .log_y = true,
            .series = {{.name = "simulated"}, {.name = "Linux"}}};
  auto& figures = report.figures["connections"] = nlohmann::ordered_json::object();
  figures["descriptor_limit"] = limit;
  for (const int size : sizes) {
    const auto text = [](const std::vector<double>& costs) {
      return costs.empty() ? "-" : SpreadText(SpreadOf(costs));
    };
    const Cost& cost = simulated[size];
    const Cost& real = on_linux[size];
    table.rows.push_back({fmt::format("{}", size), text(cost.accept_ns), text(real.accept_ns),
                          text(cost.recv_ns), text(real.recv_ns), text(cost.bytes)});
    plot.series[0].points.push_back({static_cast<double>(size), SpreadOf(cost.recv_ns)});
    auto& row = figures[fmt::format("{}", size)];
    row["simulated"] = {{"accept_ns", SpreadJson(SpreadOf(cost.accept_ns))},
                        {"recv_in_turn_ns", SpreadJson(SpreadOf(cost.recv_ns))},
                        {"heap_bytes", SpreadJson(SpreadOf(cost.bytes))}};
    if (real.accept_ns.empty()) continue;
    plot.series[1].points.push_back({static_cast<double>(size), SpreadOf(real.recv_ns)});
    row["linux"] = {{"connections", size == kMostOnLinux ? most : size},
                    {"accept_ns", SpreadJson(SpreadOf(real.accept_ns))},
                    {"recv_in_turn_ns", SpreadJson(SpreadOf(real.recv_ns))}};
  }
  report.tables.push_back(std::move(table));
  report.plots.push_back(std::move(plot));
}

}  // namespace hupstorm::harness
