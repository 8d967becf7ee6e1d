// Which of libc's calls reach the kernel in force, and as what.

#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "tests/kernel/layers/shim_test_kernels.h"

namespace hupstorm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class LibcShimRoutingTest : public testing::Test {
 protected:
  LibcShimRoutingTest() {
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair_), 0);
  }
  ~LibcShimRoutingTest() override {
    close(pair_[0]);
    close(pair_[1]);
  }

  // What `server` calls, when it runs as the server.
  template <typename Server>
  std::vector<Call> CallsOf(Server&& server) {
    kernel_.Take();
    {
      ServerScope scope(kernel_);
      server();
    }
    return kernel_.Take();
  }

  RecordingKernel kernel_;
  int pair_[2];
  char buffer_[16] = {};
};

TEST_F(LibcShimRoutingTest, TheHarnessCallsLinux) {
  EXPECT_EQ(send(pair_[0], "a", 1, 0), 1);
  EXPECT_EQ(recv(pair_[1], buffer_, 1, 0), 1);
  EXPECT_THAT(kernel_.Take(), IsEmpty());
  ServerScope server(kernel_);
  HarnessScope harness;
  EXPECT_EQ(send(pair_[0], "a", 1, 0), 1);
  EXPECT_THAT(kernel_.Take(), IsEmpty());
}

TEST_F(LibcShimRoutingTest, AnotherThreadCallsLinux) {
  EXPECT_THAT(CallsOf([&] { std::thread([&] { send(pair_[0], "a", 1, 0); }).join(); }), IsEmpty());
}

TEST_F(LibcShimRoutingTest, SocketCalls) {
  EXPECT_THAT(CallsOf([&] {
                sockaddr_in address{};
                address.sin_family = AF_INET;
                auto* const any = reinterpret_cast<sockaddr*>(&address);
                socklen_t length = sizeof(address);
                const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
                bind(fd, any, sizeof(address));
                listen(fd, 1);
                getsockname(fd, any, &length);
                getpeername(fd, any, &length);
                const int one = 1;
                setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
                int error;
                length = sizeof(error);
                getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
                accept(fd, nullptr, nullptr);
                accept4(fd, nullptr, nullptr, SOCK_CLOEXEC);
                connect(fd, any, sizeof(address));
                shutdown(fd, SHUT_RDWR);
                close(fd);
              }),
              ElementsAre(Call::kSocket, Call::kBind, Call::kListen, Call::kGetsockname,
                          Call::kGetpeername, Call::kSetsockopt, Call::kGetsockopt, Call::kAccept,
                          Call::kAccept, Call::kConnect, Call::kShutdown, Call::kClose));
}

TEST_F(LibcShimRoutingTest, TransfersOfEveryForm) {
  EXPECT_THAT(CallsOf([&] {
                iovec part{buffer_, 4};
                msghdr message{};
                message.msg_iov = &part;
                message.msg_iovlen = 1;
                EXPECT_EQ(send(pair_[0], "abcd", 4, 0), 4);
                EXPECT_EQ(recv(pair_[1], buffer_, 4, 0), 4);
                EXPECT_EQ(sendto(pair_[0], "abcd", 4, 0, nullptr, 0), 4);
                EXPECT_EQ(recvfrom(pair_[1], buffer_, 4, 0, nullptr, nullptr), 4);
                EXPECT_EQ(sendmsg(pair_[0], &message, 0), 4);
                EXPECT_EQ(recvmsg(pair_[1], &message, 0), 4);
                EXPECT_EQ(write(pair_[0], "abcd", 4), 4);
                EXPECT_EQ(read(pair_[1], buffer_, 4), 4);
                EXPECT_EQ(writev(pair_[0], &part, 1), 4);
                EXPECT_EQ(readv(pair_[1], &part, 1), 4);
                mmsghdr one{.msg_hdr = message, .msg_len = 0};
                EXPECT_EQ(sendmmsg(pair_[0], &one, 1, 0), 1);
                EXPECT_EQ(recvmmsg(pair_[1], &one, 1, 0, nullptr), 1);
              }),
              ElementsAre(Call::kSend, Call::kRecv, Call::kSend, Call::kRecv, Call::kSendmsg,
                          Call::kRecvmsg, Call::kWrite, Call::kRead, Call::kWritev, Call::kReadv,
                          Call::kSendmmsg, Call::kRecvmmsg));
}

