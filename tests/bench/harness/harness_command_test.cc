// hupstorm_bench harness, as a user runs it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/bench/bench_command.h"

namespace hupstorm {
namespace {

using ::testing::HasSubstr;

// What each spread holds, in order.
void ExpectSpread(const nlohmann::json& spread, const std::string& what) {
  ASSERT_TRUE(spread.is_object()) << what;
  const double least = spread.at("least");
  const double median = spread.at("median");
  const double most = spread.at("most");
  EXPECT_LE(least, median) << what;
  EXPECT_LE(median, most) << what;
}

// One of something that takes time, or is so many a second.
void ExpectPositive(const nlohmann::json& spread, const std::string& what) {
  ExpectSpread(spread, what);
  EXPECT_GT(spread.at("median"), 0) << what;
}

class HarnessCommandTest : public ::testing::Test {
 protected:
  // Once for all: it takes seconds.
  static void SetUpTestSuite() {
    result_ = new CommandResult(Bench({"harness", "--quick", "--json", "--repeats", "1"}));
    if (result_->exit_code == 0) json_ = new nlohmann::json(JsonOf(*result_));
  }
  static void TearDownTestSuite() {
    delete json_;
    delete result_;
  }
  void SetUp() override { ASSERT_EQ(result_->exit_code, 0) << result_->err; }
  static const nlohmann::json& figures() { return json_->at("figures"); }

  static inline CommandResult* result_ = nullptr;
  static inline nlohmann::json* json_ = nullptr;
};

TEST_F(HarnessCommandTest, SaysOfWhichMachineTheFiguresAre) {
  EXPECT_EQ(json_->at("bench"), "harness");
  EXPECT_THAT(json_->at("command").get<std::string>(), HasSubstr("harness --repeats 1 --quick"));
  EXPECT_GT(json_->at("machine").at("processors"), 0);
  EXPECT_GT(json_->at("seconds"), 0);
}

TEST_F(HarnessCommandTest, HasEachCallInTheSimulationAndOnLinux) {
  const nlohmann::json& calls = figures().at("calls");
  for (const char* call : {"recv", "send", "accept4 + close", "epoll_wait, 1 event",
                           "epoll_ctl MOD", "poll", "select"}) {
    ExpectPositive(calls.at(call).at("simulated_ns"), call);
    ExpectPositive(calls.at(call).at("linux_ns"), call);
    ExpectPositive(calls.at(call).at("ratio"), call);
  }
  ExpectPositive(figures().at("load").at("recv").at("1000"), "recv among 1000");
}

TEST_F(HarnessCommandTest, HasWhatEachLayerAdds) {
  const nlohmann::json& layers = figures().at("layers");
  for (const char* layer :
       {"kernel", "shim", "injector", "injector_one_rule", "trace_read", "trace_unread"}) {
    ExpectPositive(layers.at(layer).at("call_ns"), layer);
    ExpectSpread(layers.at(layer).at("added_ns"), layer);
  }
  EXPECT_EQ(layers.at("kernel").at("added_ns").at("median"), 0);
  for (const char* way : {"by_hand", "by_hand_traced", "by_hand_watched", "run", "run_recorded"}) {
    ExpectPositive(figures().at("run").at(way).at("call_ns"), way);
    // The same work: the run has its own probe besides.
    EXPECT_GT(figures().at("run").at(way).at("calls"), 1000) << way;
  }
  ASSERT_EQ(figures().at("aims").size(), 4u);
  for (const auto& aim : figures().at("aims")) EXPECT_TRUE(aim.at("holds").is_boolean());
}

TEST_F(HarnessCommandTest, HasRunsASecondOfEachReference) {
  for (const char* rates : {"scenarios_per_second", "placements_per_second"}) {
    EXPECT_EQ(figures().at(rates).size(), 4u);
    for (const auto& [target, rate] : figures().at(rates).items()) ExpectPositive(rate, target);
  }
  ExpectPositive(figures().at("crowds").at("1000").at("client_us"), "a client of a thousand");
}

TEST_F(HarnessCommandTest, HasWhatAConnectionTakes) {
  const nlohmann::json& connections = figures().at("connections");
  EXPECT_GT(connections.at("descriptor_limit"), 0);
  const nlohmann::json& simulated = connections.at("1000").at("simulated");
  ExpectPositive(simulated.at("accept_ns"), "accept");
  ExpectPositive(simulated.at("recv_in_turn_ns"), "recv");
  ExpectSpread(simulated.at("heap_bytes"), "heap");  // 0 under a sanitizer
  ExpectPositive(connections.at("10").at("linux").at("accept_ns"), "accept on Linux");
}

TEST_F(HarnessCommandTest, HasHowSoonDefectsShow) {
  const nlohmann::json& defects = figures().at("defects");
  ASSERT_GE(defects.size(), 4u);
  for (const auto& defect : defects) {
    EXPECT_EQ(defect.at("reported"), defect.at("reachable")) << defect;
    EXPECT_GT(defect.at("scenarios"), 0) << defect;
    EXPECT_GT(defect.at("seconds"), 0) << defect;
  }
}

TEST(HarnessUsageTest, BadUsageSaysWhatToDo) {
  const CommandResult name = Bench({"harnes"});
  EXPECT_EQ(name.exit_code, 2);
  EXPECT_THAT(name.err, HasSubstr("harness"));
  const CommandResult repeats = Bench({"harness", "--repeats", "0"});
  EXPECT_EQ(repeats.exit_code, 2);
  EXPECT_THAT(repeats.err, HasSubstr("--repeats"));
}

}  // namespace
}  // namespace hupstorm
