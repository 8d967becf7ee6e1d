// recvmmsg(2) and sendmmsg(2): several messages in one call, on streams.

#include <array>
#include <vector>

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

// Messages of one part each, with room for `size` bytes.
struct Messages {
  explicit Messages(size_t count, size_t size = 4)
      : bytes(count, std::string(size, '#')), parts(count), headers(count) {
    for (size_t i = 0; i < count; ++i) {
      parts[i] = {.iov_base = bytes[i].data(), .iov_len = size};
      headers[i].msg_hdr.msg_iov = &parts[i];
      headers[i].msg_hdr.msg_iovlen = 1;
      headers[i].msg_len = 99;
    }
  }
  explicit Messages(const std::vector<std::string>& texts) : Messages(texts.size(), 0) {
    for (size_t i = 0; i < texts.size(); ++i) {
      bytes[i] = texts[i];
      parts[i] = {.iov_base = bytes[i].data(), .iov_len = texts[i].size()};
    }
  }
  // What the first `count` hold, by their lengths.
  std::vector<std::string> Texts(size_t count) const {
    std::vector<std::string> texts;
    for (size_t i = 0; i < count; ++i) texts.push_back(bytes[i].substr(0, headers[i].msg_len));
    return texts;
  }

  std::vector<std::string> bytes;
  std::vector<iovec> parts;
  std::vector<mmsghdr> headers;
};

using Texts = std::vector<std::string>;

class MessagesTest : public KernelTest {
 protected:
  int Recvmmsg(int fd, Messages& to, int flags = 0, timespec* timeout = nullptr) {
    return Invoke<Call::kRecvmmsg>(kernel, fd, to.headers.data(), to.headers.size(), flags,
                                   timeout);
  }
  int Sendmmsg(int fd, Messages& from, int flags = MSG_NOSIGNAL) {
    return Invoke<Call::kSendmmsg>(kernel, fd, from.headers.data(), from.headers.size(), flags);
  }
};
INSTANTIATE_ON_BOTH_KERNELS(MessagesTest);

TEST_P(MessagesTest, SendsAllAndSaysHowMany) {
  const Pair pair = ConnectedPair();
  Messages out(Texts{"ab", "", "cde"});
  EXPECT_THAT(Sendmmsg(pair.client, out), SyscallSucceedsWithValue(3));
  EXPECT_EQ(out.headers[0].msg_len, 2u);
  EXPECT_EQ(out.headers[1].msg_len, 0u);
  EXPECT_EQ(out.headers[2].msg_len, 3u);
  EXPECT_EQ(Receive(pair.server, 5), "abcde");
}

TEST_P(MessagesTest, ReceivesAMessageAfterTheOther) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "abcdef");
  AwaitUnread(pair.server, 6);
  Messages in(3);
  in.headers[0].msg_hdr.msg_flags = -1;
  EXPECT_THAT(Recvmmsg(pair.server, in), SyscallSucceedsWithValue(2)) << "EAGAIN is no error then";
  EXPECT_EQ(in.Texts(2), (Texts{"abcd", "ef"}));
  EXPECT_EQ(in.headers[0].msg_hdr.msg_flags, 0);
  EXPECT_EQ(in.headers[2].msg_len, 99u);
  EXPECT_THAT(Recvmmsg(pair.server, in), SyscallFailsWith(EAGAIN));
}

TEST_P(MessagesTest, NoMessagesAreNone) {
  const Pair pair = ConnectedPair();
  EXPECT_THAT(Invoke<Call::kRecvmmsg>(kernel, pair.server, nullptr, 0, 0, nullptr),
              SyscallSucceedsWithValue(0));
  EXPECT_THAT(Invoke<Call::kSendmmsg>(kernel, pair.server, nullptr, 0, 0),
              SyscallSucceedsWithValue(0));
  EXPECT_THAT(Invoke<Call::kRecvmmsg>(kernel, pair.server, nullptr, 1, 0, nullptr),
              SyscallFailsWith(EFAULT));
  EXPECT_THAT(Invoke<Call::kSendmmsg>(kernel, pair.server, nullptr, 1, 0),
              SyscallFailsWith(EFAULT));
}

TEST_P(MessagesTest, TheEndOfInputFillsWhatIsLeft) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "ab");
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  Messages in(3);
  EXPECT_THAT(Recvmmsg(pair.server, in), SyscallSucceedsWithValue(3));
  EXPECT_EQ(in.Texts(3), (Texts{"ab", "", ""}));
}

