// A kernel that is driven: the server's calls on one side, and on the other an owner that
// plays the clients ("peers"), the clock, signals and limits, and looks at the state of every
// socket. The simulated kernel is one; Linux in another process, held at each of its calls, is
// another. What a scenario does is written once, against this.

#ifndef HUPSTORM_KERNEL_DRIVEN_KERNEL_H_
#define HUPSTORM_KERNEL_DRIVEN_KERNEL_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/call_table.h"
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

  // The server made call `call` on `fd` (-1 if it waits for several) and nothing is there for it.
  // `deadline_ns` is when the call times out on the virtual clock, -1 for never. Make something
  // happen: let a peer act, advance the clock, interrupt the call; then return, and the kernel
  // looks again. Throwing leaves through the server's frames: that is how a run ends.
  // Returning without a change asks again; a driver that never changes anything hangs the run.
  virtual void OnBlock(Call call, int fd, int64_t deadline_ns) = 0;

  // The same of a server of several threads or processes, all of which sleep; `deadline_ns` is when
  // the first of their calls times out. DrivenKernel::SleepingCalls has those calls.
  virtual void OnThreadsBlock(int64_t deadline_ns) {
    OnBlock(Call::kEpollWait, /*fd=*/-1, deadline_ns);
  }

  // What follows is about another thread of the server's, of any of its processes; thread 0 at
  // first.
  virtual void OnThread(int thread) { static_cast<void>(thread); }

  // Peers may have changed outside of the server's calls: a real network takes its time. They may
  // act on it; nothing else is to happen.
  virtual void OnPeersChanged() {}

  // True while nothing between the kernel and the server changes what a call returns, so that a
  // server need not wait while its call is looked at.
  virtual bool LeavesResultsAlone() { return false; }

  // True while nothing is set to happen at a call of the server's, or because of it, so that calls
  // that change nothing may be reported after the fact.
  virtual bool MayHearLate() const { return false; }
};

class DrivenKernel : public Syscalls {
 public:
  // Null (the default): a call that would block for ever returns -1 with EDEADLK.
  virtual void set_driver(KernelDriver* driver) = 0;

  // ---- The clock, in nanoseconds. Owner-driven: no call of the server moves it by itself.
  virtual int64_t now_ns() const = 0;
  // Moves the clock to `ns` (not backwards), firing timers on the way, in order.
  virtual void AdvanceTo(int64_t ns) = 0;
  // When the next timer of the kernel's own is due (timerfd, TCP timers), -1 for none.
  virtual int64_t NextTimerNs() const = 0;

  // ---- Signals to the server. Runs the handler installed by Sigaction as the server, and makes
  // the blocked call, if any, fail with EINTR if Linux would not restart it.
  enum class Disposition : uint8_t { kDefault, kIgnored, kHandled };
  virtual Disposition SignalDisposition(int signal) const = 0;
  virtual Disposition RaiseSignal(int signal) = 0;
  // For a server that was asked to stop, and sleeps: waits for it, for a moment of real time. False
  // if it has had the time that it may take. On Linux a server may get on although all its held
  // threads sleep: a virtual machine takes some hundred milliseconds to end.
  virtual bool AwaitsStop() { return false; }
  // Something interrupts the blocked call and leaves no other trace: it returns EINTR where Linux
  // lets that happen. epoll_wait and calls on sockets with a timeout do even if the server is
  // stopped and continued (signal(7)); select, poll and nanosleep if a handler runs; all others
  // if one runs that was installed without SA_RESTART. So it takes the server to have such a
  // handler, but none is run: what it would do is not known.
  virtual void InterruptBlockedCall() = 0;
  // The blocked call returns EINTR whatever Linux would do: to get a run to its end.
  virtual void WakeBlockedCall() { InterruptBlockedCall(); }
  // SIGPIPEs that a send to a closed connection raised, since the kernel was new, with the default
  // disposition (each of which kills a real process).
  virtual int fatal_sigpipes() const = 0;

  // ---- Limits.
  // How many descriptors the server may have open, RLIMIT_NOFILE in effect.
  static constexpr int kNoDescriptorLimit = 1 << 20;
  virtual void set_descriptor_limit(int limit) = 0;
  // SO_SNDBUF / SO_RCVBUF of connections accepted from now on, as if set on the listening socket;
  // kDefaultBuffer for what the kernel gives by itself.
  static constexpr int kDefaultBuffer = 0;
  virtual void set_server_send_buffer(int bytes) = 0;
  virtual void set_server_receive_buffer(int bytes) = 0;

