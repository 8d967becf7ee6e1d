// Faults of the recv and send families.

#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/eventfd.h>

#include <array>
#include <string>

#include "tests/kernel/layers/machine.h"

namespace hupstorm {
namespace {

class FaultTransferTest : public MachineTest {
 protected:
  ssize_t Recv(int fd, size_t length, int flags = 0) {
    return Invoke<Call::kRecv>(injector_, fd, buffer_, length, flags);
  }
  void AddRule(CallFamily call, FaultOutcome outcome, uint32_t amount = 1, uint32_t times = 1) {
    injector_.Add({.call = call, .outcome = outcome, .amount = amount, .times = times});
  }
  void InstallHandler(int flags) {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    action.sa_flags = flags;
    ASSERT_EQ(Invoke<Call::kSigaction>(injector_, SIGUSR1, &action, nullptr), 0);
  }

  FaultInjector injector_{machine_.kernel(), machine_};
  char buffer_[64];
};

TEST_P(FaultTransferTest, ShortMovesAPartAndTheRestFollows) {
  const int fd = machine_.Accepted(true);
  machine_.ClientSend("abcdef");
  AddRule(CallFamily::kRecv, FaultOutcome::kShort, 2);
  EXPECT_EQ(Recv(fd, 64), 2);
  EXPECT_EQ(Recv(fd, 64), 4);
  AddRule(CallFamily::kSend, FaultOutcome::kShort, 2);
  EXPECT_EQ(Invoke<Call::kSend>(injector_, fd, "uvwxyz", 6, 0), 2);
  EXPECT_EQ(Invoke<Call::kSend>(injector_, fd, "wxyz", 4, 0), 4);
  EXPECT_EQ(machine_.ClientReceive(2), "uv");
  EXPECT_EQ(machine_.ClientReceive(4), "wxyz");
  EXPECT_EQ(injector_.injected(), 2u);
}

TEST_P(FaultTransferTest, ShortCutsSeveralMessagesByTheirBytes) {
  const int fd = machine_.Accepted(true);
  machine_.ClientSend("abcdef");
  iovec parts[] = {{buffer_, 2}, {buffer_ + 2, 2}, {buffer_ + 4, 2}};
  mmsghdr messages[3] = {};
  for (size_t i = 0; i < 3; ++i) {
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  AddRule(CallFamily::kRecv, FaultOutcome::kShort, 3);
  EXPECT_EQ(Invoke<Call::kRecvmmsg>(injector_, fd, messages, 3, 0, nullptr), 2);
  EXPECT_EQ(messages[1].msg_len, 1u);
  EXPECT_EQ(Recv(fd, 64), 3);
}

TEST_P(FaultTransferTest, ShortFitsEveryCallOfTheFamily) {
  const int fd = machine_.Accepted(true);
  machine_.ClientSend("abcdef");
  AddRule(CallFamily::kRecv, FaultOutcome::kShort, 1, 3);
  const iovec part{buffer_, sizeof(buffer_)};
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(&part);
  message.msg_iovlen = 1;
  EXPECT_EQ(Invoke<Call::kRead>(injector_, fd, buffer_, 64), 1);
  EXPECT_EQ(Invoke<Call::kReadv>(injector_, fd, &part, 1), 1);
  EXPECT_EQ(Invoke<Call::kRecvmsg>(injector_, fd, &message, 0), 1);
  EXPECT_EQ(Invoke<Call::kRead>(injector_, fd, buffer_, 64), 3);
}

TEST_P(FaultTransferTest, AShortCallIsNotMadeShorter) {
  const int fd = machine_.Accepted(true);
  machine_.ClientSend("abcdef");
  AddRule(CallFamily::kRecv, FaultOutcome::kShort, 2);
  EXPECT_EQ(Recv(fd, 2), 2);
  EXPECT_EQ(injector_.injected(), 0u);
  EXPECT_EQ(Recv(fd, 3), 2) << "the rule waits for a call that it can harm";
}

TEST_P(FaultTransferTest, AfterAndTimesCount) {
  const int fd = machine_.Accepted(true);
  injector_.Add({.call = CallFamily::kSend,
                 .outcome = FaultOutcome::kShort,
                 .amount = 1,
                 .after = 2,
                 .times = 2});
  EXPECT_EQ(Invoke<Call::kSend>(injector_, fd, "abc", 3, 0), 3);
  EXPECT_EQ(Invoke<Call::kSend>(injector_, fd, "abc", 3, 0), 3);
  EXPECT_EQ(Invoke<Call::kSend>(injector_, fd, "abc", 3, 0), 1);
  EXPECT_EQ(Invoke<Call::kSend>(injector_, fd, "abc", 3, 0), 1);
  EXPECT_EQ(Invoke<Call::kSend>(injector_, fd, "abc", 3, 0), 3);
}

TEST_P(FaultTransferTest, ARuleKeepsToItsConnection) {
  const int first = machine_.Accepted(true);
  const int second = machine_.Accepted(true);
  injector_.Add({.call = CallFamily::kSend,
                 .outcome = FaultOutcome::kShort,
                 .amount = 1,
                 .times = kAlways,
                 .connection = second});
  EXPECT_EQ(Invoke<Call::kSend>(injector_, first, "abc", 3, 0), 3);
  EXPECT_EQ(Invoke<Call::kSend>(injector_, second, "abc", 3, 0), 1);
}

TEST_P(FaultTransferTest, LaterRulesAreAskedFirst) {
  const int fd = machine_.Accepted(true);
  AddRule(CallFamily::kSend, FaultOutcome::kShort, 1, kAlways);
  AddRule(CallFamily::kSend, FaultOutcome::kShort, 2);
  EXPECT_EQ(Invoke<Call::kSend>(injector_, fd, "abc", 3, 0), 2);
  EXPECT_EQ(Invoke<Call::kSend>(injector_, fd, "abc", 3, 0), 1);
  injector_.Clear();
  EXPECT_EQ(Invoke<Call::kSend>(injector_, fd, "abc", 3, 0), 3);
}

TEST_P(FaultTransferTest, WhatIsNoConnectionIsNeverHarmed) {
  int pipe[2];
  ASSERT_EQ(Invoke<Call::kPipe2>(injector_, pipe, O_NONBLOCK), 0);
  const int event = Invoke<Call::kEventfd>(injector_, 0, EFD_NONBLOCK);
  AddRule(CallFamily::kSend, FaultOutcome::kShort, 1, kAlways);
  AddRule(CallFamily::kSend, FaultOutcome::kEagain, 1, kAlways);
  AddRule(CallFamily::kRecv, FaultOutcome::kEagain, 1, kAlways);
  EXPECT_EQ(Invoke<Call::kWrite>(injector_, pipe[1], "abc", 3), 3);
  EXPECT_EQ(Invoke<Call::kRead>(injector_, pipe[0], buffer_, 64), 3);
  const uint64_t one = 1;
  EXPECT_EQ(Invoke<Call::kWrite>(injector_, event, &one, sizeof(one)), 8);
  EXPECT_EQ(injector_.injected(), 0u);
  for (const int fd : {pipe[0], pipe[1], event}) Invoke<Call::kClose>(injector_, fd);
}

TEST_P(FaultTransferTest, EagainNeedsANonBlockingDescriptor) {
  AddRule(CallFamily::kRecv, FaultOutcome::kEagain);
  const int blocking = machine_.Accepted(false);
  machine_.ClientSend("abc");
  EXPECT_EQ(Recv(blocking, 1), 1);
  EXPECT_EQ(Recv(blocking, 1, MSG_DONTWAIT), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(Recv(blocking, 1, MSG_DONTWAIT), 1);
  const int non_blocking = machine_.Accepted(true);
  AddRule(CallFamily::kSend, FaultOutcome::kEagain);
  EXPECT_EQ(Invoke<Call::kSend>(injector_, non_blocking, "abc", 3, 0), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(Invoke<Call::kSend>(injector_, non_blocking, "abc", 3, 0), 3);
}

TEST_P(FaultTransferTest, EagainComesAfterTheEndAndAfterErrors) {
  AddRule(CallFamily::kRecv, FaultOutcome::kEagain, 1, kAlways);
  AddRule(CallFamily::kSend, FaultOutcome::kEagain, 1, kAlways);
  const int ended = machine_.Accepted(true);
  machine_.ClientShutdownWrite();
  EXPECT_EQ(Recv(ended, 64), 0);
  const int reset = machine_.Accepted(true);
  machine_.ClientReset();
  EXPECT_EQ(Invoke<Call::kSend>(injector_, reset, "abc", 3, MSG_NOSIGNAL), -1);
  EXPECT_EQ(errno, ECONNRESET);
  const int shut = machine_.Accepted(true);
  ASSERT_EQ(Invoke<Call::kShutdown>(injector_, shut, SHUT_WR), 0);
  EXPECT_EQ(Invoke<Call::kSend>(injector_, shut, "abc", 3, MSG_NOSIGNAL), -1);
  EXPECT_EQ(errno, EPIPE);
  EXPECT_EQ(injector_.injected(), 0u);
}

TEST_P(FaultTransferTest, EagainDoesNotGoOnForEver) {
  const int fd = machine_.Accepted(true);
  machine_.ClientSend("abc");
  AddRule(CallFamily::kRecv, FaultOutcome::kEagain, 1, kAlways);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Recv(fd, 1), -1);
  EXPECT_EQ(Recv(fd, 1), 1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Recv(fd, 1), -1);
  EXPECT_EQ(Recv(fd, 1), 1);
}

TEST_P(FaultTransferTest, EintrNeedsACallThatSleepsAndAHandlerThatDoesNotRestart) {
  AddRule(CallFamily::kRecv, FaultOutcome::kEintr);
  const int non_blocking = machine_.Accepted(true);
  InstallHandler(0);
  EXPECT_EQ(Recv(non_blocking, 64), -1);
  EXPECT_EQ(errno, EAGAIN);
  const int fd = machine_.Accepted(false);
  machine_.ClientSend("abc");
  EXPECT_EQ(Recv(fd, 64), 3) << "there were bytes: it would not have slept";
  EXPECT_EQ(Recv(fd, 64), -1);
  EXPECT_EQ(errno, EINTR);
  InstallHandler(SA_RESTART);
  AddRule(CallFamily::kRecv, FaultOutcome::kEintr);
  machine_.ClientSend("abc");
  EXPECT_EQ(Recv(fd, 64), 3);
  EXPECT_EQ(injector_.injected(), 1u);
}

TEST_P(FaultTransferTest, AnInterruptedBlockingSendReturnsWhatItMoved) {
  const int fd = machine_.Accepted(false);
  InstallHandler(0);
  AddRule(CallFamily::kSend, FaultOutcome::kEintr, 1, 2);
  const std::string much(64 << 20, 'x');
  const ssize_t moved = Invoke<Call::kSend>(injector_, fd, much.data(), much.size(), 0);
  EXPECT_GT(moved, 0);
  EXPECT_LT(moved, static_cast<ssize_t>(much.size()));
  // Loopback takes more while the first part is on its way; the rule's last use may come then.
  const ssize_t next = Invoke<Call::kWritev>(
      injector_, fd, std::array<iovec, 1>{{{const_cast<char*>(much.data()), much.size()}}}.data(),
      1);
  EXPECT_TRUE((next == -1 && errno == EINTR) || (next > 0 && next < 64 << 20)) << next;
  EXPECT_EQ(injector_.injected(), 2u);
}

TEST_P(FaultTransferTest, ABlockingSendIsCutOnlyWhereAHandlerCanRun) {
  const int fd = machine_.Accepted(false);
  AddRule(CallFamily::kSend, FaultOutcome::kShort);
  EXPECT_EQ(Invoke<Call::kSend>(injector_, fd, "abc", 3, 0), 3);
  InstallHandler(SA_RESTART);
  EXPECT_EQ(Invoke<Call::kSend>(injector_, fd, "abc", 3, 0), 1);
}

TEST_P(FaultTransferTest, UrgentDataIsNotCut) {
  const int fd = machine_.Accepted(true);
  AddRule(CallFamily::kSend, FaultOutcome::kShort);
  EXPECT_EQ(Invoke<Call::kSend>(injector_, fd, "ab", 2, MSG_OOB), 2);
}

TEST_P(FaultTransferTest, EconnresetIsARealReset) {
  const int fd = machine_.Accepted(true);
  machine_.ClientSend("abc");
  AddRule(CallFamily::kRecv, FaultOutcome::kEconnreset);
  EXPECT_EQ(Recv(fd, 64), 3) << "what came before the reset can still be read";
  EXPECT_EQ(Recv(fd, 64), -1);
  EXPECT_EQ(errno, ECONNRESET);
  EXPECT_EQ(Recv(fd, 64), 0);
}

TEST_P(FaultTransferTest, EpipeIsAFinAndAReset) {
  const int fd = machine_.Accepted(true);
  AddRule(CallFamily::kSend, FaultOutcome::kEpipe);
  EXPECT_EQ(Invoke<Call::kSend>(injector_, fd, "abc", 3, MSG_NOSIGNAL), -1);
  EXPECT_EQ(errno, EPIPE);
}

HUPSTORM_ON_BOTH_MACHINES(FaultTransferTest);

}  // namespace
}  // namespace hupstorm
