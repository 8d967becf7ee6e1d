// epoll_ctl: what may be registered, its errors, and how long a registration lives.

#include <unistd.h>

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class EpollRegistrationTest : public KernelTest {};
INSTANTIATE_ON_BOTH_KERNELS(EpollRegistrationTest);

TEST_P(EpollRegistrationTest, AddTwiceFailsWithEexist) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EXPECT_THAT(EpollAdd(epoll, pair.server, kIn), SyscallSucceeds());
  EXPECT_THAT(EpollAdd(epoll, pair.server, kOut), SyscallFailsWith(EEXIST));
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollRegistrationTest, ModifyAndDeleteOfWhatIsNotRegisteredFailWithEnoent) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EXPECT_THAT(EpollModify(epoll, pair.server, kIn), SyscallFailsWith(ENOENT));
  EXPECT_THAT(EpollDelete(epoll, pair.server), SyscallFailsWith(ENOENT));
}

TEST_P(EpollRegistrationTest, DeleteEndsReports) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kOut);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kOut}));
  EXPECT_THAT(EpollDelete(epoll, pair.server), SyscallSucceeds());
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
  EXPECT_THAT(EpollDelete(epoll, pair.server), SyscallFailsWith(ENOENT));
}

TEST_P(EpollRegistrationTest, DeleteTakesBackAnEventThatWasNotReportedYet) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn | kEdge);
  Send(pair.client, "x");
  Await(pair.server, kIn);
  EpollDelete(epoll, pair.server);
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollRegistrationTest, DeleteNeedsNoEvent) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn);
  EXPECT_THAT(Invoke<Call::kEpollCtl>(kernel, epoll, EPOLL_CTL_DEL, pair.server, nullptr),
              SyscallSucceeds());
}

TEST_P(EpollRegistrationTest, CanBeAddedAgainAfterDelete) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn);
  EpollDelete(epoll, pair.server);
  EXPECT_THAT(EpollAdd(epoll, pair.server, kOut), SyscallSucceeds());
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kOut}));
}

TEST_P(EpollRegistrationTest, UnknownOperationFailsWithEinval) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  epoll_event event = {};
  EXPECT_THAT(Invoke<Call::kEpollCtl>(kernel, epoll, 4, pair.server, &event),
              SyscallFailsWith(EINVAL));
}

TEST_P(EpollRegistrationTest, ClosedDescriptorsFailWithEbadf) {
  Pair pair = ConnectedPair();
  Fd epoll = NewEpoll();
  const int gone = pair.server.Close();
  EXPECT_THAT(EpollAdd(epoll, gone, kIn), SyscallFailsWith(EBADF));
  EXPECT_THAT(EpollModify(epoll, gone, kIn), SyscallFailsWith(EBADF));
  EXPECT_THAT(EpollDelete(epoll, gone), SyscallFailsWith(EBADF));
  EXPECT_THAT(EpollAdd(epoll, -1, kIn), SyscallFailsWith(EBADF));
  EXPECT_THAT(EpollAdd(epoll.Close(), pair.client, kIn), SyscallFailsWith(EBADF));
}

TEST_P(EpollRegistrationTest, OnlyAnEpollTakesRegistrations) {
  const Pair pair = ConnectedPair();
  EXPECT_THAT(EpollAdd(pair.server, pair.client, kIn), SyscallFailsWith(EINVAL));
}

TEST_P(EpollRegistrationTest, ARegularFileFailsWithEperm) {
  FILE* file = tmpfile();
  ASSERT_NE(file, nullptr);
  const Fd epoll = NewEpoll();
  EXPECT_THAT(EpollAdd(epoll, fileno(file), kIn), SyscallFailsWith(EPERM));
  fclose(file);
}

TEST_P(EpollRegistrationTest, AnEpollCannotWatchItself) {
  const Fd epoll = NewEpoll();
  EXPECT_THAT(EpollAdd(epoll, epoll, kIn), SyscallFailsWith(EINVAL));
}

TEST_P(EpollRegistrationTest, ARingOfEpollsFailsWithEloop) {
  const Fd a = NewEpoll();
  const Fd b = NewEpoll();
  const Fd c = NewEpoll();
  EXPECT_THAT(EpollAdd(a, b, kIn), SyscallSucceeds());
  EXPECT_THAT(EpollAdd(b, c, kIn), SyscallSucceeds());
  EXPECT_THAT(EpollAdd(b, a, kIn), SyscallFailsWith(ELOOP));
  EXPECT_THAT(EpollAdd(c, a, kIn), SyscallFailsWith(ELOOP));
}

