// Every call of the table with addresses and lengths that are wrong: the simulation fails as Linux
// does, and touches nothing that it should not.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <string>

#include "kernel/host_kernel.h"
#include "kernel/simulated/simulated_kernel.h"
#include "kernel/trace/symbols.h"

namespace hupstorm {
namespace {

constexpr size_t kPage = 4096;

// Addresses of each kind. What a call may write to is new for each call.
class Addresses {
 public:
  Addresses() {
    pages_ = static_cast<char*>(
        mmap(nullptr, kPages * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(pages_ + kPage, (kPages - 1) * kPage, PROT_NONE);
    mprotect(pages_ + 2 * kPage, kPage, PROT_READ);
  }
  ~Addresses() { munmap(pages_, kPages * kPage); }

  void Clear() { std::memset(pages_, 0, kPage); }

  static constexpr int kKinds = 9;
  void* Get(int kind) const {
    const std::array<void*, kKinds> all = {
        pages_ + 64,    // all right
        pages_ + 1024,  // all right
        nullptr,
        reinterpret_cast<void*>(16),
        pages_ + kPage + 128,      // not mapped
        pages_ + 2 * kPage + 128,  // read-only, zeroes
        pages_ + kPage - 4,        // the first word is there
        reinterpret_cast<void*>(0xffff888000000000),
        reinterpret_cast<void*>(0x4141414141414141),
    };
    return all[static_cast<size_t>(kind)];
  }

 private:
  static constexpr size_t kPages = 16;
  char* pages_;
};

// The same descriptors on either kernel, none of which sleeps.
struct Descriptors {
  static constexpr int kKinds = 13;
  std::array<int, kKinds> fds;

  explicit Descriptors(Syscalls& kernel) : kernel(kernel) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    const int listener = Invoke<Call::kSocket>(kernel, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    Invoke<Call::kBind>(kernel, listener, any, socklen_t{sizeof address});
    Invoke<Call::kListen>(kernel, listener, 5);
    socklen_t length = sizeof address;
    Invoke<Call::kGetsockname>(kernel, listener, any, &length);
    const int client = Invoke<Call::kSocket>(kernel, AF_INET, SOCK_STREAM, 0);
    Invoke<Call::kConnect>(kernel, client, any, socklen_t{sizeof address});
    Invoke<Call::kFcntl>(kernel, client, F_SETFL, O_NONBLOCK);
    const int server = Invoke<Call::kAccept>(kernel, listener, nullptr, nullptr, SOCK_NONBLOCK);
    Invoke<Call::kSend>(kernel, client, "hello", 5, 0);
    int pair[2];
    Invoke<Call::kSocketpair>(kernel, AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
    Invoke<Call::kSend>(kernel, pair[0], "hello", 5, 0);
    int packets[2];
    Invoke<Call::kSocketpair>(kernel, AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, packets);
    int pipe[2];
    Invoke<Call::kPipe2>(kernel, pipe, O_NONBLOCK);
    Invoke<Call::kWrite>(kernel, pipe[1], "hello", 5);
    const int epoll = Invoke<Call::kEpollCreate1>(kernel, 0);
    epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data = {}};
    Invoke<Call::kEpollCtl>(kernel, epoll, EPOLL_CTL_ADD, pair[1], &event);
    const int eventfd = Invoke<Call::kEventfd>(kernel, 1, O_NONBLOCK);
    const int timer = Invoke<Call::kTimerfdCreate>(kernel, CLOCK_MONOTONIC, O_NONBLOCK);
    fds = {listener, client,  server, pair[0], pair[1], packets[0], packets[1],
           pipe[0],  pipe[1], epoll,  eventfd, timer,   -1};
    pollfd input = {.fd = server, .events = POLLIN, .revents = 0};
    Invoke<Call::kPoll>(kernel, &input, 1, 1000);
  }
  ~Descriptors() {
    for (const int fd : fds) {
      if (fd >= 0) Invoke<Call::kClose>(kernel, fd);
    }
  }

  Syscalls& kernel;
};

// Makes up a call: the same for either kernel, but for its descriptors.
class WildCalls {
 public:
  explicit WildCalls(uint64_t seed) : random_(seed) {}

  struct Draft {
    SystemCall call;
    std::array<int, kMostArguments> descriptor = {-1, -1, -1, -1, -1, -1};  // which; -1: none
  };

  Draft Next(const Addresses& addresses) {
    Draft draft;
    draft.call.call = Pick(kCalls);
    const CallRow& row = RowOf(draft.call.call);
    for (size_t i = 0; i < row.argument_count(); ++i) {
      const ArgumentKind kind = row.arguments[i].kind;
      if (kind == ArgumentKind::kFd) {
        draft.descriptor[i] = Below(Descriptors::kKinds);
      } else if (row.arguments[i].is_address()) {
        draft.call.SetPointer(i, addresses.Get(Below(Addresses::kKinds)));
      } else {
        draft.call.arguments[i] = Number(kind);
      }
    }
    Tame(draft);
    Furnish(draft.call, addresses);
    return draft;
  }

 private:
  // Not close and dup3, which take descriptors alone, nor sigaction, whose structure is libc's own;
  // the sleeps of nanosleep depend on what lies in memory.
  static constexpr Call kCalls[] = {
      Call::kSocketpair,  Call::kBind,         Call::kAccept,         Call::kConnect,
      Call::kGetsockname, Call::kGetpeername,  Call::kGetsockopt,     Call::kSetsockopt,
      Call::kRecv,        Call::kSend,         Call::kRecvmsg,        Call::kSendmsg,
      Call::kRead,        Call::kWrite,        Call::kReadv,          Call::kWritev,
      Call::kIoctl,       Call::kPipe2,        Call::kSelect,         Call::kPoll,
      Call::kEpollCtl,    Call::kEpollWait,    Call::kTimerfdSettime, Call::kTimerfdGettime,
      Call::kSendfile,    Call::kSignalfd4,    Call::kRecvmmsg,       Call::kSendmmsg,
      Call::kSplice,      Call::kClockGettime,
  };

  int Below(int end) { return static_cast<int>(random_() % static_cast<uint64_t>(end)); }
  template <typename T, size_t kCount>
  T Pick(const T (&all)[kCount]) {
    return all[random_() % kCount];
  }

  int64_t Number(ArgumentKind kind) {
    switch (kind) {
      case ArgumentKind::kLevel:
        return Pick({SOL_SOCKET, 4711});
      case ArgumentKind::kOptionName:
        return Pick({SO_TYPE, SO_ERROR, SO_SNDBUF, SO_RCVTIMEO, SO_LINGER, 4711});
      case ArgumentKind::kIoctlRequest:
        return Pick<int>({FIONREAD, FIONBIO, 0x4711});
      case ArgumentKind::kMessageFlags:
        return Pick({0, int{MSG_PEEK}, int{MSG_DONTWAIT}, int{MSG_WAITALL}, INT32_MIN}) |
               MSG_NOSIGNAL;
      case ArgumentKind::kEpollOperation:
        return Pick({EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL, 4711});
      case ArgumentKind::kDomain:
        return AF_UNIX;
      case ArgumentKind::kSocketType:
        return SOCK_STREAM;
      case ArgumentKind::kSize:
        return Pick<int64_t>({0, 1, 8, 16, 100, 5000, INT32_MAX, INT64_MAX, -1});
      case ArgumentKind::kClock:
        return Pick({0, 1, 100});
      case ArgumentKind::kSocketFlags:
      case ArgumentKind::kOpenFlags:
      case ArgumentKind::kSettimeFlags:
      case ArgumentKind::kSignalfdFlags:
      case ArgumentKind::kUnsigned:
        return Pick({0, 0, 0, 0x40000000});
      default:
        return Pick<int64_t>({0, 1, 2, 4, 8, 16, 100, 1024, 1025, 5000, INT32_MAX, -1, INT32_MIN});
    }
  }

  // Nothing is to sleep, and nothing that differs by more than addresses is asked.
  void Tame(Draft& draft) {
    SystemCall& call = draft.call;
    switch (call.call) {
      case Call::kSocketpair:
        call.arguments[2] = 0;
        break;
      case Call::kPoll:
        call.arguments[2] = 0;
        // The limit of descriptors is another.
        if (call.Size(1) > 100) call.arguments[1] = -1;
        break;
      case Call::kEpollWait:
        call.arguments[3] = 0;
        break;
      case Call::kSelect:
        if (call.arguments[4] == 0) call.arguments[4] = 16;
        if (call.Int(0) > 64) call.arguments[0] = 64;
        break;
      case Call::kSignalfd4:
        call.arguments[0] = -1;
        draft.descriptor[0] = -1;
        break;
      case Call::kSplice:
        // To a pipe that blocks nobody, and without an offset for it.
        call.arguments[5] = call.arguments[5] == 0 ? SPLICE_F_NONBLOCK : call.arguments[5];
        break;
      default:
        break;
    }
  }

  // What the good addresses lead to: now and then something that means something.
  void Furnish(const SystemCall& call, const Addresses& addresses) {
    char* const memory = static_cast<char*>(addresses.Get(0)) - 64;
    const int64_t part = reinterpret_cast<int64_t>(addresses.Get(Below(Addresses::kKinds)));
    if (call.call == Call::kSelect) return;  // as good as no sets, and no time to wait
    const int64_t size = Pick<int64_t>({0, 1, 8, 100, 5000, INT64_MAX, -1});
    for (const size_t at : {64, 1024}) {
      const ArgumentKind kind = RowOf(call.call).arguments[1].kind;
      if (kind == ArgumentKind::kParts) {
        for (size_t i = 0; i < 8; ++i) {
          const int64_t both[] = {part, size};
          std::memcpy(memory + at + i * sizeof both, both, sizeof both);
        }
      } else if (kind == ArgumentKind::kMessage || kind == ArgumentKind::kMessages) {
        msghdr header = {};
        header.msg_name = addresses.Get(Below(Addresses::kKinds));
        header.msg_namelen = static_cast<socklen_t>(Pick({0, 0, 16, 200, -1}));
        header.msg_iov = reinterpret_cast<iovec*>(memory + 2048);
        header.msg_iovlen = static_cast<size_t>(Pick({0, 1, 2, 1024, 1025}));
        header.msg_control = addresses.Get(Below(Addresses::kKinds));
        header.msg_controllen = static_cast<size_t>(Pick({0, 0, 8, 16}));
        std::memcpy(memory + at, &header, sizeof header);
        const int64_t both[] = {part, size};
        std::memcpy(memory + 2048, both, sizeof both);
        std::memcpy(memory + 2048 + sizeof both, both, sizeof both);
      } else if (Below(2) == 0) {
        const int number = Pick({0, 1, 2, 4, 16, 110, 128, -1});
        std::memcpy(memory + at, &number, sizeof number);
      }
    }
  }

  std::mt19937_64 random_;
};

// What the call came to: "0 or more", or its error.
std::string Outcome(Syscalls& kernel, const WildCalls::Draft& draft) {
  const Descriptors descriptors(kernel);
  SystemCall call = draft.call;
  for (size_t i = 0; i < kMostArguments; ++i) {
    if (draft.descriptor[i] >= 0) {
      call.arguments[i] = descriptors.fds[static_cast<size_t>(draft.descriptor[i])];
    }
  }
  kernel.Make(call);
  if (call.result < 0) return std::string(ErrorName(call.error));
  const bool makes = call.call == Call::kAccept || call.call == Call::kSignalfd4;
  if (makes) Invoke<Call::kClose>(kernel, static_cast<int>(call.result));
  if (call.call == Call::kPipe2 || call.call == Call::kSocketpair) {
    const int* const ends = call.Pointer<const int>(call.call == Call::kPipe2 ? 0 : 3);
    for (int i = 0; i < 2; ++i) Invoke<Call::kClose>(kernel, ends[i]);
  }
  return "0 or more";
}

std::string Text(const WildCalls::Draft& draft) {
  std::string text(CallName(draft.call.call));
  for (size_t i = 0; i < RowOf(draft.call.call).argument_count(); ++i) {
    char argument[40];
    snprintf(argument, sizeof argument, draft.descriptor[i] >= 0 ? " fd:%lld" : " %#llx",
             static_cast<long long>(draft.descriptor[i] >= 0 ? draft.descriptor[i]
                                                             : draft.call.arguments[i]));
    text += argument;
  }
  return text;
}

TEST(WildArgumentsTest, FailAsOnLinux) {
  constexpr int kCallsMade = 4000;
  signal(SIGPIPE, SIG_IGN);  // of Linux's own
  Addresses addresses;
  HostKernel host;
  SimulatedKernel simulation;
  for (int seed = 0; seed < kCallsMade; ++seed) {
    std::string outcomes[2];
    std::string text;
    for (const bool simulated : {false, true}) {
      addresses.Clear();
      WildCalls calls(static_cast<uint64_t>(seed));
      const WildCalls::Draft draft = calls.Next(addresses);
      text = Text(draft);
      outcomes[simulated] = Outcome(simulated ? static_cast<Syscalls&>(simulation) : host, draft);
    }
    EXPECT_EQ(outcomes[0], outcomes[1]) << "seed " << seed << ": " << text;
  }
}

}  // namespace
}  // namespace hupstorm
