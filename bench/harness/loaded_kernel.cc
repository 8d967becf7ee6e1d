#include "bench/harness/loaded_kernel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/loopback_address.h"
#include "base/resource_limit.h"
#include "tools/cli/errors.h"

namespace hupstorm {

int Checked(std::string_view call, long result) {
  if (result == -1) {
    const bool is_limit = errno == EMFILE || errno == ENFILE || errno == EADDRNOTAVAIL;
    throw FailedError(fmt::format("{}: {}{}", call, strerror(errno),
                                  is_limit ? ": wait until other programs have closed theirs, or "
                                             "raise the machine's limit (ulimit -n)"
                                           : ""));
  }
  return static_cast<int>(result);
}

void CloseByReset(Syscalls& kernel, int fd) {
  const linger reset = {1, 0};
  Invoke<Call::kSetsockopt>(kernel, fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  Invoke<Call::kClose>(kernel, fd);
}

LoadedKernel::LoadedKernel(Platform platform, int connections) : address_(LoopbackIpv4(0)) {
  if (platform == Platform::kSimulated) {
    simulated_ = new SimulatedKernel();
    kernel_.reset(simulated_);
  } else {
    RaiseDescriptorLimit();
    kernel_ = std::make_unique<HostKernel>();
  }
  epoll_ = Do<Call::kEpollCreate1>(*kernel_, 0);
  listener_ = Do<Call::kSocket>(*kernel_, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  auto* const raw = reinterpret_cast<sockaddr*>(&address_);
  socklen_t length = sizeof address_;
  Do<Call::kBind>(*kernel_, listener_, raw, length);
  Do<Call::kListen>(*kernel_, listener_, 1024);
  Do<Call::kGetsockname>(*kernel_, listener_, raw, &length);
  measured_.client = ConnectClient();
  AwaitClient();
  measured_.server = Accept();
  for (int i = 0; i < connections; ++i) {
    ConnectIdle();
    AwaitClient();
    AcceptIdle();
  }
}

LoadedKernel::~LoadedKernel() {
  idle_.push_back(measured_.client);
  idle_.push_back(measured_.server);
  for (const int fd : idle_) CloseByReset(*kernel_, fd);
  Invoke<Call::kClose>(*kernel_, listener_);
  Invoke<Call::kClose>(*kernel_, epoll_);
}

int LoadedKernel::ConnectClient() {
  const int fd = Do<Call::kSocket>(*kernel_, AF_INET, SOCK_STREAM, 0);
  Do<Call::kConnect>(*kernel_, fd, reinterpret_cast<const sockaddr*>(&address_),
                     socklen_t{sizeof address_});
  int on = 1;
  Do<Call::kIoctl>(*kernel_, fd, FIONBIO, &on);
  return fd;
}

void LoadedKernel::ConnectIdle() {
  if (simulated_ != nullptr) {
    simulated_->PeerConnect(ntohs(address_.sin_port));
  } else {
    idle_.push_back(ConnectClient());
  }
}

void LoadedKernel::AcceptIdle() {
  const int fd = Accept();
  idle_.push_back(fd);
  epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
  Do<Call::kEpollCtl>(*kernel_, epoll_, EPOLL_CTL_ADD, fd, &event);
}

int LoadedKernel::Accept() {
  return Do<Call::kAccept>(*kernel_, listener_, nullptr, nullptr, SOCK_NONBLOCK);
}

void LoadedKernel::AwaitClient() {
  pollfd waiting = {listener_, POLLIN, 0};
  Do<Call::kPoll>(*kernel_, &waiting, 1, 10'000);
}

}  // namespace hupstorm
