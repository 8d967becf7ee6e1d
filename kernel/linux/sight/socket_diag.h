// The sockets of all processes of this machine, as sock_diag(7) reports them (the source of `ss`).
// Needs no privileges. Sees the network namespace of the calling process.

#ifndef HUPSTORM_KERNEL_LINUX_SIGHT_SOCKET_DIAG_H_
#define HUPSTORM_KERNEL_LINUX_SIGHT_SOCKET_DIAG_H_

#include <sys/socket.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "kernel/driven_kernel.h"

struct inet_diag_req_v2;
struct nlmsghdr;
struct mnl_socket;

namespace hupstorm::sight {

// One socket: what inet_diag_msg_common_fill, tcp_diag_get_info and tcp_get_info of Linux fill in.
struct TcpSocket {
  TcpState state = TcpState::kClosed;
  sa_family_t family = AF_INET;  // AF_INET6 for a dual-stack server's connection over IPv4 too
  uint16_t local_port = 0;
  uint16_t remote_port = 0;
  // Sequence numbers that have come and have not been read (a FIN is one). Of a listener: the
  // connections that wait to be accepted.
  uint32_t receive_queue = 0;
  // Sequence numbers that were sent and have not been acknowledged (a FIN is one).
  // Of a listener: its backlog; one connection more than that may wait.
  uint32_t send_queue = 0;
  uint64_t inode = 0;  // as in /proc/PID/fd, "socket:[INODE]"; 0 if no process has it open
  uid_t uid = 0;
  // Sequence numbers since the connection was made: 0 if the kernel keeps none (SYN-RECV,
  // TIME-WAIT, listeners). The first also counts a FIN.
  uint64_t bytes_received = 0;
  uint64_t bytes_acked = 0;

  bool IsListener() const { return state == TcpState::kListen; }
  // The remote side's FIN has come.
  bool HasFin() const;
  // Some process has it open.
  bool IsHeld() const { return inode != 0; }
  // It waits in the accept queue, or is still on its way there. A connection that its owner has
  // closed has no inode either, but is in a later state: close(2) sends the FIN at once.
  bool WaitsToBeAccepted() const;
  // Bytes that have come, those of them that were not read, and those that were. An urgent byte
  // counts, and one that is not received inline stays "unread" while nothing follows it.
  uint64_t Received() const { return bytes_received - (HasFin() && bytes_received > 0 ? 1 : 0); }
  uint64_t Unread() const { return receive_queue - (HasFin() && receive_queue > 0 ? 1 : 0); }
  uint64_t Consumed() const { return Received() > Unread() ? Received() - Unread() : 0; }
  // Bytes that its owner has sent; one more once its own FIN is out.
  uint64_t Sent() const { return bytes_acked + send_queue; }
};

// A socket of AF_UNIX: what unix_diag_fill of Linux fills in.
struct UnixSocket {
  uint64_t inode = 0;
  uint64_t peer_inode = 0;     // 0 if it is not connected
  uint32_t receive_queue = 0;  // bytes that have come and have not been read
};

// True if a socket of UDP has this port, as its own (/proc/net/udp).
bool IsUdpPort(uint16_t port);

class SocketDiag {
 public:
  // Throws std::system_error if Linux does not answer such questions.
  SocketDiag();

  // The listening sockets of a port, or of all for 0, in both families. Takes microseconds: Linux
  // keeps listeners apart (inet_diag_dump_icsk).
  std::vector<TcpSocket> Listeners(uint16_t port);
  // The inodes of those that a process has open.
  std::vector<uint64_t> ListenerInodes(uint16_t port);
  // All sockets with this local port, in both families and all states. Takes about a millisecond
  // for each family, however few there are: Linux walks through all connections of the machine.
  std::vector<TcpSocket> OfLocalPort(uint16_t port);
  // All sockets of the machine that a process may have open: without TIME-WAIT and SYN-RECV.
  std::vector<TcpSocket> MayBeHeld();
  // All of AF_UNIX; none if Linux does not tell of them.
  std::vector<UnixSocket> UnixSockets();
  // The socket of the connection whose own address is `local`; nullopt if there is none in any
  // state. Takes microseconds. Both addresses must be of one family, AF_INET or AF_INET6, and be
  // those on the wire: a dual-stack server's connection over IPv4 is found by AF_INET.
  std::optional<TcpSocket> Find(const sockaddr_storage& local, const sockaddr_storage& remote);

 private:
  std::vector<TcpSocket> Dump(uint16_t port, uint32_t states);
  // Nothing if there is no such socket.
  std::vector<TcpSocket> Ask(const inet_diag_req_v2& request, bool dump);
  // Sends `request` and calls `take` (mnl_cb_t of libmnl) with each answer. False if there is no
  // such socket.
  template <typename Request>
  bool Exchange(const Request& request, bool dump, int (*take)(const nlmsghdr*, void*),
                void* answer);

  std::unique_ptr<mnl_socket, int (*)(mnl_socket*)> socket_;
  unsigned sequence_ = 0;
};

}  // namespace hupstorm::sight

#endif  // HUPSTORM_KERNEL_LINUX_SIGHT_SOCKET_DIAG_H_
