// The requests of ioctl(2) that tell about bytes: what each kind of descriptor makes of them.

#include <linux/sockios.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

class IoctlTest : public KernelTest {
 protected:
  int Ask(int fd, unsigned long request) {
    value_ = -1;
    return Invoke<Call::kIoctl>(kernel, fd, request, &value_);
  }
  int value_ = -1;
};
INSTANTIATE_ON_BOTH_KERNELS(IoctlTest);

TEST_P(IoctlTest, SocketRequestsAreUnknownToWhatIsNoSocket) {
  const Pipe pipe = NewPipe();
  const Fd eventfd(kernel, Invoke<Call::kEventfd>(kernel, 0, 0));
  const Fd timerfd(kernel, Invoke<Call::kTimerfdCreate>(kernel, CLOCK_MONOTONIC, 0));
  for (const int fd : {int{pipe.read}, int{pipe.write}, int{eventfd}, int{timerfd}}) {
    EXPECT_THAT(Ask(fd, SIOCATMARK), SyscallFailsWith(ENOTTY));
    EXPECT_THAT(Ask(fd, SIOCOUTQ), SyscallFailsWith(ENOTTY));
  }
}

TEST_P(IoctlTest, AnEpollRefusesThemAll) {
  const Fd epoll = NewEpoll();
  EXPECT_THAT(Ask(epoll, FIONREAD), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Ask(epoll, SIOCATMARK), SyscallFailsWith(EINVAL));
  EXPECT_THAT(Ask(epoll, SIOCOUTQ), SyscallFailsWith(EINVAL));
}

TEST_P(IoctlTest, ASocketpairIsNotAtAMarkAndHasNothingUnsent) {
  const Pair pair = SocketPair();
  EXPECT_THAT(Ask(pair.client, SIOCATMARK), SyscallSucceeds());
  EXPECT_EQ(value_, 0);
  EXPECT_THAT(Ask(pair.client, SIOCOUTQ), SyscallSucceeds());
  EXPECT_EQ(value_, 0);
}

TEST_P(IoctlTest, AcknowledgedBytesAreNotUnsent) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "abc");
  EXPECT_EQ(Receive(pair.server, 3), "abc");
  Send(pair.server, "d");  // and the acknowledgment with it
  Await(pair.client, kIn);
  EXPECT_THAT(Ask(pair.client, SIOCOUTQ), SyscallSucceeds());
  EXPECT_EQ(value_, 0);
}

TEST_P(IoctlTest, BytesThatAResetAnsweredStayUnsent) {
  Pair pair = ConnectedPair();
  pair.client.Close();
  Await(pair.server, kRdhup);
  Send(pair.server, "abc");
  Await(pair.server, kErr);
  EXPECT_THAT(Ask(pair.server, SIOCOUTQ), SyscallSucceeds());
  EXPECT_EQ(value_, 3);
}

TEST_P(IoctlTest, ARefusedConnectLeavesItsSynUnsent) {
  Listener listener = Listen();
  listener.fd.Close();
  const Fd fd = TcpSocket(SOCK_NONBLOCK);
  EXPECT_THAT(Ask(fd, SIOCOUTQ), SyscallSucceeds());
  EXPECT_EQ(value_, 0);
  EXPECT_THAT(Connect(fd, listener.address), SyscallFailsWith(EINPROGRESS));
  Await(fd, kErr);
  EXPECT_THAT(Ask(fd, SIOCOUTQ), SyscallSucceeds());
  EXPECT_EQ(value_, 1);
  EXPECT_THAT(Connect(fd, listener.address), SyscallFailsWith(ECONNREFUSED));
  EXPECT_THAT(Ask(fd, SIOCOUTQ), SyscallSucceeds());
  EXPECT_EQ(value_, 3);
}

}  // namespace
}  // namespace hupstorm
