// The half of DrivenKernel that plays the clients, by sockets: what the kernels on Linux share.

#ifndef HUPSTORM_KERNEL_LINUX_CLIENTS_CLIENTS_KERNEL_H_
#define HUPSTORM_KERNEL_LINUX_CLIENTS_CLIENTS_KERNEL_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernel/driven_kernel.h"
#include "kernel/linux/clients/client_sockets.h"

namespace hupstorm {

class ClientsKernel : public DrivenKernel {
 public:
  void set_driver(KernelDriver* driver) override { driver_ = driver; }
  PeerId PeerConnect(uint16_t port, const PeerOptions& options) override {
    return clients_.Connect(port, options);
  }
  size_t PeerSend(PeerId peer, std::span<const std::byte> bytes) override {
    return clients_.Send(peer, bytes);
  }
  bool PeerSendUrgent(PeerId peer, std::byte byte) override {
    return clients_.SendUrgent(peer, byte);
  }
  std::span<const std::byte> PeerPeek(PeerId peer) const override { return clients_.Peek(peer); }
  void PeerConsume(PeerId peer, size_t count, uint64_t /*wanted*/) override {
    clients_.Consume(peer, count);
  }
  void PeerShutdownWrite(PeerId peer) override { clients_.ShutdownWrite(peer); }
  void PeerClose(PeerId peer) override { clients_.Close(peer); }
  void PeerReset(PeerId peer) override { clients_.Reset(peer); }
  // Aborts: TCP's timers run on real time, and what follows from a vanished host is theirs alone.
  void PeerVanish(PeerId peer) override;
  PeerStatus Status(PeerId peer) const override { return clients_.Status(peer); }
  size_t PeerSendSpace(PeerId peer) const override { return clients_.SendSpace(peer); }
  uint16_t PeerPort(PeerId peer) const override { return clients_.Port(peer); }
  int peer_count() const override { return clients_.count(); }
  std::span<const PeerId> TakeChangedPeers() override { return clients_.TakeChanged(); }
  bool HasChangedPeers() const override { return false; }
  int open_descriptor_count() const override { return static_cast<int>(OpenDescriptors().size()); }

 protected:
  // What a process does with a signal, by /proc.
  static Disposition DispositionIn(pid_t pid, int signal);

  // Looking at a client's socket changes what is known of it, though not what is so.
  mutable clients::ClientSockets clients_;
  KernelDriver* driver_ = nullptr;
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_LINUX_CLIENTS_CLIENTS_KERNEL_H_
