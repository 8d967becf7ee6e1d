#include "kernel/linux/sight/process_tree.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <thread>

#include "kernel/linux/sight/process_family.h"
#include "tests/kernel/sight/tcp_pair.h"

namespace hupstorm::sight {
namespace {

using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// A child process that does something, says a word about it, and sleeps in read until it is let go.
class Child {
 public:
  explicit Child(const std::function<int()>& act = [] { return 0; }) {
    EXPECT_EQ(pipe2(to_, O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(from_, O_CLOEXEC), 0);
    pid_ = fork();
    if (pid_ == 0) {
      close(to_[1]);
      close(from_[0]);
      const int word = act();
      static_cast<void>(!write(from_[1], &word, sizeof word));
      char byte = 0;
      static_cast<void>(!read(to_[0], &byte, 1));
      _exit(0);
    }
    close(to_[0]);
    close(from_[1]);
    EXPECT_EQ(read(from_[0], &word_, sizeof word_), static_cast<ssize_t>(sizeof word_));
  }
  ~Child() {
    close(to_[1]);
    close(from_[0]);
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  int word() const { return word_; }

 private:
  int to_[2];
  int from_[2];
  pid_t pid_ = -1;
  int word_ = 0;
};

// Comes soon, but no event says when.
bool BecomesTrue(const std::function<bool()>& condition) {
  for (int tries = 0; tries < 100'000; ++tries) {
    if (condition()) return true;
    sched_yield();
  }
  return false;
}

pid_t AProcessThatIsGone() {
  const Child child;
  return child.pid();
}

TEST(ProcessTreeTest, DescendantsComeAfterTheirParents) {
  const Child child([] { return static_cast<int>((new Child)->pid()); });
  const pid_t grandchild = child.word();
  const pid_t self = getpid();
  EXPECT_THAT(WithDescendants(std::span(&self, 1)), ElementsAre(self, child.pid(), grandchild));
  EXPECT_EQ(ParentOf(grandchild), child.pid());
  const pid_t roots[] = {grandchild, child.pid()};
  EXPECT_THAT(WithDescendants(roots), UnorderedElementsAre(child.pid(), grandchild));
}

TEST(ProcessTreeTest, AFamilyIsFollowedAsItsMembersComeAndGo) {
  ProcessFamily family(getpid());
  EXPECT_THAT(family.Look(), IsEmpty());
  EXPECT_TRUE(family.IsWhole());
  {
    const Child child([] { return static_cast<int>((new Child)->pid()); });
    EXPECT_THAT(family.Look(), ElementsAre(child.pid(), child.word()));
    EXPECT_TRUE(family.IsWhole());
    const Child other;
    EXPECT_THAT(family.Look(), UnorderedElementsAre(child.pid(), child.word(), other.pid()));
  }
  const Child last;
  EXPECT_THAT(family.Look(), ElementsAre(last.pid()));
}

TEST(ProcessTreeTest, AFamilyIsNotWholeIfOneWasBeingMadeWhenItWasLookedAt) {
  ProcessFamily family(getpid());
  family.Look();
  EXPECT_TRUE(family.IsWhole());
  const Child before;
  family.Look();
  const Child meanwhile;
  EXPECT_FALSE(family.IsWhole());
  EXPECT_TRUE(family.IsWhole());
  EXPECT_THAT(family.Look(), UnorderedElementsAre(before.pid(), meanwhile.pid()));
}

TEST(ProcessTreeTest, ASignalThatWaitsForAThreadIsSeen) {
  const Child child([] {
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
    raise(SIGUSR1);  // a signal to the thread
    return 0;
  });
  EXPECT_TRUE(MayHavePendingSignals(child.pid()));
  EXPECT_EQ(PendingSignals(child.pid(), child.pid()), uint64_t{1} << (SIGUSR1 - 1));
}

TEST(ProcessTreeTest, WhatIsGoneIsMissingAndNoError) {
  const pid_t pid = AProcessThatIsGone();
  EXPECT_THAT(WithDescendants(std::span(&pid, 1)), IsEmpty());
  EXPECT_FALSE(OpenFiles(pid).has_value());
  EXPECT_EQ(CountOpenFiles(pid), -1);
  EXPECT_THAT(ThreadsOf(pid), IsEmpty());
  EXPECT_EQ(CpuNs(pid), -1);
  EXPECT_EQ(StateOf(pid), 0);
  EXPECT_EQ(ParentOf(pid), -1);
  EXPECT_EQ(AnonymousMemory(pid), 0);
  EXPECT_EQ(DescriptorLimit(pid), -1);
  EXPECT_EQ(SignalMasksOf(pid).caught, 0u);
  EXPECT_FALSE(SleepingCallOf(pid, pid).has_value());
}

TEST(ProcessTreeTest, DescriptorsAreNamedByWhatTheyAre) {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  const int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int listener = Listener(1);
  const Child child;
  const auto files = OpenFiles(child.pid());
  ASSERT_TRUE(files.has_value());
  EXPECT_EQ(static_cast<int>(files->size()), CountOpenFiles(child.pid()));
  const auto kind_of = [&](int fd) {
    const auto found = std::find_if(files->begin(), files->end(),
                                    [&](const OpenFile& open) { return open.fd == fd; });
    return found == files->end() ? OpenFile::Kind::kFree : found->kind;
  };
  EXPECT_EQ(kind_of(epoll), OpenFile::Kind::kEpoll);
  EXPECT_EQ(kind_of(file), OpenFile::Kind::kOther);
  EXPECT_EQ(kind_of(listener), OpenFile::Kind::kSocket);
  EXPECT_TRUE(IsTcpSocket(child.pid(), listener));
  EXPECT_FALSE(IsTcpSocket(child.pid(), epoll));
  EXPECT_THAT(HoldersOf(InodeOf(listener)), UnorderedElementsAre(getpid(), child.pid()));
  close(epoll);
  close(file);
  close(listener);
}

TEST(ProcessTreeTest, ASocketOfAnotherFamilyIsNoTcpSocket) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_FALSE(IsTcpSocket(getpid(), fd));
  close(fd);
}

TEST(ProcessTreeTest, AConnectionThatWasResetIsStillATcpSocketOfItsHolder) {
  const int listener = Listener(1);
  const int client = ConnectTo(PortOf(OwnAddress(listener)));
  const int server = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  const linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(client);
  EXPECT_TRUE(IsTcpSocket(getpid(), server));
  close(server);
  close(listener);
}

TEST(ProcessTreeTest, AThreadThatSleepsIsSeenToSleepAndUsesNoTime) {
  const Child child;
  const auto sleeps = [&] {
    const std::vector<Thread> threads = ThreadsOf(child.pid());
    return threads.size() == 1 && threads[0].state == 'S';
  };
  ASSERT_TRUE(BecomesTrue(sleeps));
  EXPECT_TRUE(IsAsleep(child.pid()));
  const int64_t used = CpuNs(child.pid());
  EXPECT_GT(used, 0);
  const std::vector<Thread> threads = ThreadsOf(child.pid());
  EXPECT_GT(threads[0].run_ns, 0);
  EXPECT_EQ(CpuNs(child.pid()), used);
  const auto call = SleepingCallOf(child.pid(), child.pid());
  if (call) {
    EXPECT_EQ(call->number, SYS_read);
  }
}

TEST(ProcessTreeTest, AThreadThatRunsIsSeenToRun) {
  const Child child([] {
    if (fork() == 0) {
      while (getppid() != 1) {
      }
      _exit(0);
    }
    return 0;
  });
  const pid_t pid = child.pid();
  const std::vector<pid_t> tree = WithDescendants(std::span(&pid, 1));
  ASSERT_THAT(tree, SizeIs(2));
  EXPECT_EQ(StateOf(tree[1]), 'R');
  EXPECT_FALSE(IsAsleep(tree[1]));
  const int64_t before = CpuNs(tree[1]);
  EXPECT_TRUE(BecomesTrue([&] { return CpuNs(tree[1]) > before; }));
  kill(tree[1], SIGKILL);
}

TEST(ProcessTreeTest, AProcessWithAThreadThatRunsIsNotAsleep) {
  const Child child([] {
    std::thread([] {
      while (true) getppid();
    }).detach();
    return 0;
  });
  const auto first_sleeps = [&] { return StateOf(child.pid()) == 'S'; };
  ASSERT_TRUE(BecomesTrue(first_sleeps));
  EXPECT_FALSE(IsAsleep(child.pid()));
}

TEST(ProcessTreeTest, AProcessThatIsMadeIsNoticed) {
  const int64_t before = LastProcessMade();
  const Child child;
  EXPECT_NE(LastProcessMade(), before);
}

TEST(ProcessTreeTest, EachThreadIsCounted) {
  const Child child([] {
    std::thread([] { pause(); }).detach();
    std::thread([] { pause(); }).detach();
    return 0;
  });
  EXPECT_THAT(ThreadsOf(child.pid()), SizeIs(3));
}

TEST(ProcessTreeTest, SignalMasksTellWhatIsCaughtAndWhatIsIgnored) {
  const Child child([] {
    signal(SIGTERM, [](int) {});
    signal(SIGPIPE, SIG_IGN);
    return 0;
  });
  const SignalMasks masks = SignalMasksOf(child.pid());
  EXPECT_TRUE(masks.caught >> (SIGTERM - 1) & 1);
  EXPECT_FALSE(masks.ignored >> (SIGTERM - 1) & 1);
  EXPECT_TRUE(masks.ignored >> (SIGPIPE - 1) & 1);
  EXPECT_FALSE(masks.caught >> (SIGINT - 1) & 1);
}

TEST(ProcessTreeTest, AnonymousMemoryGrowsWithWhatIsWrittenTo) {
  constexpr size_t kBytes = 8 << 20;
  const Child small;
  const Child large([] {
    void* const memory =
        mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    std::memset(memory, 1, kBytes);
    return 0;
  });
  EXPECT_THAT(AnonymousMemory(large.pid()) - AnonymousMemory(small.pid()), Ge(kBytes / 2));
}

TEST(ProcessTreeTest, TheDescriptorLimitIsTheOneInEffect) {
  const Child child([] {
    const rlimit limit = {.rlim_cur = 77, .rlim_max = 99};
    return setrlimit(RLIMIT_NOFILE, &limit);
  });
  EXPECT_EQ(DescriptorLimit(child.pid()), 77);
}

}  // namespace
}  // namespace hupstorm::sight
