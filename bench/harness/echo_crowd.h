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
  // `top` is the kernel, or a layer on it. Throws FailedError where the server gets stuck.
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
  int ClientOf(int fd) override { return static_cast<int>(kernel_.PeerOf(fd)); }
  int64_t NowNs() override { return kernel_.now_ns(); }
  int CurrentStep() override { return 0; }
  bool IsOffLimits(int) override { return false; }
  void CarryOutPlaced(int) override {}
  bool WasHindered() override { return false; }
  int64_t MostReady() override { return crowd_.clients + 3; }  // the listener and its like
  void OnSpin() override {}
  void OnIncident() override {}
  void OnLogLine(std::string_view) override {}
  void AfterCall(const SystemCall&) override {}

  EchoCrowd crowd_;
  SimulatedKernel kernel_;
  std::vector<std::byte> message_;  // unwatched: the same for all
  bool watched_ = false;
  Ledger ledger_;
  ServerMonitor monitor_;
  int messages_sent_ = -1;  // by each; -1: not connected
  int sleeps_at_end_ = 0;   // since it was asked to stop
};

// Clients of a server that connect, send 100 B and are seen off: for any number of them.
Scenario PassingCrowd(int clients);

}  // namespace hupstorm::harness

#endif  // HUPSTORM_BENCH_HARNESS_ECHO_CROWD_H_
