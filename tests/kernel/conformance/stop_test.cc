// What a process that is stopped and continued (SIGSTOP, SIGCONT) sees of it in a call that sleeps,
// with no handler of its own: signal(7), "Interruption of system calls and library functions by
// stop signals". On Linux the calls are made in a child, as a shell would take a stop of this
// process for its own business.

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <functional>
#include <string>

#include "kernel/host_kernel.h"
#include "kernel/simulated/simulated_kernel.h"

namespace hupstorm {
namespace {

constexpr int kShortMs = 100;     // of a call that goes on: it may well be over before the stop
constexpr int kLongMs = 600'000;  // of one that only the stop can end in time
constexpr int64_t kMs = 1'000'000;

// 0: the call went on until its time was up; EINTR.
using Body = std::function<int(Syscalls& kernel)>;

int ErrorOf(int64_t result) { return result == -1 ? errno : 0; }

int OnLinux(const Body& body) {
  const pid_t pid = fork();
  if (pid == 0) {
    HostKernel linux;
    _exit(body(linux));
  }
  const auto state = [pid] {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    std::getline(file, line);
    const size_t end = line.rfind(") ");
    return end == std::string::npos ? 'Z' : line[end + 2];
  };
  char now = state();
  while (now != 'S' && now != 'Z') now = state();
  int status = 0;
  if (now == 'S') {
    kill(pid, SIGSTOP);
    waitpid(pid, &status, WUNTRACED);
    if (WIFEXITED(status)) return WEXITSTATUS(status);
    kill(pid, SIGCONT);
  }
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Interrupts the first sleep, and lets the time of the next go by.
class Interrupter final : public KernelDriver {
 public:
  explicit Interrupter(SimulatedKernel& kernel) : kernel_(kernel) {}
  void OnBlock(Call, int, int64_t deadline_ns) override {
    if (!done_) {
      done_ = true;
      kernel_.InterruptBlockedCall();
      return;
    }
    const int64_t timer = kernel_.NextTimerNs();
    kernel_.AdvanceTo(timer >= 0 ? timer : deadline_ns);
  }

 private:
  SimulatedKernel& kernel_;
  bool done_ = false;
};

int InTheSimulation(const Body& body) {
  SimulatedKernel kernel;
  Interrupter driver(kernel);
  kernel.set_driver(&driver);
  return body(kernel);
}

class StopTest : public ::testing::TestWithParam<bool> {
 protected:
  static int Run(const Body& body) { return GetParam() ? OnLinux(body) : InTheSimulation(body); }

  static void ExpectInterrupted(const Body& body) { EXPECT_EQ(Run(body), EINTR); }
  static void ExpectNotInterrupted(const Body& body) { EXPECT_EQ(Run(body), 0); }
};
INSTANTIATE_TEST_SUITE_P(, StopTest, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Linux" : "Simulation"; });

int Pair(Syscalls& kernel) {
  int fds[2];
  return Invoke<Call::kSocketpair>(kernel, AF_UNIX, SOCK_STREAM, 0, fds) == 0 ? fds[0] : -1;
}

TEST_P(StopTest, EpollWaitIsInterrupted) {
  ExpectInterrupted([](Syscalls& kernel) {
    epoll_event event;
    return ErrorOf(Invoke<Call::kEpollWait>(kernel, Invoke<Call::kEpollCreate1>(kernel, 0), &event,
                                            1, kLongMs));
  });
}

TEST_P(StopTest, ARecvWithATimeoutIsInterrupted) {
  ExpectInterrupted([](Syscalls& kernel) {
    const int fd = Pair(kernel);
    const timeval timeout = {.tv_sec = kLongMs / 1000, .tv_usec = 0};
    Invoke<Call::kSetsockopt>(kernel, fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    char byte;
    return ErrorOf(Invoke<Call::kRecv>(kernel, fd, &byte, 1, 0));
  });
}

TEST_P(StopTest, PollGoesOn) {
  ExpectNotInterrupted([](Syscalls& kernel) {
    pollfd entry = {.fd = Pair(kernel), .events = POLLIN, .revents = 0};
    return ErrorOf(Invoke<Call::kPoll>(kernel, &entry, 1, kShortMs));
  });
}

TEST_P(StopTest, SelectGoesOn) {
  ExpectNotInterrupted([](Syscalls& kernel) {
    timeval timeout = {.tv_sec = 0, .tv_usec = kShortMs * 1000};
    return ErrorOf(Invoke<Call::kSelect>(kernel, 0, nullptr, nullptr, nullptr, &timeout));
  });
}

TEST_P(StopTest, NanosleepGoesOn) {
  ExpectNotInterrupted([](Syscalls& kernel) {
    const timespec request = {.tv_sec = 0, .tv_nsec = kShortMs * kMs};
    return ErrorOf(Invoke<Call::kNanosleep>(kernel, &request, nullptr));
  });
}

TEST_P(StopTest, ReadGoesOn) {
  ExpectNotInterrupted([](Syscalls& kernel) {
    const int fd = Invoke<Call::kTimerfdCreate>(kernel, CLOCK_MONOTONIC, 0);
    const itimerspec once = {.it_interval = {},
                             .it_value = {.tv_sec = 0, .tv_nsec = kShortMs * kMs}};
    Invoke<Call::kTimerfdSettime>(kernel, fd, 0, &once, nullptr);
    uint64_t expirations;
    return ErrorOf(Invoke<Call::kRead>(kernel, fd, &expirations, sizeof expirations));
  });
}

}  // namespace
}  // namespace hupstorm
