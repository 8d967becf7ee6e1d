// New clients: served after every shortage, without spinning through it.

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <vector>

#include "target/reference/posix_error.h"
#include "tests/target/reference/running_server.h"

namespace hupstorm {
namespace {

using AcceptTest = EchoServerTest;

// RLIMIT_NOFILE for the life of the object: how many descriptors the process may have.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t most) {
    Must(getrlimit(RLIMIT_NOFILE, &former_), "getrlimit");
    const rlimit limit = {.rlim_cur = most, .rlim_max = former_.rlim_max};
    Must(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
  }
  ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &former_); }

 private:
  rlimit former_;
};

int LowestFreeDescriptor() { return UniqueFd(Must(dup(0), "dup")).get(); }

TEST_P(AcceptTest, ErrorsOfOneConnectionDoNotStopTheNext) {
  for (const int error : {ECONNABORTED, EPROTO, EINTR, EPERM, ENETDOWN, ENOPROTOOPT, EHOSTDOWN,
                          ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH, ETIMEDOUT}) {
    SCOPED_TRACE(error);
    spy_.Reset();
    spy_.Fail(Watched::kAccept, error, 3);
    RunningServer server(GetParam());
    // All in the queue at once, so that one edge announces them.
    std::vector<Client> clients;
    for (int i = 0; i < 5; ++i) clients.emplace_back(server.port());
    server.Start();
    for (Client& client : clients) EXPECT_TRUE(client.Ping());
  }
}

TEST_P(AcceptTest, MoreClientsThanARoundAcceptsAreServed) {
  RunningServer server(GetParam());
  std::vector<Client> clients;
  for (int i = 0; i < 300; ++i) clients.emplace_back(server.port());
  server.Start();
  for (Client& client : clients) EXPECT_TRUE(client.Ping());
}

TEST_P(AcceptTest, AShortagePassesByItself) {
  for (const int error : {EMFILE, ENFILE, ENOBUFS, ENOMEM}) {
    SCOPED_TRACE(error);
    spy_.Reset();
    spy_.Fail(Watched::kAccept, error);
    RunningServer server(GetParam());
    server.Start();
    Client first(server.port());
    Client second(server.port());
    EXPECT_TRUE(first.Ping());
    EXPECT_TRUE(second.Ping());
  }
}

TEST_P(AcceptTest, AShortageIsSatOutWithoutSpinning) {
  RunningServer server(GetParam());
  server.Start();
  Client established(server.port());
  ASSERT_TRUE(established.Ping());
  spy_.Fail(Watched::kAccept, ENFILE, kForever);
  const int accepts = spy_.count(Watched::kAccept);
  Client waiting(server.port());
  ASSERT_TRUE(spy_.AwaitCount(Watched::kAccept, accepts + 1));
  const int waits = spy_.count(Watched::kWait);
  constexpr int kPings = 300;
  for (int i = 0; i < kPings; ++i) ASSERT_TRUE(established.Ping());
  // A try every 100 ms and more: a few for a slow machine.
  EXPECT_LE(spy_.count(Watched::kAccept), accepts + 20);
  EXPECT_LE(spy_.count(Watched::kWait), waits + kPings + 20);

  // A descriptor of the server's own becomes free. The first pause has not run out yet, or a later
  // one, twice as long, has begun.
  spy_.StopFailing();
  established.Close();
  EXPECT_TRUE(waiting.Ping());
}

TEST_P(AcceptTest, ServesAgainWhenDescriptorsAreFree) {
  RunningServer server(GetParam());
  server.Start();
  Client first(server.port());
  ASSERT_TRUE(first.Ping());
  Client second(server.port());
  ASSERT_TRUE(second.Ping());
  const int accepts = spy_.count(Watched::kAccept);
  // One number is left, which the new client's own socket takes.
  const rlim_t lowest_free = static_cast<rlim_t>(LowestFreeDescriptor());
  const DescriptorLimit limit(lowest_free + 1);
  Client waiting(server.port());
  ASSERT_TRUE(spy_.AwaitCount(Watched::kAccept, accepts + 1));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(second.Ping());
  // The first number to become free is used in the same round, not when the pause has run out.
  std::atomic<int> waits_at_close = 0;
  std::atomic<int> waits_at_accept = -1;
  spy_.Before(Watched::kClose, 1, [&] {
    waits_at_close = spy_.count(Watched::kWait);
    spy_.Before(Watched::kAccept, 1, [&] { waits_at_accept = spy_.count(Watched::kWait); });
  });
  first.Close();
  EXPECT_TRUE(waiting.Ping());
  EXPECT_EQ(waits_at_accept, waits_at_close);
  EXPECT_TRUE(second.Ping());
}

// poll(2) fails with EINVAL as long as it is given more descriptors than the limit allows.
TEST_P(AcceptTest, ALimitBelowWhatIsOpenStopsNobody) {
  RunningServer server(GetParam());
  server.Start();
  std::vector<Client> clients;
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back(server.port());
    ASSERT_TRUE(clients.back().Ping());
  }
  {
    const DescriptorLimit limit(3);
    for (Client& client : clients) EXPECT_TRUE(client.Ping());
    for (size_t i = 0; i < clients.size(); ++i) clients[i].Send("all at once");
    for (Client& client : clients) EXPECT_EQ(client.Receive(11), "all at once");
  }
  EXPECT_TRUE(Client(server.port()).Ping());
}

TEST_P(AcceptTest, AClientThatCannotBeWatchedIsTurnedAway) {
  if (!is_epoll()) GTEST_SKIP() << "only epoll_ctl can fail so";
  for (const int error : {ENOMEM, ENOSPC}) {
    spy_.Reset();
    spy_.Fail(Watched::kEpollCtl, error);
    RunningServer server(GetParam());
    server.Start();
    Client refused(server.port());
    EXPECT_TRUE(refused.IsEnded());
    EXPECT_TRUE(Client(server.port()).Ping());
  }
}

TEST_P(AcceptTest, ServesBeyondFdSetsizeOrTurnsAway) {
  const DescriptorLimit limit(2 * FD_SETSIZE);
  RunningServer server(GetParam());
  server.Start();
  Client early(server.port());
  ASSERT_TRUE(early.Ping());
  std::vector<std::unique_ptr<UniqueFd>> fillers;
  while (fillers.empty() || fillers.back()->get() < FD_SETSIZE) {
    fillers.push_back(std::make_unique<UniqueFd>(Must(dup(0), "dup")));
  }
  Client late(server.port());
  if (GetParam() == MultiplexerKind::kSelect) {
    EXPECT_TRUE(late.IsEnded());
  } else {
    EXPECT_TRUE(late.Ping());
  }
  EXPECT_TRUE(early.Ping());
  fillers.clear();
  EXPECT_TRUE(Client(server.port()).Ping());
}

HUPSTORM_ALL_FORMS(AcceptTest);

}  // namespace
}  // namespace hupstorm
