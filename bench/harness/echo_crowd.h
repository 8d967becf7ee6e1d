// The same work as a scenario and by hand: clients that send an echo server messages.

#ifndef HUPSTORM_BENCH_HARNESS_ECHO_CROWD_H_
#define HUPSTORM_BENCH_HARNESS_ECHO_CROWD_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "kernel/driven_kernel.h"
#include "kernel/simulated/simulated_kernel.h"
#include "scenarios/language/scenario.h"
#include "scenarios/oracles/ledger.h"
#include "scenarios/worlds/server_monitor.h"
#include "target/target.h"

namespace hupstorm::harness {

struct EchoCrowd {
  int clients = 10;  // to 10,000
  int messages = 50;
  int bytes = 100;  // of a message
};

// They connect, all send a message at a time, and read what comes back.
Scenario ScenarioOf(const EchoCrowd& crowd);

// A server on the bare simulated kernel, with the shim and nothing else between: no script, no
// monitor, no oracle. Its clients do what ScenarioOf says; then they close, and it is asked to
// stop.
class HandPlayed final : private KernelDriver, private MonitorHost {
 public:
  explicit HandPlayed(const EchoCrowd& crowd);
  ~HandPlayed() override { kernel_.set_driver(nullptr); }
  HandPlayed(const HandPlayed&) = delete;
  HandPlayed& operator=(const HandPlayed&) = delete;

  SimulatedKernel& kernel() { return kernel_; }
  // `top` is the kernel, or a layer on it. Throws FailedError if the server gets stuck.
  void Run(const Target& target, Syscalls& top);
  // The same under the monitor, with each byte that a client gets compared with what it is owed:
  // all that oracles judge by, and no script.
  void RunWatched(const Target& target);
  // What RunWatched saw.
  const Ledger& ledger() const { return ledger_; }

 private:
  void Play(const Target& target, Syscalls& top);
  void PlayClient(PeerId peer);
  std::span<const std::byte> Message(PeerId peer);

  // KernelDriver
  void OnBlock(Call call, int fd, int64_t deadline_ns) override;

  // MonitorHost
  bool IsOffLimits(int) override { return false; }
  bool WasHindered() override { return false; }
  void CarryOutPlaced(int) override {}
  void OnSpin(int64_t) override {}
  void OnRestless() override {}
  void GiveUp() override {}
  void AfterCall(const SystemCall&) override {}

  EchoCrowd crowd_;
  SimulatedKernel kernel_;
  std::vector<std::byte> message_;  // unwatched: the same for all
  bool watched_ = false;
  Ledger ledger_;
  ScenarioClients clients_{kernel_, ledger_};
  TimeLine time_line_{kernel_};
  const Scenario no_scenario_;
  Judge judge_{ledger_, time_line_};
  ServerMonitor monitor_{kernel_, kernel_, ledger_, clients_, judge_, time_line_, *this};
  int messages_sent_ = -1;  // by each; -1: not connected
  int sleeps_at_end_ = 0;   // since it was asked to stop
};

// Clients of a server that connect, send 100 B and are seen off: for any number of them.
Scenario PassingCrowd(int clients);

}  // namespace hupstorm::harness

#endif  // HUPSTORM_BENCH_HARNESS_ECHO_CROWD_H_
