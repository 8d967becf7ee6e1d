// The clients of a server on Linux: plain sockets, never blocking, on 127.0.0.1 unless the server
// is said to be elsewhere.

#ifndef HUPSTORM_KERNEL_LINUX_CLIENTS_CLIENT_SOCKETS_H_
#define HUPSTORM_KERNEL_LINUX_CLIENTS_CLIENT_SOCKETS_H_

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "kernel/driven_kernel.h"

namespace hupstorm::clients {

// Each method is as in DrivenKernel. Throws std::system_error where the driver itself runs out of
// descriptors, ports or memory.
class ClientSockets {
 public:
  ClientSockets();
  ~ClientSockets();
  ClientSockets(const ClientSockets&) = delete;
  ClientSockets& operator=(const ClientSockets&) = delete;

  void Clear();  // resets every connection that is left

  // The host that clients connect to from now on, AF_INET or AF_INET6; its port is not looked at.
  // 127.0.0.1 unless this is called.
  void SetHost(const sockaddr_storage& host) { host_ = host; }

  PeerId Connect(uint16_t port, const DrivenKernel::PeerOptions& options);
  size_t Send(PeerId peer, std::span<const std::byte> bytes);
  bool SendUrgent(PeerId peer, std::byte byte);
  std::span<const std::byte> Peek(PeerId peer);
  void Consume(PeerId peer, size_t count);
  void ShutdownWrite(PeerId peer);
  void Close(PeerId peer);
  void Reset(PeerId peer);
  DrivenKernel::PeerStatus Status(PeerId peer);
  size_t SendSpace(PeerId peer);
  uint16_t Port(PeerId peer) const { return peers_[static_cast<size_t>(peer)].port; }
  int count() const { return static_cast<int>(peers_.size()); }
  // The address that the server sees.
  const sockaddr_storage& Address(PeerId peer) const {
    return peers_[static_cast<size_t>(peer)].address;
  }
  const sockaddr_storage& ServerAddress(PeerId peer) const {
    return peers_[static_cast<size_t>(peer)].server;
  }
  // The client has read something, or the end of its input.
  bool HasReceived(PeerId peer) const {
    const Peer& facts = peers_[static_cast<size_t>(peer)];
    return facts.consumed > 0 || facts.end_of_input;
  }
  // The client has a socket: it has not closed or reset its connection.
  bool IsOpen(PeerId peer) const { return peers_[static_cast<size_t>(peer)].fd >= 0; }
  // The peer whose own port this is, kNoPeer for none.
  PeerId Find(uint16_t port) const;

  // Peers whose socket became readable or writable, or ended, since the last call of this.
  std::span<const PeerId> TakeChanged();
  // Waits until TakeChanged has something to tell, `timeout_ns` at most. False where it has
  // nothing.
  bool AwaitChange(int64_t timeout_ns) const;

  // The server's queue has room: SYNs that got no answer are sent again, as after TCP's own
  // timeout, until one gets none again.
  void RetryConnects();
  bool HasUnansweredConnects() const { return !connecting_.empty(); }

  // The server has sent so many bytes more to this peer.
  void NoteAnswered(PeerId peer, uint64_t bytes) {
    peers_[static_cast<size_t>(peer)].answered += bytes;
  }
  // Bytes that the server has sent and the client's kernel has not got.
  uint64_t UnsentByServer(PeerId peer);

  // Waits until what every packet on this processor's loopback queue does has been done.
  void Settle();
  // Waits for bytes that TCP holds back for a moment (Nagle's algorithm, delayed acknowledgements,
  // probes of a window that was closed) though a client has room for them. True if any came.
  bool AwaitHeldBack();

 private:
  struct Peer {
    int fd = -1;
    uint16_t port = 0;
    sockaddr_storage address = {};
    sockaddr_storage server = {};
    DrivenKernel::PeerOptions options;
    bool connected = false;
    bool refused = false;
    bool finished = false;  // has shut down writing
    bool end_of_input = false;
    bool was_reset = false;
    uint64_t consumed = 0;  // that the client has read
    uint64_t answered = 0;  // that the server has sent
  };

  Peer& At(PeerId peer) { return peers_[static_cast<size_t>(peer)]; }
  bool Open(PeerId peer);
  bool OpenFrom(PeerId peer);
  uint16_t NextPort();
  void NoteAddress(Peer& peer);
  void LookAtHandshake(Peer& peer);
  void NoteError(Peer& peer, int error);
  void End(Peer& peer, bool reset);

  sockaddr_storage host_ = {};
  std::vector<Peer> peers_;
  std::vector<PeerId> by_port_;  // by port number
  uint16_t next_port_;           // of the next client
  std::vector<PeerId> changed_;
  std::deque<PeerId> connecting_;  // whose SYN got no answer
  std::array<std::byte, 64 * 1024> buffer_;
  int epoll_ = -1;
  int marker_ = -1;
};

}  // namespace hupstorm::clients

#endif  // HUPSTORM_KERNEL_LINUX_CLIENTS_CLIENT_SOCKETS_H_
