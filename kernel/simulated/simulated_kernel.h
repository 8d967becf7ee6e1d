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

#include "kernel/call.h"
#include "kernel/syscalls.h"

namespace hupstorm {

// A client of the server: a TCP endpoint without a descriptor. Numbers go up from 0 in the order of
// PeerConnect and are not reused before Reset.
using PeerId = int32_t;
inline constexpr PeerId kNoPeer = -1;

// As `ss` names them.
enum class TcpState : uint8_t {
  kClosed,
  kListen,
  kSynSent,
  kSynRecv,
  kEstablished,
  kFinWait1,
  kFinWait2,
  kCloseWait,
  kLastAck,
  kClosing,
  kTimeWait,
};
std::string_view TcpStateName(TcpState state);  // "CLOSE-WAIT"

// What the kernel asks of its owner when the server would sleep.
class KernelDriver {
 public:
  virtual ~KernelDriver() = default;

  // The server made call `call` on `fd` (-1 for select and poll) and nothing is there for it.
  // `deadline_ns` is when the call times out on the virtual clock, -1 for never. Make something
  // happen: let a peer act, advance the clock, interrupt the call; then return, and the kernel
  // looks again. Throwing leaves through the server's frames: that is how a run ends.
  // Returning without a change asks again; a driver that never changes anything hangs the run.
  virtual void OnBlock(Call call, int fd, int64_t deadline_ns) = 0;
};

class SimulatedKernel final : public Syscalls {
 public:
  static constexpr int kFirstDescriptor = 256;

  struct Options {
    // SO_SNDBUF and SO_RCVBUF of new sockets, in bytes as getsockopt reports them.
    int send_buffer = 16 * 1024;
    int receive_buffer = 128 * 1024;
    // RLIMIT_NOFILE, counted from kFirstDescriptor.
    int descriptor_limit = 1 << 20;
    // The clock at start: both CLOCK_MONOTONIC and CLOCK_REALTIME run from here.
    int64_t start_ns = 1'000'000'000;
  };

  SimulatedKernel() : SimulatedKernel(Options{}) {}
  explicit SimulatedKernel(const Options& options);
  ~SimulatedKernel() override;

  // Back to as-new, in time proportional to what was used since the last Reset; keeps the memory.
  // Must not be called from inside a server's call.
  void Reset();

  // Null (the default): a call that would block for ever returns -1 with EDEADLK.
  void set_driver(KernelDriver* driver);

  // ---- The clock, in nanoseconds. Owner-driven: no call of the server moves it by itself.
  int64_t now_ns() const;
  // Moves the clock to `ns` (not backwards), firing timers on the way, in order.
  void AdvanceTo(int64_t ns);
  // When the next timer of the kernel's own is due (timerfd, TCP timers), -1 for none.
  int64_t NextTimerNs() const;

  // ---- Signals to the server. Runs the handler installed by Sigaction, on this stack, as the
  // server (in_server is set), and makes the blocked call, if any, fail with EINTR where Linux
  // would not restart it.
  enum class Disposition : uint8_t { kDefault, kIgnored, kHandled };
  Disposition SignalDisposition(int signal) const;
  Disposition RaiseSignal(int signal);
  // The blocked call returns EINTR although no handler ran (stopped and continued, signal(7)).
  void InterruptBlockedCall();
  // SIGPIPEs that a send to a closed connection raised, since Reset, with the default disposition
  // (each of which kills a real process).
  int fatal_sigpipes() const;

  // ---- Limits.
  void set_descriptor_limit(int limit);
  int descriptor_limit() const;
  // SO_SNDBUF / SO_RCVBUF of connections accepted from now on, as if set on the listening socket.
  void set_server_send_buffer(int bytes);
  void set_server_receive_buffer(int bytes);

  // ---- Peers. Each call takes effect at once, for the server too.
  struct PeerOptions {
    int receive_buffer = 64 * 1024;  // bytes that the server can send before this peer reads
    int send_buffer = 64 * 1024;     // bytes that this peer can queue before the server reads
  };
  // Connects to 127.0.0.1:`port`. Refused where nobody listens; waits in SYN-SENT while the accept
  // queue is full, and gets in when there is room (the SYN is sent again).
  PeerId PeerConnect(uint16_t port, const PeerOptions& options);
  PeerId PeerConnect(uint16_t port) { return PeerConnect(port, PeerOptions{}); }
  // Takes as many bytes as fit, from 0 to bytes.size(). 0 after the connection ended.
  size_t PeerSend(PeerId peer, std::span<const std::byte> bytes);
  // One byte of urgent data (MSG_OOB). False where the buffer is full or the connection ended.
  bool PeerSendUrgent(PeerId peer, std::byte byte);
  // The unread bytes that are contiguous in memory, oldest first; empty where there are none.
  // Consume at most that many, then ask again. Consuming opens the window.
  std::span<const std::byte> PeerPeek(PeerId peer) const;
  void PeerConsume(PeerId peer, size_t count);
  void PeerShutdownWrite(PeerId peer);  // FIN after what is queued
  void PeerClose(PeerId peer);  // as close(2): FIN, or RST where unread bytes are thrown away
  void PeerReset(PeerId peer);  // RST at once (SO_LINGER with zero); from a peer that has
                                // vanished too: its host is back and knows of nothing
  // The peer's host is gone without a word: nothing more is acknowledged. What the server sends
  // then dies with ETIMEDOUT after tcp_retries2 (924.6 s), or by keepalive or TCP_USER_TIMEOUT.
  void PeerVanish(PeerId peer);

