// Linux as a kernel that can be driven: the server is another process, held in each of its calls,
// and its clients are sockets of this one.
//
// What the simulated kernel has of its own is brought about here:
//  - Rest. A call that would sleep is made so that it does not, and asked again after the driver
//    has let something happen. So the driver knows at once, and exactly, that the server is at
//    rest.
//  - Time. The server's clock and its timeouts are the driver's, and stand still but for AdvanceTo.
//    TCP's own timers run on real time: PeerVanish, whose effects are theirs alone, is not offered.
//  - Buffers. A listening socket whose buffers the server has not chosen gets those of the
//    simulation, so that a few hundred kilobytes fill them.
//
// Not thread-safe. As it is, for servers with one thread in one process; what derives from it may
// have more (kernel/linux/held/).

#ifndef HUPSTORM_KERNEL_LINUX_HELD_LOOPBACK_KERNEL_H_
#define HUPSTORM_KERNEL_LINUX_HELD_LOOPBACK_KERNEL_H_

#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "kernel/driven_kernel.h"
#include "kernel/linux/clients/client_sockets.h"
#include "kernel/linux/held/descriptor_book.h"
#include "kernel/linux/held/remote_kernel.h"

namespace hupstorm {

class LoopbackKernel : public DrivenKernel {
 public:
  // `remote` must outlive the kernel.
  explicit LoopbackKernel(remote::RemoteKernel& remote) : remote_(&remote) {}

  // Forgets all of the last server.
  void Reset();
  // A new server's process.
  void Attach(pid_t pid);
  // The server can make no calls any more; what it has open can still be looked at.
  void LetGo() { server_->held = false; }

  void set_driver(KernelDriver* driver) override { driver_ = driver; }
  int64_t now_ns() const override { return now_ns_; }
  void AdvanceTo(int64_t ns) override;
  int64_t NextTimerNs() const override;
  Disposition SignalDisposition(int signal) const override;
  Disposition RaiseSignal(int signal) override;
  void InterruptBlockedCall() override;
  int fatal_sigpipes() const override { return fatal_sigpipes_; }
  void set_descriptor_limit(int limit) override;
  void set_server_send_buffer(int bytes) override;
  void set_server_receive_buffer(int bytes) override;
  PeerId PeerConnect(uint16_t port, const PeerOptions& options) override;
  size_t PeerSend(PeerId peer, std::span<const std::byte> bytes) override;
  bool PeerSendUrgent(PeerId peer, std::byte byte) override;
  std::span<const std::byte> PeerPeek(PeerId peer) const override;
  void PeerConsume(PeerId peer, size_t count, uint64_t wanted) override;
  void PeerShutdownWrite(PeerId peer) override;
  void PeerClose(PeerId peer) override;
  void PeerReset(PeerId peer) override;
  // Aborts: see above.
  void PeerVanish(PeerId peer) override;
  PeerStatus Status(PeerId peer) const override;
  size_t PeerSendSpace(PeerId peer) const override { return clients_.SendSpace(peer); }
  uint16_t PeerPort(PeerId peer) const override { return clients_.Port(peer); }
  int peer_count() const override { return clients_.count(); }
  std::span<const PeerId> TakeChangedPeers() override;
  bool HasChangedPeers() const override { return changed_; }
  ConnectionStatus ServerSide(PeerId peer) const override;
  PeerId PeerOf(int fd) const override { return server_->book.Of(fd).peer; }
  std::vector<Descriptor> OpenDescriptors() const override;
  int open_descriptor_count() const override;
  void Make(SystemCall& call) override {
    call.result = Carry(call);
    call.error = call.result == -1 ? errno : 0;
  }

 protected:
  using DescriptorFacts = loopback::DescriptorFacts;

  // One process of the server.
  struct Server {
    pid_t pid = -1;
    bool held = false;  // calls can be made in it
    loopback::DescriptorBook book;
    std::vector<int> given;           // descriptors that it was started with
    rlim_t descriptor_limit = 0;      // RLIMIT_NOFILE at start
    int listener = -1;                // the first that it made
    bool send_buffer_chosen = false;  // by the server itself
    bool receive_buffer_chosen = false;
    std::array<Disposition, 65> dispositions = {};
    std::array<bool, 65> restarts = {};  // SA_RESTART
  };

  // Carries the call out; sets errno if it returns -1.
  virtual int64_t Carry(const SystemCall& call);

  // What a clock of the server's says, in nanoseconds.
  virtual int64_t ClockNs(clockid_t clock) const {
    static_cast<void>(clock);
    return now_ns();
  }
  // The server would sleep in `call`: returns when something has happened that it may notice.
  virtual void Block(Call call, int fd, int64_t deadline_ns);
  // Whether a SIGPIPE to the process whose call is carried out is the end of the server.
  virtual bool SigpipeEndsServer() const {
    return SignalDisposition(SIGPIPE) == Disposition::kDefault;
  }

  // Whose call is being carried out, and by whom: what derives changes both.
  remote::RemoteKernel* remote_;
  Server* server_ = &only_server_;

  // Looking at a client's socket changes what is known of it, though not what is so.
  mutable loopback::ClientSockets clients_;
  KernelDriver* driver_ = nullptr;
  // What became of the call that slept last: a handler has run, and whether it restarts calls.
  bool interrupted_ = false;
  bool interruption_restarts_ = false;

  // The descriptors that a process has open, in order; none where it cannot be looked at.
  static std::vector<int> NumbersInUse(pid_t pid);
  // The client that has this address; kNoPeer for none.
  PeerId PeerAt(const sockaddr_storage& address) const;
  static int64_t NextTimerOf(const Server& server);
  void SetListenerBuffer(int name, int bytes);
  void Fire(int fd);

 private:
  // The clock starts where the simulated one does: a second after nothing.
  static constexpr int64_t kStartNs = 1'000'000'000;

  // loopback_calls.cc: calls that may sleep.
  int64_t Pass(const SystemCall& call);
  int64_t PassAndGo(const SystemCall& call);
  int64_t Wait(const SystemCall& call);
  int64_t LookOnce(const SystemCall& call);
  int64_t LookAndGo(const SystemCall& call);
  int64_t Accept(const SystemCall& call);
  int64_t Receive(const SystemCall& call);
  int64_t Transmit(const SystemCall& call);
  int64_t TransmitAll(const SystemCall& call);
  int64_t ListenAndSetBuffers(const SystemCall& call);
  bool IsReady(int fd, int16_t events);
  // Lets things happen until `fd` is ready; false with errno EINTR where the call is interrupted.
  bool Rest(Call call, int fd, int16_t events);
  void LetClientsAct();
  void NoteSent(int fd, int64_t result, int flags);

  // loopback_clock.cc
  int64_t Sleep(const SystemCall& call);
  int64_t ReadClock(const SystemCall& call);
  int64_t SetTimer(const SystemCall& call);
  int64_t GetTimer(const SystemCall& call);
  void WriteTimer(const DescriptorFacts& timer, int64_t address) const;

  void AcknowledgeNow(int fd) const;
  void LookAtStart();

  Server only_server_;
  Call asleep_in_ = Call::kNanosleep;
  int64_t now_ns_ = kStartNs;
  bool changed_ = false;
  int fatal_sigpipes_ = 0;
  int send_buffer_ = kDefaultBuffer;
  int receive_buffer_ = kDefaultBuffer;
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_LINUX_HELD_LOOPBACK_KERNEL_H_
