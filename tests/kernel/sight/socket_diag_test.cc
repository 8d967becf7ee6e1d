#include "kernel/linux/sight/socket_diag.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/kernel/sight/tcp_pair.h"

namespace hupstorm::sight {
namespace {

using ::testing::AnyOf;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SocketDiagTest : public ::testing::TestWithParam<bool> {
 protected:
  SocketDiagTest() {
    listener_ = Listener(5, /*dual_stack=*/GetParam());
    port_ = PortOf(OwnAddress(listener_));
    client_ = ConnectTo(port_);
  }
  ~SocketDiagTest() override {
    if (client_ >= 0) close(client_);
    if (server_ >= 0) close(server_);
    close(listener_);
  }
  void Accept() { server_ = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC); }

  // The server's side, by both ways of asking, which must say the same.
  TcpSocket Look() {
    const sockaddr_storage client = OwnAddress(client_);
    const auto found = diag_.Find(LoopbackAddress(port_), client);
    EXPECT_TRUE(found.has_value());
    const TcpSocket one = found.value_or(TcpSocket());
    for (const TcpSocket& socket : diag_.OfLocalPort(port_)) {
      if (socket.remote_port != PortOf(client)) continue;
      EXPECT_EQ(socket.inode, one.inode);
      EXPECT_EQ(socket.receive_queue, one.receive_queue);
      EXPECT_EQ(socket.bytes_received, one.bytes_received);
      return one;
    }
    ADD_FAILURE() << "not among all sockets of the port";
    return one;
  }

  void Send(int fd, size_t count) {
    const std::string bytes(count, 'x');
    ASSERT_EQ(send(fd, bytes.data(), count, MSG_NOSIGNAL), static_cast<ssize_t>(count));
  }
  void Read(int fd, size_t count) {
    std::string bytes(count, '\0');
    ASSERT_EQ(recv(fd, bytes.data(), count, MSG_WAITALL), static_cast<ssize_t>(count));
  }

  SocketDiag diag_;
  uint16_t port_ = 0;
  int listener_ = -1;
  int client_ = -1;
  int server_ = -1;
};

TEST_P(SocketDiagTest, AListenerShowsItsBacklogAndWhoWaits) {
  const std::vector<TcpSocket> listeners = diag_.Listeners(port_);
  ASSERT_THAT(listeners, SizeIs(1));
  EXPECT_TRUE(listeners[0].IsListener());
  EXPECT_EQ(listeners[0].inode, InodeOf(listener_));
  EXPECT_EQ(listeners[0].receive_queue, 1u);
  EXPECT_EQ(listeners[0].send_queue, 5u);
  EXPECT_EQ(listeners[0].uid, getuid());
  EXPECT_EQ(listeners[0].local_port, port_);
  Accept();
  EXPECT_EQ(diag_.Listeners(port_)[0].receive_queue, 0u);
}

TEST_P(SocketDiagTest, AConnectionHasNoInodeBeforeItIsAccepted) {
  EXPECT_TRUE(Look().WaitsToBeAccepted());
  EXPECT_EQ(Look().state, TcpState::kEstablished);
  Accept();
  EXPECT_FALSE(Look().WaitsToBeAccepted());
  EXPECT_EQ(Look().inode, InodeOf(server_));
  EXPECT_EQ(Look().family, GetParam() ? AF_INET6 : AF_INET);
}

TEST_P(SocketDiagTest, BytesAreCountedOnTheirWayIn) {
  Accept();
  Send(client_, 1000);
  EXPECT_EQ(Look().Received(), 1000u);
  EXPECT_EQ(Look().Unread(), 1000u);
  EXPECT_EQ(Look().Consumed(), 0u);
  Read(server_, 600);
  EXPECT_EQ(Look().Unread(), 400u);
  EXPECT_EQ(Look().Consumed(), 600u);
}

TEST_P(SocketDiagTest, AFinIsNoByte) {
  Accept();
  Send(client_, 10);
  shutdown(client_, SHUT_WR);
  EXPECT_EQ(Look().state, TcpState::kCloseWait);
  EXPECT_TRUE(Look().HasFin());
  EXPECT_EQ(Look().Received(), 10u);
  EXPECT_EQ(Look().Unread(), 10u);
  Read(server_, 10);
  EXPECT_EQ(Look().Unread(), 0u);
  EXPECT_EQ(Look().Consumed(), 10u);
  char byte = 0;
  EXPECT_EQ(recv(server_, &byte, 1, 0), 0);
  EXPECT_EQ(Look().Unread(), 0u);
  EXPECT_EQ(Look().Consumed(), 10u);
  EXPECT_TRUE(Look().IsHeld());
}

TEST_P(SocketDiagTest, WhatTheServerSentIsCountedBeforeAndAfterItIsAcknowledged) {
  Accept();
  Send(server_, 700);
  EXPECT_EQ(Look().Sent(), 700u);
  Read(client_, 700);
  Send(client_, 1);  // which carries the acknowledgement
  EXPECT_EQ(Look().bytes_acked, 700u);
  EXPECT_EQ(Look().send_queue, 0u);
  EXPECT_EQ(Look().Sent(), 700u);
}

TEST_P(SocketDiagTest, AConnectionThatItsOwnerClosedDoesNotWaitToBeAccepted) {
  Accept();
  close(server_);
  server_ = -1;
  // FIN-WAIT-2 as soon as the client acknowledges it.
  EXPECT_THAT(Look().state, AnyOf(TcpState::kFinWait1, TcpState::kFinWait2));
  EXPECT_FALSE(Look().IsHeld());
  EXPECT_FALSE(Look().WaitsToBeAccepted());
}

TEST_P(SocketDiagTest, AConnectionThatIsGoneIsNotFound) {
  Accept();
  const sockaddr_storage client = OwnAddress(client_);
  const linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(client_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(client_);
  client_ = -1;
  EXPECT_FALSE(diag_.Find(LoopbackAddress(port_), client).has_value());
  EXPECT_THAT(diag_.OfLocalPort(port_), SizeIs(1));  // the listener
}

INSTANTIATE_TEST_SUITE_P(Families, SocketDiagTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "DualStack" : "IPv4"; });

TEST(SocketDiagOfManyTest, AllConnectionsOfAPortAreTold) {
  constexpr size_t kConnections = 300;  // more than one answer of the kernel holds
  SocketDiag diag;
  const int listener = Listener(512);
  const uint16_t port = PortOf(OwnAddress(listener));
  std::vector<int> fds;
  while (fds.size() < kConnections) fds.push_back(ConnectTo(port));
  EXPECT_THAT(diag.OfLocalPort(port), SizeIs(kConnections + 1));
  for (const int fd : fds) close(fd);
  close(listener);
  EXPECT_THAT(diag.Listeners(port), IsEmpty());
}

}  // namespace
}  // namespace hupstorm::sight