TEST_F(LibcShimRoutingTest, AFileIsSentAsOneCall) {
  EXPECT_THAT(CallsOf([&] { EXPECT_EQ(sendfile(pair_[0], -1, nullptr, 1), -1); }),
              ElementsAre(Call::kSendfile));
}

TEST_F(LibcShimRoutingTest, RecvfromAndSendtoWithAnAddressAreMessages) {
  sockaddr_storage from{};
  socklen_t length = sizeof(from);
  EXPECT_THAT(
      CallsOf([&] {
        EXPECT_EQ(write(pair_[0], "abcd", 4), 4);
        EXPECT_EQ(recvfrom(pair_[1], buffer_, 16, 0, reinterpret_cast<sockaddr*>(&from), &length),
                  4);
        sockaddr_in to{};
        EXPECT_EQ(
            sendto(pair_[0], "abcd", 4, MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&to), sizeof(to)),
            -1);
        EXPECT_EQ(errno, EISCONN);
      }),
      ElementsAre(Call::kWrite, Call::kRecvmsg, Call::kSendmsg));
  EXPECT_EQ(length, 0u) << "a connected stream names nobody";
}

TEST_F(LibcShimRoutingTest, Descriptors) {
  EXPECT_THAT(
      CallsOf([&] {
        int fds[2];
        EXPECT_EQ(pipe(fds), 0);
        const int copy = dup(fds[0]);
        EXPECT_EQ(dup2(fds[1], copy), copy);
        EXPECT_EQ(dup2(copy, copy), copy);
        EXPECT_EQ(fcntl(copy, F_SETFL, O_NONBLOCK), 0);
        EXPECT_EQ(fcntl(copy, F_GETFL), O_WRONLY | O_NONBLOCK);
        int available = 0;
        EXPECT_EQ(ioctl(fds[0], FIONREAD, &available), 0);
        for (const int fd : {fds[0], fds[1], copy}) EXPECT_EQ(close(fd), 0);
        EXPECT_EQ(dup2(copy, copy), -1);
        EXPECT_EQ(errno, EBADF);
      }),
      ElementsAre(Call::kPipe2, Call::kDup, Call::kDup3, Call::kFcntl, Call::kFcntl, Call::kFcntl,
                  Call::kIoctl, Call::kClose, Call::kClose, Call::kClose, Call::kFcntl));
}

TEST_F(LibcShimRoutingTest, ReadinessInEveryForm) {
  const timespec brief{.tv_sec = 0, .tv_nsec = 1};
  EXPECT_THAT(CallsOf([&] {
                const int epfd = epoll_create(1);
                epoll_event event{.events = EPOLLOUT, .data = {.fd = pair_[0]}};
                EXPECT_EQ(epoll_ctl(epfd, EPOLL_CTL_ADD, pair_[0], &event), 0);
                EXPECT_EQ(epoll_wait(epfd, &event, 1, 0), 1);
                EXPECT_EQ(epoll_pwait(epfd, &event, 1, 0, nullptr), 1);
                EXPECT_EQ(epoll_pwait2(epfd, &event, 1, &brief, nullptr), 1);
                EXPECT_EQ(close(epfd), 0);
                pollfd ready{.fd = pair_[0], .events = POLLOUT, .revents = 0};
                EXPECT_EQ(poll(&ready, 1, 0), 1);
                EXPECT_EQ(ppoll(&ready, 1, &brief, nullptr), 1);
                fd_set writable;
                FD_ZERO(&writable);
                FD_SET(pair_[0], &writable);
                EXPECT_EQ(select(pair_[0] + 1, nullptr, &writable, nullptr, nullptr), 1);
                EXPECT_EQ(pselect(pair_[0] + 1, nullptr, &writable, nullptr, &brief, nullptr), 1);
              }),
              ElementsAre(Call::kEpollCreate1, Call::kEpollCtl, Call::kEpollWait, Call::kEpollWait,
                          Call::kEpollWait, Call::kClose, Call::kPoll, Call::kPoll, Call::kSelect,
                          Call::kSelect));
  EXPECT_EQ(brief.tv_nsec, 1) << "pselect must leave the timeout alone";
}

