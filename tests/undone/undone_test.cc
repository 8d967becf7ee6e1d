// The reference with one of its mends undone must not pass the gate; as it is, it must. Each is an
// executable of its own (CMakeLists.txt says what is undone).

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/tools/command.h"

namespace hupstorm {
namespace {

using testing::Contains;
using testing::IsEmpty;

struct Undone {
  std::string name;
  std::string target;
  std::string oracle;
};

void PrintTo(const Undone& undone, std::ostream* out) { *out << undone.name; }

std::set<std::string> OraclesIn(const nlohmann::json& report) {
  std::set<std::string> oracles;
  for (const auto& finding : report["findings"]) {
    for (const auto& symptom : finding["symptoms"]) oracles.insert(symptom["oracle"]);
  }
  return oracles;
}

class UndoneMendTest : public testing::TestWithParam<Undone> {};

TEST_P(UndoneMendTest, FailsTheGateByTheRightOracle) {
  const Undone& undone = GetParam();
  const CommandResult result = Hupstorm({"gate", "--target", undone.target, "--json"},
                                        {.program = HUPSTORM_UNDONE "/undone_" + undone.name});
  EXPECT_EQ(result.exit_code, 1) << result.err;
  EXPECT_THAT(OraclesIn(JsonOf(result)), Contains(undone.oracle));
}

INSTANTIATE_TEST_SUITE_P(
    Gate, UndoneMendTest,
    testing::Values(Undone{"half_close_drain", "reference/poll", "lost-bytes"},
                    Undone{"end_of_input", "reference/epoll-et", "close-wait-leak"},
                    Undone{"short_send_of_input", "reference/select", "lost-bytes"},
                    Undone{"short_send_of_output", "reference/epoll-lt", "lost-bytes"},
                    Undone{"spurious_eagain", "reference/poll", "lost-bytes"},
                    Undone{"no_sigpipe", "reference/epoll-et", "server-died"},
                    Undone{"resume_at_low_water", "reference/poll", "stalled"},
                    Undone{"read_bound", "reference/epoll-lt", "unbounded-queue"},
                    Undone{"edge_triggered_rearm", "reference/epoll-et", "stalled"},
                    Undone{"end_behind_short_read", "reference/epoll-et", "close-wait-leak"},
                    Undone{"accept_shortage", "reference/select", "server-died"},
                    Undone{"accept_pause", "reference/epoll-lt", "busy-loop"},
                    Undone{"interrupted_wait", "reference/epoll-lt", "server-died"},
                    Undone{"watch_for_room", "reference/poll", "stalled"},
                    Undone{"unwatch_before_close", "reference/poll", "fd-misuse"},
                    Undone{"stop_when_asked", "reference/select", "shutdown-hang"}),
    [](const auto& info) { return info.param.name; });

TEST(GateTest, TheReferenceAsItIsPasses) {
  const CommandResult result =
      Hupstorm({"gate", "--target",
                "reference/select,reference/poll,reference/epoll-lt,reference/epoll-et", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(JsonOf(result)["findings"], IsEmpty());
}

TEST(GateTest, WithABaselineOnlyWhatIsNewFails) {
  const TemporaryFolder folder;
  const std::string baseline = folder.path() + "/baseline";
  const std::string drain = HUPSTORM_UNDONE "/undone_half_close_drain";
  const std::string stop = HUPSTORM_UNDONE "/undone_stop_when_asked";
  const std::vector<std::string> gate = {"gate",   "--target",   "reference/poll",
                                         "--json", "--baseline", baseline};
  std::vector<std::string> update = gate;
  update.push_back("--update-baseline");
  EXPECT_EQ(Hupstorm(update, {.program = drain}).exit_code, 0);

  const nlohmann::json same = JsonOf(Hupstorm(gate, {.program = drain}));
  EXPECT_EQ(same["holds"], true);
  EXPECT_EQ(same["new"], 0);
  EXPECT_GT(same["tolerated"], 0);

  const CommandResult other = Hupstorm(gate, {.program = stop});
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_THAT(OraclesIn(JsonOf(other)), Contains("shutdown-hang"));
  EXPECT_GT(JsonOf(other)["gone"].size(), 0u) << "the half-close is drained again";
}

}  // namespace
}  // namespace hupstorm
