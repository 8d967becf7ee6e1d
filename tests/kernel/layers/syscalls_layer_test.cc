#include "kernel/syscalls_layer.h"

#include <errno.h>
#include <gmock/gmock.h>

#include <cstring>
#include <stdexcept>
#include <string>

#include "kernel/host_kernel.h"

namespace hupstorm {
namespace {

// Cuts, answers or throws as told, and keeps the records.
class ProbeLayer final : public SyscallsLayer {
 public:
  using SyscallsLayer::SyscallsLayer;

  size_t cut = SIZE_MAX;  // the length that calls are cut to
  int answer_error = 0;   // the errno that calls are answered with
  bool changes_result = false;
  SystemCall entered;
  SystemCall left;

 protected:
  bool Enter(SystemCall& call) override {
    entered = call;
    if (BytesAsked(call) > cut) CutTo(cut);
    if (answer_error == 0) return true;
    call.result = -1;
    call.error = answer_error;
    return false;
  }
  void Leave(SystemCall& call) override {
    left = call;
    if (changes_result) call.result = 77;
  }
};

class SyscallsLayerTest : public testing::Test {
 protected:
  SyscallsLayerTest() { Invoke<Call::kSocketpair>(host_, AF_UNIX, SOCK_STREAM, 0, fds_); }
  ~SyscallsLayerTest() override {
    Invoke<Call::kClose>(host_, fds_[0]);
    Invoke<Call::kClose>(host_, fds_[1]);
  }

