// TCP_CORK and MSG_MORE hold a part of a segment back until something lets it go, or 200 ms.

#include <netinet/tcp.h>

#include "tests/programs/sockets.h"

namespace {

// What has arrived after some time that is too short for the timer.
void ShowArrived(const char* what, int fd) {
  Pause(20);
  char bytes[64];
  Show(what, recv(fd, bytes, sizeof bytes, MSG_DONTWAIT));
}

void SetTcp(int fd, int name, int value) { Show("set", Set(fd, IPPROTO_TCP, name, value)); }

void Corked(const Connection& c) {
  SetTcp(c.server, TCP_CORK, 1);
  send(c.server, "x", 1, 0);
  send(c.server, "y", 1, 0);
  ShowArrived("corked", c.client);
  SetTcp(c.server, TCP_CORK, 1);
  ShowArrived("corked again", c.client);
  SetTcp(c.server, TCP_CORK, 0);
  ShowArrived("uncorked", c.client);

  SetTcp(c.server, TCP_CORK, 1);
  send(c.server, "x", 1, 0);
  SetTcp(c.server, TCP_NODELAY, 0);
  ShowArrived("corked, with delay", c.client);
  SetTcp(c.server, TCP_NODELAY, 1);
  ShowArrived("what was queued, without delay", c.client);
  send(c.server, "x", 1, 0);
  ShowArrived("still corked", c.client);
  SetTcp(c.server, TCP_CORK, 0);
  ShowArrived("uncorked", c.client);
  SetTcp(c.server, TCP_NODELAY, 0);
}

void More(const Connection& c) {
  send(c.server, "x", 1, MSG_MORE);
  ShowArrived("more follows", c.client);
  send(c.server, "y", 1, MSG_MORE);
  ShowArrived("still more", c.client);
  send(c.server, "z", 1, 0);
  ShowArrived("the rest", c.client);
  SetTcp(c.server, TCP_NODELAY, 1);
  send(c.server, "x", 1, MSG_MORE);
  ShowArrived("without delay more follows", c.client);
  SetTcp(c.server, TCP_CORK, 0);
  ShowArrived("uncorked", c.client);
}

void AfterTheTimer(const Connection& c) {
  SetTcp(c.server, TCP_CORK, 1);
  send(c.server, "x", 1, 0);
  ShowArrived("corked", c.client);
  pollfd input = {c.client, POLLIN, 0};
  Show("by itself", poll(&input, 1, 10'000));
  ShowArrived("what came", c.client);
  send(c.server, "y", 1, 0);
  ShowArrived("corked as before", c.client);
}

void AtTheEnd(const Connection& c) {
  shutdown(c.server, SHUT_WR);
  ShowArrived("with the FIN", c.client);
  ShowArrived("the FIN", c.client);
}

void Large(const Connection& c) {
  // More than a segment: what fills one goes.
  static char bytes[40'000];
  SetTcp(c.server, TCP_CORK, 1);
  Show("large", send(c.server, bytes, sizeof bytes, 0));
  Pause(20);
  ssize_t arrived = recv(c.client, bytes, sizeof bytes, MSG_DONTWAIT);
  printf("some of it: %s\n", arrived > 20'000 && arrived < 40'000 ? "yes" : "no");
  while (arrived < 40'000) {
    AwaitInput(c.client);
    arrived += recv(c.client, bytes, sizeof bytes, 0);
  }
  printf("all of it: %zd\n", arrived);
  Set(c.client, SOL_SOCKET, SO_OOBINLINE, 1);
  send(c.server, "x", 1, MSG_OOB);
  ShowArrived("urgent bytes do not wait", c.client);
}

}  // namespace

int main() {
  const Connection connection = Connected();
  Corked(connection);
  More(connection);
  AfterTheTimer(connection);
  AtTheEnd(connection);
  Large(Connected());
  return 0;
}
