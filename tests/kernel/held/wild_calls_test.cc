// Whatever a server passes to a call, it is answered as Linux answers it, and nothing of ours
// fails.

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "base/child_process.h"
#include "base/file_descriptor.h"
#include "kernel/host_kernel.h"
#include "kernel/linux/held/agent.h"
#include "kernel/linux/held/remote_kernel.h"

namespace hupstorm::held {
namespace {

constexpr size_t kPage = 4096;

// Memory of which a part may be written, a part only read, and behind each of these nothing is.
class Pages {
 public:
  Pages() {
    begin_ = static_cast<std::byte*>(
        mmap(nullptr, 5 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    Fill();
    mprotect(begin_ + 3 * kPage, kPage, PROT_READ);
    munmap(begin_ + 2 * kPage, kPage);
    munmap(begin_ + 4 * kPage, kPage);
  }
  // Something in all of it, that the calls may take for lengths, numbers and pointers.
  void Fill() const { std::memset(begin_, 0, 2 * kPage); }
  std::byte* good() const { return begin_; }
  std::byte* end() const { return begin_ + 2 * kPage; }  // the first that is not there
  std::byte* read_only() const { return begin_ + 3 * kPage; }
  std::string Content() const { return {reinterpret_cast<const char*>(begin_), 2 * kPage}; }

 private:
  std::byte* begin_;
};

// What the calls are made on, the same each time.
struct Files {
  explicit Files(bool nonblocking = true) {
    auto [ours, theirs] = MakeSocketPair(SOCK_STREAM | (nonblocking ? SOCK_NONBLOCK : 0));
    here = std::move(ours);
    there = std::move(theirs);
    EXPECT_EQ(send(there.get(), "0123456789abcdefghij", 20, 0), 20);
    epoll.reset(epoll_create1(EPOLL_CLOEXEC));
    epoll_event event = {};
    event.events = EPOLLIN;
    epoll_ctl(epoll.get(), EPOLL_CTL_ADD, here.get(), &event);
    timer.reset(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
    tcp.reset(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
  }
  int Unread() const {
    int count = -1;
    ioctl(here.get(), FIONREAD, &count);
    return count;
  }

  FileDescriptor here, there, epoll, timer, tcp;
};

class WildCalls {
 public:
  explicit WildCalls(uint64_t seed) : random_(seed) {}

  // A call of the table, with arguments of which each may be anything.
  SystemCall Next(const Files& files, const Pages& pages) {
    static constexpr Call kCalls[] = {
        Call::kBind,        Call::kGetsockname, Call::kGetpeername,    Call::kGetsockopt,
        Call::kSetsockopt,  Call::kRecv,        Call::kSend,           Call::kRecvmsg,
        Call::kSendmsg,     Call::kRead,        Call::kWrite,          Call::kReadv,
        Call::kWritev,      Call::kIoctl,       Call::kSelect,         Call::kPoll,
        Call::kEpollCtl,    Call::kEpollWait,   Call::kTimerfdSettime, Call::kTimerfdGettime,
        Call::kAccept,      Call::kSocketpair,  Call::kPipe2,          Call::kNanosleep,
        Call::kClockGettime};
    SystemCall call{.call = Pick(kCalls), .arguments = {}};
    const int fds[] = {files.here.get(), files.epoll.get(), files.timer.get(), files.tcp.get(), -1};
    call.arguments[0] =
        FamilyOf(call.call) == CallFamily::kRecv || FamilyOf(call.call) == CallFamily::kSend
            ? files.here.get()
            : Pick(fds);
    for (size_t i = 0; i < kMostArguments; ++i) {
      const Argument& argument = RowOf(call.call).arguments[i];
      if (argument.is_address()) {
        call.SetPointer(i, Address(argument.kind, pages));
      } else if (i > 0) {
        call.arguments[i] = Number(argument.kind);
      }
    }
    Tame(call, files, pages);
    return call;
  }

 private:
  template <typename T, size_t N>
  T Pick(const T (&choices)[N]) {
    return choices[random_() % N];
  }

  void* Address(ArgumentKind kind, const Pages& pages) {
    void* const places[] = {
        nullptr,          reinterpret_cast<void*>(16), reinterpret_cast<void*>(~uint64_t{0xfff}),
        pages.good(),     pages.good() + 512,          pages.end() - 4,
        pages.end() - 20, pages.end() - kPage,         pages.end(),
        pages.read_only()};
    if (kind == ArgumentKind::kLength) {
      const socklen_t lengths[] = {0, 1, 4, 16, 128, 5000, 0x7ffe1234, 0xfffffff0};
      auto* const length = reinterpret_cast<socklen_t*>(pages.good() + 2048);
      *length = Pick(lengths);
      if (random_() % 4 != 0) return length;
    }
    if (kind == ArgumentKind::kParts || kind == ArgumentKind::kMessage) {
      auto* const parts = reinterpret_cast<iovec*>(pages.good() + 1024);
      const size_t sizes[] = {0, 3, 8, 5000, size_t{1} << 40, ~size_t{0}};
      for (int i = 0; i < 3; ++i) {
        parts[i] = {Address(ArgumentKind::kBytes, pages),
                    i == 0 ? Pick(sizes) % 5001 : Pick(sizes)};
      }
      if (kind == ArgumentKind::kParts) return random_() % 8 != 0 ? parts : Pick(places);
      auto* const message = reinterpret_cast<msghdr*>(pages.good() + 1536);
      *message = {};
      message->msg_iov = random_() % 8 != 0 ? parts : static_cast<iovec*>(Pick(places));
      message->msg_iovlen = random_() % 4;
      if (random_() % 2 != 0) return message;
    }
    return Pick(places);
  }

  int64_t Number(ArgumentKind kind) {
    if (kind == ArgumentKind::kMessageFlags) return MSG_DONTWAIT | MSG_NOSIGNAL;
    const int64_t numbers[] = {0, 1, 2, 3, 8, 64, 1024, 5000, INT32_MAX, -1, INT64_MAX};
    return Pick(numbers);
  }

  // Nothing that sleeps, changes what the next call finds, or has no answer that is always the
  // same.
  void Tame(SystemCall& call, const Files& files, const Pages& pages) {
    switch (call.call) {
      case Call::kPoll:
        call.arguments[2] = 0;
        return;
      case Call::kEpollWait:
        call.arguments[3] = 0;
        return;
      case Call::kSelect: {
        auto* const none = reinterpret_cast<timeval*>(pages.good() + 3072);
        *none = {};
        call.SetPointer(4, none);
        return;
      }
      case Call::kIoctl: {
        const int64_t requests[] = {FIONREAD, FIONBIO};
        call.arguments[1] = Pick(requests);
        return;
      }
      case Call::kNanosleep: {
        const timespec* const times[] = {nullptr, reinterpret_cast<const timespec*>(16)};
        call.SetPointer(0, Pick(times));
        return;
      }
      case Call::kClockGettime:
        call.arguments[0] = Pick({int64_t{77}, int64_t{-99}});
        return;
      case Call::kEpollCtl: {
        const int64_t operations[] = {EPOLL_CTL_ADD, EPOLL_CTL_MOD, 77};
        call.arguments[0] = files.epoll.get();
        call.arguments[1] = Pick(operations);
        call.arguments[2] = random_() % 2 != 0 ? files.here.get() : files.tcp.get();
        return;
      }
      case Call::kGetsockopt:
      case Call::kSetsockopt: {
        const int64_t names[] = {SO_TYPE, SO_KEEPALIVE, SO_LINGER};
        call.arguments[1] = SOL_SOCKET;
        call.arguments[2] = Pick(names);
        return;
      }
      case Call::kSocketpair:
        call.arguments[0] = AF_UNIX;
        call.arguments[1] = SOCK_STREAM;
        call.arguments[2] = 0;
        return;
      case Call::kPipe2:
        call.arguments[1] = 0;
        return;
      default:
        return;
    }
  }

  std::mt19937_64 random_;
};

struct Answer {
  int64_t result = 0;
  int error = 0;
  int unread = 0;
  std::string memory;
};

// Makes the call of that seed by `kernel`, on files and memory as new.
Answer MakeOne(Syscalls& kernel, uint64_t seed, const Pages& pages, std::string* text) {
  pages.Fill();
  const Files files;
  SystemCall call = WildCalls(seed).Next(files, pages);
  kernel.Make(call);
  Answer answer{call.result, call.result == -1 ? call.error : 0, files.Unread(), pages.Content()};
  *text = std::string(CallName(call.call));
  const bool makes_pair = call.call == Call::kPipe2 || call.call == Call::kSocketpair;
  if (call.result == 0 && makes_pair) {
    const int* const ends = call.Pointer<const int>(call.call == Call::kPipe2 ? 0 : 3);
    close(ends[0]);
    close(ends[1]);
  }
  // What a call has written before it failed is not said.
  if (answer.result == -1) answer.memory.clear();
  return answer;
}

// A driver that lets Linux answer.
class Passing final : public Syscalls {
 public:
  explicit Passing(RemoteKernel& remote) : remote_(remote) {}
  void Make(SystemCall& call) override { remote_.Make(call); }

 private:
  RemoteKernel& remote_;
};

TEST(WildCallsTest, AreAnsweredAsLinuxAnswersThem) {
  constexpr uint64_t kCount = 6000;
  SharedMemory memory;
  auto [ours, theirs] = MakeSocketPair();
  auto [from_child, to_us] = MakePipe();
  ChildProcess child([&memory, &line = theirs, &out = to_us] {
    HostKernel linux;
    Agent agent(memory, line.get());
    const Pages pages;
    for (uint64_t seed = 1; seed <= kCount; ++seed) {
      std::string text;
      const Answer right = MakeOne(linux, seed, pages, &text);
      const Answer held = MakeOne(agent, seed, pages, &text);
      if (held.result == right.result && held.error == right.error && held.unread == right.unread &&
          held.memory == right.memory) {
        continue;
      }
      text = std::to_string(seed) + ' ' + text + ": " + std::to_string(held.result) + ' ' +
             strerrorname_np(held.error) + ' ' + std::to_string(held.unread) + " left, not " +
             std::to_string(right.result) + ' ' + strerrorname_np(right.error) + ' ' +
             std::to_string(right.unread) +
             (held.memory == right.memory ? "\n" : ", other bytes\n");
      static_cast<void>(!write(out.get(), text.data(), text.size()));
    }
    agent.ReportReturn();
    _exit(0);
  });
  to_us.reset();
  theirs.reset();
  RemoteKernel remote(memory);
  Passing top(remote);
  remote.Attach(ours.get(), top);
  uint64_t asked = 0;
  while (remote.AwaitCall()) {
    remote.Answer();
    ++asked;
  }
  EXPECT_EQ(child.Wait(), 0);
  std::string differences(64 << 10, '\0');
  const ssize_t count = read(from_child.get(), differences.data(), differences.size());
  EXPECT_EQ(differences.substr(0, static_cast<size_t>(count)), "");
  EXPECT_GT(asked, kCount / 4) << "most calls were never held";
}

// What is read off a connection and cannot be delivered stays there.
TEST(WildCallsTest, BytesThatCannotBeDeliveredStay) {
  SharedMemory memory;
  auto [ours, theirs] = MakeSocketPair();
  ChildProcess child([&memory, &line = theirs] {
    Agent agent(memory, line.get());
    const Files files;
    const Pages pages;
    char bytes[64];
    const auto receive = [&](void* to) {
      return Invoke<Call::kRecv>(agent, files.here.get(), to, size_t{64}, 0);
    };
    if (receive(reinterpret_cast<void*>(16)) != -1 || errno != EFAULT) _exit(1);
    if (receive(pages.read_only()) != -1 || errno != EFAULT) _exit(2);
    if (receive(bytes) != 20 || std::memcmp(bytes, "0123456789", 10) != 0) _exit(3);
    agent.ReportReturn();
    _exit(0);
  });
  theirs.reset();
  RemoteKernel remote(memory);
  Passing top(remote);
  remote.Attach(ours.get(), top);
  while (remote.AwaitCall()) remote.Answer();
  EXPECT_EQ(child.Wait(), 0);
}

}  // namespace
}  // namespace hupstorm::held
