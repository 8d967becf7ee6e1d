// The TCP sockets of this machine as its kernel sees them, whoever owns them: sock_diag(7), what
// `ss` asks. Needs no privileges, and tells of the network namespace of the calling process.

#ifndef HUPSTORM_KERNEL_LINUX_SIGHT_SOCKET_DIAG_H_
#define HUPSTORM_KERNEL_LINUX_SIGHT_SOCKET_DIAG_H_

#include <sys/socket.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "kernel/driven_kernel.h"

namespace hupstorm::sight {

// One socket: what inet_diag_msg_common_fill, tcp_diag_get_info and tcp_get_info of Linux fill in.
struct TcpSocket {
  TcpState state = TcpState::kClosed;
  sa_family_t family = AF_INET;  // AF_INET6 for a dual-stack server's connection over IPv4 too
  uint16_t local_port = 0;
  uint16_t remote_port = 0;
  // Sequence numbers that have come and that nobody has read (a FIN is one). Of a listener: the
  // connections that wait to be accepted.
  uint32_t receive_queue = 0;
  // Sequence numbers that were handed to the socket and that are not acknowledged (a FIN is one).
  // Of a listener: its backlog; one connection more than that may wait.
  uint32_t send_queue = 0;
  uint64_t inode = 0;  // as in /proc/PID/fd, "socket:[INODE]"; 0 where no process has it open
  uid_t uid = 0;
  // Sequence numbers since the connection was made: 0 where the kernel keeps none (SYN-RECV,
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
  // Bytes that its owner has sent; one more where its own FIN is out.
  uint64_t Sent() const { return bytes_acked + send_queue; }
};

class SocketDiag {
 public:
  // Throws std::system_error where the kernel does not answer such questions.
  SocketDiag();
  ~SocketDiag();
  SocketDiag(const SocketDiag&) = delete;
  SocketDiag& operator=(const SocketDiag&) = delete;

  // The listening sockets of a port, or of all for 0, in both families. Takes microseconds: Linux
  // keeps listeners apart (inet_diag_dump_icsk).
  std::vector<TcpSocket> Listeners(uint16_t port);
  // The inodes of those that a process has open.
  std::vector<uint64_t> ListenerInodes(uint16_t port);
  // All sockets whose local port this is, in both families: listeners, connections, and those that
  // are still being made or unmade. Takes a millisecond or so for each family, however few there
  // are: Linux walks through the table of all connections of the machine.
  std::vector<TcpSocket> OfLocalPort(uint16_t port);
  // All sockets of the machine, of any port, that a process may have open: without those that are
  // over (TIME-WAIT) and those that are still being made (SYN-RECV).
  std::vector<TcpSocket> MayBeHeld();
  // One connection; none where there is none in any state. Takes microseconds. `local` is the side
  // that is asked about; both must be of one family, AF_INET or AF_INET6, and be the addresses on
  // the wire: a dual-stack server's connection over IPv4 is found by AF_INET.
  std::optional<TcpSocket> Find(const sockaddr_storage& local, const sockaddr_storage& remote);

 private:
  struct Line;
  std::unique_ptr<Line> line_;
};

}  // namespace hupstorm::sight

#endif  // HUPSTORM_KERNEL_LINUX_SIGHT_SOCKET_DIAG_H_
