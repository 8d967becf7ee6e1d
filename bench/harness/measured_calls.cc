#include "bench/harness/measured_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "tools/cli/errors.h"

namespace hupstorm {

struct Subject {
  Subject(LoadedKernel& loaded, void (*end)(Subject&)) : loaded(loaded), end(end) {}
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;
  ~Subject() {
    if (end != nullptr) end(*this);
    for (const int fd : own) Invoke<Call::kClose>(kernel, fd);
  }

  // A call that must not fail.
  template <Call kCall, typename... Arguments>
  int Do(const Arguments&... arguments) {
    return hupstorm::Do<kCall>(kernel, arguments...);
  }
  // One that must give this.
  template <Call kCall, typename... Arguments>
  void Expect(int result, const Arguments&... arguments) {
    if (Invoke<kCall>(kernel, arguments...) == result) return;
    throw FailedError(std::string(CallName(kCall)) + " does not give what it should");
  }

  LoadedKernel& loaded;
  void (*const end)(Subject&);
  Syscalls& kernel = loaded.kernel();
  const int epoll = loaded.epoll();
  const int listener = loaded.listener();
  const int client = loaded.measured().client;
  const int server = loaded.measured().server;
  std::vector<int> own = {};      // descriptors of this call alone
  std::vector<int> clients = {};  // that wait to be accepted, and must go again
  size_t turn = 0;
};

namespace {

constexpr int kBatch = MeasuredCall::kBatch;
// Bytes that each recv and send moves: a short line, so that the call is measured and not memcpy.
constexpr int kMessage = 64;

// A batch of this call, which captures nothing.
template <typename Call>
constexpr auto Batch(Call) {
  return +[](Subject& s) {
    for (int i = 0; i < kBatch; ++i) Call()(s);
  };
}

void AwaitInput(Subject& s, int fd) {
  pollfd entry = {fd, POLLIN, 0};
  s.Do<Call::kPoll>(&entry, 1, 10'000);
}

void Drain(Subject& s, int fd) {
  char bytes[64 * 1024];
  while (Invoke<Call::kRecv>(s.kernel, fd, bytes, sizeof bytes, 0) > 0) {
  }
}
void DrainClient(Subject& s) { Drain(s, s.client); }
void DrainServer(Subject& s) { Drain(s, s.server); }

void SendToServer(Subject& s, size_t count) {
  const std::array<char, kBatch* kMessage> bytes = {};
  s.Do<Call::kSend>(s.client, bytes.data(), count, 0);
  AwaitInput(s, s.server);
}
void SendBatch(Subject& s) { SendToServer(s, size_t{kBatch} * kMessage); }
void SendByte(Subject& s) { SendToServer(s, 1); }

// The measured connection is in the epoll set, too.
void Register(Subject& s) {
  epoll_event event = {.events = EPOLLIN, .data = {}};
  s.Do<Call::kEpollCtl>(s.epoll, EPOLL_CTL_ADD, s.server, &event);
}
void RegisterWithByte(Subject& s) {
  SendByte(s);
  Register(s);
}
void Unregister(Subject& s) {
  Invoke<Call::kEpollCtl>(s.kernel, s.epoll, EPOLL_CTL_DEL, s.server, nullptr);
  DrainServer(s);
}

void CloseClients(Subject& s) {
  for (const int client : s.clients) CloseByReset(s.kernel, client);
  s.clients.clear();
}
void ConnectClients(Subject& s) {
  CloseClients(s);
  for (int i = 0; i < kBatch; ++i) s.clients.push_back(s.loaded.ConnectClient());
  AwaitInput(s, s.listener);
}

// One message there and back, as an echo server and its client see it.
void PassMessage(Subject& s, int from, int to) {
  char bytes[kMessage] = {};
  s.Do<Call::kSend>(from, bytes, kMessage, MSG_NOSIGNAL);
  while (Invoke<Call::kRecv>(s.kernel, to, bytes, kMessage, 0) == -1) {
    if (errno != EAGAIN) Checked("recv", -1);
    AwaitInput(s, to);
  }
}

constexpr MeasuredCallKind kKinds[] = {
    {"recv", true, Batch([](Subject& s) {
       char bytes[kMessage];
       s.Do<Call::kRecv>(s.server, bytes, kMessage, 0);
     }),
     nullptr, SendBatch, DrainServer},
    {"recv EAGAIN", false, Batch([](Subject& s) {
       char byte;
       s.Expect<Call::kRecv>(-1, s.server, &byte, 1, 0);
     })},
    // Each on another connection, so that what it touches has left the processor's caches.
    {"recv EAGAIN, in turn", true, Batch([](Subject& s) {
       char byte;
       s.Expect<Call::kRecv>(-1, s.loaded.idle()[s.turn], &byte, 1, MSG_DONTWAIT);
       if (++s.turn == s.loaded.idle().size()) s.turn = 0;
     })},
    {"send", true, Batch([](Subject& s) {
       const char bytes[kMessage] = {};
       s.Do<Call::kSend>(s.server, bytes, kMessage, MSG_NOSIGNAL);
     }),
     nullptr, DrainClient, DrainClient},
    {"echo of a message", false, Batch([](Subject& s) {
       PassMessage(s, s.client, s.server);
       PassMessage(s, s.server, s.client);
     })},
    {"accept4 + close", true, Batch([](Subject& s) {
       const int fd = s.Do<Call::kAccept>(s.listener, nullptr, nullptr, SOCK_NONBLOCK);
       Invoke<Call::kClose>(s.kernel, fd);
     }),
     nullptr, ConnectClients, CloseClients},
    {"accept4 EAGAIN", false,
     Batch([](Subject& s) { s.Expect<Call::kAccept>(-1, s.listener, nullptr, nullptr, 0); })},
    {"socket + close", false, Batch([](Subject& s) {
       Invoke<Call::kClose>(s.kernel, s.Do<Call::kSocket>(AF_INET, SOCK_STREAM, 0));
     })},
    {"epoll_wait, 1 event", true, Batch([](Subject& s) {
       epoll_event events[16];
       s.Expect<Call::kEpollWait>(1, s.epoll, events, 16, 0);
     }),
     RegisterWithByte, nullptr, Unregister},
    {"epoll_wait, none", false, Batch([](Subject& s) {
       epoll_event events[16];
       s.Expect<Call::kEpollWait>(0, s.epoll, events, 16, 0);
     })},
    {"epoll_ctl MOD", true, Batch([](Subject& s) {
       epoll_event event = {.events = EPOLLIN, .data = {}};
       s.Do<Call::kEpollCtl>(s.epoll, EPOLL_CTL_MOD, s.server, &event);
     }),
     Register, nullptr, Unregister},
    {"epoll_ctl ADD + DEL", false, Batch([](Subject& s) {
       Register(s);
       s.Do<Call::kEpollCtl>(s.epoll, EPOLL_CTL_DEL, s.server, nullptr);
     })},
    {"poll", false, Batch([](Subject& s) {
       pollfd entry = {s.server, POLLIN, 0};
       s.Expect<Call::kPoll>(1, &entry, 1, 0);
     }),
     SendByte, nullptr, DrainServer},
    {"select", false, Batch([](Subject& s) {
       fd_set readable;
       FD_ZERO(&readable);
       FD_SET(s.server, &readable);
       timeval timeout = {};
       s.Expect<Call::kSelect>(1, s.server + 1, &readable, nullptr, nullptr, &timeout);
     }),
     SendByte, nullptr, DrainServer},
    {"eventfd write + read", false, Batch([](Subject& s) {
       uint64_t value = 1;
       s.Do<Call::kWrite>(s.own[0], &value, sizeof value);
       s.Do<Call::kRead>(s.own[0], &value, sizeof value);
     }),
     [](Subject& s) { s.own = {s.Do<Call::kEventfd>(0, EFD_NONBLOCK)}; }},
    {"pipe write + read", false, Batch([](Subject& s) {
       char byte = 'x';
       s.Do<Call::kWrite>(s.own[1], &byte, 1);
       s.Do<Call::kRead>(s.own[0], &byte, 1);
     }),
     [](Subject& s) {
       s.own.resize(2);
       s.Do<Call::kPipe2>(s.own.data(), O_NONBLOCK);
     }},
    {"timerfd_settime", false, Batch([](Subject& s) {
       const itimerspec value = {.it_interval = {}, .it_value = {3600, 0}};
       s.Do<Call::kTimerfdSettime>(s.own[0], 0, &value, nullptr);
     }),
     [](Subject& s) { s.own = {s.Do<Call::kTimerfdCreate>(CLOCK_MONOTONIC, TFD_NONBLOCK)}; }},
    {"fcntl F_GETFL", false, Batch([](Subject& s) { s.Do<Call::kFcntl>(s.server, F_GETFL, 0); })},
    {"getsockopt SO_ERROR", false, Batch([](Subject& s) {
       int value;
       socklen_t length = sizeof value;
       s.Do<Call::kGetsockopt>(s.server, SOL_SOCKET, SO_ERROR, &value, &length);
     })},
    {"getpeername", false, Batch([](Subject& s) {
       sockaddr_in address;
       socklen_t length = sizeof address;
       s.Do<Call::kGetpeername>(s.server, reinterpret_cast<sockaddr*>(&address), &length);
     })},
    {"clock_gettime", false, Batch([](Subject& s) {
       timespec now;
       s.Do<Call::kClockGettime>(CLOCK_MONOTONIC, &now);
     })},
};

}  // namespace

MeasuredCall MeasuredCallKind::Make(LoadedKernel& loaded) const {
  const auto subject = std::make_shared<Subject>(loaded, end);
  if (begin != nullptr) begin(*subject);
  MeasuredCall call = {.run_batch = [subject, run = run_batch] { run(*subject); }};
  if (prepare != nullptr) call.prepare = [subject, make_ready = prepare] { make_ready(*subject); };
  return call;
}

std::span<const MeasuredCallKind> MeasuredCallKinds() { return kKinds; }

}  // namespace hupstorm
