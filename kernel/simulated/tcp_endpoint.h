// One end of a TCP connection, or a listener. The server's sockets and the peers are of this one
// kind: a peer is an end without a descriptor. Fields bear Linux's meaning (struct sock, struct
// tcp_sock), so that code that follows net/ipv4/tcp*.c can be checked against it.

#ifndef HUPSTORM_KERNEL_SIMULATED_TCP_ENDPOINT_H_
#define HUPSTORM_KERNEL_SIMULATED_TCP_ENDPOINT_H_

#include <cstdint>

#include "kernel/simulated/address.h"
#include "kernel/simulated/byte_queue.h"
#include "kernel/simulated/kept_options.h"
#include "kernel/simulated/object.h"
#include "kernel/simulated/simulated_kernel.h"
#include "kernel/simulated/timers.h"

namespace hupstorm::simulated {

inline constexpr uint8_t kReceiveShutdown = 1;  // RCV_SHUTDOWN
inline constexpr uint8_t kSendShutdown = 2;     // SEND_SHUTDOWN
inline constexpr uint8_t kBothShutdown = 3;     // SHUTDOWN_MASK

// What an accepted connection takes over from its listener.
struct SocketOptions {
  // What sending and receiving look at comes first: it shares a cache line with the hot part of
  // the endpoint.
  int send_buffer = 0;              // SO_SNDBUF and SO_RCVBUF as getsockopt reports them
  uint32_t not_sent_low_water = 0;  // TCP_NOTSENT_LOWAT; 0: as much as the buffer takes
  int receive_low_water = 1;
  int64_t receive_timeout_ns = -1;  // -1: none
  int64_t send_timeout_ns = -1;
  bool urgent_inline = false;
  bool keepalive = false;
  bool linger = false;
  bool reuse_port = false;
  bool reuse_address = false;
  bool no_delay = false;
  bool cork = false;
  bool v6_only = false;
  bool quick_ack = true;
  bool do_not_route = false;
  bool broadcast = false;
  bool timestamps = false;
  bool bound_to_device = false;  // to "lo"
  int receive_buffer = 0;
  int linger_seconds = 0;
  int keepalive_idle_s = 7200;
  int keepalive_interval_s = 75;
  int keepalive_count = 9;
  int user_timeout_ms = 0;
  int defer_accept_s = 0;
  int priority = 0;
  int mark = 0;
  int type_of_service = 0;
  int time_to_live = -1;  // -1 here and in the next: by default
  int hop_limit = -1;
  int window_clamp = 0;
  int max_segment = 0;  // TCP_MAXSEG
  int syn_count = 0;
  int fin_timeout_s = 0;  // TCP_LINGER2: 0 by default, -1 for no FIN-WAIT-2 without an owner
  uint16_t first_local_port = 0;  // IP_LOCAL_PORT_RANGE; 0: as for all
  uint16_t last_local_port = 0;
  int fast_open_queue = 0;
  bool fast_open_connect = false;
  bool fast_open_no_cookie = false;
};

// How long FIN-WAIT-2 without an owner lasts, in seconds (tcp_fin_time).
constexpr int64_t FinTimeout(const SocketOptions& options) {
  constexpr int kDefault = 60;  // net.ipv4.tcp_fin_timeout
  return options.fin_timeout_s != 0 ? options.fin_timeout_s : kDefault;
}

struct Listener;  // what only a listener has
struct Port;      // a port number and what uses it

// struct socket's own state (socket_state in include/uapi/linux/net.h).
enum class SocketState : uint8_t { kUnconnected, kConnecting, kConnected, kDisconnecting };
enum class Urgent : uint8_t { kNone, kAnnounced, kValid, kRead };

// The first three cache lines are all that sending, receiving and polling touch.
struct alignas(64) TcpEndpoint : Object {
  TcpEndpoint() : Object(Kind::kTcp) {}

