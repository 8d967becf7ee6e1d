#include "tests/benchmarks/call_benchmarks.h"

#include <benchmark/benchmark.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>

#include <string>
#include <vector>

#include "tests/benchmarks/loaded_kernel.h"

namespace hupstorm {
namespace {

// Bytes that each recv and send moves: a short line, so that the call is measured and not memcpy.
constexpr int kMessage = 64;
// Calls between two untimed preparations. Their bytes fit every buffer.
constexpr int kBatch = 64;

using CallBenchmark = void (*)(benchmark::State& state, LoadedKernel& loaded);

// Runs `call` in batches, with `prepare` before each, untimed.
template <typename Prepare, typename Call>
void MeasureInBatches(benchmark::State& state, Prepare prepare, Call call) {
  while (state.KeepRunningBatch(kBatch)) {
    state.PauseTiming();
    prepare();
    state.ResumeTiming();
    for (int i = 0; i < kBatch; ++i) call();
  }
}

template <typename Call>
void Measure(benchmark::State& state, Call call) {
  for (auto _ : state) call();
}

void AwaitInput(Syscalls& kernel, int fd) {
  pollfd entry = {fd, POLLIN, 0};
  Checked("poll", kernel.Poll(&entry, 1, 10'000));
}

void DrainInput(Syscalls& kernel, int fd) {
  char bytes[64 * 1024];
  while (kernel.Recv(fd, bytes, sizeof bytes, 0) > 0) {
  }
}

// Leaves one unread byte at the server's end for the life of the object.
class UnreadByte {
 public:
  explicit UnreadByte(LoadedKernel& loaded) : loaded_(loaded) {
    Checked("send", loaded.kernel().Send(loaded.measured().client, "x", 1, 0));
    AwaitInput(loaded.kernel(), loaded.measured().server);
  }
  ~UnreadByte() { DrainInput(loaded_.kernel(), loaded_.measured().server); }

 private:
  LoadedKernel& loaded_;
};

void Recv(benchmark::State& state, LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  const MeasuredConnection connection = loaded.measured();
  char bytes[kBatch * kMessage];
  memset(bytes, 'x', sizeof bytes);
  MeasureInBatches(
      state,
      [&] {
        Checked("send", kernel.Send(connection.client, bytes, sizeof bytes, 0));
        AwaitInput(kernel, connection.server);
      },
      [&] { Checked("recv", kernel.Recv(connection.server, bytes, kMessage, 0)); });
  DrainInput(kernel, connection.server);
}

void RecvNothing(benchmark::State& state, LoadedKernel& loaded) {
  char byte;
  Measure(state, [&] {
    benchmark::DoNotOptimize(loaded.kernel().Recv(loaded.measured().server, &byte, 1, 0));
  });
}

// Each call on another connection, so that what it touches has left the processor's caches.
void RecvNothingInTurn(benchmark::State& state, LoadedKernel& loaded) {
  const std::vector<int>& fds = loaded.idle();
  size_t turn = 0;
  char byte;
  Measure(state, [&] {
    benchmark::DoNotOptimize(loaded.kernel().Recv(fds[turn], &byte, 1, MSG_DONTWAIT));
    if (++turn == fds.size()) turn = 0;
  });
}

void Send(benchmark::State& state, LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  const MeasuredConnection connection = loaded.measured();
  char bytes[kMessage];
  memset(bytes, 'x', sizeof bytes);
  MeasureInBatches(
      state, [&] { DrainInput(kernel, connection.client); },
      [&] { Checked("send", kernel.Send(connection.server, bytes, kMessage, MSG_NOSIGNAL)); });
  DrainInput(kernel, connection.client);
}

// One message there and back, as an echo server and its client see it.
void Echo(benchmark::State& state, LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  const MeasuredConnection connection = loaded.measured();
  char bytes[kMessage];
  memset(bytes, 'x', sizeof bytes);
  const auto pass = [&](int from, int to) {
    Checked("send", kernel.Send(from, bytes, kMessage, MSG_NOSIGNAL));
    while (kernel.Recv(to, bytes, kMessage, 0) == -1) {
      if (errno != EAGAIN) Checked("recv", -1);
      AwaitInput(kernel, to);
    }
  };
  Measure(state, [&] {
    pass(connection.client, connection.server);
    pass(connection.server, connection.client);
  });
}

void AcceptAndClose(benchmark::State& state, LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  const linger reset = {1, 0};
  std::vector<int> clients;
  const auto close_clients = [&] {
    for (int client : clients) {
      // Resets, so that no port is left waiting on Linux.
      kernel.Setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
      kernel.Close(client);
    }
    clients.clear();
  };
  MeasureInBatches(
      state,
      [&] {
        close_clients();
        for (int i = 0; i < kBatch; ++i) clients.push_back(loaded.ConnectClient());
        AwaitInput(kernel, loaded.listener());
      },
      [&] {
        const int fd =
            Checked("accept4", kernel.Accept4(loaded.listener(), nullptr, nullptr, SOCK_NONBLOCK));
        kernel.Close(fd);
      });
  close_clients();
}

void AcceptNothing(benchmark::State& state, LoadedKernel& loaded) {
  Measure(state, [&] {
    benchmark::DoNotOptimize(loaded.kernel().Accept4(loaded.listener(), nullptr, nullptr, 0));
  });
}

void SocketAndClose(benchmark::State& state, LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  Measure(state, [&] { kernel.Close(Checked("socket", kernel.Socket(AF_INET, SOCK_STREAM, 0))); });
}

void EpollWaitOneEvent(benchmark::State& state, LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  const UnreadByte unread(loaded);
  epoll_event event = {.events = EPOLLIN, .data = {}};
  const int server = loaded.measured().server;
  Checked("epoll_ctl", kernel.EpollCtl(loaded.epoll(), EPOLL_CTL_ADD, server, &event));
  epoll_event events[16];
  Measure(state, [&] {
    if (kernel.EpollWait(loaded.epoll(), events, 16, 0) != 1) state.SkipWithError("no event");
  });
  Checked("epoll_ctl", kernel.EpollCtl(loaded.epoll(), EPOLL_CTL_DEL, server, nullptr));
}

void EpollWaitNothing(benchmark::State& state, LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  epoll_event events[16];
  Measure(state, [&] {
    if (kernel.EpollWait(loaded.epoll(), events, 16, 0) != 0) state.SkipWithError("an event");
  });
}

void EpollCtlModify(benchmark::State& state, LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  const int server = loaded.measured().server;
  epoll_event event = {.events = EPOLLIN, .data = {}};
  Checked("epoll_ctl", kernel.EpollCtl(loaded.epoll(), EPOLL_CTL_ADD, server, &event));
  Measure(state, [&] { kernel.EpollCtl(loaded.epoll(), EPOLL_CTL_MOD, server, &event); });
  Checked("epoll_ctl", kernel.EpollCtl(loaded.epoll(), EPOLL_CTL_DEL, server, nullptr));
}

void EpollCtlAddAndDelete(benchmark::State& state, LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  const int server = loaded.measured().server;
  epoll_event event = {.events = EPOLLIN, .data = {}};
  Measure(state, [&] {
    Checked("epoll_ctl", kernel.EpollCtl(loaded.epoll(), EPOLL_CTL_ADD, server, &event));
    Checked("epoll_ctl", kernel.EpollCtl(loaded.epoll(), EPOLL_CTL_DEL, server, nullptr));
  });
}

void Poll(benchmark::State& state, LoadedKernel& loaded) {
  const UnreadByte unread(loaded);
  pollfd entry = {loaded.measured().server, POLLIN, 0};
  Measure(state, [&] {
    if (loaded.kernel().Poll(&entry, 1, 0) != 1) state.SkipWithError("not ready");
  });
}

void Select(benchmark::State& state, LoadedKernel& loaded) {
  const UnreadByte unread(loaded);
  const int server = loaded.measured().server;
  Measure(state, [&] {
    fd_set readable;
    FD_ZERO(&readable);
    FD_SET(server, &readable);
    timeval timeout = {};
    if (loaded.kernel().Select(server + 1, &readable, nullptr, nullptr, &timeout) != 1) {
      state.SkipWithError("not ready");
    }
  });
}

void EventfdWriteAndRead(benchmark::State& state, LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  const int fd = Checked("eventfd", kernel.Eventfd(0, EFD_NONBLOCK));
  uint64_t value = 1;
  Measure(state, [&] {
    Checked("write", kernel.Write(fd, &value, sizeof value));
    Checked("read", kernel.Read(fd, &value, sizeof value));
  });
  kernel.Close(fd);
}

void PipeWriteAndRead(benchmark::State& state, LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  int fds[2];
  Checked("pipe2", kernel.Pipe2(fds, O_NONBLOCK));
  char byte = 'x';
  Measure(state, [&] {
    Checked("write", kernel.Write(fds[1], &byte, 1));
    Checked("read", kernel.Read(fds[0], &byte, 1));
  });
  for (int fd : fds) kernel.Close(fd);
}

void TimerfdSettime(benchmark::State& state, LoadedKernel& loaded) {
  Syscalls& kernel = loaded.kernel();
  const int fd = Checked("timerfd_create", kernel.TimerfdCreate(CLOCK_MONOTONIC, TFD_NONBLOCK));
  const itimerspec value = {.it_interval = {}, .it_value = {3600, 0}};
  Measure(state, [&] { kernel.TimerfdSettime(fd, 0, &value, nullptr); });
  kernel.Close(fd);
}

void Fcntl(benchmark::State& state, LoadedKernel& loaded) {
  Measure(state, [&] {
    benchmark::DoNotOptimize(loaded.kernel().Fcntl(loaded.measured().server, F_GETFL, 0));
  });
}

void GetsockoptError(benchmark::State& state, LoadedKernel& loaded) {
  int value;
  socklen_t length = sizeof value;
  Measure(state, [&] {
    loaded.kernel().Getsockopt(loaded.measured().server, SOL_SOCKET, SO_ERROR, &value, &length);
  });
}

void Getpeername(benchmark::State& state, LoadedKernel& loaded) {
  sockaddr_in address;
  Measure(state, [&] {
    socklen_t length = sizeof address;
    loaded.kernel().Getpeername(loaded.measured().server, reinterpret_cast<sockaddr*>(&address),
                                &length);
  });
}

void ClockGettime(benchmark::State& state, LoadedKernel& loaded) {
  timespec now;
  Measure(state, [&] { loaded.kernel().ClockGettime(CLOCK_MONOTONIC, &now); });
}

struct Entry {
  const char* call;
  CallBenchmark run;
  bool under_load;  // also with many other connections
};
constexpr Entry kEntries[] = {
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

// Connections beside the measured one. Linux gets no more than a thousand: its descriptors and
// ports are the machine's.
constexpr int kUnloaded = 10;
constexpr int kLoads[] = {10, 100, 1'000, 100'000};
constexpr int kMostOnLinux = 1'000;

void Register(const std::string& name, CallBenchmark run, Platform platform, int connections) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    run(state, SharedLoadedKernel(platform, connections));
  })->MinTime(0.1);
}

}  // namespace

void RegisterCallBenchmarks() {
  for (const Entry& entry : kEntries) {
    const std::string name = std::string("call/") + entry.call;
    Register(name + "/Linux", entry.run, Platform::kLinux, kUnloaded);
    Register(name + "/Simulated", entry.run, Platform::kSimulated, kUnloaded);
  }
  for (const Entry& entry : kEntries) {
    if (!entry.under_load) continue;
    for (int load : kLoads) {
      const std::string name = std::string("load/") + entry.call + "/" + std::to_string(load);
      if (load <= kMostOnLinux) Register(name + "/Linux", entry.run, Platform::kLinux, load);
      Register(name + "/Simulated", entry.run, Platform::kSimulated, load);
    }
  }
}

}  // namespace hupstorm
