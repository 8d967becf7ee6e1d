#include "bench/claims/connections.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>

#include "base/loopback_address.h"
#include "base/system_error.h"
#include "target/reference/listener.h"

namespace hupstorm {
namespace {

// As many as a listener has room for (SOMAXCONN is 4,096) before it drops a SYN, which costs a
// second.
constexpr int kAtOnce = 256;

struct Order {
  enum class What : int { kConnect, kSend } what = What::kConnect;
  int first = 0;
  int count = 0;
  int stride = 1;
  bool answer = false;  // with a byte, once it is done
};

// The far ends.
class FarEnd {
 public:
  FarEnd(int control, uint16_t port) : control_(control), port_(port) {}

  // Until the other side closes the control socket, or anything goes wrong.
  void Run() {
    Order order;
    while (recv(control_, &order, sizeof order, MSG_WAITALL) == sizeof order) {
      const bool done = order.what == Order::What::kConnect ? Connect(order.count) : Send(order);
      if (!done) return;
      if (order.answer && send(control_, "", 1, MSG_NOSIGNAL) != 1) return;
    }
  }

 private:
  bool Connect(int count) {
    for (int i = 0; i < count; ++i) {
      const int fd = fds_.emplace_back(ConnectToLoopback(port_)).get();
      // Closed by a reset: ten thousand connections leave no port in TIME-WAIT for the next run.
      const linger reset = {.l_onoff = 1, .l_linger = 0};
      const int on = 1;
      if (setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) != 0 ||
          setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        return false;
      }
    }
    return true;
  }

  bool Send(const Order& order) {
    for (int i = 0; i < order.count; ++i) {
      const auto index = static_cast<size_t>(order.first + i * order.stride);
      if (send(fds_.at(index).get(), "x", 1, MSG_NOSIGNAL) != 1) return false;
    }
    return true;
  }

  const int control_;
  const uint16_t port_;
  std::vector<FileDescriptor> fds_;
};

void Give(int control, const Order& order) {
  if (send(control, &order, sizeof order, MSG_NOSIGNAL) != sizeof order)
    ThrowSystemError("far end");
}

void AwaitAnswer(int control) {
  char answer;
  const ssize_t count = recv(control, &answer, 1, 0);
  if (count == 1) return;
  if (count == 0) errno = ECONNRESET;  // it has gone: out of descriptors or of ports
  ThrowSystemError("far end");
}

}  // namespace

Connections::Connections(int count) {
  Listener listener("127.0.0.1", 0);
  auto [near, far] = MakeSocketPair();
  control_ = std::move(near);
  far_end_ = ChildProcess([&, &end = far] {
    control_.reset();
    close(listener.fd());
    FarEnd(end.get(), listener.port()).Run();
  });
  far.reset();
  fds_.reserve(static_cast<size_t>(count));
  while (this->count() < count) MakeMore(listener.fd(), std::min(kAtOnce, count - this->count()));
}

Connections::~Connections() {
  shutdown(control_.get(), SHUT_RDWR);
  far_end_.Wait();
}

void Connections::MakeMore(int listener, int count) {
  Give(control_.get(), {.what = Order::What::kConnect, .count = count, .answer = true});
  AwaitAnswer(control_.get());
  // They are made one after the other, so they are accepted in the far ends' order.
  for (int i = 0; i < count; ++i) {
    fds_.emplace_back(FileDescriptor(CheckSystemCall(
        accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC), "accept")));
  }
}

void Connections::OrderBytes(int first, int count, int stride) const {
  Give(control_.get(),
       {.what = Order::What::kSend, .first = first, .count = count, .stride = stride});
}

void Connections::SendBytes(int first, int count, int stride) const {
  Give(control_.get(), {.what = Order::What::kSend,
                        .first = first,
                        .count = count,
                        .stride = stride,
                        .answer = true});
  AwaitAnswer(control_.get());
}

}  // namespace hupstorm
