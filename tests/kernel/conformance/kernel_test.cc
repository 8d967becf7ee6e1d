#include "tests/kernel/conformance/kernel_test.h"

#include <arpa/inet.h>
#include <sys/ioctl.h>

#include "tests/kernel/conformance/differences.h"

namespace hupstorm {
namespace {

volatile sig_atomic_t g_signals_seen = 0;

std::unique_ptr<KernelUnderTest> Make(Platform platform) {
  return platform == Platform::kLinux ? MakeLinuxUnderTest() : MakeSimulationUnderTest();
}

// "TcpCloseTest.FinEndsInput", without the kernel.
std::string NameOfThisTest() {
  const testing::TestInfo* info = testing::UnitTest::GetInstance()->current_test_info();
  const std::string name = std::string(info->test_suite_name()) + "." + info->name();
  return name.substr(0, name.find('/'));
}

}  // namespace

int Fd::Close() {
  EXPECT_THAT(Invoke<Call::kClose>(*kernel_, number_), SyscallSucceedsWithValue(0));
  return std::exchange(number_, -1);
}

namespace {
std::string EventNames(uint32_t events) {
  static constexpr std::pair<uint32_t, const char*> kNames[] = {
      {EPOLLIN, "IN"},         {EPOLLPRI, "PRI"},       {EPOLLOUT, "OUT"},
      {EPOLLERR, "ERR"},       {EPOLLHUP, "HUP"},       {EPOLLRDHUP, "RDHUP"},
      {EPOLLRDNORM, "RDNORM"}, {EPOLLRDBAND, "RDBAND"}, {EPOLLWRNORM, "WRNORM"},
      {EPOLLWRBAND, "WRBAND"}, {POLLNVAL, "NVAL"},
  };
  std::string names;
  for (const auto& [bit, name] : kNames) {
    if ((events & bit) == 0) continue;
    if (!names.empty()) names += '|';
    names += name;
    events &= ~bit;
  }
  if (events != 0) names += "|" + std::to_string(events);
  return names.empty() ? "nothing" : names;
}
}  // namespace

void PrintTo(const Event& event, std::ostream* out) {
  *out << event.fd << ":" << EventNames(event.events.bits);
}

void PrintTo(const Events& events, std::ostream* out) { *out << EventNames(events.bits); }

KernelTest::KernelTest() : under_test_(Make(GetParam())), kernel(under_test_->syscalls()) {}

KernelTest::~KernelTest() {
  under_test_->StopRaising();
  for (auto it = former_actions_.rbegin(); it != former_actions_.rend(); ++it) {
    Invoke<Call::kSigaction>(kernel, it->first, &it->second, nullptr);
  }
}

void KernelTest::SetUp() {
  Handle(SIGPIPE, SIG_IGN);
  if (GetParam() != Platform::kSimulated) return;
  if (const Difference* difference = FindDifference(NameOfThisTest())) {
    GTEST_SKIP() << difference->reason;
  }
}

Fd KernelTest::TcpSocket(int flags) {
  Fd fd(kernel, Invoke<Call::kSocket>(kernel, AF_INET, SOCK_STREAM | flags, 0));
  EXPECT_THAT(int{fd}, SyscallSucceeds());
  return fd;
}

KernelTest::Listener KernelTest::Listen(int backlog) {
  Listener listener = {.fd = TcpSocket(SOCK_NONBLOCK)};
  listener.address.sin_family = AF_INET;
  listener.address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_THAT(
      Invoke<Call::kBind>(kernel, listener.fd, reinterpret_cast<const sockaddr*>(&listener.address),
                          sizeof listener.address),
      SyscallSucceeds());
  EXPECT_THAT(Invoke<Call::kListen>(kernel, listener.fd, backlog), SyscallSucceeds());
  listener.address = LocalAddress(listener.fd);
  return listener;
}

int KernelTest::Connect(int fd, const sockaddr_in& address) {
  return Invoke<Call::kConnect>(kernel, fd, reinterpret_cast<const sockaddr*>(&address),
                                sizeof address);
}

Fd KernelTest::Connect(const Listener& listener) {
  Fd fd = TcpSocket();
  EXPECT_THAT(Connect(fd, listener.address), SyscallSucceeds());
  return fd;
}

Fd KernelTest::Accept(const Listener& listener, int flags) {
  Await(listener.fd, kIn);
  Fd fd(kernel, Invoke<Call::kAccept>(kernel, listener.fd, nullptr, nullptr, flags));
  EXPECT_THAT(int{fd}, SyscallSucceeds());
  return fd;
}

KernelTest::Pair KernelTest::ConnectedPair(const Buffers& buffers) {
  Listener listener = Listen();
  if (buffers.server_send > 0) SetOption(listener.fd, SOL_SOCKET, SO_SNDBUF, buffers.server_send);
  if (buffers.server_receive > 0) {
    SetOption(listener.fd, SOL_SOCKET, SO_RCVBUF, buffers.server_receive);
  }
  Pair pair = {.client = TcpSocket(), .server = {}};
  if (buffers.client_send > 0) SetOption(pair.client, SOL_SOCKET, SO_SNDBUF, buffers.client_send);
  if (buffers.client_receive > 0) {
    SetOption(pair.client, SOL_SOCKET, SO_RCVBUF, buffers.client_receive);
  }
  EXPECT_THAT(Connect(pair.client, listener.address), SyscallSucceeds());
  SetNonBlocking(pair.client);
  pair.server = Accept(listener, SOCK_NONBLOCK);
  return pair;
}

KernelTest::Pair KernelTest::SocketPair(int flags) {
  int fds[2] = {-1, -1};
  EXPECT_THAT(Invoke<Call::kSocketpair>(kernel, AF_UNIX, SOCK_STREAM | flags, 0, fds),
              SyscallSucceeds());
  return {Fd(kernel, fds[0]), Fd(kernel, fds[1])};
}

KernelTest::Pipe KernelTest::NewPipe(int flags) {
  int fds[2] = {-1, -1};
  EXPECT_THAT(Invoke<Call::kPipe2>(kernel, fds, flags), SyscallSucceeds());
  return {Fd(kernel, fds[0]), Fd(kernel, fds[1])};
}

void KernelTest::SetNonBlocking(int fd, bool on) {
  const int flags = Invoke<Call::kFcntl>(kernel, fd, F_GETFL, 0);
  EXPECT_THAT(flags, SyscallSucceeds());
  EXPECT_THAT(
      Invoke<Call::kFcntl>(kernel, fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK),
      SyscallSucceeds());
}

void KernelTest::SetOption(int fd, int level, int name, int value) {
  EXPECT_THAT(Invoke<Call::kSetsockopt>(kernel, fd, level, name, &value, sizeof value),
              SyscallSucceeds());
}

int KernelTest::GetOption(int fd, int level, int name) {
  int value = -1;
  socklen_t length = sizeof value;
  EXPECT_THAT(Invoke<Call::kGetsockopt>(kernel, fd, level, name, &value, &length),
              SyscallSucceeds());
  return value;
}

void KernelTest::SetLinger(int fd, bool on, int seconds) {
  const linger value = {on ? 1 : 0, seconds};
  EXPECT_THAT(Invoke<Call::kSetsockopt>(kernel, fd, SOL_SOCKET, SO_LINGER, &value, sizeof value),
              SyscallSucceeds());
}

sockaddr_in KernelTest::LocalAddress(int fd) {
  sockaddr_in address = {};
  socklen_t length = sizeof address;
  EXPECT_THAT(
      Invoke<Call::kGetsockname>(kernel, fd, reinterpret_cast<sockaddr*>(&address), &length),
      SyscallSucceeds());
  return address;
}

void KernelTest::Reset(Fd& fd) {
  SetLinger(fd, true, 0);
  fd.Close();
}

ssize_t KernelTest::Send(int fd, std::string_view bytes, int flags) {
  const ssize_t sent = Invoke<Call::kSend>(kernel, fd, bytes.data(), bytes.size(), flags);
  EXPECT_THAT(sent, SyscallSucceedsWithValue(static_cast<long>(bytes.size())));
  return sent;
}

std::string KernelTest::Recv(int fd, size_t size, int flags) {
  std::string bytes(size, '\0');
  const ssize_t got = Invoke<Call::kRecv>(kernel, fd, bytes.data(), size, flags);
  EXPECT_THAT(got, SyscallSucceeds());
  bytes.resize(got > 0 ? got : 0);
  return bytes;
}

std::string KernelTest::Receive(int fd, size_t size) {
  std::string bytes;
  while (bytes.size() < size) {
    Await(fd, kIn);
    const std::string part = Recv(fd, size - bytes.size());
    if (part.empty()) {
      ADD_FAILURE() << "input ended after " << bytes.size() << " of " << size << " bytes";
      break;
    }
    bytes += part;
  }
  return bytes;
}

size_t KernelTest::ReceiveUntilEnd(int fd) {
  for (size_t total = 0;;) {
    Await(fd, kIn);
    const size_t got = Recv(fd, 64 * 1024, MSG_DONTWAIT).size();
    if (got == 0) return total;
    total += got;
  }
}

size_t KernelTest::Drain(int fd) {
  char bytes[4096];
  size_t total = 0;
  while (true) {
    const ssize_t got = Invoke<Call::kRead>(kernel, fd, bytes, sizeof bytes);
    if (got <= 0) return total;
    total += got;
  }
}

ssize_t KernelTest::TryRecv(int fd, int flags) {
  char bytes[1024];
  return Invoke<Call::kRecv>(kernel, fd, bytes, sizeof bytes, flags);
}

ssize_t KernelTest::TrySend(int fd, int flags) {
  return Invoke<Call::kSend>(kernel, fd, "x", 1, flags);
}

int KernelTest::Unread(int fd) {
  int bytes = -1;
  EXPECT_THAT(Invoke<Call::kIoctl>(kernel, fd, FIONREAD, &bytes), SyscallSucceeds());
  return bytes;
}

void KernelTest::AwaitUnread(int fd, int bytes) {
  for (int waited_ms = 0; Unread(fd) < bytes; ++waited_ms) {
    ASSERT_LT(waited_ms, kPatienceMs) << Unread(fd) << " of " << bytes << " bytes arrived";
    Invoke<Call::kPoll>(kernel, nullptr, 0, 1);
  }
}

size_t KernelTest::Fill(int fd) {
  const std::string bytes(4096, 'f');
  size_t total = 0;
  size_t before;
  do {
    before = total;
    for (size_t size : {bytes.size(), size_t{1}}) {
      ssize_t sent;
      while ((sent = Invoke<Call::kWrite>(kernel, fd, bytes.data(), size)) > 0) total += sent;
      EXPECT_THAT(sent, SyscallFailsWith(EAGAIN));
    }
    // Linux moves on what fits into a nearly closed window, and acknowledges it, only after timers
    // of up to 200 ms. Space for a byte or two does not count as writable, so try again afterwards.
    pollfd writable = {fd, POLLOUT, 0};
    Invoke<Call::kPoll>(kernel, &writable, 1, 250);
  } while (total != before);
  return total;
}

Events KernelTest::Ready(int fd) {
  pollfd entry = {fd, static_cast<short>(kEverything.bits), 0};
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, &entry, 1, 0), SyscallSucceeds());
  return {static_cast<uint16_t>(entry.revents)};
}

