// Servers that get on, but slowly.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "scenarios/language/parse.h"
#include "tests/scenarios/listening_on.h"
#include "tests/scenarios/world_under_test.h"

namespace hupstorm {
namespace {

using ::testing::IsEmpty;

// A correct echo server that works for 3 ms on each byte.
void Serve(uint16_t port) {
  const int listener = ListeningOn(port);
  std::vector<pollfd> watched = {{listener, POLLIN, 0}};
  while (true) {
    if (poll(watched.data(), watched.size(), -1) < 0) continue;
    for (size_t i = watched.size() - 1; i > 0; --i) {
      if (watched[i].revents == 0) continue;
      char byte = 0;
      const bool got = recv(watched[i].fd, &byte, 1, 0) == 1;
      if (got) usleep(3'000);
      if (got && send(watched[i].fd, &byte, 1, MSG_NOSIGNAL) == 1) continue;
      close(watched[i].fd);
      watched.erase(watched.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (watched[0].revents != 0) {
      watched.push_back({accept(listener, nullptr, nullptr), POLLIN, 0});
    }
  }
}

RunResult RunOf(const std::string& steps) {
  Target target;
  target.name = "slow";
  target.serve = Serve;
  WorldUnderTest world;
  return world.Run(ParseScenario("a connect\na read all\n" + steps, "slow.scn"), target, {});
}

TEST(SlowServerTest, OneThatGetsOnHasAllTheTimeThatItTakes) {
  const RunResult result = RunOf(
      "a send 8KiB\nexpect a received 8KiB\n"
      "b connect\nb read all\nb send 4KiB\na send 4KiB\na shutdown write\n");
  EXPECT_THAT(result.findings, IsEmpty());
  EXPECT_FALSE(result.never_at_rest);
}

TEST(SlowServerTest, OneThatTakesMoreThanARunMayIsNotJudged) {
  for (const char* const steps : {"a send 32KiB\n", "a send 32KiB\nexpect a received 32KiB\n"}) {
    const RunResult result = RunOf(steps);
    EXPECT_THAT(result.findings, IsEmpty());
    EXPECT_TRUE(result.never_at_rest);
  }
}

}  // namespace
}  // namespace hupstorm
