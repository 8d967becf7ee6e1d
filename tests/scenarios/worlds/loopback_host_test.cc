#include "scenarios/worlds/loopback_host.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/child_process.h"
#include "base/resource_limit.h"
#include "kernel/linux/held/agent.h"
#include "scenarios/worlds/world.h"

namespace hupstorm {
namespace {

std::string OwnName(const char* what) { return what + std::to_string(getpid()); }

TEST(ClaimTest, ANameIsOnePartysAtATime) {
  Claim first(OwnName("claim"));
  EXPECT_TRUE(first.holds());
  EXPECT_FALSE(Claim(OwnName("claim")).holds());
  EXPECT_TRUE(Claim(OwnName("other claim")).holds());
  first = Claim();
  EXPECT_TRUE(Claim(OwnName("claim")).holds());
}

TEST(PortChooserTest, TwoDoNotHandOutTheSamePort) {
  PortChooser first;
  PortChooser second;
  for (int i = 0; i < 50; ++i) {
    const uint16_t port = first.Choose();
    EXPECT_NE(port, second.Choose());
  }
}

TEST(PortChooserTest, DoesNotRepeatItself) {
  PortChooser ports;
  std::set<uint16_t> seen;
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(seen.insert(ports.Choose()).second);
}

// As workers do, each of which may use all.
TEST(BindToOneProcessorTest, AllAreUsedBeforeOneIsShared) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof allowed, &allowed), 0);
  const auto count = static_cast<size_t>(CPU_COUNT(&allowed));
  const std::string users = OwnName("test");
  std::vector<Claim> claims;
  std::multiset<int> used;
  for (size_t i = 0; i < 2 * count; ++i) {
    claims.push_back(BindToOneProcessor(users));
    cpu_set_t one;
    sched_getaffinity(0, sizeof one, &one);
    EXPECT_EQ(CPU_COUNT(&one), 1);
    used.insert(sched_getcpu());
    EXPECT_EQ(std::set<int>(used.begin(), used.end()).size(), std::min(i + 1, count));
    sched_setaffinity(0, sizeof allowed, &allowed);
  }
  for (const int cpu : used) EXPECT_EQ(used.count(cpu), 2u);
}

// A server that dies of SIGSEGV after its first call, in hupstorm's code or in its own.
void Crash(HeldKernel& kernel, bool in_library) {
  class Idle final : public KernelDriver {
    void OnBlock(Call, int, int64_t) override {}
  } idle;
  kernel.Reset();
  kernel.set_driver(&idle);
  const auto memory = std::make_shared<held::SharedMemory>();
  auto [ours, theirs] = MakeSocketPair();
  ChildProcess server([&memory, in_library, &line = theirs] {
    ForbidCoreFiles();
    held::Agent agent(*memory, line.get());
    Invoke<Call::kClose>(agent, -1);
    memory->frame().in_library = in_library;
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
    _exit(1);
  });
  theirs.reset();
  EXPECT_THROW(kernel.ServeOnly(server.pid(), 1, std::move(ours), memory, kernel),
               held::ServerGone);
  EXPECT_EQ(server.Wait(), SIGSEGV);
}

TEST(ServersFaultTest, IsNotWhatHappensInOurCode) {
  HeldKernel kernel(held::ServerClock::Kind::kStill);
  Crash(kernel, /*in_library=*/true);
  EXPECT_THROW(RequireServersFault(kernel, SIGSEGV), WorldFailed);
  EXPECT_NO_THROW(RequireServersFault(kernel, SIGKILL)) << "which may come at any moment";
  Crash(kernel, /*in_library=*/false);
  EXPECT_NO_THROW(RequireServersFault(kernel, SIGSEGV));
}

}  // namespace
}  // namespace hupstorm
