// Moving bytes: the forms of read and write, their flags and their edge cases.

#include <sys/ioctl.h>

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

class BytesTest : public KernelTest {};
INSTANTIATE_ON_BOTH_KERNELS(BytesTest);

TEST_P(BytesTest, AStreamHasNoBoundaries) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "ab");
  Send(pair.client, "cd");
  AwaitUnread(pair.server, 4);
  EXPECT_EQ(Recv(pair.server, 3), "abc");
  EXPECT_EQ(Recv(pair.server, 3), "d");
  EXPECT_THAT(TryRecv(pair.server), SyscallFailsWith(EAGAIN));
}

TEST_P(BytesTest, PeekLeavesTheBytes) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "abc");
  AwaitUnread(pair.server, 3);
  EXPECT_EQ(Recv(pair.server, 2, MSG_PEEK), "ab");
  EXPECT_EQ(Recv(pair.server, 9, MSG_PEEK), "abc");
  EXPECT_EQ(Ready(pair.server), kIn | kOut);
  EXPECT_EQ(Recv(pair.server), "abc");
}

TEST_P(BytesTest, PeekAtNothingFailsWithEagainAndAtTheEndReturnsZero) {
  const Pair pair = ConnectedPair();
  EXPECT_THAT(TryRecv(pair.server, MSG_PEEK), SyscallFailsWith(EAGAIN));
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  EXPECT_THAT(TryRecv(pair.server, MSG_PEEK), SyscallSucceedsWithValue(0));
}

TEST_P(BytesTest, TruncThrowsBytesAwayWithoutWritingThem) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "abcdef");
  AwaitUnread(pair.server, 6);
  char bytes[4] = {'#', '#', '#', '#'};
  EXPECT_THAT(Invoke<Call::kRecv>(kernel, pair.server, bytes, 4, MSG_TRUNC),
              SyscallSucceedsWithValue(4));
  EXPECT_EQ(bytes[0], '#');
  EXPECT_EQ(Recv(pair.server), "ef");
}

TEST_P(BytesTest, DontwaitMakesOneCallNonblocking) {
  const Pair pair = ConnectedPair();
  SetNonBlocking(pair.server, false);
  EXPECT_THAT(TryRecv(pair.server, MSG_DONTWAIT), SyscallFailsWith(EAGAIN));
}

TEST_P(BytesTest, ReadingZeroBytesReturnsZeroWhateverIsThere) {
  const Pair pair = ConnectedPair();
  char byte;
  EXPECT_THAT(Invoke<Call::kRead>(kernel, pair.server, &byte, 0), SyscallSucceedsWithValue(0));
  Send(pair.client, "x");
  AwaitUnread(pair.server, 1);
  EXPECT_THAT(Invoke<Call::kRead>(kernel, pair.server, &byte, 0), SyscallSucceedsWithValue(0));
  EXPECT_EQ(Unread(pair.server), 1);
}

TEST_P(BytesTest, ReceivingZeroBytesReturnsZeroOnlyWhereThereIsInput) {
  const Pair pair = ConnectedPair();
  char byte;
  EXPECT_THAT(Invoke<Call::kRecv>(kernel, pair.server, &byte, 0, 0), SyscallFailsWith(EAGAIN));
  Send(pair.client, "x");
  AwaitUnread(pair.server, 1);
  EXPECT_THAT(Invoke<Call::kRecv>(kernel, pair.server, &byte, 0, 0), SyscallSucceedsWithValue(0));
  EXPECT_EQ(Unread(pair.server), 1);
}

TEST_P(BytesTest, ReadingZeroBytesLeavesAPendingError) {
  Pair pair = ConnectedPair();
  Reset(pair.client);
  Await(pair.server, kErr);
  char byte;
  EXPECT_THAT(Invoke<Call::kRead>(kernel, pair.server, &byte, 0), SyscallSucceedsWithValue(0));
  EXPECT_EQ(PendingError(pair.server), ECONNRESET);
}

TEST_P(BytesTest, SendingNothingReturnsZero) {
  const Pair pair = ConnectedPair();
  EXPECT_THAT(Invoke<Call::kSend>(kernel, pair.client, "", 0, 0), SyscallSucceedsWithValue(0));
  EXPECT_THAT(Invoke<Call::kWrite>(kernel, pair.client, "", 0), SyscallSucceedsWithValue(0));
  EXPECT_EQ(Ready(pair.server), kOut);
}

TEST_P(BytesTest, SendingNothingAfterShutdownFailsWithEpipe) {
  const Pair pair = ConnectedPair();
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  EXPECT_THAT(Invoke<Call::kSend>(kernel, pair.client, "", 0, MSG_NOSIGNAL),
              SyscallFailsWith(EPIPE));
}

