#include "bench/harness/measured_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>

#include <array>
#include <type_traits>
#include <utility>
#include <vector>

#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

constexpr int kBatch = MeasuredCall::kBatch;
// Bytes that each recv and send moves: a short line, so that the call is measured and not memcpy.
constexpr int kMessage = 64;

struct Nothing {
  void operator()() const {}
};

// `call` in batches, with `bring` before each, and `end` after the last.
template <typename Bring, typename Call, typename End>
class InBatches final : public MeasuredCall {
 public:
  InBatches(Bring bring, Call call, End end)
      : bring_(std::move(bring)), call_(std::move(call)), end_(std::move(end)) {}
  ~InBatches() override { end_(); }
  bool prepares() const override { return !std::is_same_v<Bring, Nothing>; }
  void Prepare() override { bring_(); }
  void RunBatch() override {
    for (int i = 0; i < kBatch; ++i) call_();
  }

 private:
  Bring bring_;
  Call call_;
  End end_;
};

template <typename Call, typename End = Nothing>
std::unique_ptr<MeasuredCall> Repeated(Call call, End end = {}) {
  return std::make_unique<InBatches<Nothing, Call, End>>(Nothing(), std::move(call),
                                                         std::move(end));
}

template <typename Prepare, typename Call, typename End>
std::unique_ptr<MeasuredCall> Prepared(Prepare prepare, Call call, End end) {
  return std::make_unique<InBatches<Prepare, Call, End>>(std::move(prepare), std::move(call),
                                                         std::move(end));
}

void Expect(bool held, const char* what) {
  if (!held) throw FailedError(what);
}

