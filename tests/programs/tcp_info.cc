// TCP_INFO: states, times and counts.

#include <linux/tcp.h>

#include <initializer_list>

#include "tests/programs/sockets.h"

namespace {

void ShowInfo(const char* what, int fd) {
  tcp_info info = {};
  socklen_t length = sizeof info;
  const int result = getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length);
  const auto yes = [](bool value) { return value ? "yes" : "no"; };
  printf("%s: %d, state %d, options %d, backoff %d, unacked %u, sacked %u\n", what, result,
         info.tcpi_state, info.tcpi_options, info.tcpi_backoff, info.tcpi_unacked,
         info.tcpi_sacked);
  printf("  times: rto %s, rtt %s, rttvar %s, min_rtt %s\n", yes(info.tcpi_rto > 0),
         yes(info.tcpi_rtt > 0), yes(info.tcpi_rttvar > 0), yes(info.tcpi_min_rtt > 0));
  printf(
      "  sizes: snd_mss %s, rcv_mss %s, advmss %u, pmtu %u, cwnd %s, ssthresh %s, rcv_space %s\n",
      yes(info.tcpi_snd_mss > 0), yes(info.tcpi_rcv_mss > 0), info.tcpi_advmss, info.tcpi_pmtu,
      yes(info.tcpi_snd_cwnd >= 10), yes(info.tcpi_snd_ssthresh > 0), yes(info.tcpi_rcv_space > 0));
  printf("  counts: acked %llu, received %llu, sent %llu, not sent %u, data out %u, in %u\n",
         static_cast<unsigned long long>(info.tcpi_bytes_acked),
         static_cast<unsigned long long>(info.tcpi_bytes_received),
         static_cast<unsigned long long>(info.tcpi_bytes_sent), info.tcpi_notsent_bytes,
         info.tcpi_data_segs_out, info.tcpi_data_segs_in);
  printf("  segments: out %s, in %s; retransmits %u, lost %u, total %u\n",
         yes(info.tcpi_segs_out > 0), yes(info.tcpi_segs_in > 0), info.tcpi_retransmits,
         info.tcpi_lost, info.tcpi_total_retrans);
}

void ShowTimes(const char* what, int fd) {
  tcp_info info = {};
  socklen_t length = sizeof info;
  getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length);
  // Two ticks of Linux's clock are 8 ms.
  const auto range = [](uint32_t ms) {
    return ms < 60 ? "soon" : ms < 160 ? "after 100 ms" : "after 200 ms";
  };
  printf("%s: sent %s, received %s\n", what, range(info.tcpi_last_data_sent + 8),
         range(info.tcpi_last_data_recv + 8));
}

void ShowLengths(int fd) {
  for (const socklen_t room : {0u, 1u, 8u, 104u, 232u}) {
    char bytes[300] = {};
    socklen_t length = room;
    const int result = getsockopt(fd, IPPROTO_TCP, TCP_INFO, bytes, &length);
    printf("room for %u: %d, %u\n", room, result, length);
  }
  char bytes[4096];
  socklen_t length = sizeof bytes;
  getsockopt(fd, IPPROTO_TCP, TCP_INFO, bytes, &length);
  printf("all: %s\n", length >= 232 ? "yes" : "no");
  Show("set", setsockopt(fd, IPPROTO_TCP, TCP_INFO, bytes, 104));
}

}  // namespace

int main() {
  const int listener = TcpSocket();
  ShowInfo("fresh", listener);
  Bind(listener, Loopback());
  listen(listener, 5);
  ShowInfo("listener", listener);
  const int client = TcpSocket();
  Connect(client, OwnAddress(listener));
  AwaitInput(listener);
  ShowInfo("one waits", listener);
  const int server = accept(listener, nullptr, nullptr);
  ShowInfo("client", client);
  ShowInfo("server", server);

  send(client, "hello", 5, 0);
  AwaitInput(server);
  Pause(100);
  ShowInfo("client sent", client);
  ShowInfo("server received", server);
  ShowTimes("client", client);
  ShowTimes("server", server);
  send(server, "worlds", 6, 0);
  AwaitInput(client);
  Pause(100);
  ShowTimes("client", client);
  ShowTimes("server", server);
  char bytes[16];
  recv(client, bytes, sizeof bytes, 0);
  recv(server, bytes, sizeof bytes, 0);
  ShowInfo("client received", client);

  shutdown(client, SHUT_WR);
  Pause(100);
  ShowInfo("client's FIN", client);
  ShowInfo("seen by the server", server);
  close(server);
  Pause(50);
  ShowInfo("both closed", client);
  ShowLengths(client);
  return 0;
}