TEST_P(BytesTest, ReadvFillsPartAfterPart) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "abcde");
  AwaitUnread(pair.server, 5);
  char a[2], b[10];
  const iovec parts[] = {{a, sizeof a}, {b, sizeof b}};
  EXPECT_THAT(Invoke<Call::kReadv>(kernel, pair.server, parts, 2), SyscallSucceedsWithValue(5));
  EXPECT_EQ(std::string(a, 2), "ab");
  EXPECT_EQ(std::string(b, 3), "cde");
}

TEST_P(BytesTest, WritevSendsPartAfterPart) {
  const Pair pair = ConnectedPair();
  char a[] = "ab", b[] = "cde";
  const iovec parts[] = {{a, 2}, {nullptr, 0}, {b, 3}};
  EXPECT_THAT(Invoke<Call::kWritev>(kernel, pair.client, parts, 3), SyscallSucceedsWithValue(5));
  EXPECT_EQ(Receive(pair.server, 5), "abcde");
}

TEST_P(BytesTest, ReadvAndWritevRefuseANegativeCount) {
  const Pair pair = ConnectedPair();
  char byte;
  const iovec part = {&byte, 1};
  EXPECT_THAT(Invoke<Call::kReadv>(kernel, pair.client, &part, -1), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Invoke<Call::kWritev>(kernel, pair.client, &part, -1), SyscallFailsWith(EINVAL));
}

TEST_P(BytesTest, ReadvWithoutPartsReturnsZero) {
  const Pair pair = ConnectedPair();
  EXPECT_THAT(Invoke<Call::kReadv>(kernel, pair.client, nullptr, 0), SyscallSucceedsWithValue(0));
  EXPECT_THAT(Invoke<Call::kWritev>(kernel, pair.client, nullptr, 0), SyscallSucceedsWithValue(0));
}

TEST_P(BytesTest, RecvmsgAndSendmsgMoveParts) {
  const Pair pair = ConnectedPair();
  char a[] = "ab", b[] = "cde";
  iovec out[] = {{a, 2}, {b, 3}};
  msghdr message = {};
  message.msg_iov = out;
  message.msg_iovlen = 2;
  EXPECT_THAT(Invoke<Call::kSendmsg>(kernel, pair.client, &message, MSG_NOSIGNAL),
              SyscallSucceedsWithValue(5));
  AwaitUnread(pair.server, 5);
  char x[1], y[10];
  iovec in[] = {{x, 1}, {y, 10}};
  message = {};
  message.msg_iov = in;
  message.msg_iovlen = 2;
  message.msg_flags = -1;
  EXPECT_THAT(Invoke<Call::kRecvmsg>(kernel, pair.server, &message, 0),
              SyscallSucceedsWithValue(5));
  EXPECT_EQ(x[0], 'a');
  EXPECT_EQ(std::string(y, 4), "bcde");
  EXPECT_EQ(message.msg_flags, 0);
  EXPECT_EQ(message.msg_controllen, 0u);
}

TEST_P(BytesTest, RecvmsgReportsNoNameOnAStream) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "x");
  AwaitUnread(pair.server, 1);
  char byte;
  iovec part = {&byte, 1};
  sockaddr_in name = {};
  msghdr message = {};
  message.msg_name = &name;
  message.msg_namelen = sizeof name;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  EXPECT_THAT(Invoke<Call::kRecvmsg>(kernel, pair.server, &message, 0),
              SyscallSucceedsWithValue(1));
  EXPECT_EQ(message.msg_namelen, 0u);
}

TEST_P(BytesTest, FionreadCountsUnreadBytes) {
  const Pair pair = ConnectedPair();
  EXPECT_EQ(Unread(pair.server), 0);
  Send(pair.client, "abc");
  AwaitUnread(pair.server, 3);
  EXPECT_EQ(Unread(pair.server), 3);
  EXPECT_EQ(Recv(pair.server, 1), "a");
  EXPECT_EQ(Unread(pair.server), 2);
}

TEST_P(BytesTest, FionreadDoesNotCountAFin) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "abc");
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  EXPECT_EQ(Unread(pair.server), 3);
  EXPECT_EQ(Recv(pair.server), "abc");
  EXPECT_EQ(Unread(pair.server), 0);
}

TEST_P(BytesTest, FionreadFailsWithEinvalOnAListener) {
  const Listener listener = Listen();
  int bytes = 0;
  EXPECT_THAT(Invoke<Call::kIoctl>(kernel, listener.fd, FIONREAD, &bytes),
              SyscallFailsWith(EINVAL));
}

