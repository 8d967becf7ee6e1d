// A close that takes the wrong connection is told from one that takes the right one too early.

#include "scenarios/worlds/work_at_hand.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "scenarios/language/parse.h"
#include "scenarios/worlds/simulated_world.h"
#include "target/target.h"
#include "tests/scenarios/listening_on.h"

namespace hupstorm {
namespace {

enum class Closes { kTheOther, kWhatItWasToldOf };

// An echo server that, once it has answered a client, closes another's connection: whichever, or
// the one that has something to be read as well.
void Serve(uint16_t port, Closes closes) {
  const int listener = ListeningOn(port);
  const int epoll = epoll_create1(0);
  epoll_event event = {EPOLLIN, {.u64 = 1'000'000'007}};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  std::vector<int> clients;
  while (true) {
    epoll_event ready[8];
    const int count = epoll_wait(epoll, ready, 8, -1);
    std::vector<int> told;
    for (int i = 0; i < count; ++i) {
      if (ready[i].data.u64 != 1'000'000'007) told.push_back(ready[i].data.fd);
    }
    if (static_cast<int>(told.size()) < count) {
      const int fd = accept(listener, nullptr, nullptr);
      event = {EPOLLIN, {.fd = fd}};
      epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
      clients.push_back(fd);
    }
    while (!told.empty()) {
      const int fd = told.front();
      told.erase(told.begin());
      char bytes[64];
      const ssize_t got = recv(fd, bytes, sizeof bytes, 0);
      if (got > 0) send(fd, bytes, static_cast<size_t>(got), MSG_NOSIGNAL);
      const std::vector<int>& from = closes == Closes::kTheOther ? clients : told;
      const auto other =
          std::find_if(from.begin(), from.end(), [fd](int one) { return one != fd; });
      std::vector<int> ended;
      if (got > 0 && other != from.end()) ended.push_back(*other);
      if (got <= 0) ended.push_back(fd);
      for (const int one : ended) {
        close(one);
        std::erase(clients, one);
        std::erase(told, one);
      }
    }
  }
}

std::vector<Ending> EndingsOf(const char* scenario, Closes closes) {
  Target target;
  target.name = "closes-others";
  target.serve = [closes](uint16_t port) { Serve(port, closes); };
  const RunResult result =
      SimulatedWorld().Run(ParseScenario(scenario, "test.scn"), target, {.find_blame = true});
  std::vector<Ending> endings;
  for (const Finding& finding : result.findings) {
    if (finding.oracle == "lost-bytes") endings.push_back(finding.ending);
  }
  return endings;
}

TEST(WorkAtHandTest, ACloseOfAClientThatIsAtRestWhileAnotherIsServedIsElsewhere) {
  EXPECT_EQ(EndingsOf("a connect\nb connect\na send 10\n", Closes::kTheOther),
            std::vector{Ending::kElsewhere});
}

TEST(WorkAtHandTest, ACloseOfAClientThatTheWaitToldOfIsNot) {
  EXPECT_EQ(EndingsOf("a connect\nb connect\na send 10\nand b send 10\n", Closes::kWhatItWasToldOf),
            std::vector{Ending::kDone});
}

}  // namespace
}  // namespace hupstorm
