// A server that gives each client a process may let it end with that client.

#include <gtest/gtest.h>

#include <string>

#include "scenarios/language/parse.h"
#include "scenarios/worlds/process_world.h"

namespace hupstorm {
namespace {

std::string FindingsOf(const std::string& scenario) {
  ProcessWorld world(
      {.command = HUPSTORM_TEST_PYTHON " -B " HUPSTORM_TEST_SERVERS "/process_per_client.py {port}",
       .preload_library = HUPSTORM_PRELOAD});
  Target target;
  target.name = "process_per_client";
  target.third_party = true;
  std::string all;
  for (const Finding& finding :
       world.Run(ParseScenario(scenario, "test.scn"), target, RunOptions()).findings) {
    all += finding.oracle + ": " + finding.evidence + "\n";
  }
  return all;
}

TEST(ProcessPerClientTest, MayEndBySigpipeWithItsClient) {
  // In CLOSE-WAIT a reset makes send fail with EPIPE, not ECONNRESET.
  EXPECT_EQ(FindingsOf("target echo\n"
                       "server buffer send 4KiB\n"
                       "a buffer 4KiB\n"
                       "a connect\n"
                       "b connect\n"
                       "a send 64KiB\n"
                       "a shutdown write\n"
                       "a reset\n"
                       "b send 100B\n"
                       "b read all\n"
                       "expect b received 100B\n"),
            "");
}

TEST(ProcessPerClientTest, TurnsAwayByEndingForWantOfDescriptors) {
  EXPECT_EQ(FindingsOf("target echo\n"
                       "limit descriptors 1\n"
                       "a connect\n"
                       "a read all\n"
                       "a send 100B\n"
                       "expect a received 100B\n"
                       "limit descriptors none\n"
                       "b connect\n"
                       "b send 100B\n"
                       "b read all\n"
                       "expect b received 100B\n"),
            "");
}

}  // namespace
}  // namespace hupstorm
