#include "bench/harness/loaded_kernel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/ioctl.h>

#include <utility>

#include "base/loopback_address.h"
#include "base/resource_limit.h"
#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

constexpr int kBacklog = 1024;

}  // namespace

int Checked(const char* call, long result) {
  if (result == -1) {
    const bool is_limit = errno == EMFILE || errno == ENFILE || errno == EADDRNOTAVAIL;
    throw FailedError(fmt::format("{}: {}{}", call, strerror(errno),
                                  is_limit ? ": wait until other programs have closed theirs, or "
                                             "raise the machine's limit (ulimit -n)"
                                           : ""));
  }
  return static_cast<int>(result);
}

LoadedKernel::LoadedKernel(Platform platform, int connections) {
  if (platform == Platform::kSimulated) {
    simulated_ = std::make_unique<SimulatedKernel>();
    kernel_ = simulated_.get();
  } else {
    RaiseDescriptorLimit();
    linux_ = std::make_unique<HostKernel>();
    kernel_ = linux_.get();
  }
  epoll_ = Checked("epoll_create1", Invoke<Call::kEpollCreate1>(*kernel_, 0));
  Listen();
  measured_.client = ConnectClient();
  measured_.server = Accept();
  for (int i = 0; i < connections; ++i) {
    ConnectIdleClient();
    const int server = Accept();
    idle_.push_back(server);
    epoll_event event = {.events = EPOLLIN, .data = {.fd = server}};
    Checked("epoll_ctl", Invoke<Call::kEpollCtl>(*kernel_, epoll_, EPOLL_CTL_ADD, server, &event));
  }
}

LoadedKernel::~LoadedKernel() {
  // With a reset, so that no port is left waiting on Linux.
  const linger reset = {1, 0};
  idle_.push_back(measured_.client);
  idle_.push_back(measured_.server);
  for (int fd : idle_) {
    Invoke<Call::kSetsockopt>(*kernel_, fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    Invoke<Call::kClose>(*kernel_, fd);
  }
  Invoke<Call::kClose>(*kernel_, listener_);
  Invoke<Call::kClose>(*kernel_, epoll_);
}

void LoadedKernel::Listen() {
  listener_ =
      Checked("socket", Invoke<Call::kSocket>(*kernel_, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
  address_ = LoopbackIpv4(0);
  auto* raw = reinterpret_cast<sockaddr*>(&address_);
  socklen_t length = sizeof address_;
  Checked("bind", Invoke<Call::kBind>(*kernel_, listener_, raw, length));
  Checked("listen", Invoke<Call::kListen>(*kernel_, listener_, kBacklog));
  Checked("getsockname", Invoke<Call::kGetsockname>(*kernel_, listener_, raw, &length));
}

int LoadedKernel::ConnectClient() {
  const int fd = Checked("socket", Invoke<Call::kSocket>(*kernel_, AF_INET, SOCK_STREAM, 0));
  Checked("connect",
          Invoke<Call::kConnect>(*kernel_, fd, reinterpret_cast<const sockaddr*>(&address_),
                                 sizeof address_));
  int on = 1;
  Checked("ioctl", Invoke<Call::kIoctl>(*kernel_, fd, FIONBIO, &on));
  return fd;
}

void LoadedKernel::ConnectIdleClient() {
  if (simulated_ != nullptr) {
    simulated_->PeerConnect(ntohs(address_.sin_port));
  } else {
    idle_.push_back(ConnectClient());
  }
}

int LoadedKernel::Accept() {
  pollfd waiting = {listener_, POLLIN, 0};
  Checked("poll", Invoke<Call::kPoll>(*kernel_, &waiting, 1, 10'000));
  return Checked("accept4",
                 Invoke<Call::kAccept>(*kernel_, listener_, nullptr, nullptr, SOCK_NONBLOCK));
}

}  // namespace hupstorm
