// select(2): its three sets, its count, its timeout.

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

class SelectTest : public KernelTest {
 protected:
  // What select reports of one descriptor now.
  struct Sets {
    bool readable = false;
    bool writable = false;
    bool exceptional = false;
    friend bool operator==(const Sets&, const Sets&) = default;
  };
  Sets SelectNow(int fd) {
    fd_set readable = Only(fd), writable = Only(fd), exceptional = Only(fd);
    timeval timeout = {};
    EXPECT_THAT(Invoke<Call::kSelect>(kernel, fd + 1, &readable, &writable, &exceptional, &timeout),
                SyscallSucceeds());
    return {FD_ISSET(fd, &readable) != 0, FD_ISSET(fd, &writable) != 0,
            FD_ISSET(fd, &exceptional) != 0};
  }
  static fd_set Only(int fd) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(fd, &set);
    return set;
  }
};
INSTANTIATE_ON_BOTH_KERNELS(SelectTest);

TEST_P(SelectTest, ANewConnectionIsWritable) {
  const Pair pair = ConnectedPair();
  EXPECT_EQ(SelectNow(pair.server), (Sets{.writable = true}));
}

TEST_P(SelectTest, DataMakesReadable) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "x");
  Await(pair.server, kIn);
  EXPECT_EQ(SelectNow(pair.server), (Sets{.readable = true, .writable = true}));
}

TEST_P(SelectTest, FinMakesReadable) {
  const Pair pair = ConnectedPair();
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  EXPECT_EQ(SelectNow(pair.server), (Sets{.readable = true, .writable = true}));
}

TEST_P(SelectTest, ResetIsReadableAndWritableButNotExceptional) {
  Pair pair = ConnectedPair();
  Reset(pair.client);
  Await(pair.server, kErr);
  EXPECT_EQ(SelectNow(pair.server), (Sets{.readable = true, .writable = true}));
}

TEST_P(SelectTest, AnUnconnectedSocketIsReadableAndWritable) {
  const Fd fd = TcpSocket();
  EXPECT_EQ(SelectNow(fd), (Sets{.readable = true, .writable = true}));
}

TEST_P(SelectTest, UrgentDataIsExceptional) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "!", MSG_OOB);
  Await(pair.server, kPri);
  EXPECT_EQ(SelectNow(pair.server), (Sets{.writable = true, .exceptional = true}));
}

TEST_P(SelectTest, AFullConnectionIsNotWritable) {
  const Pair pair = ConnectedPair({.client_receive = kSmall, .server_send = kSmall});
  Fill(pair.server);
  EXPECT_EQ(SelectNow(pair.server), Sets{});
}

TEST_P(SelectTest, AListenerIsReadableWhileClientsWait) {
  const Listener listener = Listen();
  EXPECT_EQ(SelectNow(listener.fd), Sets{});
  const Fd client = Connect(listener);
  Await(listener.fd, kIn);
  EXPECT_EQ(SelectNow(listener.fd), (Sets{.readable = true}));
}

TEST_P(SelectTest, AClosedDescriptorFailsWithEbadfAndLeavesTheSets) {
  const Pair pair = ConnectedPair();
  Fd fd = TcpSocket();
  const int gone = fd.Close();
  fd_set readable = Only(gone);
  fd_set writable = Only(pair.server);
  timeval timeout = {};
  EXPECT_THAT(Invoke<Call::kSelect>(kernel, FD_SETSIZE, &readable, &writable, nullptr, &timeout),
              SyscallFailsWith(EBADF));
  EXPECT_TRUE(FD_ISSET(gone, &readable));
  EXPECT_TRUE(FD_ISSET(pair.server, &writable));
}

TEST_P(SelectTest, RemovesWhatIsNotReadyFromTheSets) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "x");
  Await(pair.server, kIn);
  fd_set readable = Only(pair.server);
  FD_SET(pair.client, &readable);
  EXPECT_THAT(Invoke<Call::kSelect>(kernel, FD_SETSIZE, &readable, nullptr, nullptr, nullptr),
              SyscallSucceedsWithValue(1));
  EXPECT_TRUE(FD_ISSET(pair.server, &readable));
  EXPECT_FALSE(FD_ISSET(pair.client, &readable));
}

TEST_P(SelectTest, TimeoutEmptiesTheSets) {
  const Pair pair = ConnectedPair();
  fd_set readable = Only(pair.server);
  timeval timeout = {0, 20'000};
  const int64_t start = NowNs();
  EXPECT_THAT(Invoke<Call::kSelect>(kernel, FD_SETSIZE, &readable, nullptr, nullptr, &timeout),
              SyscallSucceedsWithValue(0));
  EXPECT_GE(NowNs() - start, 20 * kMillisecond);
  EXPECT_FALSE(FD_ISSET(pair.server, &readable));
}

TEST_P(SelectTest, CountsADescriptorOncePerSet) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "x");
  Await(pair.server, kIn);
  fd_set readable = Only(pair.server);
  fd_set writable = Only(pair.server);
  EXPECT_THAT(Invoke<Call::kSelect>(kernel, FD_SETSIZE, &readable, &writable, nullptr, nullptr),
              SyscallSucceedsWithValue(2));
}

TEST_P(SelectTest, LooksOnlyAtDescriptorsBelowTheCount) {
  const Pair pair = ConnectedPair();
  fd_set writable = Only(pair.server);
  timeval timeout = {};
  EXPECT_THAT(Invoke<Call::kSelect>(kernel, pair.server, nullptr, &writable, nullptr, &timeout),
              SyscallSucceedsWithValue(0));
}

TEST_P(SelectTest, RefusesANegativeCount) {
  timeval timeout = {};
  EXPECT_THAT(Invoke<Call::kSelect>(kernel, -1, nullptr, nullptr, nullptr, &timeout),
              SyscallFailsWith(EINVAL));
}

TEST_P(SelectTest, RefusesANegativeTimeout) {
  timeval timeout = {-1, 0};
  EXPECT_THAT(Invoke<Call::kSelect>(kernel, 0, nullptr, nullptr, nullptr, &timeout),
              SyscallFailsWith(EINVAL));
}

TEST_P(SelectTest, LeavesTheRestOfTheTimeout) {
  timeval timeout = {0, 20'000};
  EXPECT_THAT(Invoke<Call::kSelect>(kernel, 0, nullptr, nullptr, nullptr, &timeout),
              SyscallSucceedsWithValue(0));
  EXPECT_EQ(timeout.tv_sec, 0);
  EXPECT_EQ(timeout.tv_usec, 0);
  const Pair pair = ConnectedPair();
  fd_set writable = Only(pair.server);
  timeout = {1000, 0};
  EXPECT_THAT(Invoke<Call::kSelect>(kernel, FD_SETSIZE, nullptr, &writable, nullptr, &timeout),
              SyscallSucceedsWithValue(1));
  EXPECT_GE(timeout.tv_sec, 900);
  EXPECT_LE(timeout.tv_sec, 1000);
}

}  // namespace
}  // namespace hupstorm
