#include "bench/claims/wait_rounds.h"

#include <sys/socket.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <vector>

#include "bench/bench_report.h"
#include "bench/measuring.h"
#include "kernel/in_force.h"

namespace hupstorm {
namespace {

constexpr int kWarmUpRounds = 4;
// A byte over loopback that takes longer than this will not come.
constexpr int kPatienceMs = 10'000;

}  // namespace

std::string_view LoadName(Load load) {
  constexpr std::string_view kNames[] = {"one", "tenth", "all"};
  return kNames[static_cast<int>(load)];
}

int ActiveOf(Load load, int connections) {
  if (load == Load::kAll) return connections;
  return load == Load::kOne ? 1 : std::max(1, connections / 10);
}

struct WaitRounds::Taker final : ReadySink {
  void OnReady(int fd, Readiness event) override {
    if (event.read) ready.push_back(fd);
  }
  std::vector<int> ready;
};

WaitRounds::WaitRounds(MultiplexerKind kind, const Connections& connections, int count, Load load)
    : connections_(connections),
      load_(load),
      count_(count),
      active_(ActiveOf(load, count)),
      multiplexer_(MakeMultiplexer(kind)),
      taker_(std::make_unique<Taker>()) {
  taker_->ready.reserve(static_cast<size_t>(count));
  const Interest interest = {.read = true, .write = multiplexer_->edge_triggered()};
  {
    const ServerScope server(counter_);
    for (int i = 0; i < count && watches_all_; ++i) {
      watches_all_ = multiplexer_->Add(connections.fd(i), interest);
    }
  }
  // In the middle: neither what select finds first nor what it finds last.
  if (load == Load::kOne) next_ = count / 2;
  // Edge-triggered, each has something to tell to begin with: there is room for output.
  for (int i = 0; watches_all_ && i <= count / 128; ++i) multiplexer_->Wait(0, *taker_);
  taker_->ready.clear();
}

WaitRounds::~WaitRounds() = default;

double WaitRounds::Measure(int rounds, int64_t clock_ns) {
  for (int i = 0; i < kWarmUpRounds; ++i) Round(clock_ns);
  std::vector<double> cpu_ns(static_cast<size_t>(rounds));
  for (double& each : cpu_ns) each = static_cast<double>(Round(clock_ns)) / active_;
  return SpreadOf(std::move(cpu_ns)).median;
}

WaitCounts WaitRounds::Count(int rounds) {
  WaitCounts result = {.watching = counts_};
  counting_ = true;
  for (int i = 0; i < rounds; ++i) Round(0);
  counting_ = false;
  const CallCounts made = counts_.Since(result.watching);
  result.events = static_cast<uint64_t>(rounds) * static_cast<uint64_t>(active_);
  result.waits = static_cast<double>(made.waits()) / static_cast<double>(result.events);
  result.copied = made.copied;
  return result;
}

// Bytes arrive on the active connections; the server waits until it has been told of each, and
// takes them.
int64_t WaitRounds::Round(int64_t clock_ns) {
  const int stride = load_ == Load::kTenth ? count_ / active_ : 1;
  connections_.OrderBytes(next_, active_, stride, /*awaits=*/load_ != Load::kOne);
  if (load_ != Load::kOne) next_ = (next_ + 1) % stride;
  int64_t cpu_ns = 0;
  for (int told = 0; told < active_;) {
    cpu_ns += TimedWait(clock_ns);
    if (taker_->ready.empty()) throw std::runtime_error("a byte sent over loopback did not arrive");
    for (const int fd : taker_->ready) {
      char bytes[16];
      if (recv(fd, bytes, sizeof bytes, 0) > 0) ++told;
    }
    taker_->ready.clear();
  }
  return cpu_ns;
}

int64_t WaitRounds::TimedWait(int64_t clock_ns) {
  std::optional<ServerScope> counted;
  if (counting_) counted.emplace(counter_);
  const int64_t start = ThreadCpuNs();
  multiplexer_->Wait(kPatienceMs, *taker_);
  return std::max<int64_t>(0, ThreadCpuNs() - start - clock_ns);
}

}  // namespace hupstorm
