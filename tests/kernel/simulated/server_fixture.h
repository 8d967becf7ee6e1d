// A simulated kernel with a listener and a few words for what a small server does.

#ifndef HUPSTORM_TESTS_KERNEL_SIMULATED_SERVER_FIXTURE_H_
#define HUPSTORM_TESTS_KERNEL_SIMULATED_SERVER_FIXTURE_H_

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <span>
#include <string>
#include <string_view>

#include "kernel/simulated/simulated_kernel.h"
#include "tests/kernel/conformance/syscall_matchers.h"

namespace hupstorm {

class ServerFixture : public testing::Test {
 protected:
  static constexpr uint16_t kPort = 8080;
  static constexpr int64_t kSecond = 1'000'000'000;

  int Listen(int backlog = 128, uint16_t port = kPort) {
    const int fd = Invoke<Call::kSocket>(kernel, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_THAT(
        Invoke<Call::kBind>(kernel, fd, reinterpret_cast<sockaddr*>(&address), sizeof address),
        SyscallSucceeds());
    EXPECT_THAT(Invoke<Call::kListen>(kernel, fd, backlog), SyscallSucceeds());
    return fd;
  }

  int Accept(int listener, int flags = SOCK_NONBLOCK) {
    const int fd = Invoke<Call::kAccept>(kernel, listener, nullptr, nullptr, flags);
    EXPECT_THAT(fd, SyscallSucceeds());
    return fd;
  }

  size_t PeerSend(PeerId peer, std::string_view text) {
    return kernel.PeerSend(peer, std::as_bytes(std::span(text)));
  }

  // Reads all that is there for the peer.
  std::string PeerRead(PeerId peer) {
    std::string text;
    for (auto part = kernel.PeerPeek(peer); !part.empty(); part = kernel.PeerPeek(peer)) {
      text.append(reinterpret_cast<const char*>(part.data()), part.size());
      kernel.PeerConsume(peer, part.size());
    }
    return text;
  }

  // One recv. Empty at the end of input; fails the test where there is nothing.
  std::string Recv(int fd, size_t most = 65536) {
    std::string text(most, '\0');
    const ssize_t count = Invoke<Call::kRecv>(kernel, fd, text.data(), text.size(), 0);
    EXPECT_THAT(count, SyscallSucceeds());
    text.resize(count < 0 ? 0 : static_cast<size_t>(count));
    return text;
  }

  ssize_t Send(int fd, std::string_view text) {
    return Invoke<Call::kSend>(kernel, fd, text.data(), text.size(), MSG_NOSIGNAL);
  }

  SimulatedKernel kernel;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_KERNEL_SIMULATED_SERVER_FIXTURE_H_
