#include "kernel/linux/held/loopback_kernel.h"

#include <dirent.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "kernel/linux/clients/tcp_state.h"

namespace hupstorm {
namespace {

// As getsockopt would say: setsockopt takes half of it (socket(7)).
constexpr int kSendBuffer = 16 * 1024;
constexpr int kReceiveBuffer = 128 * 1024;

}  // namespace

void LoopbackKernel::Reset() {
  clients_.Clear();
  *server_ = Server();
  now_ns_ = kStartNs;
  interrupted_ = interruption_restarts_ = changed_ = false;
  fatal_sigpipes_ = 0;
  send_buffer_ = receive_buffer_ = kDefaultBuffer;
}

void LoopbackKernel::Attach(pid_t pid) { server_->pid = pid; }

// At the server's first call: before that its process is still being made.
void LoopbackKernel::LookAtStart() {
  server_->held = true;
  server_->given = NumbersInUse(server_->pid);
  rlimit limit = {};
  prlimit(server_->pid, RLIMIT_NOFILE, nullptr, &limit);
  server_->descriptor_limit = limit.rlim_cur;
}

void LoopbackKernel::Block(Call call, int fd, int64_t deadline_ns) {
  asleep_in_ = call;
  driver_->OnBlock(call, fd, deadline_ns);
}

int64_t LoopbackKernel::Pass(const SystemCall& call) {
  const int64_t result = Invoke(*remote_, call);
  if (result != -1) server_->book.Learn(call, result);
  return result;
}

// The last system call that a call of the server needs.
int64_t LoopbackKernel::PassAndGo(const SystemCall& call) {
  if (!driver_->LeavesResultsAlone()) return Pass(call);
  SystemCall made = call;
  remote_->MakeAndGo(made);
  if (made.result != -1) server_->book.Learn(call, made.result);
  errno = made.error;
  return made.result;
}

int64_t LoopbackKernel::Carry(const SystemCall& call) {
  if (!server_->held) LookAtStart();
  if (SystemCall told; remote_->TakeTold(told)) {
    errno = told.error;
    return told.result;
  }
  const int fd = static_cast<int>(call.arguments[0]);
  switch (call.call) {
    case Call::kSelect:
    case Call::kPoll:
    case Call::kEpollWait:
      return Wait(call);
    case Call::kAccept:
      return Accept(call);
    case Call::kListen:
      return ListenAndSetBuffers(call);
    case Call::kRecv:
    case Call::kRecvmsg:
    case Call::kRead:
    case Call::kReadv:
      return Receive(call);
    case Call::kSend:
    case Call::kSendmsg:
    case Call::kWrite:
    case Call::kWritev:
      return Transmit(call);
    case Call::kClose:
    case Call::kShutdown:
      changed_ = changed_ || server_->book.Of(fd).peer != kNoPeer;
      return PassAndGo(call);
    case Call::kSetsockopt:
      if (call.arguments[1] == SOL_SOCKET) {
        server_->send_buffer_chosen = server_->send_buffer_chosen || call.arguments[2] == SO_SNDBUF;
        server_->receive_buffer_chosen =
            server_->receive_buffer_chosen || call.arguments[2] == SO_RCVBUF;
      }
      return PassAndGo(call);
    case Call::kNanosleep:
      return Sleep(call);
    case Call::kClockGettime:
      return ReadClock(call);
    case Call::kTimerfdSettime:
      return SetTimer(call);
    case Call::kTimerfdGettime:
      return GetTimer(call);
    case Call::kSigaction: {
      const auto* const action = call.Pointer<const struct sigaction>(1);
      const int64_t result = Pass(call);
      if (result == 0 && action != nullptr) {
        const auto signal = static_cast<size_t>(fd);
        server_->dispositions.at(signal) = action->sa_handler == SIG_DFL   ? Disposition::kDefault
                                           : action->sa_handler == SIG_IGN ? Disposition::kIgnored
                                                                           : Disposition::kHandled;
        server_->restarts.at(signal) = (action->sa_flags & SA_RESTART) != 0;
      }
      return result;
    }
    default:
      return PassAndGo(call);
  }
}

// ---- Signals.

DrivenKernel::Disposition LoopbackKernel::SignalDisposition(int signal) const {
  return server_->dispositions.at(static_cast<size_t>(signal));
}

DrivenKernel::Disposition LoopbackKernel::RaiseSignal(int signal) {
  const Disposition disposition = SignalDisposition(signal);
  // One that ends the server is left to the driver, who wants to see to the end itself.
  if (disposition == Disposition::kHandled) {
    kill(server_->pid, signal);
    remote_->RunHandlers();
    interrupted_ = true;
    interruption_restarts_ = server_->restarts.at(static_cast<size_t>(signal));
  }
  return disposition;
}

void LoopbackKernel::InterruptBlockedCall() {
  const bool waits =
      asleep_in_ == Call::kSelect || asleep_in_ == Call::kPoll || asleep_in_ == Call::kNanosleep;
  bool interrupts = asleep_in_ == Call::kEpollWait;
  for (size_t signal = 1; signal < server_->dispositions.size(); ++signal) {
    const bool is_handled = server_->dispositions[signal] == Disposition::kHandled;
    interrupts = interrupts || (is_handled && (waits || !server_->restarts[signal]));
  }
  if (!interrupts) return;
  interrupted_ = true;
  interruption_restarts_ = false;
}

// ---- Limits.

void LoopbackKernel::set_descriptor_limit(int limit) {
  rlimit now = {};
  if (prlimit(server_->pid, RLIMIT_NOFILE, nullptr, &now) != 0) return;
  now.rlim_cur = server_->descriptor_limit;
  if (limit < kNoDescriptorLimit) {
    // Linux limits the numbers. Those below the one that would be too many: the server's own, and
    // all that it was given.
    const std::vector<int> in_use = NumbersInUse(server_->pid);
    int room = limit - open_descriptor_count();
    rlim_t number = 0;
    for (; number < server_->descriptor_limit; ++number) {
      const bool taken = std::binary_search(in_use.begin(), in_use.end(), static_cast<int>(number));
      if (!taken && room-- <= 0) break;
    }
    now.rlim_cur = number;
  }
  prlimit(server_->pid, RLIMIT_NOFILE, &now, nullptr);
}

void LoopbackKernel::SetListenerBuffer(int name, int bytes) {
  if (server_->listener < 0 || !server_->held) return;
  Invoke<Call::kSetsockopt>(*remote_, server_->listener, SOL_SOCKET, name, &bytes, sizeof bytes);
}

void LoopbackKernel::set_server_send_buffer(int bytes) {
  send_buffer_ = bytes;
  SetListenerBuffer(SO_SNDBUF, bytes == kDefaultBuffer ? kSendBuffer / 2 : bytes);
}

void LoopbackKernel::set_server_receive_buffer(int bytes) {
  receive_buffer_ = bytes;
  SetListenerBuffer(SO_RCVBUF, bytes == kDefaultBuffer ? kReceiveBuffer / 2 : bytes);
}

int64_t LoopbackKernel::ListenAndSetBuffers(const SystemCall& call) {
  const int64_t result = Pass(call);
  if (result == 0 && server_->listener < 0) {
    server_->listener = static_cast<int>(call.arguments[0]);
    if (!server_->send_buffer_chosen) set_server_send_buffer(send_buffer_);
    if (!server_->receive_buffer_chosen) set_server_receive_buffer(receive_buffer_);
    // Inherited by its connections. Nagle's algorithm would hold a server's last bytes back until
    // the client acknowledges those before, up to 40 ms later: time, and nothing else.
    const int on = 1;
    Invoke<Call::kSetsockopt>(*remote_, server_->listener, IPPROTO_TCP, TCP_NODELAY, &on,
                              sizeof on);
  }
  return result;
}

// ---- Peers.

PeerId LoopbackKernel::PeerConnect(uint16_t port, const PeerOptions& options) {
  return clients_.Connect(port, options);
}
size_t LoopbackKernel::PeerSend(PeerId peer, std::span<const std::byte> bytes) {
  return clients_.Send(peer, bytes);
}
bool LoopbackKernel::PeerSendUrgent(PeerId peer, std::byte byte) {
  return clients_.SendUrgent(peer, byte);
}
std::span<const std::byte> LoopbackKernel::PeerPeek(PeerId peer) const {
  return clients_.Peek(peer);
}
void LoopbackKernel::PeerConsume(PeerId peer, size_t count, uint64_t /*wanted*/) {
  clients_.Consume(peer, count);
}
void LoopbackKernel::PeerShutdownWrite(PeerId peer) { clients_.ShutdownWrite(peer); }
void LoopbackKernel::PeerClose(PeerId peer) { clients_.Close(peer); }
void LoopbackKernel::PeerReset(PeerId peer) { clients_.Reset(peer); }

void LoopbackKernel::PeerVanish(PeerId) {
  std::fputs("hupstorm: a host cannot vanish from loopback\n", stderr);
  std::abort();
}

DrivenKernel::PeerStatus LoopbackKernel::Status(PeerId peer) const { return clients_.Status(peer); }

std::span<const PeerId> LoopbackKernel::TakeChangedPeers() {
  changed_ = false;
  return clients_.TakeChanged();
}

// Sends what TCP would send up to 40 ms later, so that the client's FIN is known to have come.
void LoopbackKernel::AcknowledgeNow(int fd) const {
  const int on = 1;
  Invoke<Call::kSetsockopt>(*remote_, fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

DrivenKernel::ConnectionStatus LoopbackKernel::ServerSide(PeerId peer) const {
  ConnectionStatus status;
  if (!server_->held) return status;
  status.fd = server_->book.Find(peer);
  if (status.fd < 0) return status;
  status.accepted = true;
  tcp_info info = {};
  socklen_t length = sizeof info;
  if (Invoke<Call::kGetsockopt>(*remote_, status.fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0) {
    status.state = loopback::TcpStateOf(info.tcpi_state);
    if (status.state == TcpState::kCloseWait) AcknowledgeNow(status.fd);
  }
  int unread = 0;
  if (Invoke<Call::kIoctl>(*remote_, status.fd, FIONREAD, &unread) == 0)
    status.unread = static_cast<size_t>(unread);
  status.unsent = clients_.UnsentByServer(peer);
  return status;
}

// ---- Descriptors.

std::vector<int> LoopbackKernel::NumbersInUse(pid_t pid) {
  std::vector<int> numbers;
  DIR* const folder = pid < 0 ? nullptr : opendir(fmt::format("/proc/{}/fd", pid).c_str());
  if (folder == nullptr) return numbers;
  while (const dirent* const entry = readdir(folder)) {
    if (entry->d_name[0] != '.') numbers.push_back(std::atoi(entry->d_name));
  }
  closedir(folder);
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::vector<DrivenKernel::Descriptor> LoopbackKernel::OpenDescriptors() const {
  std::vector<Descriptor> open;
  for (const int fd : NumbersInUse(server_->pid)) {
    if (std::binary_search(server_->given.begin(), server_->given.end(), fd)) continue;
    const DescriptorFacts& known = server_->book.Of(fd);
    const bool is_known = known.kind != DescriptorKind::kFree;
    open.push_back({fd, is_known ? known.kind : DescriptorKind::kOther, known.peer});
  }
  return open;
}

int LoopbackKernel::open_descriptor_count() const {
  return static_cast<int>(OpenDescriptors().size());
}

}  // namespace hupstorm