  HostKernel host_;
  ProbeLayer layer_{host_};
  int fds_[2];
};

TEST_F(SyscallsLayerTest, AnotherInnerIsAskedFromTheNextCallOn) {
  ProbeLayer inner(host_);
  EXPECT_EQ(Invoke<Call::kSend>(layer_, fds_[0], "abc", 3, MSG_NOSIGNAL), 3);
  EXPECT_EQ(inner.entered.arguments[2], 0);
  layer_.set_inner(inner);
  EXPECT_EQ(Invoke<Call::kSend>(layer_, fds_[0], "de", 2, MSG_NOSIGNAL), 2);
  EXPECT_EQ(BytesAsked(inner.entered), 2u);
}

TEST_F(SyscallsLayerTest, RecordsHoldArgumentsAndResult) {
  EXPECT_EQ(Invoke<Call::kSend>(layer_, fds_[0], "abc", 3, MSG_NOSIGNAL), 3);
  EXPECT_EQ(layer_.entered.call, Call::kSend);
  EXPECT_EQ(layer_.entered.Fd(), fds_[0]);
  EXPECT_EQ(BytesAsked(layer_.entered), 3u);
  EXPECT_EQ(MessageFlags(layer_.entered), MSG_NOSIGNAL);
  EXPECT_EQ(layer_.left.result, 3);
  EXPECT_EQ(layer_.left.error, 0);
}

TEST_F(SyscallsLayerTest, AFailureBringsItsErrno) {
  char byte;
  EXPECT_EQ(Invoke<Call::kRecv>(layer_, fds_[0], &byte, 1, MSG_DONTWAIT), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(layer_.left.error, EAGAIN);
}

TEST_F(SyscallsLayerTest, AnAnswerKeepsTheCallFromTheKernel) {
  layer_.answer_error = ECONNRESET;
  EXPECT_EQ(Invoke<Call::kSend>(layer_, fds_[0], "abc", 3, 0), -1);
  EXPECT_EQ(errno, ECONNRESET);
  char byte;
  EXPECT_EQ(Invoke<Call::kRecv>(host_, fds_[1], &byte, 1, MSG_DONTWAIT), -1)
      << "it was sent after all";
}

TEST_F(SyscallsLayerTest, LeaveMayChangeTheResult) {
  layer_.changes_result = true;
  EXPECT_EQ(Invoke<Call::kSend>(layer_, fds_[0], "abc", 3, 0), 77);
}

TEST_F(SyscallsLayerTest, PlainTransfersAreCut) {
  layer_.cut = 2;
  EXPECT_EQ(Invoke<Call::kSend>(layer_, fds_[0], "abcdef", 6, 0), 2);
  EXPECT_EQ(Invoke<Call::kWrite>(layer_, fds_[0], "cdef", 4), 2);
  char bytes[4];
  EXPECT_EQ(Invoke<Call::kRecv>(layer_, fds_[1], bytes, 4, 0), 2);
  EXPECT_EQ(Invoke<Call::kRead>(layer_, fds_[1], bytes + 2, 4), 2);
  EXPECT_EQ(std::string(bytes, 4), "abcd");
}

TEST_F(SyscallsLayerTest, VectorsAreCutInTheMiddleOfAPart) {
  char text[] = "abcdef";
  const iovec parts[] = {{text, 2}, {text + 2, 4}};
  layer_.cut = 3;
  EXPECT_EQ(Invoke<Call::kWritev>(layer_, fds_[0], parts, 2), 3);
  EXPECT_EQ(BytesAsked(layer_.entered), 6u);
  EXPECT_EQ(layer_.left.Pointer<const iovec>(1), parts) << "the arguments are the caller's again";
  EXPECT_EQ(layer_.left.Int(2), 2);

  layer_.cut = SIZE_MAX;
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = 2;
  EXPECT_EQ(Invoke<Call::kSendmsg>(layer_, fds_[0], &message, 0), 6);

  char first[2];
  char second[8];
  const iovec into[] = {{first, 2}, {second, 8}};
  layer_.cut = 4;
  EXPECT_EQ(Invoke<Call::kReadv>(layer_, fds_[1], into, 2), 4);
  EXPECT_EQ(std::string(first, 2) + std::string(second, 2), "abca");
  msghdr received{};
  received.msg_iov = const_cast<iovec*>(into);
  received.msg_iovlen = 2;
  received.msg_flags = MSG_OOB;
  EXPECT_EQ(Invoke<Call::kRecvmsg>(layer_, fds_[1], &received, 0), 4);
  EXPECT_EQ(std::string(first, 2) + std::string(second, 2), "bcde");
  EXPECT_EQ(received.msg_flags, 0) << "what the kernel reports must reach the caller's header";
  EXPECT_EQ(received.msg_iov, into);
}

TEST_F(SyscallsLayerTest, SeveralMessagesAreCutInTheMiddleOfOne) {
  char text[] = "abcdefghi";
  iovec parts[] = {{text, 3}, {text + 3, 3}, {text + 6, 3}};
  mmsghdr messages[3] = {};
  for (size_t i = 0; i < 3; ++i) {
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  layer_.cut = 5;
  EXPECT_EQ(Invoke<Call::kSendmmsg>(layer_, fds_[0], messages, 3, 0), 2);
  EXPECT_EQ(BytesAsked(layer_.entered), 9u);
  EXPECT_EQ(ResultInBytes(layer_.left), 5);
  EXPECT_EQ(layer_.left.Int(2), 3);
  EXPECT_EQ(messages[1].msg_len, 2u);
  EXPECT_EQ(messages[1].msg_hdr.msg_iov, &parts[1]) << "the messages are the caller's again";
  layer_.cut = 4;
  EXPECT_EQ(Invoke<Call::kRecvmmsg>(layer_, fds_[1], messages, 3, MSG_DONTWAIT, nullptr), 2);
  EXPECT_EQ(ResultInBytes(layer_.left), 4);
  EXPECT_EQ(parts[1].iov_len, 3u);
}

TEST_F(SyscallsLayerTest, AVectorThatLinuxRefusesIsLeftToLinux) {
  EXPECT_EQ(Invoke<Call::kReadv>(layer_, fds_[0], nullptr, -1), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(BytesAsked(layer_.entered), 0u);
  EXPECT_EQ(Invoke<Call::kRecvmsg>(layer_, fds_[0], nullptr, MSG_DONTWAIT), -1);
  EXPECT_EQ(errno, EFAULT);
}

TEST_F(SyscallsLayerTest, SelectKeepsWhatWasAsked) {
  Invoke<Call::kSend>(host_, fds_[0], "a", 1, 0);
  fd_set readable;
  FD_ZERO(&readable);
  FD_SET(fds_[0], &readable);
  FD_SET(fds_[1], &readable);
  timeval timeout{.tv_sec = 0, .tv_usec = 1};
  SystemCall call = NewCall<Call::kSelect>(fds_[1] + 1, &readable, nullptr, nullptr, &timeout);
  const SelectQuestion asked(call);
  layer_.Make(call);
  EXPECT_EQ(call.result, 1);
  EXPECT_TRUE(FD_ISSET(fds_[0], &asked.sets[0]));
  EXPECT_TRUE(FD_ISSET(fds_[1], &asked.sets[0]));
  EXPECT_FALSE(FD_ISSET(fds_[0], &readable));
  asked.Restore(call);
  EXPECT_TRUE(FD_ISSET(fds_[0], &readable));
}

TEST_F(SyscallsLayerTest, ATimeoutIsRoundedUp) {
  timeval timeout{.tv_sec = 0, .tv_usec = 1};
  EXPECT_EQ(TimeoutMs(NewCall<Call::kSelect>(0, nullptr, nullptr, nullptr, &timeout)), 1);
  timeout = {};
  EXPECT_EQ(TimeoutMs(NewCall<Call::kSelect>(0, nullptr, nullptr, nullptr, &timeout)), 0);
}

}  // namespace
}  // namespace hupstorm