void KernelTest::Await(int fd, Events events) {
  pollfd entry = {fd, static_cast<short>(events.bits), 0};
  int ready;
  do {
    ready = Invoke<Call::kPoll>(kernel, &entry, 1, kPatienceMs);
  } while (ready == -1 && errno == EINTR);
  ASSERT_EQ(ready, 1) << "waited in vain for " << EventNames(events.bits) << " on " << fd;
  ASSERT_EQ(entry.revents & POLLNVAL, 0) << fd << " is not a descriptor";
}

Fd KernelTest::NewEpoll() {
  Fd fd(kernel, Invoke<Call::kEpollCreate1>(kernel, 0));
  EXPECT_THAT(int{fd}, SyscallSucceeds());
  return fd;
}

int KernelTest::EpollAdd(int epfd, int fd, Events events) {
  epoll_event event = {.events = events.bits, .data = {.fd = fd}};
  return Invoke<Call::kEpollCtl>(kernel, epfd, EPOLL_CTL_ADD, fd, &event);
}

int KernelTest::EpollModify(int epfd, int fd, Events events) {
  epoll_event event = {.events = events.bits, .data = {.fd = fd}};
  return Invoke<Call::kEpollCtl>(kernel, epfd, EPOLL_CTL_MOD, fd, &event);
}