TEST_P(EpollRegistrationTest, FiveLevelsOfNestingAreTheLimit) {
  Fd chain[7];
  for (Fd& epoll : chain) epoll = NewEpoll();
  for (int i = 0; i < 4; ++i) {
    EXPECT_THAT(EpollAdd(chain[i + 1], chain[i], kIn), SyscallSucceeds()) << i;
  }
  EXPECT_THAT(EpollAdd(chain[5], chain[4], kIn), SyscallFailsWith(ELOOP));
}

TEST_P(EpollRegistrationTest, CreateRefusesUnknownFlags) {
  EXPECT_THAT(Invoke<Call::kEpollCreate1>(kernel, 1), SyscallFailsWith(EINVAL));
}

TEST_P(EpollRegistrationTest, CreateSetsCloseOnExec) {
  const Fd plain(kernel, Invoke<Call::kEpollCreate1>(kernel, 0));
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, plain, F_GETFD, 0), 0);
  const Fd cloexec(kernel, Invoke<Call::kEpollCreate1>(kernel, EPOLL_CLOEXEC));
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, cloexec, F_GETFD, 0), FD_CLOEXEC);
}

TEST_P(EpollRegistrationTest, DataComesBackAsGiven) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  epoll_event event = {.events = EPOLLOUT, .data = {.u64 = 0xfeedfacecafebeefull}};
  EXPECT_THAT(Invoke<Call::kEpollCtl>(kernel, epoll, EPOLL_CTL_ADD, pair.server, &event),
              SyscallSucceeds());
  epoll_event got = {};
  EXPECT_THAT(Invoke<Call::kEpollWait>(kernel, epoll, &got, 1, 0), SyscallSucceedsWithValue(1));
  EXPECT_EQ(uint64_t{got.data.u64}, 0xfeedfacecafebeefull);
  event.data.u64 = 7;
  EXPECT_THAT(Invoke<Call::kEpollCtl>(kernel, epoll, EPOLL_CTL_MOD, pair.server, &event),
              SyscallSucceeds());
  EXPECT_THAT(Invoke<Call::kEpollWait>(kernel, epoll, &got, 1, 0), SyscallSucceedsWithValue(1));
  EXPECT_EQ(uint64_t{got.data.u64}, 7u);
}

TEST_P(EpollRegistrationTest, CloseEndsTheRegistration) {
  Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kOut);
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kOut}));
  pair.server.Close();
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollRegistrationTest, ADuplicateKeepsTheRegistrationOfAClosedDescriptor) {
  Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn);
  const Fd copy(kernel, Invoke<Call::kDup>(kernel, pair.server));
  const int gone = pair.server.Close();
  Send(pair.client, "x");
  EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{gone, kIn}));
  EXPECT_THAT(EpollDelete(epoll, gone), SyscallFailsWith(EBADF));
  EXPECT_THAT(EpollDelete(epoll, copy), SyscallFailsWith(ENOENT));
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{gone, kIn}));
}

TEST_P(EpollRegistrationTest, ClosingTheLastDuplicateEndsTheRegistration) {
  Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kOut);
  Fd copy(kernel, Invoke<Call::kDup>(kernel, pair.server));
  const int gone = pair.server.Close();
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{gone, kOut}));
  copy.Close();
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollRegistrationTest, ADuplicateCanBeRegisteredBesideItsOriginal) {
  const Pair pair = ConnectedPair();
  const Fd copy(kernel, Invoke<Call::kDup>(kernel, pair.server));
  const Fd epoll = NewEpoll();
  EXPECT_THAT(EpollAdd(epoll, pair.server, kOut), SyscallSucceeds());
  EXPECT_THAT(EpollAdd(epoll, copy, kOut), SyscallSucceeds());
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{pair.server, kOut}, Event{copy, kOut}));
}

