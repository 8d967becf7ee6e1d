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
// Not thread-safe, and for servers with one thread in one process.

#ifndef HUPSTORM_KERNEL_LOOPBACK_LOOPBACK_KERNEL_H_
#define HUPSTORM_KERNEL_LOOPBACK_LOOPBACK_KERNEL_H_

#include <sys/resource.h>
#include <sys/types.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "kernel/driven_kernel.h"
#include "kernel/loopback/client_sockets.h"
#include "kernel/loopback/descriptor_book.h"
#include "kernel/remote/raw_syscalls.h"
#include "kernel/remote/remote_kernel.h"

namespace hupstorm {

class LoopbackKernel final : public remote::RawSyscalls<DrivenKernel> {
 public:
  // `remote` must outlive the kernel.
  explicit LoopbackKernel(remote::RemoteKernel& remote) : remote_(remote) {}

  // Forgets all of the last server.
  void Reset();
  // A new server's process.
  void Attach(pid_t pid);
  // The server can make no calls any more; what it has open can still be looked at.
  void LetGo() { held_ = false; }

  void set_driver(KernelDriver* driver) override { driver_ = driver; }
  int64_t now_ns() const override { return now_ns_; }
  void AdvanceTo(int64_t ns) override;
  int64_t NextTimerNs() const override;
  Disposition SignalDisposition(int signal) const override;
  Disposition RaiseSignal(int signal) override;
  void InterruptBlockedCall() override { interrupted_ = true; }
  int fatal_sigpipes() const override { return fatal_sigpipes_; }
  void set_descriptor_limit(int limit) override;
  void set_server_send_buffer(int bytes) override;
  void set_server_receive_buffer(int bytes) override;
  PeerId PeerConnect(uint16_t port, const PeerOptions& options) override;
  size_t PeerSend(PeerId peer, std::span<const std::byte> bytes) override;
  bool PeerSendUrgent(PeerId peer, std::byte byte) override;
  std::span<const std::byte> PeerPeek(PeerId peer) const override;
  void PeerConsume(PeerId peer, size_t count) override;
  void PeerShutdownWrite(PeerId peer) override;
  void PeerClose(PeerId peer) override;
  void PeerReset(PeerId peer) override;
  // Aborts: see above.
  void PeerVanish(PeerId peer) override;
  PeerStatus Status(PeerId peer) const override;
  uint16_t PeerPort(PeerId peer) const override { return clients_.Port(peer); }
  int peer_count() const override { return clients_.count(); }
  std::span<const PeerId> TakeChangedPeers() override;
  bool HasChangedPeers() const override { return changed_; }
  ConnectionStatus ServerSide(PeerId peer) const override;
  PeerId PeerOf(int fd) const override { return book_.Of(fd).peer; }
  std::vector<Descriptor> OpenDescriptors() const override;
  int open_descriptor_count() const override;

 protected:
  int64_t Carry(const remote::RawCall& call) override;

 private:
  using DescriptorFacts = loopback::DescriptorFacts;

  // The clock starts where the simulated one does: a second after nothing.
  static constexpr int64_t kStartNs = 1'000'000'000;

  // loopback_calls.cc: calls that may sleep.
  int64_t Pass(const remote::RawCall& call);
  int64_t PassAndGo(const remote::RawCall& call);
  int64_t Wait(const remote::RawCall& call);
  int64_t LookOnce(const remote::RawCall& call);
  int64_t LookAndGo(const remote::RawCall& call);
  int64_t Accept(const remote::RawCall& call);
  int64_t Receive(const remote::RawCall& call);
  int64_t Transmit(const remote::RawCall& call);
  int64_t TransmitAll(const remote::RawCall& call);
  int64_t ListenAndSetBuffers(const remote::RawCall& call);
  bool IsReady(int fd, int16_t events);
  // Lets things happen until `fd` is ready; false with errno EINTR where the call is interrupted.
  bool Rest(Call call, int fd, int16_t events);
  void LetClientsAct();
  void NoteSent(int fd, int64_t result, int flags);

  // loopback_clock.cc
  int64_t Sleep(const remote::RawCall& call);
  int64_t ReadClock(const remote::RawCall& call);
  int64_t SetTimer(const remote::RawCall& call);
  int64_t GetTimer(const remote::RawCall& call);
  void Fire(int fd);
  void WriteTimer(const DescriptorFacts& timer, int64_t address) const;

  void SetListenerBuffer(int name, int bytes);
  void AcknowledgeNow(int fd) const;
  std::vector<int> NumbersInUse() const;
  void LookAtStart();

  remote::RemoteKernel& remote_;
  // Looking at a client's socket changes what is known of it, though not what is so.
  mutable loopback::ClientSockets clients_;
  loopback::DescriptorBook book_;
  KernelDriver* driver_ = nullptr;
  pid_t pid_ = -1;
  bool held_ = false;            // calls can be made in the server
  std::vector<int> given_;       // descriptors that the server was started with
  rlim_t descriptor_limit_ = 0;  // RLIMIT_NOFILE at start
  int64_t now_ns_ = kStartNs;
  bool interrupted_ = false;
  bool changed_ = false;
  int fatal_sigpipes_ = 0;
  std::array<Disposition, 65> dispositions_ = {};
  std::array<bool, 65> restarts_ = {};  // SA_RESTART
  int listener_ = -1;
  int send_buffer_ = kDefaultBuffer;
  int receive_buffer_ = kDefaultBuffer;
  bool send_buffer_chosen_ = false;  // by the server
  bool receive_buffer_chosen_ = false;
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_LOOPBACK_LOOPBACK_KERNEL_H_
