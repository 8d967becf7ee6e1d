// poll(2): what it reports for each kind of entry.

#include "tests/kernel/conformance/kernel_test.h"

namespace hupstorm {
namespace {

class PollTest : public KernelTest {};
INSTANTIATE_ON_BOTH_KERNELS(PollTest);

TEST_P(PollTest, ReportsOnlyWhatWasAskedFor) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "x");
  Await(pair.server, kIn);
  pollfd entry = {pair.server, POLLIN, 0};
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, &entry, 1, 0), SyscallSucceedsWithValue(1));
  EXPECT_EQ(entry.revents, POLLIN);
  entry.events = POLLOUT;
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, &entry, 1, 0), SyscallSucceedsWithValue(1));
  EXPECT_EQ(entry.revents, POLLOUT);
  entry.events = 0;
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, &entry, 1, 0), SyscallSucceedsWithValue(0));
  EXPECT_EQ(entry.revents, 0);
}

TEST_P(PollTest, AClosedDescriptorIsInvalidAndCountsAsReady) {
  Fd fd = TcpSocket();
  pollfd entry = {fd.Close(), POLLIN, 0};
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, &entry, 1, -1), SyscallSucceedsWithValue(1));
  EXPECT_EQ(entry.revents, POLLNVAL);
}

TEST_P(PollTest, AClosedDescriptorDoesNotHideOthers) {
  const Pair pair = ConnectedPair();
  Fd fd = TcpSocket();
  pollfd entries[] = {{fd.Close(), POLLIN, 0}, {pair.server, POLLOUT, 0}};
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, entries, 2, -1), SyscallSucceedsWithValue(2));
  EXPECT_EQ(entries[0].revents, POLLNVAL);
  EXPECT_EQ(entries[1].revents, POLLOUT);
}

TEST_P(PollTest, ANegativeDescriptorIsIgnored) {
  pollfd entries[] = {{-1, POLLIN | POLLOUT, POLLHUP}, {-7, POLLIN, POLLIN}};
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, entries, 2, 0), SyscallSucceedsWithValue(0));
  EXPECT_EQ(entries[0].revents, 0);
  EXPECT_EQ(entries[1].revents, 0);
}

TEST_P(PollTest, ClearsWhatItDoesNotReport) {
  const Pair pair = ConnectedPair();
  pollfd entry = {pair.server, POLLIN, POLLIN | POLLHUP};
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, &entry, 1, 0), SyscallSucceedsWithValue(0));
  EXPECT_EQ(entry.revents, 0);
}

TEST_P(PollTest, CountsEntriesNotEvents) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "x");
  Await(pair.server, kIn);
  pollfd entries[] = {{pair.server, POLLIN | POLLOUT, 0}, {pair.client, POLLIN, 0}};
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, entries, 2, 0), SyscallSucceedsWithValue(1));
  EXPECT_EQ(entries[0].revents, POLLIN | POLLOUT);
}

TEST_P(PollTest, TheSameDescriptorMayBeThereTwice) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "x");
  Await(pair.server, kIn);
  pollfd entries[] = {{pair.server, POLLIN, 0}, {pair.server, POLLOUT, 0}};
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, entries, 2, 0), SyscallSucceedsWithValue(2));
  EXPECT_EQ(entries[0].revents, POLLIN);
  EXPECT_EQ(entries[1].revents, POLLOUT);
}

TEST_P(PollTest, ErrAndHupNeedNotBeAskedFor) {
  Pair pair = ConnectedPair();
  Reset(pair.client);
  pollfd entry = {pair.server, 0, 0};
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, &entry, 1, kPatienceMs), SyscallSucceedsWithValue(1));
  EXPECT_EQ(entry.revents, POLLERR | POLLHUP);
}

TEST_P(PollTest, RdhupMustBeAskedFor) {
  const Pair pair = ConnectedPair();
  Invoke<Call::kShutdown>(kernel, pair.client, SHUT_WR);
  Await(pair.server, kRdhup);
  pollfd entry = {pair.server, POLLIN, 0};
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, &entry, 1, 0), SyscallSucceedsWithValue(1));
  EXPECT_EQ(entry.revents, POLLIN);
}

TEST_P(PollTest, NormalBandEventsGoWithTheirShortForms) {
  const Pair pair = ConnectedPair();
  Send(pair.client, "x");
  Await(pair.server, kIn);
  const short all = POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM | POLLRDBAND | POLLWRBAND;
  pollfd entry = {pair.server, all, 0};
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, &entry, 1, 0), SyscallSucceedsWithValue(1));
  EXPECT_EQ(entry.revents, POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM);
}

TEST_P(PollTest, NoEntriesAndATimeoutIsASleep) {
  const int64_t start = NowNs();
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, nullptr, 0, 20), SyscallSucceedsWithValue(0));
  EXPECT_GE(NowNs() - start, 20 * kMillisecond);
}

TEST_P(PollTest, TimeoutPassesBeforeNothingIsReported) {
  const Pair pair = ConnectedPair();
  pollfd entry = {pair.server, POLLIN, 0};
  const int64_t start = NowNs();
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, &entry, 1, 20), SyscallSucceedsWithValue(0));
  EXPECT_GE(NowNs() - start, 20 * kMillisecond);
}

TEST_P(PollTest, WhatIsReadyIsReportedWithoutWaiting) {
  const Pair pair = ConnectedPair();
  pollfd entry = {pair.server, POLLOUT, 0};
  EXPECT_THAT(Invoke<Call::kPoll>(kernel, &entry, 1, -1), SyscallSucceedsWithValue(1));
}

TEST_P(PollTest, AListenerIsNotWritable) {
  const Listener listener = Listen();
  const Fd client = Connect(listener);
  Await(listener.fd, kIn);
  EXPECT_EQ(Ready(listener.fd), kIn);
}

}  // namespace
}  // namespace hupstorm