TEST_P(EpollRegistrationTest, AReusedNumberIsANewDescriptor) {
  Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kOut);
  const int number = pair.server.Close();
  const Fd reused = TcpSocket();
  ASSERT_EQ(reused, number);
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
  EXPECT_THAT(EpollModify(epoll, reused, kOut), SyscallFailsWith(ENOENT));
  EXPECT_THAT(EpollAdd(epoll, reused, kOut), SyscallSucceeds());
  EXPECT_THAT(EpollNow(epoll), ElementsAre(Event{reused, kOut | kHup}));
}

TEST_P(EpollRegistrationTest, AReusedNumberStandsBesideTheOldRegistrationThatADuplicateKeeps) {
  Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kOut);
  const Fd copy(kernel, Invoke<Call::kDup>(kernel, pair.server));
  const int number = pair.server.Close();
  const Fd reused = TcpSocket();
  ASSERT_EQ(reused, number);
  EXPECT_THAT(EpollAdd(epoll, reused, kIn), SyscallSucceeds());
  EXPECT_THAT(EpollNow(epoll),
              testing::UnorderedElementsAre(Event{number, kOut}, Event{number, kHup}));
}

TEST_P(EpollRegistrationTest, ClosingAnEpollLeavesWhatItWatched) {
  const Pair pair = ConnectedPair();
  Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn);
  epoll.Close();
  Send(pair.client, "x");
  EXPECT_EQ(Receive(pair.server, 1), "x");
}

TEST_P(EpollRegistrationTest, ClosingANestedEpollEndsItsRegistration) {
  const Pair pair = ConnectedPair();
  Fd inner = NewEpoll();
  const Fd outer = NewEpoll();
  EpollAdd(inner, pair.server, kOut);
  EpollAdd(outer, inner, kIn);
  EXPECT_THAT(EpollNow(outer), ElementsAre(Event{inner, kIn}));
  inner.Close();
  EXPECT_THAT(EpollNow(outer), IsEmpty());
}

TEST_P(EpollRegistrationTest, ADuplicateOfAnEpollSharesItsRegistrations) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  const Fd copy(kernel, Invoke<Call::kDup>(kernel, epoll));
  EpollAdd(epoll, pair.server, kOut);
  EXPECT_THAT(EpollNow(copy), ElementsAre(Event{pair.server, kOut}));
  EXPECT_THAT(EpollDelete(copy, pair.server), SyscallSucceeds());
  EXPECT_THAT(EpollNow(epoll), IsEmpty());
}

TEST_P(EpollRegistrationTest, ExclusiveReportsAsUsual) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EXPECT_THAT(EpollAdd(epoll, pair.server, kIn | kExclusive), SyscallSucceeds());
  Send(pair.client, "x");
  EXPECT_THAT(AwaitEvents(epoll), ElementsAre(Event{pair.server, kIn}));
}

TEST_P(EpollRegistrationTest, ExclusiveCannotBeModified) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn | kExclusive);
  EXPECT_THAT(EpollModify(epoll, pair.server, kIn), SyscallFailsWith(EINVAL));
  EXPECT_THAT(EpollModify(epoll, pair.server, kIn | kExclusive), SyscallFailsWith(EINVAL));
  EXPECT_THAT(EpollDelete(epoll, pair.server), SyscallSucceeds());
}

TEST_P(EpollRegistrationTest, ExclusiveIsForAddOnly) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  EpollAdd(epoll, pair.server, kIn);
  EXPECT_THAT(EpollModify(epoll, pair.server, kIn | kExclusive), SyscallFailsWith(EINVAL));
}

TEST_P(EpollRegistrationTest, ExclusiveGoesWithFewEvents) {
  const Pair pair = ConnectedPair();
  const Fd epoll = NewEpoll();
  for (Events events : {kOneshot, kRdhup, kPri}) {
    EXPECT_THAT(EpollAdd(epoll, pair.server, kExclusive | kIn | events), SyscallFailsWith(EINVAL));
  }
  EXPECT_THAT(EpollAdd(epoll, pair.server, kExclusive | kIn | kOut | kEdge | kErr | kHup),
              SyscallSucceeds());
}

TEST_P(EpollRegistrationTest, ExclusiveCannotWatchAnEpoll) {
  const Fd inner = NewEpoll();
  const Fd outer = NewEpoll();
  EXPECT_THAT(EpollAdd(outer, inner, kIn | kExclusive), SyscallFailsWith(EINVAL));
}

}  // namespace
}  // namespace hupstorm
