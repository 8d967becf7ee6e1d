// A socket that connects to its own address is connected to itself.

#include <fcntl.h>
#include <netinet/tcp.h>

#include "tests/programs/sockets.h"

namespace {

int Self() {
  const int fd = TcpSocket();
  Bind(fd, Loopback());
  Show("connect", Connect(fd, OwnAddress(fd)));
  return fd;
}

void ShowState(int fd) {
  tcp_info info = {};
  socklen_t length = sizeof info;
  getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length);
  printf("state %d\n", info.tcpi_state);
}

// Whether its address is free again, for a socket without SO_REUSEADDR.
void BindAgain(const sockaddr_in& address) { Show("bind again", Bind(TcpSocket(), address)); }

void TalksToItself() {
  char bytes[16];
  const int fd = Self();
  Show("send", send(fd, "abc", 3, 0));
  AwaitInput(fd);
  Show("recv", recv(fd, bytes, sizeof bytes, 0));
  ShowState(fd);
  Show("shutdown", shutdown(fd, SHUT_WR));
  Pause(50);
  pollfd ready = {fd, POLLIN | POLLOUT | POLLRDHUP, 0};
  poll(&ready, 1, 0);
  printf("ready %#x\n", ready.revents);
  Show("recv", recv(fd, bytes, sizeof bytes, 0));
  Show("send", send(fd, "x", 1, MSG_NOSIGNAL));
  ShowState(fd);
  BindAgain(OwnAddress(fd));
}

void ClosesWithUnreadBytes() {
  const int fd = Self();
  const sockaddr_in address = OwnAddress(fd);
  send(fd, "abc", 3, 0);
  AwaitInput(fd);
  close(fd);
  BindAgain(address);
}

void ClosesInOrder() {
  const int fd = Self();
  const sockaddr_in address = OwnAddress(fd);
  close(fd);
  BindAgain(address);
  Show("connect", Connect(TcpSocket(), address));
}

void Dissolves() {
  char byte;
  const int fd = Self();
  const sockaddr_in address = OwnAddress(fd);
  const sockaddr nothing = {};
  Show("dissolve", connect(fd, &nothing, sizeof nothing));
  printf("error %d\n", Get(fd, SOL_SOCKET, SO_ERROR));
  Show("recv", recv(fd, &byte, 1, MSG_DONTWAIT));
  Show("connect", Connect(fd, address));
}

void ConnectsWithoutWaiting() {
  const int fd = TcpSocket();
  Bind(fd, Loopback());
  fcntl(fd, F_SETFL, O_NONBLOCK);
  const sockaddr_in address = OwnAddress(fd);
  Show("connect", Connect(fd, address));
  pollfd writable = {fd, POLLOUT, 0};
  poll(&writable, 1, -1);
  Show("connect", Connect(fd, address));
  Show("connect", Connect(fd, address));
}

}  // namespace

int main() {
  TalksToItself();
  ClosesWithUnreadBytes();
  ClosesInOrder();
  Dissolves();
  ConnectsWithoutWaiting();
  return 0;
}
