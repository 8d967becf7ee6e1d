// The half of DrivenKernel that plays the clients of a server on Linux: plain sockets, never
// blocking, on 127.0.0.1 unless the server is said to be elsewhere.

#ifndef HUPSTORM_KERNEL_LINUX_CLIENTS_CLIENTS_KERNEL_H_
#define HUPSTORM_KERNEL_LINUX_CLIENTS_CLIENTS_KERNEL_H_

#include <sys/socket.h>
#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "base/file_descriptor.h"
#include "base/loopback_address.h"
#include "kernel/driven_kernel.h"

namespace hupstorm {

// Throws std::system_error if the driver itself runs out of descriptors, ports or memory.
class ClientsKernel : public DrivenKernel {
 public:
  ~ClientsKernel() override { ResetClients(); }

  void set_driver(KernelDriver* driver) override { driver_ = driver; }
  PeerId PeerConnect(uint16_t port, const PeerOptions& options) override;
  size_t PeerSend(PeerId peer, std::span<const std::byte> bytes) override;
  bool PeerSendUrgent(PeerId peer, std::byte byte) override;
  std::span<const std::byte> PeerPeek(PeerId peer) const override;
  void PeerConsume(PeerId peer, size_t count, uint64_t wanted) override;
  void PeerShutdownWrite(PeerId peer) override;
  void PeerClose(PeerId peer) override { At(peer).fd.reset(); }
  void PeerReset(PeerId peer) override;
  // Aborts: TCP's timers run on real time, and what follows from a vanished host is theirs alone.
  void PeerVanish(PeerId peer) override;
  PeerStatus Status(PeerId peer) const override;
  size_t PeerSendSpace(PeerId peer) const override;
  uint16_t PeerPort(PeerId peer) const override { return At(peer).port; }
  int peer_count() const override { return static_cast<int>(peers_.size()); }
  // Those whose socket became readable or writable, or ended, since the last call of this.
  std::span<const PeerId> TakeChangedPeers() override;
  bool HasChangedPeers() const override { return false; }
  int open_descriptor_count() const override { return static_cast<int>(OpenDescriptors().size()); }

 protected:
  ClientsKernel();

  // The host that clients connect to from now on, AF_INET or AF_INET6; its port is not looked at.
  void SetHost(const sockaddr_storage& host) { host_ = host; }
  // Resets every connection that is left, and forgets the clients.
  void ResetClients();

  // The client whose own port this is, kNoPeer for none.
  PeerId ClientAt(uint16_t port) const { return by_port_[port]; }
  // The address that the server sees.
  const sockaddr_storage& AddressOf(PeerId peer) const { return At(peer).address; }
  const sockaddr_storage& ServerAddressOf(PeerId peer) const { return At(peer).server; }
  // The client has read something, or the end of its input.
  bool HasReceived(PeerId peer) const { return At(peer).consumed > 0 || At(peer).end_of_input; }
  // The client has a socket: it has not closed or reset its connection.
  bool IsOpen(PeerId peer) const { return static_cast<bool>(At(peer).fd); }
  bool HasOpenClients() const;

  // Waits until TakeChangedPeers has something to tell, `timeout_ns` at most. False if it has
  // nothing.
  bool AwaitChangedPeers(int64_t timeout_ns) const;
  // The server's queue has room: SYNs that got no answer are sent again, as after TCP's own
  // timeout, until one gets none again.
  void RetryConnects();
  bool HasUnansweredConnects() const { return !connecting_.empty(); }

  // The server has sent `bytes` more to this client.
  void NoteAnswered(PeerId peer, uint64_t bytes) { At(peer).answered += bytes; }
  // Bytes that the server has sent and the client's kernel has not got.
  uint64_t UnsentByServer(PeerId peer) const;

  // Waits until all that this processor's packets on loopback bring about has been done.
  void SettleLoopback() const;
  // Waits for bytes that TCP holds back for a moment (Nagle's algorithm, delayed acknowledgements,
  // probes of a window that was closed) though a client has room for them. True if any came.
  bool AwaitHeldBack() const;
  // How much the client has read if that is all that the server has sent; otherwise 0.
  uint64_t ReadOfAll(PeerId peer) const {
    return At(peer).fd && At(peer).consumed == At(peer).answered ? At(peer).consumed : 0;
  }

  // What a process does with a signal, by /proc.
  static Disposition DispositionIn(pid_t pid, int signal);

  KernelDriver* driver_ = nullptr;

 private:
  struct Peer {
    // Takes what a call that has failed tells of the connection.
    void NoteError(int error);
    void LookAtHandshake();

    FileDescriptor fd = {};
    uint16_t port = 0;
    sockaddr_storage address = {};
    sockaddr_storage server = {};
    PeerOptions options;
    bool connected = false;
    bool refused = false;
    bool finished = false;  // has shut down writing
    bool end_of_input = false;
    bool was_reset = false;
    uint64_t consumed = 0;  // that the client has read
    uint64_t answered = 0;  // that the server has sent
  };

  Peer& At(PeerId peer) const { return peers_[static_cast<size_t>(peer)]; }
  bool Open(PeerId peer);
  bool OpenFrom(PeerId peer);
  uint16_t NextPort();

  sockaddr_storage host_ = LoopbackAddress(0);
  // Looking at a client's socket changes what is known of it, though not what is so.
  mutable std::vector<Peer> peers_;
  mutable std::array<std::byte, 64 * 1024> buffer_;
  std::vector<PeerId> by_port_;  // by port number
  uint16_t next_port_;           // of the next client
  std::vector<PeerId> changed_;
  std::deque<PeerId> connecting_;  // whose SYN got no answer
  FileDescriptor epoll_;
  FileDescriptor marker_;  // a socket that is connected with itself; see SettleLoopback
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_LINUX_CLIENTS_CLIENTS_KERNEL_H_
