#include "tests/kernel/layers/machine.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <span>

#include "kernel/host_kernel.h"
#include "kernel/simulated/simulated_kernel.h"

namespace hupstorm {
namespace {

constexpr int kPatienceMs = 10'000;

int Checked(int result, const char* what) {
  if (result == -1) {
    perror(what);
    abort();
  }
  return result;
}

class LinuxMachine final : public Machine {
 public:
  LinuxMachine() { Listen(); }
  ~LinuxMachine() override {
    for (const int fd : client_fds_) {
      if (fd != -1) Invoke<Call::kClose>(kernel_, fd);
    }
    for (const int fd : server_fds()) {
      if (fd != -1) Invoke<Call::kClose>(kernel_, fd);
    }
    Invoke<Call::kClose>(kernel_, listener());
  }

  Syscalls& kernel() override { return kernel_; }

  void ClientSend(std::string_view bytes) override {
    const ssize_t sent =
        Invoke<Call::kSend>(kernel_, client_fds_.back(), bytes.data(), bytes.size(), 0);
    if (sent != static_cast<ssize_t>(bytes.size())) abort();
    AwaitServer(POLLIN);
  }
  std::string ClientReceive(size_t most) override {
    std::string bytes(most, '\0');
    Await(client_fds_.back(), POLLIN);
    const ssize_t got = Invoke<Call::kRecv>(kernel_, client_fds_.back(), bytes.data(), most, 0);
    bytes.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
    return bytes;
  }
  void ClientShutdownWrite() override {
    Invoke<Call::kShutdown>(kernel_, client_fds_.back(), SHUT_WR);
    AwaitServer(POLLRDHUP);
  }
  void ClientReset() override {
    const linger reset{.l_onoff = 1, .l_linger = 0};
    Invoke<Call::kSetsockopt>(kernel_, client_fds_.back(), SOL_SOCKET, SO_LINGER, &reset,
                              sizeof(reset));
    Invoke<Call::kClose>(kernel_, client_fds_.back());
    client_fds_.back() = -1;
    AwaitServer(0);
  }

 private:
  void AddClient(uint16_t port) override {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const int fd = Checked(Invoke<Call::kSocket>(kernel_, AF_INET, SOCK_STREAM, 0), "socket");
    Checked(
        Invoke<Call::kConnect>(kernel_, fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
        "connect");
    client_fds_.push_back(fd);
  }
  // POLLERR and POLLHUP count too.
  void Await(int fd, short events) {
    pollfd ready{.fd = fd, .events = events, .revents = 0};
    if (Invoke<Call::kPoll>(kernel_, &ready, 1, kPatienceMs) != 1) abort();
  }
  void AwaitServer(short events) {
    if (server_fds().back() != -1) Await(server_fds().back(), events);
  }

  HostKernel kernel_;
  std::vector<int> client_fds_;
};

class SimulatedMachine final : public Machine, private KernelDriver {
 public:
  SimulatedMachine() {
    kernel_.set_driver(this);
    Listen();
  }

  Syscalls& kernel() override { return kernel_; }

  void ClientSend(std::string_view bytes) override {
    if (kernel_.PeerSend(peer_, std::as_bytes(std::span(bytes))) != bytes.size()) abort();
  }
  std::string ClientReceive(size_t most) override {
    const auto bytes = kernel_.PeerPeek(peer_);
    const size_t count = std::min(most, bytes.size());
    std::string received(reinterpret_cast<const char*>(bytes.data()), count);
    kernel_.PeerConsume(peer_, count);
    return received;
  }
  void ClientShutdownWrite() override { kernel_.PeerShutdownWrite(peer_); }
  void ClientReset() override { kernel_.PeerReset(peer_); }

 private:
  void AddClient(uint16_t port) override { peer_ = kernel_.PeerConnect(port); }
  // Nothing happens but that time passes.
  void OnBlock(Call call, int, int64_t deadline_ns) override {
    if (deadline_ns == -1) {
      fprintf(stderr, "%s would sleep for ever\n", CallName(call).data());
      abort();
    }
    kernel_.AdvanceTo(deadline_ns);
  }

  SimulatedKernel kernel_;
  PeerId peer_ = kNoPeer;
};

}  // namespace

void Machine::Listen() {
  listener_ = Checked(Invoke<Call::kSocket>(kernel(), AF_INET, SOCK_STREAM, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  Checked(Invoke<Call::kBind>(kernel(), listener_, any, length), "bind");
  Checked(Invoke<Call::kListen>(kernel(), listener_, 16), "listen");
  Checked(Invoke<Call::kGetsockname>(kernel(), listener_, any, &length), "getsockname");
  port_ = ntohs(address.sin_port);
}

void Machine::Connect() {
  AddClient(port_);
  server_fds_.push_back(-1);
}

int Machine::Accepted(bool non_blocking) {
  Connect();
  server_fds_.back() = Checked(Invoke<Call::kAccept>(kernel(), listener_, nullptr, nullptr,
                                                     non_blocking ? SOCK_NONBLOCK : 0),
                               "accept4");
  return server_fds_.back();
}

int64_t Machine::ConnectionOf(int fd) {
  if (fd == alias.first) fd = alias.second;
  const bool known = std::find(server_fds_.begin(), server_fds_.end(), fd) != server_fds_.end();
  return known ? fd : kNoConnection;
}

void Machine::ResetPeerOf(int fd, bool fin_first) {
  if (fd != server_fds_.back()) abort();
  if (fin_first) ClientShutdownWrite();
  ClientReset();
}

std::unique_ptr<Machine> MakeMachine(MachineKind kind) {
  if (kind == MachineKind::kLinux) return std::make_unique<LinuxMachine>();
  return std::make_unique<SimulatedMachine>();
}

}  // namespace hupstorm
