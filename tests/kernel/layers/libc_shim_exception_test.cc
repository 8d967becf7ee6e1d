// A scenario ends by an exception that is thrown inside one of the server's calls. It must leave
// libc's function, unwind the server's frames with their destructors, and leave the harness in
// charge.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <functional>
#include <ostream>

#include "kernel/host_kernel.h"
#include "kernel/in_force.h"
#include "kernel/syscalls_layer.h"

namespace hupstorm {
namespace {

struct RunEnded {};

class EndingKernel final : public SyscallsLayer {
 public:
  EndingKernel() : SyscallsLayer(host_) {}

 protected:
  bool Enter(SystemCall&) override { throw RunEnded{}; }
  void Leave(SystemCall&) override {}

 private:
  HostKernel host_;
};

struct Destroyed {
  explicit Destroyed(bool& flag) : flag_(flag) {}
  ~Destroyed() { flag_ = true; }
  bool& flag_;
};

// A server's frame: it holds something, and calls. Kept out of line so that it has a frame.
[[gnu::noinline]] void ServerFrame(void (*call)(), bool& destroyed) {
  const Destroyed held(destroyed);
  call();
}

struct Blocking {
  const char* name;
  void (*call)();
};
void PrintTo(const Blocking& blocking, std::ostream* os) { *os << blocking.name; }

char buffer[16];

const Blocking kBlocking[] = {
    {"accept", [] { accept(0, nullptr, nullptr); }},
    {"accept4", [] { accept4(0, nullptr, nullptr, 0); }},
    {"connect", [] { connect(0, nullptr, 0); }},
    {"recv", [] { recv(0, buffer, 1, 0); }},
    {"recvfrom", [] { recvfrom(0, buffer, 1, 0, nullptr, nullptr); }},
    {"recvmsg",
     [] {
       msghdr message{};
       recvmsg(0, &message, 0);
     }},
    {"send", [] { send(0, buffer, 1, 0); }},
    {"sendto", [] { sendto(0, buffer, 1, 0, nullptr, 0); }},
    {"sendmsg",
     [] {
       const msghdr message{};
       sendmsg(0, &message, 0);
     }},
    {"recvmmsg", [] { recvmmsg(0, nullptr, 0, 0, nullptr); }},
    {"sendmmsg", [] { sendmmsg(0, nullptr, 0, 0); }},
    {"sendfile", [] { sendfile(0, 0, nullptr, 1); }},
    {"read", [] { static_cast<void>(!read(0, buffer, 1)); }},
    {"write", [] { static_cast<void>(!write(0, buffer, 1)); }},
    {"readv",
     [] {
       const iovec part{buffer, 1};
       static_cast<void>(!readv(0, &part, 1));
     }},
    {"writev",
     [] {
       const iovec part{buffer, 1};
       static_cast<void>(!writev(0, &part, 1));
     }},
    {"close", [] { close(-1); }},
    {"fcntl", [] { fcntl(0, F_GETFL); }},
    {"select", [] { select(0, nullptr, nullptr, nullptr, nullptr); }},
    {"pselect", [] { pselect(0, nullptr, nullptr, nullptr, nullptr, nullptr); }},
    {"poll", [] { poll(nullptr, 0, -1); }},
    {"ppoll", [] { ppoll(nullptr, 0, nullptr, nullptr); }},
    {"epoll_wait",
     [] {
       epoll_event event;
       epoll_wait(0, &event, 1, -1);
     }},
    {"epoll_pwait",
     [] {
       epoll_event event;
       epoll_pwait(0, &event, 1, -1, nullptr);
     }},
    {"epoll_pwait2",
     [] {
       epoll_event event;
       epoll_pwait2(0, &event, 1, nullptr, nullptr);
     }},
    {"eventfd_read",
     [] {
       eventfd_t value;
       eventfd_read(0, &value);
     }},
    {"eventfd_write", [] { eventfd_write(0, 1); }},
    {"nanosleep",
     [] {
       const timespec brief{};
       nanosleep(&brief, nullptr);
     }},
    {"clock_nanosleep",
     [] {
       const timespec brief{};
       clock_nanosleep(CLOCK_MONOTONIC, 0, &brief, nullptr);
     }},
    {"usleep", [] { usleep(1); }},
    {"sleep", [] { sleep(1); }},
};

class LibcShimExceptionTest : public testing::TestWithParam<Blocking> {};

TEST_P(LibcShimExceptionTest, UnwindsTheServersFrames) {
  EndingKernel kernel;
  bool destroyed = false;
  bool ended = false;
  try {
    ServerScope scope(kernel);
    ServerFrame(GetParam().call, destroyed);
  } catch (const RunEnded&) {
    ended = true;
  }
  EXPECT_TRUE(ended);
  EXPECT_TRUE(destroyed);
  EXPECT_FALSE(in_force.in_server);
  EXPECT_EQ(in_force.syscalls, nullptr);
}

INSTANTIATE_TEST_SUITE_P(All, LibcShimExceptionTest, testing::ValuesIn(kBlocking),
                         [](const auto& info) { return info.param.name; });

// While the exception passes, the server's destructors run as the server.
TEST(LibcShimUnwindingTest, DestructorsOnTheWayAreTheServers) {
  struct Observer {
    bool& in_server;
    ~Observer() { in_server = in_force.in_server; }
  };
  EndingKernel kernel;
  bool in_server = false;
  try {
    ServerScope scope(kernel);
    const Observer observer{in_server};
    poll(nullptr, 0, -1);
  } catch (const RunEnded&) {
  }
  EXPECT_TRUE(in_server);
}

TEST(LibcShimExceptionDeathTest, ACallThatGlibcDeclaresNothrowDiesByName) {
  EndingKernel kernel;
  EXPECT_DEATH(
      {
        ServerScope scope(kernel);
        static_cast<void>(socket(AF_INET, SOCK_STREAM, 0));
      },
      "an exception left socket");
}

}  // namespace
}  // namespace hupstorm
