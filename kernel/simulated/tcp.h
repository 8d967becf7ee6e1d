// TCP between endpoints of one kernel. Functions are named after what they do; if one follows a
// function of Linux (net/ipv4/tcp.c, tcp_input.c, tcp_output.c, af_inet.c), that is named beside
// it.

#ifndef HUPSTORM_KERNEL_SIMULATED_TCP_H_
#define HUPSTORM_KERNEL_SIMULATED_TCP_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "kernel/simulated/io_vector.h"
#include "kernel/simulated/state.h"

namespace hupstorm::simulated::tcp {

// ---- Set-up (tcp_connection.cc).
int Listen(Kernel& kernel, TcpEndpoint& endpoint, int backlog);  // inet_listen
// Takes the oldest connection from a listener's queue, null if there is none.
TcpEndpoint* TakeAccepted(Kernel& kernel, TcpEndpoint& listener);
// Sends the SYN to endpoint.remote_address. If nothing listens it is refused at once, if the
// accept queue is full it waits.
void StartConnect(Kernel& kernel, TcpEndpoint& endpoint);
int Connect(Kernel& kernel, TcpEndpoint& endpoint, const sockaddr* address, socklen_t length,
            int fd);  // __inet_stream_connect
// A deferred connection (TCP_DEFER_ACCEPT) got its first byte or its FIN.
void EndDeferral(Kernel& kernel, TcpEndpoint& endpoint);
// A SYN without an answer is sent again, or given up.
void RetryConnect(Kernel& kernel, TcpEndpoint& endpoint);
void SetBuffers(TcpEndpoint& endpoint);  // after its options changed

// ---- Tear-down (tcp_close.cc).
int Shutdown(Kernel& kernel, TcpEndpoint& endpoint, int how);  // inet_shutdown
void Close(Kernel& kernel, TcpEndpoint& endpoint, int fd);     // __tcp_close
void Disconnect(Kernel& kernel, TcpEndpoint& endpoint);        // tcp_disconnect
void ReceiveReset(Kernel& kernel, TcpEndpoint& endpoint);      // tcp_reset
// The end of a connection from this end's point of view (tcp_done).
void Finish(Kernel& kernel, TcpEndpoint& endpoint);
void FailWith(Kernel& kernel, TcpEndpoint& endpoint, int error);  // tcp_done_with_error
void SendReset(Kernel& kernel, TcpEndpoint& endpoint);            // tcp_send_active_reset
void CutLink(TcpEndpoint& endpoint);  // the ends know of each other no more
// The FIN of `from` reaches the other end, and its acknowledgment comes back (tcp_fin).
void DeliverFin(Kernel& kernel, TcpEndpoint& from);
// Gives the endpoint back if nothing refers to it any more.
void FreeIfDead(Kernel& kernel, TcpEndpoint& endpoint);

// ---- What is left of a connection (tcp_rest.cc).
// A connection without an owner whose FIN was acknowledged: it waits for the other end's FIN, as
// long as TCP_LINGER2 says.
void RestInFinWait2(Kernel& kernel, TcpEndpoint& endpoint);
void EnterTimeWait(Kernel& kernel, TcpEndpoint& endpoint);  // tcp_time_wait
void StopResting(Kernel& kernel, TcpEndpoint& endpoint);
// In TIME-WAIT, or in FIN-WAIT-2 without an owner.
bool IsResting(const TcpEndpoint& endpoint);
// Before its time is over: a new connection takes its pair of addresses.
void EndRest(Kernel& kernel, TcpEndpoint& endpoint);
// Of all whose time is over.
void EndRests(Kernel& kernel);

// ---- Bytes (tcp_send.cc, tcp_receive.cc).
ssize_t Send(Kernel& kernel, TcpEndpoint& endpoint, IoVector& from, const Transfer& transfer);
ssize_t Receive(Kernel& kernel, TcpEndpoint& endpoint, IoVector& to, const Transfer& transfer);
// Moves what waits to be sent as far as the other end's window allows, and the FIN after it. A part
// of a segment that waits for more (TCP_CORK, MSG_MORE) moves only if `push`.
void Transmit(Kernel& kernel, TcpEndpoint& from, bool push = false);
// Lets the other end send again, after bytes were read.
void OpenWindow(Kernel& kernel, TcpEndpoint& endpoint);
// Queues bytes for the other end: at most SendSpace(). Returns how many it took.
size_t Queue(Kernel& kernel, TcpEndpoint& from, IoVector& bytes, size_t count, bool urgent);
size_t SendSpace(const TcpEndpoint& endpoint);
bool IsWritable(const TcpEndpoint& endpoint);                // __sk_stream_is_writeable
void WakeIfWritable(Kernel& kernel, TcpEndpoint& endpoint);  // sk_stream_write_space
int TakeError(TcpEndpoint& endpoint);                        // sock_error, positive

// ---- Readiness and state (tcp_state.cc).
uint32_t PollMask(TcpEndpoint& endpoint);            // tcp_poll
size_t UnreadForIoctl(const TcpEndpoint& endpoint);  // tcp_inq
TcpState ReportedState(const TcpEndpoint& endpoint);

// What TCP_INFO tells, as long as Linux 6.18's (tcp_info.cc).
inline constexpr size_t kInfoSize = 280;
void Info(const Kernel& kernel, const TcpEndpoint& endpoint, std::byte (&out)[kInfoSize]);

// ---- Timers (tcp_timers.cc).
void ArmTimer(Kernel& kernel, TcpEndpoint& endpoint, int64_t due_ns);
void DisarmTimer(Kernel& kernel, TcpEndpoint& endpoint);
void OnTimer(Kernel& kernel, TcpEndpoint& endpoint);
// The other end's host is gone and `endpoint` waits for its acknowledgment: it gives up in time.
void AwaitAcknowledgment(Kernel& kernel, TcpEndpoint& endpoint);
// The other end's host is gone: nothing answers any more.
void LoseRemote(Kernel& kernel, TcpEndpoint& endpoint);
// Arms keepalive, or disarms it, as the options say. Only a host that is gone makes a difference.
void UpdateKeepalive(Kernel& kernel, TcpEndpoint& endpoint);

}  // namespace hupstorm::simulated::tcp

#endif  // HUPSTORM_KERNEL_SIMULATED_TCP_H_