TEST_P(BytesTest, SiocoutqCountsWhatThePeerHasNotTaken) {
  const Pair pair = ConnectedPair({.client_send = kSmall, .server_receive = kSmall});
  int queued = -1;
  EXPECT_THAT(Invoke<Call::kIoctl>(kernel, pair.client, TIOCOUTQ, &queued), SyscallSucceeds());
  EXPECT_EQ(queued, 0);
  const size_t sent = Fill(pair.client);
  EXPECT_THAT(Invoke<Call::kIoctl>(kernel, pair.client, TIOCOUTQ, &queued), SyscallSucceeds());
  EXPECT_GT(queued, 0);
  EXPECT_LE(static_cast<size_t>(queued), sent);
}

TEST_P(BytesTest, FionbioSwitchesNonblocking) {
  const Fd fd = TcpSocket();
  int on = 1;
  EXPECT_THAT(Invoke<Call::kIoctl>(kernel, fd, FIONBIO, &on), SyscallSucceeds());
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, fd, F_GETFL, 0) & O_NONBLOCK, O_NONBLOCK);
  on = 0;
  EXPECT_THAT(Invoke<Call::kIoctl>(kernel, fd, FIONBIO, &on), SyscallSucceeds());
  EXPECT_EQ(Invoke<Call::kFcntl>(kernel, fd, F_GETFL, 0) & O_NONBLOCK, 0);
}

TEST_P(BytesTest, ClosedDescriptorsFailWithEbadf) {
  Fd fd = TcpSocket();
  const int gone = fd.Close();
  char byte = 'x';
  const iovec part = {&byte, 1};
  int value = 0;
  EXPECT_THAT(TryRecv(gone), SyscallFailsWith(EBADF));
  EXPECT_THAT(TrySend(gone), SyscallFailsWith(EBADF));
  EXPECT_THAT(Invoke<Call::kRead>(kernel, gone, &byte, 1), SyscallFailsWith(EBADF));
  EXPECT_THAT(Invoke<Call::kWrite>(kernel, gone, &byte, 1), SyscallFailsWith(EBADF));
  EXPECT_THAT(Invoke<Call::kReadv>(kernel, gone, &part, 1), SyscallFailsWith(EBADF));
  EXPECT_THAT(Invoke<Call::kWritev>(kernel, gone, &part, 1), SyscallFailsWith(EBADF));
  EXPECT_THAT(Invoke<Call::kShutdown>(kernel, gone, SHUT_WR), SyscallFailsWith(EBADF));
  EXPECT_THAT(Invoke<Call::kIoctl>(kernel, gone, FIONREAD, &value), SyscallFailsWith(EBADF));
}

TEST_P(BytesTest, LongMessagesArriveWholeAndInOrder) {
  const Pair pair = ConnectedPair();
  std::string sent;
  for (int i = 0; sent.size() < 200'000; ++i) sent += std::to_string(i) + ",";
  std::string received;
  size_t position = 0;
  while (received.size() < sent.size()) {
    if (position < sent.size()) {
      const ssize_t n = Invoke<Call::kSend>(kernel, pair.client, sent.data() + position,
                                            sent.size() - position, 0);
      if (n > 0) position += n;
    }
    Await(pair.server, kIn);
    received += Recv(pair.server, 10'000);
  }
  EXPECT_EQ(received, sent);
}

TEST_P(BytesTest, AnEmptyVectorIsNoCallToTheSocket) {
  Pair pair = ConnectedPair();
  Reset(pair.client);
  Await(pair.server, kErr);
  char byte = 'x';
  const iovec empty = {&byte, 0};
  EXPECT_THAT(Invoke<Call::kWritev>(kernel, pair.server, &empty, 1), SyscallSucceedsWithValue(0));
  EXPECT_THAT(Invoke<Call::kReadv>(kernel, pair.server, &empty, 1), SyscallSucceedsWithValue(0));
  EXPECT_THAT(Invoke<Call::kWrite>(kernel, pair.server, &byte, 0), SyscallFailsWith(ECONNRESET));
}

TEST_P(BytesTest, AnEmptyVectorOnTheWrongEndOfAPipeFails) {
  const Pipe pipe = NewPipe();
  const Fd epoll = NewEpoll();
  char byte = 'x';
  const iovec empty = {&byte, 0};
  EXPECT_THAT(Invoke<Call::kWritev>(kernel, pipe.read, &empty, 1), SyscallFailsWith(EBADF));
  EXPECT_THAT(Invoke<Call::kReadv>(kernel, pipe.write, &empty, 1), SyscallFailsWith(EBADF));
  EXPECT_THAT(Invoke<Call::kWritev>(kernel, epoll, &empty, 1), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Invoke<Call::kReadv>(kernel, epoll, &empty, 1), SyscallFailsWith(EINVAL));
}

}  // namespace
}  // namespace hupstorm
