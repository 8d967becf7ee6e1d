// A Linux that runs inside one thread: TCP, readiness, timers and signals as a server on loopback
// sees them, with a virtual clock. Nothing happens beside the server: whatever changes, changes
// inside one of its calls, or when the owner of the kernel says so.
//
// Two kinds of users:
//  - the server, through `Syscalls`. Descriptors it gets are numbers from kFirstDescriptor up, the
//    lowest free first; calls on smaller ones go straight to Linux.
//  - the owner (a world, a test), through the rest of this header: it plays the clients ("peers"),
//    the clock, and the limits, and looks at the state of every socket.
//
// The network has no delay and loses nothing, as loopback does: what one side sends is in the other
// side's receive buffer when the call returns, as far as its window allows.
//
// A mistake of the server gets the errno that Linux gives. A mistake of the owner (an unknown
// peer), and a call that is not simulated on a simulated descriptor, aborts with its name.

#ifndef HUPSTORM_KERNEL_SIMULATED_SIMULATED_KERNEL_H_
#define HUPSTORM_KERNEL_SIMULATED_SIMULATED_KERNEL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "kernel/driven_kernel.h"

namespace hupstorm {

class SimulatedKernel final : public DrivenKernel {
 public:
  static constexpr int kFirstDescriptor = 256;

  struct Options {
    // SO_SNDBUF and SO_RCVBUF of new sockets, in bytes as getsockopt reports them.
    int send_buffer = 16 * 1024;
    int receive_buffer = 128 * 1024;
    // RLIMIT_NOFILE, counted from kFirstDescriptor.
    int descriptor_limit = kNoDescriptorLimit;
    // The clock at start, of all clocks but those that count from 1970 (CLOCK_REALTIME, CLOCK_TAI):
    // these are ahead of it.
    int64_t start_ns = 1'000'000'000;
    int64_t realtime_ahead_ns = 0;
    // What one look at the clock, or at what is ready without waiting, takes once there have been
    // more than so many without a sleep: a server that does nothing else waits for time to pass.
    int looks_at_one_instant = 1000;
    int64_t look_ns = 10'000;
    // A connection to where the server does not listen itself is to another server, which cannot be
    // reached from here: AbortUnsimulated, where it is refused otherwise.
    bool knows_other_servers = false;
  };

  SimulatedKernel() : SimulatedKernel(Options{}) {}
  explicit SimulatedKernel(const Options& options);
  ~SimulatedKernel() override;

  // Back to as-new, in time proportional to what was used since the last Reset; keeps the memory.
  // Must not be called from inside a server's call.
  void Reset();

  // NextTimerNs counts this instant too, at which nothing happens in the kernel; -1: none.
  void set_wake_ns(int64_t due_ns);
  // As RaiseSignal of its number, with all of it for the handler.
  Disposition RaiseSignal(const siginfo_t& signal);

  // ---- DrivenKernel. RaiseSignal runs the handler on this stack, in_server set.
  void set_driver(KernelDriver* driver) override;
  int64_t now_ns() const override;
  void AdvanceTo(int64_t ns) override;
  int64_t NextTimerNs() const override;
  Disposition SignalDisposition(int signal) const override;
  Disposition RaiseSignal(int signal) override;
  void InterruptBlockedCall() override;
  void WakeBlockedCall() override;
  int fatal_sigpipes() const override;
  void set_descriptor_limit(int limit) override;
  void set_server_send_buffer(int bytes) override;
  void set_server_receive_buffer(int bytes) override;
  PeerId PeerConnect(uint16_t port, const PeerOptions& options) override;
  PeerId PeerConnect(uint16_t port) { return PeerConnect(port, PeerOptions{}); }
  size_t PeerSend(PeerId peer, std::span<const std::byte> bytes) override;
  bool PeerSendUrgent(PeerId peer, std::byte byte) override;
  std::span<const std::byte> PeerPeek(PeerId peer) const override;
  void PeerConsume(PeerId peer, size_t count, uint64_t wanted) override;
  void PeerConsume(PeerId peer, size_t count) { PeerConsume(peer, count, 0); }
  void PeerShutdownWrite(PeerId peer) override;
  void PeerClose(PeerId peer) override;
  void PeerReset(PeerId peer) override;
  void PeerVanish(PeerId peer) override;
  PeerStatus Status(PeerId peer) const override;
  size_t PeerSendSpace(PeerId peer) const override;
  uint16_t PeerPort(PeerId peer) const override;
  int peer_count() const override;
  std::span<const PeerId> TakeChangedPeers() override;
  bool HasChangedPeers() const override;
  ConnectionStatus ServerSide(PeerId peer) const override;
  PeerId PeerOf(int fd) const override;
  std::vector<Descriptor> OpenDescriptors() const override;  // from kFirstDescriptor up
  int open_descriptor_count() const override;
  int WatchedWith(int epoll, uint64_t data) const override;

  // ---- For an owner that has the server's threads take turns.
  // What a signal would interrupt: the call that sleeps. Each thread has its own; the owner puts in
  // that of the thread which goes on, and keeps what it gets. Null: none.
  void* ExchangeSleepingCall(void* call);
  // How often a handler without SA_RESTART has run: it interrupts the first thread, whatever it
  // sleeps in.
  uint64_t interruptions() const;
  // For SleepingCalls.
  void set_sleeping_calls(std::vector<SleepingCall> calls);
  std::vector<SleepingCall> SleepingCalls() const override;

  // ---- More to look at.
  int descriptor_limit() const;
  size_t accept_queue_length() const;   // connections that wait to be accepted, all listeners
  DescriptorKind KindOf(int fd) const;  // kFree for a number that is not open
  bool IsNonBlocking(int fd) const;

  // ---- Syscalls.
  void Make(SystemCall& call) override;
  bool Simulates(int fd) const override { return fd >= kFirstDescriptor; }
  StandIn OpenStandIn(int fd) const override;
  int NextDescriptor(int from) const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_SIMULATED_SIMULATED_KERNEL_H_
