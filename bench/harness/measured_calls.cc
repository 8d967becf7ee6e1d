#include "bench/harness/measured_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>

#include <array>
#include <memory>
#include <vector>

#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

constexpr int kBatch = MeasuredCall::kBatch;
// Bytes that each recv and send moves: a short line, so that the call is measured and not memcpy.
constexpr int kMessage = 64;

void Expect(bool held, const char* what) {
  if (!held) throw FailedError(what);
}

void AwaitInput(Syscalls& kernel, int fd) {
  pollfd entry = {fd, POLLIN, 0};
  Do<Call::kPoll>(kernel, &entry, 1, 10'000);
}

void DrainInput(Syscalls& kernel, int fd) {
  char bytes[64 * 1024];
  while (Invoke<Call::kRecv>(kernel, fd, bytes, sizeof bytes, 0) > 0) {
  }
}

// Leaves one unread byte at the server's end.
void LeaveUnreadByte(LoadedKernel& loaded) {
  Do<Call::kSend>(loaded.kernel(), loaded.measured().client, "x", 1, 0);
  AwaitInput(loaded.kernel(), loaded.measured().server);
}

MeasuredCall Recv(LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  const MeasuredConnection connection = loaded.measured();
  return MeasuredCall(
      InBatches([&kernel, connection] {
        char bytes[kMessage];
        Do<Call::kRecv>(kernel, connection.server, bytes, kMessage, 0);
      }),
      [&kernel, connection] {
        const std::array<char, kBatch* kMessage> bytes = {};
        Do<Call::kSend>(kernel, connection.client, bytes.data(), bytes.size(), 0);
        AwaitInput(kernel, connection.server);
      },
      [&kernel, connection] { DrainInput(kernel, connection.server); });
}

MeasuredCall RecvNothing(LoadedKernel& loaded) {
  return MeasuredCall(InBatches([&kernel = loaded.kernel(), fd = loaded.measured().server] {
    char byte;
    Expect(Invoke<Call::kRecv>(kernel, fd, &byte, 1, 0) == -1, "recv: something is there");
  }));
}

// Each call on another connection, so that what it touches has left the processor's caches.
MeasuredCall RecvNothingInTurn(LoadedKernel& loaded) {
  return MeasuredCall(
      InBatches([&kernel = loaded.kernel(), &fds = loaded.idle(), turn = size_t{0}]() mutable {
        char byte;
        Expect(Invoke<Call::kRecv>(kernel, fds[turn], &byte, 1, MSG_DONTWAIT) == -1,
               "recv: something is there");
        if (++turn == fds.size()) turn = 0;
      }));
}

MeasuredCall Send(LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  const MeasuredConnection connection = loaded.measured();
  const auto drain = [&kernel, connection] { DrainInput(kernel, connection.client); };
  return MeasuredCall(InBatches([&kernel, connection] {
                        const char bytes[kMessage] = {};
                        Do<Call::kSend>(kernel, connection.server, bytes, kMessage, MSG_NOSIGNAL);
                      }),
                      drain, drain);
}

// One message there and back, as an echo server and its client see it.
MeasuredCall Echo(LoadedKernel& loaded) {
  return MeasuredCall(InBatches([&kernel = loaded.kernel(), connection = loaded.measured()] {
    char bytes[kMessage] = {};
    const auto pass = [&](int from, int to) {
      Do<Call::kSend>(kernel, from, bytes, kMessage, MSG_NOSIGNAL);
      while (Invoke<Call::kRecv>(kernel, to, bytes, kMessage, 0) == -1) {
        if (errno != EAGAIN) Checked("recv", -1);
        AwaitInput(kernel, to);
      }
    };
    pass(connection.client, connection.server);
    pass(connection.server, connection.client);
  }));
}

MeasuredCall AcceptAndClose(LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  // That wait to be accepted, and must go again.
  const auto clients = std::make_shared<std::vector<int>>();
  const auto close_all = [&kernel, clients] {
    for (const int client : *clients) CloseByReset(kernel, client);
    clients->clear();
  };
  return MeasuredCall(
      InBatches([&kernel, listener = loaded.listener()] {
        Invoke<Call::kClose>(kernel,
                             Do<Call::kAccept>(kernel, listener, nullptr, nullptr, SOCK_NONBLOCK));
      }),
      [&loaded, clients, close_all] {
        close_all();
        for (int i = 0; i < kBatch; ++i) {
          clients->push_back(loaded.ConnectClient());
        }
        AwaitInput(loaded.kernel(), loaded.listener());
      },
      close_all);
}

MeasuredCall AcceptNothing(LoadedKernel& loaded) {
  return MeasuredCall(InBatches([&kernel = loaded.kernel(), listener = loaded.listener()] {
    Expect(Invoke<Call::kAccept>(kernel, listener, nullptr, nullptr, 0) == -1,
           "accept4: somebody is there");
  }));
}

MeasuredCall SocketAndClose(LoadedKernel& loaded) {
  return MeasuredCall(InBatches([&kernel = loaded.kernel()] {
    Invoke<Call::kClose>(kernel, Do<Call::kSocket>(kernel, AF_INET, SOCK_STREAM, 0));
  }));
}

// While the measured connection is in the epoll set, too.
MeasuredCall Registered(LoadedKernel& loaded, std::function<void()> run_batch) {
  Syscalls& kernel = loaded.kernel();
  const int epoll = loaded.epoll();
  const int server = loaded.measured().server;
  epoll_event event = {.events = EPOLLIN, .data = {}};
  Do<Call::kEpollCtl>(kernel, epoll, EPOLL_CTL_ADD, server, &event);
  return MeasuredCall(std::move(run_batch), nullptr, [&kernel, epoll, server] {
    Invoke<Call::kEpollCtl>(kernel, epoll, EPOLL_CTL_DEL, server, nullptr);
    DrainInput(kernel, server);
  });
}

MeasuredCall EpollWaitOneEvent(LoadedKernel& loaded) {
  LeaveUnreadByte(loaded);
  return Registered(loaded, InBatches([&kernel = loaded.kernel(), epoll = loaded.epoll()] {
                      epoll_event events[16];
                      Expect(Invoke<Call::kEpollWait>(kernel, epoll, events, 16, 0) == 1,
                             "epoll_wait: not one event");
                    }));
}

MeasuredCall EpollWaitNothing(LoadedKernel& loaded) {
  return MeasuredCall(InBatches([&kernel = loaded.kernel(), epoll = loaded.epoll()] {
    epoll_event events[16];
    Expect(Invoke<Call::kEpollWait>(kernel, epoll, events, 16, 0) == 0, "epoll_wait: an event");
  }));
}

MeasuredCall EpollCtlModify(LoadedKernel& loaded) {
  return Registered(loaded, InBatches([&kernel = loaded.kernel(), epoll = loaded.epoll(),
                                       server = loaded.measured().server] {
                      epoll_event event = {.events = EPOLLIN, .data = {}};
                      Do<Call::kEpollCtl>(kernel, epoll, EPOLL_CTL_MOD, server, &event);
                    }));
}

MeasuredCall EpollCtlAddAndDelete(LoadedKernel& loaded) {
  return MeasuredCall(InBatches(
      [&kernel = loaded.kernel(), epoll = loaded.epoll(), server = loaded.measured().server] {
        epoll_event event = {.events = EPOLLIN, .data = {}};
        Do<Call::kEpollCtl>(kernel, epoll, EPOLL_CTL_ADD, server, &event);
        Do<Call::kEpollCtl>(kernel, epoll, EPOLL_CTL_DEL, server, nullptr);
      }));
}

// While a byte waits at the server's end.
MeasuredCall WithInput(LoadedKernel& loaded, std::function<void()> run_batch) {
  LeaveUnreadByte(loaded);
  return MeasuredCall(std::move(run_batch), nullptr,
                      [&loaded] { DrainInput(loaded.kernel(), loaded.measured().server); });
}

MeasuredCall Poll(LoadedKernel& loaded) {
  return WithInput(loaded,
                   InBatches([&kernel = loaded.kernel(), server = loaded.measured().server] {
                     pollfd entry = {server, POLLIN, 0};
                     Expect(Invoke<Call::kPoll>(kernel, &entry, 1, 0) == 1, "poll: not ready");
                   }));
}

MeasuredCall Select(LoadedKernel& loaded) {
  return WithInput(
      loaded, InBatches([&kernel = loaded.kernel(), server = loaded.measured().server] {
        fd_set readable;
        FD_ZERO(&readable);
        FD_SET(server, &readable);
        timeval timeout = {};
        Expect(
            Invoke<Call::kSelect>(kernel, server + 1, &readable, nullptr, nullptr, &timeout) == 1,
            "select: not ready");
      }));
}

MeasuredCall EventfdWriteAndRead(LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  const int fd = Do<Call::kEventfd>(kernel, 0, EFD_NONBLOCK);
  return MeasuredCall(InBatches([&kernel, fd] {
                        uint64_t value = 1;
                        Do<Call::kWrite>(kernel, fd, &value, sizeof value);
                        Do<Call::kRead>(kernel, fd, &value, sizeof value);
                      }),
                      nullptr, [&kernel, fd] { Invoke<Call::kClose>(kernel, fd); });
}

MeasuredCall PipeWriteAndRead(LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  std::array<int, 2> fds;
  Do<Call::kPipe2>(kernel, fds.data(), O_NONBLOCK);
  return MeasuredCall(InBatches([&kernel, fds] {
                        char byte = 'x';
                        Do<Call::kWrite>(kernel, fds[1], &byte, 1);
                        Do<Call::kRead>(kernel, fds[0], &byte, 1);
                      }),
                      nullptr, [&kernel, fds] {
                        for (const int fd : fds) Invoke<Call::kClose>(kernel, fd);
                      });
}

MeasuredCall TimerfdSettime(LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  const int fd = Do<Call::kTimerfdCreate>(kernel, CLOCK_MONOTONIC, TFD_NONBLOCK);
  return MeasuredCall(InBatches([&kernel, fd] {
                        const itimerspec value = {.it_interval = {}, .it_value = {3600, 0}};
                        Do<Call::kTimerfdSettime>(kernel, fd, 0, &value, nullptr);
                      }),
                      nullptr, [&kernel, fd] { Invoke<Call::kClose>(kernel, fd); });
}

MeasuredCall Fcntl(LoadedKernel& loaded) {
  return MeasuredCall(InBatches([&kernel = loaded.kernel(), fd = loaded.measured().server] {
    Do<Call::kFcntl>(kernel, fd, F_GETFL, 0);
  }));
}

MeasuredCall GetsockoptError(LoadedKernel& loaded) {
  return MeasuredCall(InBatches([&kernel = loaded.kernel(), fd = loaded.measured().server] {
    int value;
    socklen_t length = sizeof value;
    Do<Call::kGetsockopt>(kernel, fd, SOL_SOCKET, SO_ERROR, &value, &length);
  }));
}

MeasuredCall Getpeername(LoadedKernel& loaded) {
  return MeasuredCall(InBatches([&kernel = loaded.kernel(), fd = loaded.measured().server] {
    sockaddr_in address;
    socklen_t length = sizeof address;
    Do<Call::kGetpeername>(kernel, fd, reinterpret_cast<sockaddr*>(&address), &length);
  }));
}

MeasuredCall ClockGettime(LoadedKernel& loaded) {
  return MeasuredCall(InBatches([&kernel = loaded.kernel()] {
    timespec now;
    Do<Call::kClockGettime>(kernel, CLOCK_MONOTONIC, &now);
  }));
}

constexpr MeasuredCallKind kKinds[] = {
    {"recv", Recv, true},
    {"recv EAGAIN", RecvNothing},
    {"recv EAGAIN, in turn", RecvNothingInTurn, true},
    {"send", Send, true},
    {"echo of a message", Echo},
    {"accept4 + close", AcceptAndClose, true},
    {"accept4 EAGAIN", AcceptNothing},
    {"socket + close", SocketAndClose},
    {"epoll_wait, 1 event", EpollWaitOneEvent, true},
    {"epoll_wait, none", EpollWaitNothing},
    {"epoll_ctl MOD", EpollCtlModify, true},
    {"epoll_ctl ADD + DEL", EpollCtlAddAndDelete},
    {"poll", Poll},
    {"select", Select},
    {"eventfd write + read", EventfdWriteAndRead},
    {"pipe write + read", PipeWriteAndRead},
    {"timerfd_settime", TimerfdSettime},
    {"fcntl F_GETFL", Fcntl},
    {"getsockopt SO_ERROR", GetsockoptError},
    {"getpeername", Getpeername},
    {"clock_gettime", ClockGettime},
};

}  // namespace

std::span<const MeasuredCallKind> MeasuredCallKinds() { return kKinds; }

}  // namespace hupstorm