TEST_P(MessagesTest, AResetComesBeforeTheMessagesAndOnce) {
  Pair pair = ConnectedPair();
  Reset(pair.client);
  Await(pair.server, kErr);
  Messages in(2);
  EXPECT_THAT(Recvmmsg(pair.server, in), SyscallFailsWith(ECONNRESET));
  EXPECT_THAT(Recvmmsg(pair.server, in), SyscallSucceedsWithValue(2));
  EXPECT_EQ(in.Texts(2), (Texts{"", ""}));
}

TEST_P(MessagesTest, APendingErrorIsSaidEvenIfNoMessageIsAskedFor) {
  Pair pair = ConnectedPair();
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_THAT(Invoke<Call::kRecvmmsg>(kernel, pair.server, nullptr, 0, 0, nullptr),
              SyscallFailsWith(ECONNRESET));
  EXPECT_EQ(PendingError(pair.server), 0);
}

TEST_P(MessagesTest, AnErrorAfterTheFirstMessageIsKeptForTheNextCall) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "abcdef");
  AwaitUnread(pair.server, 6);
  Messages in(2);
  in.headers[1].msg_hdr.msg_iovlen = 2000;
  EXPECT_THAT(Recvmmsg(pair.server, in), SyscallSucceedsWithValue(1));
  EXPECT_EQ(in.Texts(1), Texts{"abcd"});
  Await(pair.server, kErr);
  EXPECT_THAT(Recvmmsg(pair.server, in), SyscallFailsWith(EMSGSIZE));
  in.headers[1].msg_hdr.msg_iovlen = 1;
  EXPECT_THAT(Recvmmsg(pair.server, in), SyscallSucceedsWithValue(1));
  EXPECT_EQ(in.Texts(1), Texts{"ef"});
}

TEST_P(MessagesTest, AnErrorOfTheFirstMessageIsSaidAtOnce) {
  const Pair pair = ConnectedPair();
  Messages in(2);
  in.headers[0].msg_hdr.msg_iovlen = 2000;
  EXPECT_THAT(Recvmmsg(pair.server, in), SyscallFailsWith(EMSGSIZE));
  EXPECT_EQ(PendingError(pair.server), 0);
  EXPECT_THAT(Sendmmsg(pair.server, in), SyscallFailsWith(EMSGSIZE));
}

TEST_P(MessagesTest, AnErrorAfterTheFirstMessageThatWasSentIsForgotten) {
  const Pair pair = ConnectedPair();
  Messages out(Texts{"ab", "cd"});
  out.headers[1].msg_hdr.msg_iovlen = 2000;
  EXPECT_THAT(Sendmmsg(pair.client, out), SyscallSucceedsWithValue(1));
  EXPECT_EQ(PendingError(pair.client), 0);
  EXPECT_EQ(Receive(pair.server, 2), "ab");
}

TEST_P(MessagesTest, SendsUpTo1024) {
  const Pair pair = ConnectedPair();
  Messages out(1030, 1);
  EXPECT_THAT(Sendmmsg(pair.client, out), SyscallSucceedsWithValue(1024));
  EXPECT_EQ(out.headers[1024].msg_len, 99u);
  AwaitUnread(pair.server, 1024);
}

TEST_P(MessagesTest, ReceivesMoreThan1024) {
  const Pair pair = ConnectedPair();
  Send(pair.client, std::string(1030, 'x'));
  AwaitUnread(pair.server, 1030);
  Messages in(1100, 1);
  EXPECT_THAT(Recvmmsg(pair.server, in), SyscallSucceedsWithValue(1030));
}

TEST_P(MessagesTest, SendsNoMoreThanThereIsRoomFor) {
  const Pair pair = ConnectedPair({.client_receive = kSmall, .server_send = kSmall});
  Messages out(64, 100'000);
  const int sent = Sendmmsg(pair.server, out);
  ASSERT_GE(sent, 1);
  ASSERT_LT(sent, 64);
  EXPECT_LT(out.headers[static_cast<size_t>(sent - 1)].msg_len, 100'000u)
      << "a message that was sent in part is the last";
  EXPECT_EQ(out.headers[static_cast<size_t>(sent)].msg_len, 99u);
}

TEST_P(MessagesTest, AClosedConnectionIsSaidAsBySendmsg) {
  CountSignals(SIGPIPE);
  const Pair pair = ConnectedPair();
  Invoke<Call::kShutdown>(kernel, pair.server, SHUT_WR);
  Messages out(Texts{"ab", "cd"});
  EXPECT_THAT(Sendmmsg(pair.server, out, 0), SyscallFailsWith(EPIPE));
  EXPECT_EQ(signals_seen(), 1);
}

TEST_P(MessagesTest, WaitforoneWaitsForTheFirstAlone) {
  const Pair pair = ConnectedPair();
  SetNonBlocking(pair.server, false);
  Send(pair.client, "abcdef");
  AwaitUnread(pair.server, 6);
  Messages in(3);
  EXPECT_THAT(Recvmmsg(pair.server, in, MSG_WAITFORONE), SyscallSucceedsWithValue(2));
  EXPECT_THAT(Recvmmsg(pair.server, in, MSG_WAITFORONE | MSG_DONTWAIT), SyscallFailsWith(EAGAIN));
}

TEST_P(MessagesTest, ATimeoutEndsTheCallAfterAMessageOnly) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "abcdef");
  AwaitUnread(pair.server, 6);
  Messages in(2);
  timespec timeout = {};
  EXPECT_THAT(Recvmmsg(pair.server, in, 0, &timeout), SyscallSucceedsWithValue(1));
  EXPECT_THAT(Recvmmsg(pair.server, in, 0, &timeout), SyscallSucceedsWithValue(1));
  EXPECT_THAT(Recvmmsg(pair.server, in, 0, &timeout), SyscallFailsWith(EAGAIN));
}