int KernelTest::EpollDelete(int epfd, int fd) {
  epoll_event unused = {};
  return Invoke<Call::kEpollCtl>(kernel, epfd, EPOLL_CTL_DEL, fd, &unused);
}

namespace {
std::vector<Event> Wait(Syscalls& kernel, int epfd, int max_events, int timeout_ms) {
  std::vector<epoll_event> raw(max_events);
  const int count = Invoke<Call::kEpollWait>(kernel, epfd, raw.data(), max_events, timeout_ms);
  EXPECT_THAT(count, SyscallSucceeds());
  std::vector<Event> events;
  for (int i = 0; i < count; ++i) events.push_back({raw[i].data.fd, {raw[i].events}});
  return events;
}
}  // namespace

std::vector<Event> KernelTest::EpollNow(int epfd, int max_events) {
  return Wait(kernel, epfd, max_events, 0);
}

std::vector<Event> KernelTest::AwaitEvents(int epfd, int max_events) {
  return Wait(kernel, epfd, max_events, kPatienceMs);
}

int64_t KernelTest::NowNs() {
  timespec now = {};
  EXPECT_THAT(Invoke<Call::kClockGettime>(kernel, CLOCK_MONOTONIC, &now), SyscallSucceeds());
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

void KernelTest::SetTimer(int fd, int64_t first_ns, int64_t interval_ns) {
  const auto spec = [](int64_t ns) {
    return timespec{ns / 1'000'000'000, static_cast<long>(ns % 1'000'000'000)};
  };
  const itimerspec value = {.it_interval = spec(interval_ns), .it_value = spec(first_ns)};
  EXPECT_THAT(Invoke<Call::kTimerfdSettime>(kernel, fd, 0, &value, nullptr), SyscallSucceeds());
}

void KernelTest::CountSignals(int signal, int flags) {
  g_signals_seen = 0;
  Handle(
      signal, [](int) { g_signals_seen = g_signals_seen + 1; }, flags);
}

int KernelTest::signals_seen() { return g_signals_seen; }

void KernelTest::Handle(int signal, void (*handler)(int), int flags) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  struct sigaction former = {};
  EXPECT_THAT(Invoke<Call::kSigaction>(kernel, signal, &action, &former), SyscallSucceeds());
  former_actions_.emplace_back(signal, former);
}

}  // namespace hupstorm
