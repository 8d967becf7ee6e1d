// The fixture of every conformance test: one kernel, Linux or simulated, and what tests need to
// say little: connected pairs, awaiting, events by name, signals, limits.

#ifndef HUPSTORM_TESTS_KERNEL_CONFORMANCE_KERNEL_TEST_H_
#define HUPSTORM_TESTS_KERNEL_CONFORMANCE_KERNEL_TEST_H_

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/syscalls.h"
#include "tests/kernel/conformance/kernel_under_test.h"
#include "tests/kernel/conformance/syscall_matchers.h"

namespace hupstorm {

enum class Platform { kLinux, kSimulated };

// Runs the tests of a fixture derived from KernelTest on both kernels:
// "TcpCloseTest.FinEndsInput/Linux" and "TcpCloseTest.FinEndsInput/Simulated".
#define INSTANTIATE_ON_BOTH_KERNELS(suite)                                                     \
  INSTANTIATE_TEST_SUITE_P(, suite, testing::Values(Platform::kLinux, Platform::kSimulated),   \
                           [](const testing::TestParamInfo<Platform>& info) {                  \
                             return info.param == Platform::kLinux ? std::string("Linux")      \
                                                                   : std::string("Simulated"); \
                           })

// A descriptor that closes itself. Reads as the number where a call wants one.
class Fd {
 public:
  Fd() = default;
  Fd(Syscalls& kernel, int number) : kernel_(&kernel), number_(number) {}
  Fd(Fd&& other) noexcept : kernel_(other.kernel_), number_(std::exchange(other.number_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(kernel_, other.kernel_);
    std::swap(number_, other.number_);
    return *this;
  }
  ~Fd() {
    if (number_ >= 0) Invoke<Call::kClose>(*kernel_, number_);
  }
  operator int() const { return number_; }  // NOLINT(google-explicit-constructor)

  // Closes it now. Returns the number, which is no descriptor any more.
  int Close();

 private:
  Syscalls* kernel_ = nullptr;
  int number_ = -1;
};

// A set of events, poll's and epoll's alike: Linux gives them the same numbers. By name in
// failures.
struct Events {
  uint32_t bits = 0;
  friend constexpr bool operator==(const Events&, const Events&) = default;
  friend constexpr Events operator|(Events a, Events b) { return {a.bits | b.bits}; }
};
void PrintTo(const Events& events, std::ostream* out);

inline constexpr Events kNothing = {0};
inline constexpr Events kIn = {EPOLLIN};
inline constexpr Events kPri = {EPOLLPRI};
inline constexpr Events kOut = {EPOLLOUT};
inline constexpr Events kErr = {EPOLLERR};
inline constexpr Events kHup = {EPOLLHUP};
inline constexpr Events kRdhup = {EPOLLRDHUP};
inline constexpr Events kEverything = kIn | kPri | kOut | kRdhup;
inline constexpr Events kEdge = {EPOLLET};  // and how to watch
inline constexpr Events kOneshot = {EPOLLONESHOT};
inline constexpr Events kExclusive = {EPOLLEXCLUSIVE};

// What epoll_wait reported of one descriptor.
struct Event {
  int fd = -1;
  Events events;
  friend bool operator==(const Event&, const Event&) = default;
};
void PrintTo(const Event& event, std::ostream* out);

class KernelTest : public testing::TestWithParam<Platform> {
 protected:
  KernelTest();
  ~KernelTest() override;
  void SetUp() override;

  struct Listener {
    Fd fd;
    sockaddr_in address = {};
  };
  struct Pair {
    Fd client;
    Fd server;
  };
  // 0 leaves a size as it is by default.
  struct Buffers {
    int client_send = 0;
    int client_receive = 0;
    int server_send = 0;
    int server_receive = 0;
  };
  static constexpr int kSmall = 16 * 1024;

  // ---- Sockets.
  Fd TcpSocket(int flags = 0);
  // On 127.0.0.1, at a port that Linux chooses; non-blocking.
  Listener Listen(int backlog = 16);
  // Ends in the accept queue (or fails the test).
  Fd Connect(const Listener& listener);
  int Connect(int fd, const sockaddr_in& address);
  // Awaits a connection and takes it.
  Fd Accept(const Listener& listener, int flags = 0);
  // Both ends non-blocking.
  Pair ConnectedPair(const Buffers& buffers);
  Pair ConnectedPair() { return ConnectedPair(Buffers{}); }
  Pair SocketPair(int flags = SOCK_NONBLOCK);  // AF_UNIX stream; client is fds[0]
  struct Pipe {
    Fd read;
    Fd write;
  };
  Pipe NewPipe(int flags = O_NONBLOCK);
  void SetNonBlocking(int fd, bool on = true);
  void SetOption(int fd, int level, int name, int value);
  int GetOption(int fd, int level, int name);
  int PendingError(int fd) { return GetOption(fd, SOL_SOCKET, SO_ERROR); }
  void SetLinger(int fd, bool on, int seconds);
  sockaddr_in LocalAddress(int fd);
  // Closes with RST.
  void Reset(Fd& fd);

  // ---- Bytes.
  ssize_t Send(int fd, std::string_view bytes, int flags = 0);
  // One recv of at most `size` bytes; the test fails unless it returns some.
  std::string Recv(int fd, size_t size = 1024, int flags = 0);
  // Awaits and reads exactly `size` bytes.
  std::string Receive(int fd, size_t size);
  // Awaits and reads all until end of input; the number of bytes.
  size_t ReceiveUntilEnd(int fd);
  // Reads what is there now; the number of bytes.
  size_t Drain(int fd);
  // A recv whose result is to be matched.
  ssize_t TryRecv(int fd, int flags = 0);
  // A send of one byte whose result is to be matched.
  ssize_t TrySend(int fd, int flags = MSG_NOSIGNAL);
  int Unread(int fd);  // FIONREAD
  void AwaitUnread(int fd, int bytes);
  // Writes until nothing more is taken and that stays so; the number of bytes.
  size_t Fill(int fd);

  // ---- Readiness.
  // What poll reports now, of everything that can be asked.
  Events Ready(int fd);
  // Waits until poll reports one of `events`, or ERR or HUP, which need not be asked for.
  void Await(int fd, Events events);
  Fd NewEpoll();
  int EpollAdd(int epfd, int fd, Events events);  // data is the descriptor
  int EpollModify(int epfd, int fd, Events events);
  int EpollDelete(int epfd, int fd);
  // What epoll_wait reports now.
  std::vector<Event> EpollNow(int epfd, int max_events = 16);
  // Waits until epoll_wait reports something.
  std::vector<Event> AwaitEvents(int epfd, int max_events = 16);

  // ---- Time and signals.
  int64_t NowNs();
  void SetTimer(int fd, int64_t first_ns, int64_t interval_ns = 0);
  // Signals that the handler of CountSignals saw since.
  void CountSignals(int signal, int flags = 0);
  static int signals_seen();
  // `handler` runs on `signal`, for this test only.
  void Handle(int signal, void (*handler)(int), int flags = 0);

 private:
  std::unique_ptr<KernelUnderTest> under_test_;
  std::vector<std::pair<int, struct sigaction>> former_actions_;

 protected:
  KernelUnderTest& under_test() { return *under_test_; }
  Syscalls& kernel;
};

// Milliseconds that an awaited event may take on a busy machine. No test takes it to pass.
inline constexpr int kPatienceMs = 20'000;
inline constexpr int64_t kMillisecond = 1'000'000;

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_KERNEL_CONFORMANCE_KERNEL_TEST_H_
