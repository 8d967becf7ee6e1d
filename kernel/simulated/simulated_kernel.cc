// The owner's side of the simulated kernel but for the peers: life cycle, clock, signals, limits,
// and what is open.

#include "kernel/simulated/simulated_kernel.h"

#include <algorithm>
#include <utility>

#include "kernel/simulated/calls.h"
#include "kernel/simulated/epoll.h"
#include "kernel/simulated/special_files.h"
#include "kernel/simulated/tcp.h"

namespace hupstorm {
namespace simulated {

int InstallLowest(Kernel& kernel, Object& object, bool close_on_exec) {
  const int fd = kernel.descriptors.LowestFree();
  kernel.descriptors.Install(fd, &object, close_on_exec);
  if (object.serial == 0) object.serial = kernel.next_serial++;
  if (object.kind == Kind::kTcp) static_cast<TcpEndpoint&>(object).fd = fd;
  return fd;
}

}  // namespace simulated

SimulatedKernel::SimulatedKernel(const Options& options)
    : state_(std::make_unique<State>(options)) {
  state_->owner_limit = options.descriptor_limit;
  simulated::ApplyDescriptorLimit(*state_);
  state_->timers.set_now_ns(options.start_ns);
}

SimulatedKernel::~SimulatedKernel() {
  simulated::ForgetHostFiles(*state_);
  simulated::ForgetUnix(*state_);
}

void SimulatedKernel::Reset() {
  State& state = *state_;
  const auto clear = [](auto&... parts) { (parts.Clear(), ...); };
  clear(state.descriptors, state.timers, state.signals, state.ports, state.endpoints,
        state.listeners, state.tcp_timers, state.kept_options, state.epoll_items, state.epolls,
        state.eventfds, state.timerfds, state.pipes, state.pipe_ends, state.unix_streams,
        state.unix_listeners, state.passed_descriptors, state.signalfds, state.host_files,
        state.chunks);
  state.wake.place = -1;
  state.owner_limit = state.options.descriptor_limit;
  state.own_limit.reset();
  state.given_up.clear();
  simulated::ApplyDescriptorLimit(state);
  state.timers.set_now_ns(state.options.start_ns);
  simulated::ForgetHostFiles(state);
  simulated::ForgetUnix(state);
  state.looks_at_clock = 0;
  state.next_serial = 1;
  state.resting = {};
  state.accept_queue_length = 0;
  state.peers.clear();
  state.next_peer_address = 0;
  state.changed_peers.clear();
  state.taken_peers.clear();
  state.accepted_send_buffer = state.accepted_receive_buffer = 0;
}

void SimulatedKernel::set_driver(KernelDriver* driver) { state_->driver = driver; }

int64_t SimulatedKernel::now_ns() const { return state_->timers.now_ns(); }

void SimulatedKernel::AdvanceTo(int64_t ns) {
  state_->looks_at_clock = 0;
  simulated::AdvanceClock(*state_, ns);
}

int64_t SimulatedKernel::NextTimerNs() const {
  const simulated::Timer* timer = state_->timers.first();
  return timer != nullptr ? timer->due_ns : -1;
}

SimulatedKernel::Disposition SimulatedKernel::SignalDisposition(int signal) const {
  if (simulated::GoesToSignalfd(*state_, signal)) return Disposition::kHandled;
  return state_->signals.DispositionOf(signal);
}

SimulatedKernel::Disposition SimulatedKernel::RaiseSignal(int signal) {
  siginfo_t info = {};
  info.si_signo = signal;
  return RaiseSignal(info);
}

SimulatedKernel::Disposition SimulatedKernel::RaiseSignal(const siginfo_t& signal) {
  state_->looks_at_clock = 0;
  if (simulated::GoesToSignalfd(*state_, signal.si_signo)) {
    simulated::LeavePending(*state_, signal.si_signo);
    return Disposition::kHandled;
  }
  return state_->signals.Raise(signal);
}

void SimulatedKernel::set_wake_ns(int64_t due_ns) {
  if (due_ns >= 0) {
    state_->timers.Arm(state_->wake, due_ns);
  } else {
    state_->timers.Disarm(state_->wake);
  }
}

void SimulatedKernel::InterruptBlockedCall() { state_->signals.InterruptSleepingCall(); }
void SimulatedKernel::WakeBlockedCall() { state_->signals.WakeSleepingCall(); }

void* SimulatedKernel::ExchangeSleepingCall(void* call) {
  return state_->signals.ExchangeSleeping(static_cast<simulated::Signals::SleepingCall*>(call));
}

uint64_t SimulatedKernel::interruptions() const { return state_->signals.interruptions(); }

void SimulatedKernel::set_sleeping_calls(std::vector<SleepingCall> calls) {
  state_->sleeping_calls = std::move(calls);
}

std::vector<DrivenKernel::SleepingCall> SimulatedKernel::SleepingCalls() const {
  return state_->sleeping_calls;
}

int SimulatedKernel::fatal_sigpipes() const { return state_->signals.fatal_sigpipes(); }

void SimulatedKernel::set_descriptor_limit(int limit) {
  state_->owner_limit = limit;
  state_->given_up.clear();
  simulated::ApplyDescriptorLimit(*state_);
}

int SimulatedKernel::descriptor_limit() const { return state_->descriptors.limit(); }

void SimulatedKernel::set_server_send_buffer(int bytes) {
  state_->accepted_send_buffer = bytes == kDefaultBuffer ? 0 : simulated::SendBufferFor(bytes);
}

void SimulatedKernel::set_server_receive_buffer(int bytes) {
  state_->accepted_receive_buffer =
      bytes == kDefaultBuffer ? 0 : simulated::ReceiveBufferFor(bytes);
}

size_t SimulatedKernel::accept_queue_length() const { return state_->accept_queue_length; }

std::vector<SimulatedKernel::Descriptor> SimulatedKernel::OpenDescriptors() const {
  std::vector<Descriptor> open;
  for (int fd = kFirstDescriptor; fd < state_->descriptors.end(); ++fd) {
    const DescriptorKind kind = KindOf(fd);
    if (kind != DescriptorKind::kFree) {
      open.push_back({.fd = fd, .kind = kind, .peer = PeerOf(fd)});
    }
  }
  return open;
}

int SimulatedKernel::open_descriptor_count() const { return state_->descriptors.open_count(); }

int SimulatedKernel::WatchedWith(int epoll, uint64_t data) const {
  const simulated::Object* const object = state_->descriptors.Get(epoll);
  if (object == nullptr || object->kind != simulated::Kind::kEpoll) return -1;
  int found = -1;
  const auto& items = static_cast<const simulated::Epoll&>(*object).items;
  for (const simulated::EpollItem* item = items.first(); item != nullptr; item = items.Next(item)) {
    if (item->data != data) continue;
    if (found >= 0) return -1;
    found = item->fd;
  }
  return found;
}

SimulatedKernel::DescriptorKind SimulatedKernel::KindOf(int fd) const {
  const simulated::Object* object = state_->descriptors.Get(fd);
  if (object == nullptr) return DescriptorKind::kFree;
  switch (object->kind) {
    case simulated::Kind::kTcp: {
      const auto& endpoint = static_cast<const simulated::TcpEndpoint&>(*object);
      if (endpoint.state == TcpState::kListen) return DescriptorKind::kListener;
      return endpoint.was_connected ? DescriptorKind::kConnection : DescriptorKind::kSocket;
    }
    case simulated::Kind::kEpoll:
      return DescriptorKind::kEpoll;
    case simulated::Kind::kEventfd:
      return DescriptorKind::kEventfd;
    case simulated::Kind::kTimerfd:
      return DescriptorKind::kTimerfd;
    case simulated::Kind::kPipeEnd:
      return DescriptorKind::kPipe;
    case simulated::Kind::kUnixStream:
      return DescriptorKind::kSocketpair;
    case simulated::Kind::kSignalfd:
      return DescriptorKind::kOther;
    case simulated::Kind::kHostFile:
      break;  // has no descriptor in the window
  }
  return DescriptorKind::kFree;
}

bool SimulatedKernel::IsNonBlocking(int fd) const {
  const simulated::Object* object = state_->descriptors.Get(fd);
  return object != nullptr && object->non_blocking;
}

}  // namespace hupstorm