TEST_P(MessagesTest, WhatIsLeftOfTheTimeoutIsWrittenIfAMessageCame) {
  const Pair pair = ConnectedPair();
  Messages in(2);
  timespec timeout = {.tv_sec = 50, .tv_nsec = 0};
  EXPECT_THAT(Recvmmsg(pair.server, in, 0, &timeout), SyscallFailsWith(EAGAIN));
  EXPECT_EQ(timeout.tv_sec, 50);
  EXPECT_EQ(timeout.tv_nsec, 0);
  Send(pair.client, "ab");
  AwaitUnread(pair.server, 2);
  EXPECT_THAT(Recvmmsg(pair.server, in, 0, &timeout), SyscallSucceedsWithValue(1));
  EXPECT_LE(timeout.tv_sec, 50);
  EXPECT_GE(timeout.tv_sec, 40);
  timeout = {.tv_sec = 0, .tv_nsec = 1'000'000'000};
  EXPECT_THAT(Recvmmsg(pair.server, in, 0, &timeout), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Recvmmsg(-1, in, 0, &timeout), SyscallFailsWith(EINVAL));
}

TEST_P(MessagesTest, PeekGivesEachMessageTheSameBytes) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "abcdef");
  AwaitUnread(pair.server, 6);
  Messages in(2);
  EXPECT_THAT(Recvmmsg(pair.server, in, MSG_PEEK), SyscallSucceedsWithValue(2));
  EXPECT_EQ(in.Texts(2), (Texts{"abcd", "abcd"}));
}

TEST_P(MessagesTest, UrgentDataEndsTheCall) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "x", MSG_OOB);
  Await(pair.server, kPri);
  Messages in(2);
  EXPECT_THAT(Recvmmsg(pair.server, in, MSG_OOB), SyscallSucceedsWithValue(1));
  EXPECT_EQ(in.Texts(1), Texts{"x"});
  EXPECT_EQ(in.headers[0].msg_hdr.msg_flags, MSG_OOB);
}

TEST_P(MessagesTest, MovesMessagesBetweenSocketpairs) {
  const Pair pair = SocketPair();
  Messages out(Texts{"ab", "cdef"});
  EXPECT_THAT(Sendmmsg(pair.client, out), SyscallSucceedsWithValue(2));
  Messages in(3);
  EXPECT_THAT(Recvmmsg(pair.server, in), SyscallSucceedsWithValue(2));
  EXPECT_EQ(in.Texts(2), (Texts{"abcd", "ef"}));
}

TEST_P(MessagesTest, OfOtherDescriptorsNeither) {
  const Pipe pipe = NewPipe();
  const Listener listener = Listen();
  Messages messages(1);
  EXPECT_THAT(Recvmmsg(pipe.read, messages), SyscallFailsWith(ENOTSOCK));
  EXPECT_THAT(Sendmmsg(pipe.write, messages), SyscallFailsWith(ENOTSOCK));
  EXPECT_THAT(Invoke<Call::kSendmmsg>(kernel, pipe.write, nullptr, 0, 0),
              SyscallFailsWith(ENOTSOCK));
  EXPECT_THAT(Recvmmsg(-1, messages), SyscallFailsWith(EBADF));
  EXPECT_THAT(Sendmmsg(1'000'000, messages), SyscallFailsWith(EBADF));
  EXPECT_THAT(Recvmmsg(listener.fd, messages), SyscallFailsWith(ENOTCONN));
  EXPECT_THAT(Sendmmsg(listener.fd, messages), SyscallFailsWith(EPIPE));
}

}  // namespace
}  // namespace hupstorm
