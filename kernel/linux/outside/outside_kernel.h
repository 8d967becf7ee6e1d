// Linux as a kernel that can be driven, for a server that is only seen from outside: its calls are
// not held, its clock is Linux's, and its side of a connection is what sock_diag and /proc tell.
// Its clients are sockets of this process.
//
// Not possible: faults and limits (descriptors, buffers), interrupting a call, a host that
// vanishes. These methods of DrivenKernel do nothing; scenarios that need them are not run.
//
// Not thread-safe.

#ifndef HUPSTORM_KERNEL_LINUX_OUTSIDE_OUTSIDE_KERNEL_H_
#define HUPSTORM_KERNEL_LINUX_OUTSIDE_OUTSIDE_KERNEL_H_

#include <sys/socket.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "kernel/linux/clients/clients_kernel.h"
#include "kernel/linux/sight/process_tree.h"
#include "kernel/linux/sight/socket_diag.h"

namespace hupstorm {

class OutsideKernel final : public ClientsKernel {
 public:
  // Forgets the last server, and resets what connections to it are left.
  void Reset();

  // The server that clients connect to. `root`: the process that was started as the server; -1 if
  // it runs already: its processes are then those that have the listening socket open, and their
  // descendants, as far as they may be looked at.
  void Attach(const sockaddr_storage& address, pid_t root);
  // The server has ended: it holds nothing.
  void LetGo();

  // The listening socket is on this machine, so that the server's sockets can be seen. False for a
  // server on another machine or in another network namespace.
  bool SeesSockets() const { return sees_sockets_; }
  bool SeesProcesses() const { return !processes_.empty(); }
  // All processes have ended that were once seen.
  bool ProcessesAreGone() const;
  // True while the address is listened on: asks anew.
  bool HasListener();
  // A process of the server has so few descriptors left that it may have to turn clients away.
  bool IsShortOfDescriptors() const;

  // What the server does at this moment. If two looks shortly after each other are equal and
  // `asleep`, the server did nothing in between, and nothing was on its way to it.
  struct Activity {
    bool asleep = true;  // every thread sleeps; true if no process can be seen
    int64_t cpu_ns = 0;  // processor time of all processes
    bool operator==(const Activity&) const = default;
  };
  Activity LookAtProcesses();
  // A hash of the state, queues and byte counts of all connections: differs when anything has
  // moved. Takes microseconds for each client.
  uint64_t LookAtTraffic();

  // What the threads of the server have done so far, by their numbers.
  std::map<pid_t, sight::Thread> LookAtThreads() const;

  // The call in which the server sleeps, if it is a single thread that sleeps in a call on one
  // client's connection.
  struct Asleep {
    Call call = Call::kEpollWait;
    int fd = -1;
  };
  std::optional<Asleep> SleepsOnOneClient() const;

  // Bytes that the server's processes hold in anonymous memory.
  int64_t Memory() const;

  // To be called before the first client connects: what the server has open now is its own.
  void NoteStart();

  // Bytes of this client that the server has read, and that it has sent to it, when the connection
  // was last seen.
  struct Transfer {
    uint64_t consumed = 0;
    uint64_t answered = 0;
  };
  Transfer TransferOf(PeerId peer) const;
  // The connection waits for the handshake to be completed: Linux repeats what was lost a second
  // later and after.
  bool IsInHandshake(PeerId peer) const;

  // Waits for something to happen to a client, `timeout_ns` at most, and lets clients act on it.
  // False if nothing happened.
  bool AwaitClients(int64_t timeout_ns);

  // ---- DrivenKernel.
  int64_t now_ns() const override;  // CLOCK_MONOTONIC
  // Sleeps until then. Clients act meanwhile.
  void AdvanceTo(int64_t ns) override;
  int64_t NextTimerNs() const override { return -1; }
  // Of the first process that listens, of those that were started; kDefault if none was.
  Disposition SignalDisposition(int signal) const override;
  // To that process, if it handles the signal.
  Disposition RaiseSignal(int signal) override;
  void InterruptBlockedCall() override {}
  int fatal_sigpipes() const override { return 0; }  // the server's end tells
  void set_descriptor_limit(int) override {}
  void set_server_send_buffer(int) override {}
  void set_server_receive_buffer(int) override {}
  PeerId PeerConnect(uint16_t port, const PeerOptions& options) override;
  bool PeerSendUrgent(PeerId peer, std::byte byte) override;
  // `fd` is -1 if the server's descriptors may not be looked at; `held` tells. If not even
  // its sockets are seen, a client that is connected counts as accepted.
  ConnectionStatus ServerSide(PeerId peer) const override;
  PeerId PeerOf(int fd) const override;
  // Those that count as held for clients: sockets of TCP but for listeners and for connections of
  // other ports; and others, if there are many more than at the start (a server may open a file,
  // an epoll instance, a pipe for its first client and keep it).
  std::vector<Descriptor> OpenDescriptors() const override;
  // No call of the server ever comes here: fails with ENOSYS.
  void Make(SystemCall& call) override;

 private:
  struct Seen {
    std::optional<sight::TcpSocket> now;  // at the last look
    uint64_t inode = 0;                   // once it was accepted
    bool accepted = false;
    bool sent_urgent = false;
    bool over = false;  // neither side is there any more
    Transfer transfer;
  };
  struct OpenSocket {
    pid_t pid;
    int fd;
  };

  void FindProcesses();
  pid_t SignalledPid(int signal) const;
  void LookAt(PeerId peer) const;
  const std::map<uint64_t, OpenSocket>& OpenSockets() const;
  std::vector<Descriptor> Held(int& others) const;

  mutable sight::SocketDiag diag_;
  sockaddr_storage address_ = {};
  bool sees_sockets_ = false;
  uint32_t listener_queue_ = 0;  // connections that wait to be accepted, and how many may
  uint32_t listener_backlog_ = 0;
  bool started_by_us_ = false;
  std::vector<pid_t> roots_;
  std::vector<pid_t> processes_;
  std::vector<pid_t> processes_at_start_;
  std::vector<pid_t> listening_;  // those that had the listening socket open when it was attached
  int64_t last_process_made_ = -1;
  int others_at_start_ = 0;
  mutable std::vector<Seen> seen_;  // by PeerId
  mutable std::optional<std::map<uint64_t, OpenSocket>>
      open_sockets_;  // by inode; since the last look
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_LINUX_OUTSIDE_OUTSIDE_KERNEL_H_
