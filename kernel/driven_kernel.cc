#include "kernel/driven_kernel.h"

namespace hupstorm {

std::string_view TcpStateName(TcpState state) {
  switch (state) {
    case TcpState::kClosed:
      return "CLOSED";
    case TcpState::kListen:
      return "LISTEN";
    case TcpState::kSynSent:
      return "SYN-SENT";
    case TcpState::kSynRecv:
      return "SYN-RECV";
    case TcpState::kEstablished:
      return "ESTAB";
    case TcpState::kFinWait1:
      return "FIN-WAIT-1";
    case TcpState::kFinWait2:
      return "FIN-WAIT-2";
    case TcpState::kCloseWait:
      return "CLOSE-WAIT";
    case TcpState::kLastAck:
      return "LAST-ACK";
    case TcpState::kClosing:
      return "CLOSING";
    case TcpState::kTimeWait:
      return "TIME-WAIT";
  }
  return "?";
}

std::string DrivenKernel::Describe(const Descriptor& descriptor) const {
  switch (descriptor.kind) {
    case DescriptorKind::kListener:
      return "listening socket";
    case DescriptorKind::kConnection:
      return "connection";
    case DescriptorKind::kSocket:
      return "socket";
    case DescriptorKind::kEpoll:
      return "epoll instance";
    case DescriptorKind::kEventfd:
      return "eventfd";
    case DescriptorKind::kTimerfd:
      return "timerfd";
    case DescriptorKind::kPipe:
      return "pipe";
    case DescriptorKind::kSocketpair:
      return "socketpair";
    case DescriptorKind::kFree:
    case DescriptorKind::kOther:
      break;
  }
  return "descriptor";
}

}  // namespace hupstorm
