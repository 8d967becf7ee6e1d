#include "kernel/linux/sight/socket_diag.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fmt/format.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
// For the whole of tcp_info, which <netinet/tcp.h> has the beginning of; the two cannot meet.
#include <linux/tcp.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <sstream>
#include <string>

#include "base/files.h"
#include "base/system_error.h"
#include "kernel/linux/sight/tcp_state.h"

namespace hupstorm::sight {
namespace {

constexpr uint32_t kAllStates = ~0U;
// The numbers of <netinet/tcp.h>.
constexpr uint32_t kListening = 1U << 10;  // TCP_LISTEN
constexpr uint32_t kNotHeld =
    1U << 3 | 1U << 6 | 1U << 12;  // TCP_SYN_RECV, TIME_WAIT, NEW_SYN_RECV

int TakeInfo(const nlattr* attribute, void* out) {
  auto& socket = *static_cast<TcpSocket*>(out);
  if (mnl_attr_get_type(attribute) != INET_DIAG_INFO || socket.IsListener()) return MNL_CB_OK;
  // Older kernels send less of it.
  tcp_info info = {};
  const size_t length = std::min<size_t>(mnl_attr_get_payload_len(attribute), sizeof info);
  std::memcpy(&info, mnl_attr_get_payload(attribute), length);
  socket.bytes_received = info.tcpi_bytes_received;
  socket.bytes_acked = info.tcpi_bytes_acked;
  return MNL_CB_OK;
}

TcpSocket ReadSocket(const nlmsghdr* header) {
  const auto* const message = static_cast<const inet_diag_msg*>(mnl_nlmsg_get_payload(header));
  TcpSocket socket;
  socket.state = sight::TcpStateOf(message->idiag_state);
  socket.family = message->idiag_family;
  socket.local_port = ntohs(message->id.idiag_sport);
  socket.remote_port = ntohs(message->id.idiag_dport);
  socket.receive_queue = message->idiag_rqueue;
  socket.send_queue = message->idiag_wqueue;
  socket.inode = message->idiag_inode;
  socket.uid = message->idiag_uid;
  mnl_attr_parse(header, sizeof *message, TakeInfo, &socket);
  return socket;
}

int TakeSocket(const nlmsghdr* header, void* sockets) {
  if (mnl_nlmsg_get_payload_len(header) >= sizeof(inet_diag_msg)) {
    static_cast<std::vector<TcpSocket>*>(sockets)->push_back(ReadSocket(header));
  }
  return MNL_CB_OK;
}

int TakeUnixInfo(const nlattr* attribute, void* out) {
  auto& socket = *static_cast<UnixSocket*>(out);
  if (mnl_attr_get_type(attribute) == UNIX_DIAG_PEER) {
    socket.peer_inode = mnl_attr_get_u32(attribute);
  } else if (mnl_attr_get_type(attribute) == UNIX_DIAG_RQLEN) {
    unix_diag_rqlen length = {};
    std::memcpy(&length, mnl_attr_get_payload(attribute),
                std::min<size_t>(mnl_attr_get_payload_len(attribute), sizeof length));
    socket.receive_queue = length.udiag_rqueue;
  }
  return MNL_CB_OK;
}

int TakeUnixSocket(const nlmsghdr* header, void* sockets) {
  if (mnl_nlmsg_get_payload_len(header) < sizeof(unix_diag_msg)) return MNL_CB_OK;
  const auto* const message = static_cast<const unix_diag_msg*>(mnl_nlmsg_get_payload(header));
  UnixSocket& socket = static_cast<std::vector<UnixSocket>*>(sockets)->emplace_back();
  socket.inode = message->udiag_ino;
  mnl_attr_parse(header, sizeof *message, TakeUnixInfo, &socket);
  return MNL_CB_OK;
}

void SetAddress(const sockaddr_storage& address, __be32 out[4], __be16& port) {
  if (address.ss_family == AF_INET) {
    const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address);
    out[0] = ipv4.sin_addr.s_addr;
    port = ipv4.sin_port;
  } else {
    const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(address);
    std::memcpy(out, &ipv6.sin6_addr, sizeof ipv6.sin6_addr);
    port = ipv6.sin6_port;
  }
}

inet_diag_req_v2 RequestFor(int family, uint32_t states) {
  inet_diag_req_v2 request = {};
  request.sdiag_family = static_cast<__u8>(family);
  request.sdiag_protocol = IPPROTO_TCP;
  request.idiag_ext = 1U << (INET_DIAG_INFO - 1);
  request.idiag_states = states;
  request.id.idiag_cookie[0] = request.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return request;
}

}  // namespace

bool TcpSocket::HasFin() const {
  return state == TcpState::kCloseWait || state == TcpState::kLastAck ||
         state == TcpState::kClosing || state == TcpState::kTimeWait;
}

