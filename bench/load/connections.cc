#include "bench/load/connections.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/loopback_address.h"
#include "base/system_error.h"
#include "target/reference/listener.h"
#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

// As many as a listener has room for (SOMAXCONN is 4,096) before it drops a SYN, which costs a
// second.
constexpr int kAtOnce = 256;

// What the far ends are to do: to connect, or to send a byte each.
struct Order {
  int connect = 0;  // as many more
  int first = 0;
  int count = 0;
  int stride = 1;
  bool answer = false;  // with a byte, once it is done
};

bool Obey(const Order& order, uint16_t port, std::vector<FileDescriptor>& fds) {
  for (int i = 0; i < order.connect; ++i) {
    const int fd = fds.emplace_back(ConnectToLoopback(port)).get();
    // Closed by a reset: ten thousand connections leave no port in TIME-WAIT for the next run.
    const linger reset = {.l_onoff = 1, .l_linger = 0};
    const int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
      return false;
    }
  }
  for (int i = 0; i < order.count; ++i) {
    const auto index = static_cast<size_t>(order.first + i * order.stride);
    if (send(fds.at(index).get(), "x", 1, MSG_NOSIGNAL) != 1) return false;
  }
  return true;
}

// The far ends' process, until the other side closes the control socket, or anything goes wrong.
void PlayFarEnds(int control, uint16_t port) {
  std::vector<FileDescriptor> fds;
  Order order;
  while (recv(control, &order, sizeof order, MSG_WAITALL) == sizeof order) {
    if (!Obey(order, port, fds)) return;
    if (order.answer && send(control, "", 1, MSG_NOSIGNAL) != 1) return;
  }
}

void Give(int control, const Order& order) {
  if (send(control, &order, sizeof order, MSG_NOSIGNAL) != sizeof order)
    ThrowSystemError("far end");
  if (!order.answer) return;
  char answer;
  const ssize_t count = recv(control, &answer, 1, 0);
  if (count == 1) return;
  if (count == 0) errno = ECONNRESET;  // it has gone: out of descriptors or of ports
  ThrowSystemError("far end");
}

}  // namespace

Connections::Connections(int count, const Accept& accept) {
  try {
    Make(count, accept);
  } catch (const std::system_error& error) {
    throw FailedError(fmt::format(
        "{} connections cannot be made ({}): they need as many descriptors, here and in a second "
        "process, and as many ports on 127.0.0.1; see what holds them (ss -s) and try again",
        count, error.what()));
  }
}

Connections::~Connections() {
  shutdown(control_.get(), SHUT_RDWR);
  far_end_.Wait();
}

void Connections::Make(int count, const Accept& accept) {
  Listener listener("127.0.0.1", 0);
  auto [near, far] = MakeSocketPair();
  control_ = std::move(near);
  far_end_ = ChildProcess([&, &end = far] {
    control_.reset();
    close(listener.fd());
    PlayFarEnds(end.get(), listener.port());
  });
  far.reset();
  fds_.reserve(static_cast<size_t>(count));
  while (this->count() < count) {
    const int batch = std::min(kAtOnce, count - this->count());
    Give(control_.get(), {.connect = batch, .answer = true});
    // They are made one after the other, so they are accepted in the far ends' order.
    for (int i = 0; i < batch; ++i) {
      fds_.emplace_back(FileDescriptor(CheckSystemCall(accept(listener.fd()), "accept")));
    }
  }
}

int Connections::AcceptNonBlocking(int listener) {
  return accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

void Connections::OrderBytes(int first, int count, int stride, bool awaits) const {
  Give(control_.get(), {.first = first, .count = count, .stride = stride, .answer = awaits});
}

}  // namespace hupstorm