TEST_F(LibcShimRoutingTest, TimeoutsOfNanosecondsAreRoundedUpAndChecked) {
  ServerScope server(kernel_);
  pollfd none{.fd = -1, .events = 0, .revents = 0};
  const timespec brief{.tv_sec = 0, .tv_nsec = 1};
  EXPECT_EQ(ppoll(&none, 1, &brief, nullptr), 0);
  EXPECT_EQ(TimeoutMs(kernel_.last()), 1);
  const timespec wrong{.tv_sec = 0, .tv_nsec = 1'000'000'000};
  EXPECT_EQ(ppoll(&none, 1, &wrong, nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(pselect(0, nullptr, nullptr, nullptr, &wrong, nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST_F(LibcShimRoutingTest, WakeUpsAndTimers) {
  EXPECT_THAT(
      CallsOf([&] {
        const int event = eventfd(0, EFD_NONBLOCK);
        EXPECT_EQ(eventfd_write(event, 3), 0);
        eventfd_t value = 0;
        EXPECT_EQ(eventfd_read(event, &value), 0);
        EXPECT_EQ(value, 3u);
        const int timer = timerfd_create(CLOCK_MONOTONIC, 0);
        itimerspec setting{};
        EXPECT_EQ(timerfd_settime(timer, 0, &setting, nullptr), 0);
        EXPECT_EQ(timerfd_gettime(timer, &setting), 0);
        close(event);
        close(timer);
      }),
      ElementsAre(Call::kEventfd, Call::kWrite, Call::kRead, Call::kTimerfdCreate,
                  Call::kTimerfdSettime, Call::kTimerfdGettime, Call::kClose, Call::kClose));
}

TEST_F(LibcShimRoutingTest, ClocksAndSleeps) {
  const timespec brief{.tv_sec = 0, .tv_nsec = 1};
  EXPECT_THAT(CallsOf([&] {
                timespec now;
                EXPECT_EQ(clock_gettime(CLOCK_MONOTONIC, &now), 0);
                EXPECT_EQ(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &now, nullptr), 0);
                EXPECT_EQ(nanosleep(&brief, nullptr), 0);
                EXPECT_EQ(usleep(1), 0);
                EXPECT_EQ(sleep(0), 0u);
                std::this_thread::sleep_for(std::chrono::nanoseconds(1));
              }),
              ElementsAre(Call::kClockGettime, Call::kClockGettime, Call::kNanosleep,
                          Call::kNanosleep, Call::kNanosleep, Call::kNanosleep));
  EXPECT_THAT(CallsOf([&] {
                timeval now{};
                EXPECT_EQ(gettimeofday(&now, nullptr), 0);
                EXPECT_GE(time(nullptr), now.tv_sec);
                std::chrono::steady_clock::now();
              }),
              ElementsAre(Call::kClockGettime, Call::kClockGettime, Call::kClockGettime));
}

TEST_F(LibcShimRoutingTest, AWrongSleepIsReportedByReturnValue) {
  const timespec wrong{.tv_sec = 0, .tv_nsec = -1};
  for (const bool as_server : {false, true}) {
    int result = 0;
    errno = 4711;
    if (as_server) {
      CallsOf([&] { result = clock_nanosleep(CLOCK_MONOTONIC, 0, &wrong, nullptr); });
    } else {
      result = clock_nanosleep(CLOCK_MONOTONIC, 0, &wrong, nullptr);
    }
    EXPECT_EQ(result, EINVAL);
    EXPECT_EQ(errno, 4711);
  }
}

TEST_F(LibcShimRoutingTest, SignalIsSigactionWithBsdMeaning) {
  EXPECT_THAT(CallsOf([&] {
                EXPECT_EQ(signal(SIGUSR2, SIG_IGN), SIG_DFL);
                EXPECT_EQ(signal(SIGUSR2, SIG_DFL), SIG_IGN);
                EXPECT_EQ(signal(SIGKILL, SIG_IGN), SIG_ERR);
                struct sigaction old {};
                EXPECT_EQ(sigaction(SIGUSR2, nullptr, &old), 0);
                EXPECT_NE(old.sa_flags & SA_RESTART, 0);
              }),
              ElementsAre(Call::kSigaction, Call::kSigaction, Call::kSigaction, Call::kSigaction));
}

// The handler runs, and the call that it interrupts sees what Linux says.
TEST_F(LibcShimRoutingTest, HandlersOfTheServerRun) {
  static volatile sig_atomic_t runs;
  runs = 0;
  ServerScope server(kernel_);
  signal(SIGUSR2, [](int) { runs = runs + 1; });
  raise(SIGUSR2);
  signal(SIGUSR2, SIG_DFL);
  EXPECT_EQ(runs, 1);
}

// libFuzzer's alarm comes while the server runs, and must read the real clock.
TEST_F(LibcShimRoutingTest, HandlersOfTheHarnessRunAsTheHarness) {
  static volatile sig_atomic_t runs_as_server;
  static volatile sig_atomic_t number_seen;
  const auto plain = [](int number) {
    runs_as_server = in_force.in_server ? 1 : 0;
    number_seen = number;
  };
  const auto with_info = [](int number, siginfo_t* info, void*) {
    runs_as_server = in_force.in_server ? 1 : 0;
    number_seen = info->si_signo == number ? number : -1;
  };
  struct sigaction action {};
  for (const bool has_info : {false, true}) {
    if (has_info) {
      action.sa_sigaction = with_info;
      action.sa_flags = SA_SIGINFO;
    } else {
      action.sa_handler = plain;
    }
    ASSERT_EQ(sigaction(SIGUSR2, &action, nullptr), 0);
    runs_as_server = -1;
    number_seen = 0;
    {
      ServerScope server(kernel_);
      raise(SIGUSR2);
      EXPECT_TRUE(in_force.in_server);
    }
    EXPECT_EQ(runs_as_server, 0);
    EXPECT_EQ(number_seen, SIGUSR2);
    struct sigaction installed {};
    ASSERT_EQ(sigaction(SIGUSR2, nullptr, &installed), 0);
    EXPECT_EQ(installed.sa_sigaction, action.sa_sigaction) << "the harness sees its own handler";
    EXPECT_EQ(installed.sa_flags & SA_SIGINFO, action.sa_flags & SA_SIGINFO);
  }
  EXPECT_NE(signal(SIGUSR2, SIG_DFL), SIG_ERR);
}

TEST_F(LibcShimRoutingTest, ErrnoIsTheCallsOwn) {
  ServerScope server(kernel_);
  errno = 4711;
  EXPECT_EQ(send(pair_[0], "a", 1, 0), 1);
  EXPECT_EQ(errno, 4711) << "a call that succeeds leaves errno alone";
  EXPECT_EQ(recv(pair_[0], buffer_, 1, 0), -1);
  EXPECT_EQ(errno, EAGAIN);
}

extern "C" ssize_t __recv_chk(int fd, void* buffer, size_t length, size_t buffer_size, int flags);

TEST_F(LibcShimRoutingTest, FortifiedFormsAreTheSameCalls) {
  EXPECT_THAT(CallsOf([&] { EXPECT_EQ(__recv_chk(pair_[0], buffer_, 1, 16, 0), -1); }),
              ElementsAre(Call::kRecv));
  EXPECT_DEATH(__recv_chk(pair_[0], buffer_, 17, 16, 0), "buffer overflow detected");
}

}  // namespace
}  // namespace hupstorm