bool TcpSocket::WaitsToBeAccepted() const {
  if (state == TcpState::kSynRecv) return true;
  return !IsHeld() && (state == TcpState::kEstablished || state == TcpState::kCloseWait);
}

SocketDiag::SocketDiag()
    : socket_(mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC), mnl_socket_close) {
  if (socket_ == nullptr || mnl_socket_bind(socket_.get(), 0, MNL_SOCKET_AUTOPID) != 0) {
    ThrowSystemError("cannot open sock_diag");
  }
}

template <typename Request>
bool SocketDiag::Exchange(const Request& request, bool dump, int (*take)(const nlmsghdr*, void*),
                          void* answer) {
  alignas(nlmsghdr) std::array<char, 32 * 1024> buffer;
  nlmsghdr* const header = mnl_nlmsg_put_header(buffer.data());
  header->nlmsg_type = SOCK_DIAG_BY_FAMILY;
  header->nlmsg_flags = static_cast<__u16>(NLM_F_REQUEST | (dump ? NLM_F_DUMP : 0));
  header->nlmsg_seq = ++sequence_;
  std::memcpy(mnl_nlmsg_put_extra_header(header, sizeof request), &request, sizeof request);
  if (mnl_socket_sendto(socket_.get(), header, header->nlmsg_len) < 0) {
    ThrowSystemError("cannot ask sock_diag");
  }
  int more = MNL_CB_OK;
  while (more > MNL_CB_STOP) {
    const ssize_t length = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) ThrowSystemError("sock_diag does not answer");
    more = mnl_cb_run(buffer.data(), static_cast<size_t>(length), sequence_,
                      mnl_socket_get_portid(socket_.get()), take, answer);
    if (more < 0 && errno == ENOENT) return false;
    if (more < 0) ThrowSystemError("sock_diag refuses to answer");
    if (!dump) break;
  }
  return true;
}

std::vector<TcpSocket> SocketDiag::Ask(const inet_diag_req_v2& request, bool dump) {
  std::vector<TcpSocket> answer;
  if (!Exchange(request, dump, TakeSocket, &answer)) return {};
  return answer;
}

std::vector<UnixSocket> SocketDiag::UnixSockets() {
  unix_diag_req request = {};
  request.sdiag_family = AF_UNIX;
  request.udiag_states = kAllStates;
  request.udiag_show = UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN;
  std::vector<UnixSocket> answer;
  if (!Exchange(request, /*dump=*/true, TakeUnixSocket, &answer)) return {};
  return answer;
}

std::vector<TcpSocket> SocketDiag::Dump(uint16_t port, uint32_t states) {
  std::vector<TcpSocket> sockets;
  for (const int family : {AF_INET, AF_INET6}) {
    inet_diag_req_v2 request = RequestFor(family, states);
    request.id.idiag_sport = htons(port);
    const std::vector<TcpSocket> found = Ask(request, /*dump=*/true);
    sockets.insert(sockets.end(), found.begin(), found.end());
  }
  return sockets;
}

std::vector<TcpSocket> SocketDiag::Listeners(uint16_t port) { return Dump(port, kListening); }

std::vector<uint64_t> SocketDiag::ListenerInodes(uint16_t port) {
  std::vector<uint64_t> inodes;
  for (const TcpSocket& listener : Listeners(port)) inodes.push_back(listener.inode);
  return inodes;
}

std::vector<TcpSocket> SocketDiag::OfLocalPort(uint16_t port) { return Dump(port, kAllStates); }

std::vector<TcpSocket> SocketDiag::MayBeHeld() { return Dump(0, kAllStates & ~kNotHeld); }

std::optional<TcpSocket> SocketDiag::Find(const sockaddr_storage& local,
                                          const sockaddr_storage& remote) {
  inet_diag_req_v2 request = RequestFor(local.ss_family, kAllStates);
  SetAddress(local, request.id.idiag_src, request.id.idiag_sport);
  SetAddress(remote, request.id.idiag_dst, request.id.idiag_dport);
  const std::vector<TcpSocket> found = Ask(request, /*dump=*/false);
  // Without a connection Linux answers with the listener that would get it.
  const uint16_t remote_port = ntohs(request.id.idiag_dport);
  if (found.empty() || found.front().remote_port != remote_port) return std::nullopt;
  return found.front();
}

bool IsUdpPort(uint16_t port) {
  for (const char* const file : {"/proc/net/udp", "/proc/net/udp6"}) {
    const std::string table = ReadWhole(file).value_or("");
    // "  sl  local_address ...", and then a line like "  4: 0100007F:1F90 00000000:0000 07 ..."
    std::istringstream lines(table.substr(std::min(table.find('\n'), table.size())));
    std::string number;
    std::string local;
    std::string rest;
    while (lines >> number >> local && std::getline(lines, rest)) {
      if (local.ends_with(fmt::format(":{:04X}", port))) return true;
    }
  }
  return false;
}

}  // namespace hupstorm::sight