void AwaitInput(Syscalls& kernel, int fd) {
  pollfd entry = {fd, POLLIN, 0};
  Checked("poll", Invoke<Call::kPoll>(kernel, &entry, 1, 10'000));
}

void DrainInput(Syscalls& kernel, int fd) {
  char bytes[64 * 1024];
  while (Invoke<Call::kRecv>(kernel, fd, bytes, sizeof bytes, 0) > 0) {
  }
}

// Leaves one unread byte at the server's end.
void LeaveUnreadByte(LoadedKernel& loaded) {
  Checked("send", Invoke<Call::kSend>(loaded.kernel(), loaded.measured().client, "x", 1, 0));
  AwaitInput(loaded.kernel(), loaded.measured().server);
}

std::unique_ptr<MeasuredCall> Recv(LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  const MeasuredConnection connection = loaded.measured();
  return Prepared(
      [&kernel, connection] {
        const std::array<char, kBatch* kMessage> bytes = {};
        Checked("send",
                Invoke<Call::kSend>(kernel, connection.client, bytes.data(), bytes.size(), 0));
        AwaitInput(kernel, connection.server);
      },
      [&kernel, connection] {
        char bytes[kMessage];
        Checked("recv", Invoke<Call::kRecv>(kernel, connection.server, bytes, kMessage, 0));
      },
      [&kernel, connection] { DrainInput(kernel, connection.server); });
}

std::unique_ptr<MeasuredCall> RecvNothing(LoadedKernel& loaded) {
  return Repeated([&kernel = loaded.kernel(), fd = loaded.measured().server] {
    char byte;
    Expect(Invoke<Call::kRecv>(kernel, fd, &byte, 1, 0) == -1, "recv: something is there");
  });
}

// Each call on another connection, so that what it touches has left the processor's caches.
std::unique_ptr<MeasuredCall> RecvNothingInTurn(LoadedKernel& loaded) {
  return Repeated([&kernel = loaded.kernel(), &fds = loaded.idle(), turn = size_t{0}]() mutable {
    char byte;
    Expect(Invoke<Call::kRecv>(kernel, fds[turn], &byte, 1, MSG_DONTWAIT) == -1,
           "recv: something is there");
    if (++turn == fds.size()) turn = 0;
  });
}

std::unique_ptr<MeasuredCall> Send(LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  const MeasuredConnection connection = loaded.measured();
  const auto drain = [&kernel, connection] { DrainInput(kernel, connection.client); };
  return Prepared(
      drain,
      [&kernel, connection] {
        const char bytes[kMessage] = {};
        Checked("send",
                Invoke<Call::kSend>(kernel, connection.server, bytes, kMessage, MSG_NOSIGNAL));
      },
      drain);
}

// One message there and back, as an echo server and its client see it.
std::unique_ptr<MeasuredCall> Echo(LoadedKernel& loaded) {
  return Repeated([&kernel = loaded.kernel(), connection = loaded.measured()] {
    char bytes[kMessage] = {};
    const auto pass = [&](int from, int to) {
      Checked("send", Invoke<Call::kSend>(kernel, from, bytes, kMessage, MSG_NOSIGNAL));
      while (Invoke<Call::kRecv>(kernel, to, bytes, kMessage, 0) == -1) {
        if (errno != EAGAIN) Checked("recv", -1);
        AwaitInput(kernel, to);
      }
    };
    pass(connection.client, connection.server);
    pass(connection.server, connection.client);
  });
}

// Clients that wait to be accepted, and must go again.
class WaitingClients {
 public:
  explicit WaitingClients(LoadedKernel& loaded) : loaded_(loaded) {}
  void Renew() {
    Close();
    for (int i = 0; i < kBatch; ++i) clients_.push_back(loaded_.ConnectClient());
    AwaitInput(loaded_.kernel(), loaded_.listener());
  }
  void Close() {
    const linger reset = {1, 0};
    for (const int client : clients_) {
      // Resets, so that no port is left waiting on Linux.
      Invoke<Call::kSetsockopt>(loaded_.kernel(), client, SOL_SOCKET, SO_LINGER, &reset,
                                sizeof reset);
      Invoke<Call::kClose>(loaded_.kernel(), client);
    }
    clients_.clear();
  }

 private:
  LoadedKernel& loaded_;
  std::vector<int> clients_;
};

std::unique_ptr<MeasuredCall> AcceptAndClose(LoadedKernel& loaded) {
  const auto clients = std::make_shared<WaitingClients>(loaded);
  return Prepared([clients] { clients->Renew(); },
                  [&kernel = loaded.kernel(), listener = loaded.listener()] {
                    Invoke<Call::kClose>(
                        kernel, Checked("accept4", Invoke<Call::kAccept>(kernel, listener, nullptr,
                                                                         nullptr, SOCK_NONBLOCK)));
                  },
                  [clients] { clients->Close(); });
}

std::unique_ptr<MeasuredCall> AcceptNothing(LoadedKernel& loaded) {
  return Repeated([&kernel = loaded.kernel(), listener = loaded.listener()] {
    Expect(Invoke<Call::kAccept>(kernel, listener, nullptr, nullptr, 0) == -1,
           "accept4: somebody is there");
  });
}

std::unique_ptr<MeasuredCall> SocketAndClose(LoadedKernel& loaded) {
  return Repeated([&kernel = loaded.kernel()] {
    Invoke<Call::kClose>(kernel,
                         Checked("socket", Invoke<Call::kSocket>(kernel, AF_INET, SOCK_STREAM, 0)));
  });
}

std::unique_ptr<MeasuredCall> EpollWaitOneEvent(LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  const int epoll = loaded.epoll();
  const int server = loaded.measured().server;
  LeaveUnreadByte(loaded);
  epoll_event event = {.events = EPOLLIN, .data = {}};
  Checked("epoll_ctl", Invoke<Call::kEpollCtl>(kernel, epoll, EPOLL_CTL_ADD, server, &event));
  return Repeated(
      [&kernel, epoll] {
        epoll_event events[16];
        Expect(Invoke<Call::kEpollWait>(kernel, epoll, events, 16, 0) == 1,
               "epoll_wait: not one event");
      },
      [&kernel, epoll, server] {
        Invoke<Call::kEpollCtl>(kernel, epoll, EPOLL_CTL_DEL, server, nullptr);
        DrainInput(kernel, server);
      });
}

std::unique_ptr<MeasuredCall> EpollWaitNothing(LoadedKernel& loaded) {
  return Repeated([&kernel = loaded.kernel(), epoll = loaded.epoll()] {
    epoll_event events[16];
    Expect(Invoke<Call::kEpollWait>(kernel, epoll, events, 16, 0) == 0, "epoll_wait: an event");
  });
}

std::unique_ptr<MeasuredCall> EpollCtlModify(LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  const int epoll = loaded.epoll();
  const int server = loaded.measured().server;
  epoll_event event = {.events = EPOLLIN, .data = {}};
  Checked("epoll_ctl", Invoke<Call::kEpollCtl>(kernel, epoll, EPOLL_CTL_ADD, server, &event));
  return Repeated(
      [&kernel, epoll, server, event]() mutable {
        Checked("epoll_ctl", Invoke<Call::kEpollCtl>(kernel, epoll, EPOLL_CTL_MOD, server, &event));
      },
      [&kernel, epoll, server] {
        Invoke<Call::kEpollCtl>(kernel, epoll, EPOLL_CTL_DEL, server, nullptr);
      });
}

std::unique_ptr<MeasuredCall> EpollCtlAddAndDelete(LoadedKernel& loaded) {
  return Repeated([&kernel = loaded.kernel(), epoll = loaded.epoll(),
                   server = loaded.measured().server] {
    epoll_event event = {.events = EPOLLIN, .data = {}};
    Checked("epoll_ctl", Invoke<Call::kEpollCtl>(kernel, epoll, EPOLL_CTL_ADD, server, &event));
    Checked("epoll_ctl", Invoke<Call::kEpollCtl>(kernel, epoll, EPOLL_CTL_DEL, server, nullptr));
  });
}

std::unique_ptr<MeasuredCall> Poll(LoadedKernel& loaded) {
  LeaveUnreadByte(loaded);
  return Repeated(
      [&kernel = loaded.kernel(), server = loaded.measured().server] {
        pollfd entry = {server, POLLIN, 0};
        Expect(Invoke<Call::kPoll>(kernel, &entry, 1, 0) == 1, "poll: not ready");
      },
      [&loaded] { DrainInput(loaded.kernel(), loaded.measured().server); });
}

std::unique_ptr<MeasuredCall> Select(LoadedKernel& loaded) {
  LeaveUnreadByte(loaded);
  return Repeated(
      [&kernel = loaded.kernel(), server = loaded.measured().server] {
        fd_set readable;
        FD_ZERO(&readable);
        FD_SET(server, &readable);
        timeval timeout = {};
        Expect(
            Invoke<Call::kSelect>(kernel, server + 1, &readable, nullptr, nullptr, &timeout) == 1,
            "select: not ready");
      },
      [&loaded] { DrainInput(loaded.kernel(), loaded.measured().server); });
}

std::unique_ptr<MeasuredCall> EventfdWriteAndRead(LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  const int fd = Checked("eventfd", Invoke<Call::kEventfd>(kernel, 0, EFD_NONBLOCK));
  return Repeated(
      [&kernel, fd] {
        uint64_t value = 1;
        Checked("write", Invoke<Call::kWrite>(kernel, fd, &value, sizeof value));
        Checked("read", Invoke<Call::kRead>(kernel, fd, &value, sizeof value));
      },
      [&kernel, fd] { Invoke<Call::kClose>(kernel, fd); });
}

std::unique_ptr<MeasuredCall> PipeWriteAndRead(LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  std::array<int, 2> fds;
  Checked("pipe2", Invoke<Call::kPipe2>(kernel, fds.data(), O_NONBLOCK));
  return Repeated(
      [&kernel, fds] {
        char byte = 'x';
        Checked("write", Invoke<Call::kWrite>(kernel, fds[1], &byte, 1));
        Checked("read", Invoke<Call::kRead>(kernel, fds[0], &byte, 1));
      },
      [&kernel, fds] {
        for (const int fd : fds) Invoke<Call::kClose>(kernel, fd);
      });
}

std::unique_ptr<MeasuredCall> TimerfdSettime(LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  const int fd = Checked("timerfd_create",
                         Invoke<Call::kTimerfdCreate>(kernel, CLOCK_MONOTONIC, TFD_NONBLOCK));
  return Repeated(
      [&kernel, fd] {
        const itimerspec value = {.it_interval = {}, .it_value = {3600, 0}};
        Checked("timerfd_settime", Invoke<Call::kTimerfdSettime>(kernel, fd, 0, &value, nullptr));
      },
      [&kernel, fd] { Invoke<Call::kClose>(kernel, fd); });
}

std::unique_ptr<MeasuredCall> Fcntl(LoadedKernel& loaded) {
  return Repeated([&kernel = loaded.kernel(), server = loaded.measured().server] {
    Checked("fcntl", Invoke<Call::kFcntl>(kernel, server, F_GETFL, 0));
  });
}

std::unique_ptr<MeasuredCall> GetsockoptError(LoadedKernel& loaded) {
  return Repeated([&kernel = loaded.kernel(), server = loaded.measured().server] {
    int value;
    socklen_t length = sizeof value;
    Checked("getsockopt",
            Invoke<Call::kGetsockopt>(kernel, server, SOL_SOCKET, SO_ERROR, &value, &length));
  });
}

std::unique_ptr<MeasuredCall> Getpeername(LoadedKernel& loaded) {
  return Repeated([&kernel = loaded.kernel(), server = loaded.measured().server] {
    sockaddr_in address;
    socklen_t length = sizeof address;
    Checked("getpeername", Invoke<Call::kGetpeername>(
                               kernel, server, reinterpret_cast<sockaddr*>(&address), &length));
  });
}

std::unique_ptr<MeasuredCall> ClockGettime(LoadedKernel& loaded) {
  return Repeated([&kernel = loaded.kernel()] {
    timespec now;
    Checked("clock_gettime", Invoke<Call::kClockGettime>(kernel, CLOCK_MONOTONIC, &now));
  });
}

constexpr MeasuredCallKind kKinds[] = {
    {"recv", Recv, true},
    {"recv EAGAIN", RecvNothing, true},
    {"recv EAGAIN, in turn", RecvNothingInTurn, true},
    {"send", Send, true},
    {"echo of a message", Echo, true},
    {"accept4 + close", AcceptAndClose, true},
    {"accept4 EAGAIN", AcceptNothing, false},
    {"socket + close", SocketAndClose, true},
    {"epoll_wait, 1 event", EpollWaitOneEvent, true},
    {"epoll_wait, none", EpollWaitNothing, true},
    {"epoll_ctl MOD", EpollCtlModify, true},
    {"epoll_ctl ADD + DEL", EpollCtlAddAndDelete, true},
    {"poll", Poll, true},
    {"select", Select, true},
    {"eventfd write + read", EventfdWriteAndRead, false},
    {"pipe write + read", PipeWriteAndRead, false},
    {"timerfd_settime", TimerfdSettime, false},
    {"fcntl F_GETFL", Fcntl, false},
    {"getsockopt SO_ERROR", GetsockoptError, false},
    {"getpeername", Getpeername, false},
    {"clock_gettime", ClockGettime, false},
};

}  // namespace

std::span<const MeasuredCallKind> MeasuredCallKinds() { return kKinds; }

}  // namespace hupstorm