  // ---- Used by nearly every call.
  TcpState state = TcpState::kClosed;
  uint8_t shutdown = 0;
  Urgent urgent = Urgent::kNone;
  uint8_t urgent_byte = 0;
  uint8_t syn_tries = 0;          // SYNs sent again so far
  bool is_peer : 1 = false;       // a client without descriptor
  bool orphan : 1 = false;        // closed by its owner (SOCK_DEAD)
  bool done : 1 = false;          // the other side's FIN arrived (SOCK_DONE)
  bool end_seen : 1 = false;      // its owner has read up to that FIN
  bool no_space : 1 = false;      // its owner waits for room to send (SOCK_NOSPACE)
  bool sender_waits : 1 = false;  // the other end has bytes that found the window shut
  bool vanished : 1 = false;      // a peer whose host is gone
  bool unanswered : 1 = false;    // the other end's host is gone: `remote` is null, no RST comes
  bool awaits_acknowledgment : 1 = false;  // `timer` is for data without acknowledgment
  bool bound_by_user : 1 = false;          // keeps its port when it is closed (SOCK_BINDPORT_LOCK)
  bool address_by_user : 1 = false;        // and its address (SOCK_BINDADDR_LOCK)
  bool fin_wanted : 1 = false;             // FIN follows what is in `send`
  bool fin_sent : 1 = false;
  bool urgent_mode : 1 = false;   // `urgent_end` is ahead of what was sent
  bool accepted : 1 = false;      // has had a descriptor
  bool in_time_wait : 1 = false;  // `state` is kClosed, the pair of addresses still rests
  bool v6 : 1 = false;
  bool on_accepted_list : 1 = false;  // port->accepted, not port->bound
  bool was_connected : 1 = false;
  bool passive : 1 = false;       // its connection came to a listener
  bool more_follows : 1 = false;  // the last send said so (MSG_MORE)
  bool holds_part : 1 = false;    // `timer` is for the part of a segment that waits for more
  SocketState socket_state = SocketState::kUnconnected;
  int fd = -1;                    // the last descriptor that was given to it
  PeerId peer = kNoPeer;          // itself if is_peer, else the client at the other end
  TcpEndpoint* remote = nullptr;  // the other end, null if nothing answers any more
  ByteQueue receive;
  ByteQueue send;  // not taken by the other end yet
  uint32_t receive_capacity = 0;
  uint32_t read_sequence = 0;    // of the next byte to read (copied_seq)
  uint32_t write_sequence = 0;   // of the next byte to write (write_seq)
  uint32_t urgent_sequence = 0;  // of the urgent byte received (urg_seq)
  uint32_t urgent_end = 0;       // one past the urgent byte sent (snd_up)
  int error = 0;                 // sk_err
  int64_t last_received_ns = 0;  // whatever it was
  int64_t last_data_received_ns = 0;
  int64_t last_data_sent_ns = 0;
  uint32_t segments_in = 0;  // with data
  uint32_t segments_out = 0;
  SocketOptions options;

  // ---- Used when it is set up and torn down.
  Link<TcpEndpoint> queue_link;      // accept queue, SYNs that wait, or the ends at rest
  TcpEndpoint* queued_at = nullptr;  // the listener in one of whose queues it is
  Listener* listener = nullptr;      // if `state` is kListen
  Port* port = nullptr;
  Link<TcpEndpoint> port_link;
  Address local;
  Address remote_address;
  KeptValues* kept = nullptr;  // options; null while all are as they were at first
  uint16_t segment = 536;      // bytes of a full one that it sends (mss_cache)
  uint32_t lost = 0;  // what was not acknowledged when the connection failed, SYN and FIN too
  int64_t rest_until_ns = 0;  // end of TIME-WAIT, or of FIN-WAIT-2 without owner
  Timer* timer = nullptr;

  uint32_t NextToReceive() const { return read_sequence + receive.size(); }
  uint32_t NextToSend() const { return write_sequence - send.size(); }
  int family() const { return v6 ? AF_INET6 : AF_INET; }
};

using EndpointQueue = IntrusiveList<TcpEndpoint, &TcpEndpoint::queue_link>;

struct Listener {
  EndpointQueue accepting;  // connections that wait for accept
  EndpointQueue deferred;   // connections that wait for their first byte (TCP_DEFER_ACCEPT)
  EndpointQueue syns;       // clients whose SYN found the queue full
  uint32_t accepting_length = 0;
  uint32_t backlog = 0;

  // sk_acceptq_is_full: the queue holds one more than listen(2) was asked for.
  bool IsFull() const { return accepting_length > backlog; }
};

}  // namespace hupstorm::simulated

#endif  // HUPSTORM_KERNEL_SIMULATED_TCP_ENDPOINT_H_