  struct PeerStatus {
    TcpState state = TcpState::kClosed;
    size_t unread = 0;          // bytes that PeerPeek can reach in the end
    size_t send_space = 0;      // bytes that PeerSend would take now
    size_t unsent = 0;          // bytes sent that the server's receive buffer has not taken yet
    bool connected = false;     // the handshake has finished (it may have ended since)
    bool refused = false;       // connection refused
    bool end_of_input = false;  // the server's FIN arrived and nothing is unread before it
    bool was_reset = false;     // the server reset the connection
  };
  PeerStatus Status(PeerId peer) const;
  uint16_t PeerPort(PeerId peer) const;  // the peer's own port: the address the server sees
  int peer_count() const;
  // Peers for which something changed by a call of the server since the last call of this: bytes,
  // room to send, FIN, RST, handshake. In order of first change, each once. Cheap when empty.
  // The span is good until the next call into the kernel.
  std::span<const PeerId> TakeChangedPeers();
  bool HasChangedPeers() const;

  // ---- The server's side of each connection.
  struct ConnectionStatus {
    TcpState state = TcpState::kClosed;  // kClosed: gone, or not there yet
    int fd = -1;                         // the server's descriptor; -1 not accepted yet, or closed
    bool accepted = false;               // accept has handed it out
    size_t unread = 0;  // bytes in its receive buffer that the server could read now (FIONREAD)
    size_t unsent = 0;  // bytes in its send buffer that the peer has not taken
    bool unseen_fin = false;  // the peer's FIN is there and the server has not read up to it
    int pending_error = 0;    // SO_ERROR
  };
  ConnectionStatus ServerSide(PeerId peer) const;
  // The peer behind a descriptor of the server, kNoPeer for any other descriptor.
  PeerId PeerOf(int fd) const;
  size_t accept_queue_length() const;  // connections that wait to be accepted, all listeners

  enum class DescriptorKind : uint8_t {
    kFree,
    kListener,
    kConnection,
    kSocket,
    kEpoll,
    kEventfd,
    kTimerfd,
    kPipe,
    kSocketpair,
  };
  struct Descriptor {
    int fd;
    DescriptorKind kind;
  };
  // Every open descriptor of the server from kFirstDescriptor up, in order.
  std::vector<Descriptor> OpenDescriptors() const;
  int open_descriptor_count() const;
  DescriptorKind KindOf(int fd) const;  // kFree for a number that is not open
  bool IsNonBlocking(int fd) const;

  // ---- Syscalls.
  bool Simulates(int fd) const override { return fd >= kFirstDescriptor; }
  int Socket(int domain, int type, int protocol) override;
  int Socketpair(int domain, int type, int protocol, int fds[2]) override;
  int Bind(int fd, const sockaddr* address, socklen_t length) override;
  int Listen(int fd, int backlog) override;
  int Accept4(int fd, sockaddr* address, socklen_t* length, int flags) override;
  int Connect(int fd, const sockaddr* address, socklen_t length) override;
  int Shutdown(int fd, int how) override;
  int Getsockname(int fd, sockaddr* address, socklen_t* length) override;
  int Getpeername(int fd, sockaddr* address, socklen_t* length) override;
  int Getsockopt(int fd, int level, int name, void* value, socklen_t* length) override;
  int Setsockopt(int fd, int level, int name, const void* value, socklen_t length) override;
  ssize_t Recv(int fd, void* buffer, size_t length, int flags) override;
  ssize_t Send(int fd, const void* buffer, size_t length, int flags) override;
  ssize_t Recvmsg(int fd, msghdr* message, int flags) override;
  ssize_t Sendmsg(int fd, const msghdr* message, int flags) override;
  ssize_t Read(int fd, void* buffer, size_t length) override;
  ssize_t Write(int fd, const void* buffer, size_t length) override;
  ssize_t Readv(int fd, const iovec* parts, int count) override;
  ssize_t Writev(int fd, const iovec* parts, int count) override;
  int Close(int fd) override;
  int Fcntl(int fd, int command, long argument) override;
  int Ioctl(int fd, unsigned long request, void* argument) override;
  int Dup(int fd) override;
  int Dup3(int fd, int wanted, int flags) override;
  int Pipe2(int fds[2], int flags) override;
  int Select(int count, fd_set* readable, fd_set* writable, fd_set* exceptional,
             timeval* timeout) override;
  int Poll(pollfd* fds, nfds_t count, int timeout_ms) override;
  int EpollCreate1(int flags) override;
  int EpollCtl(int epfd, int operation, int fd, epoll_event* event) override;
  int EpollWait(int epfd, epoll_event* events, int max_events, int timeout_ms) override;
  int Eventfd(unsigned initial, int flags) override;
  int TimerfdCreate(int clock, int flags) override;
  int TimerfdSettime(int fd, int flags, const itimerspec* value, itimerspec* old) override;
  int TimerfdGettime(int fd, itimerspec* value) override;
  int ClockGettime(clockid_t clock, timespec* now) override;
  int Nanosleep(const timespec* request, timespec* remaining) override;
  int Sigaction(int signal, const struct sigaction* action, struct sigaction* old) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_SIMULATED_SIMULATED_KERNEL_H_
