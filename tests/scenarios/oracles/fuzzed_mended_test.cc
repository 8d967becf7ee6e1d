// Scenarios in which fuzzing has caught the documents' servers with all their defects mended: a
// wrong mend, or an oracle that took what was right for a bug.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "scenarios/language/parse.h"
#include "scenarios/worlds/simulated_world.h"
#include "target/documented/documented.h"

namespace hupstorm {
namespace {

using ::testing::IsEmpty;

struct Caught {
  const char* what;
  DocumentedServer server;
  const char* scenario;
};

void PrintTo(const Caught& caught, std::ostream* out) { *out << caught.what; }

const Caught kCaught[] = {
    // unbounded-queue: each of its reads is answered, and thrown away.
    {"AcknowledgementsInACrowd", DocumentedServer::kEpollAck,
     "c[1..780] connect\na[0..31] connect\na send 256KiB\nserver buffer send 1B\n"
     "a[0..31] shutdown write\n"},
    // unbounded-queue: the heap was that of a thousand connections.
    {"ALongRequestInACrowd", DocumentedServer::kEpollHttp,
     "a connect\nc[0..799] connect\nb connect\nb request 256KiB\nb request\n"
     "and fault send short 50 times 3\na request 1KiB\na close\n"},
    // foreign-bytes: without the urgent byte the request is whole, and its answer begins so too.
    {"AnswerThatAnotherHasSent", DocumentedServer::kEpollHttp,
     "a connect\na send \"\\n\"\nb connect\na send urgent\nb send \"HTTP/1.0\"\na send \"\\n\"\n"},
    // truncated-response: what was unread when the server had lingered for as long as it does.
    {"AServerThatIsKeptInItsShutdown", DocumentedServer::kEpollHttp,
     "at shutdown 1 of a: wait 30s\na connect\na read all\na request\nand a send 4KiB\n"},
    // server-died: poll takes no more entries than RLIMIT_NOFILE allows.
    {"ALimitBelowTwiceTheConnections", DocumentedServer::kSelectQueue,
     "c[1..800] connect\nlimit descriptors 3\nc[1..800] send 4KiB\n"},
};

class FuzzedMendedTest : public testing::TestWithParam<Caught> {};

TEST_P(FuzzedMendedTest, IsCorrect) {
  const Caught& caught = GetParam();
  SimulatedWorld world;
  const Target target = DocumentedTarget(caught.server, AllMends(caught.server));
  const RunResult result = world.Run(ParseScenario(caught.scenario, "caught.scn"), target, {});
  std::vector<std::string> found;
  for (const Finding& finding : result.findings) found.push_back(finding.evidence);
  EXPECT_THAT(found, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Scenarios, FuzzedMendedTest, testing::ValuesIn(kCaught),
                         [](const auto& info) { return std::string(info.param.what); });

}  // namespace
}  // namespace hupstorm
