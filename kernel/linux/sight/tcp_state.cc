#include "kernel/linux/sight/tcp_state.h"

#include <netinet/tcp.h>

namespace hupstorm::sight {

TcpState TcpStateOf(int number) {
  switch (number) {
    case TCP_ESTABLISHED:
      return TcpState::kEstablished;
    case TCP_SYN_SENT:
      return TcpState::kSynSent;
    case TCP_SYN_RECV:
      return TcpState::kSynRecv;
    case TCP_FIN_WAIT1:
      return TcpState::kFinWait1;
    case TCP_FIN_WAIT2:
      return TcpState::kFinWait2;
    case TCP_TIME_WAIT:
      return TcpState::kTimeWait;
    case TCP_CLOSE_WAIT:
      return TcpState::kCloseWait;
    case TCP_LAST_ACK:
      return TcpState::kLastAck;
    case TCP_CLOSING:
      return TcpState::kClosing;
    case TCP_LISTEN:
      return TcpState::kListen;
    default:
      return TcpState::kClosed;
  }
}

}  // namespace hupstorm::sight