  // ---- Peers. Each call takes effect at once, for the server too.
  struct PeerOptions {
    int receive_buffer = 64 * 1024;  // bytes that the server can send before this peer reads
    int send_buffer = 64 * 1024;     // bytes that this peer can queue before the server reads
  };
  // Connects to 127.0.0.1:`port`. Refused if nothing listens; waits in SYN-SENT while the accept
  // queue is full, and gets in when there is room (the SYN is sent again).
  virtual PeerId PeerConnect(uint16_t port, const PeerOptions& options) = 0;
  // Takes as many bytes as fit, from 0 to bytes.size(). 0 after the connection ended.
  virtual size_t PeerSend(PeerId peer, std::span<const std::byte> bytes) = 0;
  // One byte of urgent data (MSG_OOB). False if the buffer is full or the connection ended.
  virtual bool PeerSendUrgent(PeerId peer, std::byte byte) = 0;
  // The unread bytes that are contiguous in memory, oldest first; empty if there are none.
  // Consume at most that many, then ask again. Consuming opens the window. `wanted`: how many more
  // the peer reads before the server runs again, if they come; what that changes is only the number
  // of pieces in which it gets them, if its window is small.
  virtual std::span<const std::byte> PeerPeek(PeerId peer) const = 0;
  virtual void PeerConsume(PeerId peer, size_t count, uint64_t wanted) = 0;
  virtual void PeerShutdownWrite(PeerId peer) = 0;  // FIN after what is queued
  // As close(2): FIN, or RST if unread bytes are thrown away.
  virtual void PeerClose(PeerId peer) = 0;
  // RST at once (SO_LINGER with zero); from a peer that has vanished too: its host is back and
  // knows of nothing.
  virtual void PeerReset(PeerId peer) = 0;
  // The peer's host is gone without a word: nothing more is acknowledged. What the server sends
  // then dies with ETIMEDOUT after tcp_retries2 (924.6 s), or by keepalive or TCP_USER_TIMEOUT.
  virtual void PeerVanish(PeerId peer) = 0;

  struct PeerStatus {
    TcpState state = TcpState::kClosed;
    size_t unread = 0;       // bytes that PeerPeek can reach in the end
    size_t unsent = 0;       // bytes sent that the server's receive buffer has not taken yet
    bool connected = false;  // the handshake has finished (it may have ended since)
    // Simulated, where a client gets in as soon as there is room: when Linux would have let it in,
    // which a SYN that found none is sent again for.
    int64_t connected_at_ns = 0;
    bool refused = false;        // connection refused
    bool end_of_input = false;   // the server's FIN arrived and nothing is unread before it
    bool end_is_unread = false;  // it arrived, and something is
    bool was_reset = false;      // the server reset the connection
  };
  virtual PeerStatus Status(PeerId peer) const = 0;
  virtual size_t PeerSendSpace(PeerId peer) const = 0;  // bytes that PeerSend would take now
  virtual uint16_t PeerPort(PeerId peer) const = 0;  // the peer's own: the address the server sees
  virtual int peer_count() const = 0;
  // Peers for which something changed by a call of the server since the last call of this: bytes,
  // room to send, FIN, RST, handshake. In order of first change, each once. Cheap when empty.
  // The span is good until the next call into the kernel.
  virtual std::span<const PeerId> TakeChangedPeers() = 0;
  virtual bool HasChangedPeers() const = 0;

  // ---- The server's side of each connection.
  struct ConnectionStatus {
    TcpState state = TcpState::kClosed;  // kClosed: gone, or not there yet
    int fd = -1;                         // the server's descriptor; -1 not accepted yet, or closed
    bool held = false;      // the server has it open, though fd may be -1: its number is not known
    bool accepted = false;  // accept has handed it out
    size_t unread = 0;      // bytes in its receive buffer that the server could read now (FIONREAD)
    size_t unsent = 0;      // bytes in its send buffer that the peer has not taken
    bool unseen_fin = false;  // the peer's FIN is there and the server has not read up to it
    int pending_error = 0;    // SO_ERROR
  };
  virtual ConnectionStatus ServerSide(PeerId peer) const = 0;
  // The peer behind a descriptor of the server, kNoPeer for any other descriptor.
  virtual PeerId PeerOf(int fd) const = 0;

  // In which calls the threads of a server of several sleep that wait for one connection alone, as
  // recv and send do, and poll of a single descriptor. Empty for a server of one thread.
  struct SleepingCall {
    Call call;
    PeerId peer;
  };
  virtual std::vector<SleepingCall> SleepingCalls() const { return {}; }

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
    kOther,  // a file, say; never in the simulation
  };
  struct Descriptor {
    int fd;
    DescriptorKind kind;
    PeerId peer = kNoPeer;  // kConnection
    int process = 0;        // of the server's, if it has several; 0 if there is one
  };
  // Every open descriptor of the server's own, in order.
  virtual std::vector<Descriptor> OpenDescriptors() const = 0;
  virtual int open_descriptor_count() const = 0;
  // The descriptor that an epoll instance of the server's reports with this data; -1 if that is not
  // known, or is not one alone.
  virtual int WatchedWith(int epoll, uint64_t data) const {
    static_cast<void>(epoll), static_cast<void>(data);
    return -1;
  }
  // What an open descriptor is, for people: "pipe", "/var/log/server.log", "socket to
  // 127.0.0.1:5432"; with the call that made it, if that is known.
  virtual std::string Describe(const Descriptor& descriptor) const;
  // Threads of the server, in all its processes, as far as they are known; at least 1.
  virtual int thread_count() const { return 1; }
};

}  // namespace hupstorm

#endif  // HUPSTORM_KERNEL_DRIVEN_KERNEL_H_
