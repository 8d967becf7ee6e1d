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
  CallRecord entered;
  CallRecord left;

 protected:
  bool Enter(CallRecord& call) override {
    entered = call;
    if (call.length > cut) call.length = cut;
    if (answer_error == 0) return true;
    call.result = -1;
    call.error = answer_error;
    return false;
  }
  void Leave(CallRecord& call) override {
    left = call;
    if (changes_result) call.result = 77;
  }
};

class SyscallsLayerTest : public testing::Test {
 protected:
  SyscallsLayerTest() { host_.Socketpair(AF_UNIX, SOCK_STREAM, 0, fds_); }
  ~SyscallsLayerTest() override {
    host_.Close(fds_[0]);
    host_.Close(fds_[1]);
  }

  HostKernel host_;
  ProbeLayer layer_{host_};
  int fds_[2];
};

TEST_F(SyscallsLayerTest, AnotherInnerIsAskedFromTheNextCallOn) {
  ProbeLayer inner(host_);
  EXPECT_EQ(layer_.Send(fds_[0], "abc", 3, MSG_NOSIGNAL), 3);
  EXPECT_EQ(inner.entered.fd, -1);
  layer_.set_inner(inner);
  EXPECT_EQ(layer_.Send(fds_[0], "de", 2, MSG_NOSIGNAL), 2);
  EXPECT_EQ(inner.entered.length, 2u);
}

TEST_F(SyscallsLayerTest, RecordsHoldArgumentsAndResult) {
  EXPECT_EQ(layer_.Send(fds_[0], "abc", 3, MSG_NOSIGNAL), 3);
  EXPECT_EQ(layer_.entered.call, Call::kSend);
  EXPECT_EQ(layer_.entered.fd, fds_[0]);
  EXPECT_EQ(layer_.entered.length, 3u);
  EXPECT_EQ(layer_.entered.flags, MSG_NOSIGNAL);
  EXPECT_EQ(layer_.left.result, 3);
  EXPECT_EQ(layer_.left.error, 0);
}

TEST_F(SyscallsLayerTest, AFailureBringsItsErrno) {
  char byte;
  EXPECT_EQ(layer_.Recv(fds_[0], &byte, 1, MSG_DONTWAIT), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_EQ(layer_.left.error, EAGAIN);
}

TEST_F(SyscallsLayerTest, AnAnswerKeepsTheCallFromTheKernel) {
  layer_.answer_error = ECONNRESET;
  EXPECT_EQ(layer_.Send(fds_[0], "abc", 3, 0), -1);
  EXPECT_EQ(errno, ECONNRESET);
  char byte;
  EXPECT_EQ(host_.Recv(fds_[1], &byte, 1, MSG_DONTWAIT), -1) << "it was sent after all";
}

TEST_F(SyscallsLayerTest, LeaveMayChangeTheResult) {
  layer_.changes_result = true;
  EXPECT_EQ(layer_.Send(fds_[0], "abc", 3, 0), 77);
}

TEST_F(SyscallsLayerTest, PlainTransfersAreCut) {
  layer_.cut = 2;
  EXPECT_EQ(layer_.Send(fds_[0], "abcdef", 6, 0), 2);
  EXPECT_EQ(layer_.Write(fds_[0], "cdef", 4), 2);
  char bytes[4];
  EXPECT_EQ(layer_.Recv(fds_[1], bytes, 4, 0), 2);
  EXPECT_EQ(layer_.Read(fds_[1], bytes + 2, 4), 2);
  EXPECT_EQ(std::string(bytes, 4), "abcd");
}

TEST_F(SyscallsLayerTest, VectorsAreCutInTheMiddleOfAPart) {
  char text[] = "abcdef";
  const iovec parts[] = {{text, 2}, {text + 2, 4}};
  layer_.cut = 3;
  EXPECT_EQ(layer_.Writev(fds_[0], parts, 2), 3);
  EXPECT_EQ(layer_.entered.length, 6u);
  EXPECT_EQ(layer_.entered.other, 2);

  layer_.cut = SIZE_MAX;
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = 2;
  EXPECT_EQ(layer_.Sendmsg(fds_[0], &message, 0), 6);

  char first[2];
  char second[8];
  const iovec into[] = {{first, 2}, {second, 8}};
  layer_.cut = 4;
  EXPECT_EQ(layer_.Readv(fds_[1], into, 2), 4);
  EXPECT_EQ(std::string(first, 2) + std::string(second, 2), "abca");
  msghdr received{};
  received.msg_iov = const_cast<iovec*>(into);
  received.msg_iovlen = 2;
  received.msg_flags = MSG_OOB;
  EXPECT_EQ(layer_.Recvmsg(fds_[1], &received, 0), 4);
  EXPECT_EQ(std::string(first, 2) + std::string(second, 2), "bcde");
  EXPECT_EQ(received.msg_flags, 0) << "what the kernel reports must reach the caller's header";
  EXPECT_EQ(received.msg_iov, into);
}

TEST_F(SyscallsLayerTest, AVectorThatLinuxRefusesIsLeftToLinux) {
  EXPECT_EQ(layer_.Readv(fds_[0], nullptr, -1), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(layer_.entered.length, 0u);
  EXPECT_EQ(layer_.Recvmsg(fds_[0], nullptr, MSG_DONTWAIT), -1);
  EXPECT_EQ(errno, EFAULT);
}

TEST_F(SyscallsLayerTest, SelectKeepsWhatWasAsked) {
  host_.Send(fds_[0], "a", 1, 0);
  fd_set readable;
  FD_ZERO(&readable);
  FD_SET(fds_[0], &readable);
  FD_SET(fds_[1], &readable);
  // Leave's copy of the record points to sets that are gone after the call: look inside it.
  class Looker final : public SyscallsLayer {
   public:
    using SyscallsLayer::SyscallsLayer;
    SelectSets sets;

   protected:
    bool Enter(CallRecord&) override { return true; }
    void Leave(CallRecord& call) override { sets = *static_cast<const SelectSets*>(call.buffer); }
  } looker(host_);
  timeval timeout{.tv_sec = 0, .tv_usec = 1};
  EXPECT_EQ(looker.Select(fds_[1] + 1, &readable, nullptr, nullptr, &timeout), 1);
  EXPECT_TRUE(FD_ISSET(fds_[0], &looker.sets.asked[SelectSets::kReadable]));
  EXPECT_TRUE(FD_ISSET(fds_[1], &looker.sets.asked[SelectSets::kReadable]));
  EXPECT_FALSE(FD_ISSET(fds_[0], &readable));
  EXPECT_EQ(looker.sets.sets[SelectSets::kWritable], nullptr);
}

TEST_F(SyscallsLayerTest, ATimeoutIsRoundedUp) {
  timeval timeout{.tv_sec = 0, .tv_usec = 1};
  layer_.Select(0, nullptr, nullptr, nullptr, &timeout);
  EXPECT_EQ(layer_.entered.other, 1);
  timeout = {};
  layer_.Select(0, nullptr, nullptr, nullptr, &timeout);
  EXPECT_EQ(layer_.entered.other, 0);
}

}  // namespace
}  // namespace hupstorm
