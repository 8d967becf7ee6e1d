// What a server does without asking, and what its driver is told of it.

#include "kernel/linux/held/notes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <string>
#include <vector>

#include "kernel/linux/held/agent.h"
#include "kernel/linux/held/remote_kernel.h"
#include "kernel/syscalls_layer.h"

namespace hupstorm::held {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// "asked close = -1", "told recv = 0", "told write \"text\" = 5".
class Listener final : public SyscallsLayer {
 public:
  Listener(Syscalls& inner, const RemoteKernel& remote) : SyscallsLayer(inner), remote_(remote) {}

  std::vector<std::string> heard;

 private:
  bool Enter(SystemCall& call) override {
    std::string line = remote_.is_replaying() ? "told " : "asked ";
    line += CallName(call.call);
    if (call.call == Call::kWrite) {
      line += " \"" + std::string(call.Pointer<const char>(1), call.Size(2)) + '"';
    }
    heard.push_back(std::move(line));
    if (call.call != Call::kWrite) return true;
    call.Return(call.arguments[2]);
    return false;
  }
  void Leave(SystemCall& call) override {
    heard.back() += " = " + std::to_string(call.result);
    if (call.result == -1 && call.error == EBADF) heard.back() += " EBADF";
  }

  const RemoteKernel& remote_;
};

// What a kernel does with calls that are told of, or asked for. A recv that is asked for is left
// undone: it might sleep.
class Bottom final : public Syscalls {
 public:
  explicit Bottom(RemoteKernel& remote) : remote_(remote) {}

  void Make(SystemCall& call) override {
    if (remote_.TakeReplayed(call)) return;
    if (call.call != Call::kRecv) return remote_.Make(call);
    call.Fail(EAGAIN);
  }

 private:
  RemoteKernel& remote_;
};

class NotesTest : public ::testing::Test {
 protected:
  static constexpr int kFirstAnswered = -1;  // a descriptor; the answer to it says what is allowed

  // Runs `server` in a child. Its first call is always asked for.
  std::vector<std::string> Hear(const std::function<void(Syscalls& kernel)>& server,
                                bool may_note = true) {
    int line[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line), 0);
    const pid_t pid = fork();
    if (pid == 0) {
      close(line[0]);
      Agent agent(memory_, line[1]);
      Invoke<Call::kClose>(agent, kFirstAnswered);
      server(agent);
      agent.ReportReturn();
      _exit(0);
    }
    close(line[1]);
    remote_.set_freedom(
        [may_note] { return Freedom{.may_note = may_note, .monotonic_ns = 5'000'000'007}; });
    Bottom bottom(remote_);
    Listener top(bottom, remote_);
    remote_.Attach(line[0], top);
    gone_ = false;
    try {
      while (remote_.AwaitCall()) remote_.Answer();
    } catch (const ServerGone&) {
      gone_ = true;
    }
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    close(line[0]);
    EXPECT_EQ(top.heard.at(0), "asked close = -1 EBADF");
    top.heard.erase(top.heard.begin());
    return top.heard;
  }

  static void Say(Syscalls& kernel, const std::string& text) {
    Invoke<Call::kWrite>(kernel, STDOUT_FILENO, text.data(), text.size());
  }

  SharedMemory memory_;
  RemoteKernel remote_{memory_};
  bool gone_ = false;
};

TEST_F(NotesTest, WhatChangesNothingIsToldInItsPlace) {
  const auto heard = Hear([](Syscalls& kernel) {
    int fds[2];
    Invoke<Call::kSocketpair>(kernel, AF_UNIX, SOCK_STREAM, 0, fds);
    Invoke<Call::kClose>(kernel, fds[1]);
    Say(kernel, "one");
    sockaddr_storage address;
    socklen_t length = sizeof address;
    Invoke<Call::kGetsockname>(kernel, fds[0], reinterpret_cast<sockaddr*>(&address), &length);
    char byte;
    Invoke<Call::kRecv>(kernel, fds[0], &byte, 1, 0);
    Invoke<Call::kGetpeername>(kernel, 1'000'000, reinterpret_cast<sockaddr*>(&address), &length);
    Invoke<Call::kClose>(kernel, fds[0]);
  });
  EXPECT_THAT(heard, ElementsAre("asked socketpair = 0", "asked close = 0",
                                 "told write \"one\" = 3", "told getsockname = 0", "told recv = 0",
                                 "told getpeername = -1 EBADF", "asked close = 0"));
}

TEST_F(NotesTest, TheServerSeesTheDriversClock) {
  const auto heard = Hear([](Syscalls& kernel) {
    timespec now = {};
    Invoke<Call::kClockGettime>(kernel, CLOCK_MONOTONIC, &now);
    Say(kernel, std::to_string(now.tv_sec) + "." + std::to_string(now.tv_nsec));
  });
  EXPECT_THAT(heard, ElementsAre("told clock_gettime = 0", "told write \"5.7\" = 3"));
}

TEST_F(NotesTest, WithoutTheDriversLeaveAllIsAskedFor) {
  const auto heard = Hear([](Syscalls& kernel) { Say(kernel, "one"); }, /*may_note=*/false);
  EXPECT_THAT(heard, ElementsAre("asked write \"one\" = 3"));
}

TEST_F(NotesTest, ARecvThatWouldMoveBytesOrSleepIsAskedFor) {
  const auto heard = Hear([](Syscalls& kernel) {
    int fds[2];
    Invoke<Call::kSocketpair>(kernel, AF_UNIX, SOCK_STREAM, 0, fds);
    char byte = 'x';
    Invoke<Call::kRecv>(kernel, fds[0], &byte, 1, 0);
    Invoke<Call::kRecv>(kernel, fds[0], &byte, 1, MSG_DONTWAIT);
    Invoke<Call::kSend>(kernel, fds[1], &byte, 1, 0);
    Invoke<Call::kRecv>(kernel, fds[0], &byte, 1, MSG_DONTWAIT);
  });
  EXPECT_THAT(heard, ElementsAre("asked socketpair = 0", "asked recv = -1", "told recv = -1",
                                 "asked send = 1", "asked recv = -1"));
}

TEST_F(NotesTest, MoreThanThereIsRoomForIsHeardInOrder) {
  constexpr int kLines = 10'000;
  const auto heard = Hear([](Syscalls& kernel) {
    for (int i = 0; i < kLines; ++i) Say(kernel, std::to_string(i));
  });
  ASSERT_EQ(heard.size(), static_cast<size_t>(kLines));
  int asked = 0;
  for (int i = 0; i < kLines; ++i) {
    const std::string& line = heard[static_cast<size_t>(i)];
    EXPECT_THAT(line, ::testing::HasSubstr(" \"" + std::to_string(i) + "\" "));
    asked += line.starts_with("asked");
  }
  EXPECT_GT(asked, 0);
  EXPECT_LT(asked, kLines / 100);
}

TEST_F(NotesTest, ALongLineIsAskedFor) {
  const auto heard = Hear([](Syscalls& kernel) { Say(kernel, std::string(1 << 20, 'x')); });
  ASSERT_EQ(heard.size(), 1u);
  EXPECT_TRUE(heard[0].starts_with("asked write"));
}

TEST_F(NotesTest, TheLastWordsOfAServerThatDiesAreHeard) {
  const auto heard = Hear([](Syscalls& kernel) {
    Say(kernel, "farewell");
    _exit(3);
  });
  EXPECT_TRUE(gone_);
  EXPECT_THAT(heard, ElementsAre("told write \"farewell\" = 8"));
}

TEST_F(NotesTest, ANewServerHasNothingToTellOfTheLast) {
  Hear([](Syscalls& kernel) {
    Say(kernel, "one");
    _exit(3);
  });
  EXPECT_THAT(Hear([](Syscalls&) {}), IsEmpty());
}

}  // namespace
}  // namespace hupstorm::held
