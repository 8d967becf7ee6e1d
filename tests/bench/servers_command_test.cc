// `hupstorm_bench servers` as a user runs it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/bench/bench_command.h"

namespace hupstorm {
namespace {

using ::testing::HasSubstr;

TEST(BenchServersTest, QuickJsonHasEveryServerInEveryCell) {
  const CommandResult result = Bench({"servers", "--quick", "--repeats", "1", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const nlohmann::json json = JsonOf(result);
  EXPECT_EQ(json.at("bench"), "servers");
  const nlohmann::json& figures = json.at("figures");
  EXPECT_EQ(figures.at("cells").size(), 4u);
  for (const nlohmann::json& cell : figures.at("cells")) {
    for (const char* server :
         {"epoll-lt", "epoll-et", "libevent", "bufferevent", "libuv", "Asio", "bare loop"}) {
      const nlohmann::json& of = cell.at("servers").at(server);
      EXPECT_GT(of.at("cpu_us_per_message").at("median"), 0) << server;
      EXPECT_GT(of.at("messages_per_second").at("median"), 0) << server;
      EXPECT_GE(of.at("latency_p99.9_us").at("median"), of.at("latency_p50_us").at("median"));
    }
  }
  EXPECT_GT(figures.at("connections").at("libuv").at("connections_per_second").at("median"), 0);
  EXPECT_TRUE(figures.at("memory_bytes_per_connection").contains("epoll-et"));
}

TEST(BenchServersTest, WithoutServersItSaysWhatToBuild) {
  // A copy of the command, somewhere else.
  const TemporaryFolder folder;
  const std::string copy = folder.path() + "/hupstorm_bench";
  std::filesystem::copy_file(HUPSTORM_BENCH, copy);
  CommandInput input;
  input.program = copy;
  const CommandResult result = Hupstorm({"servers", "--quick"}, input);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.err, HasSubstr("--target hupstorm_bench_peers"));
}

}  // namespace
}  // namespace hupstorm
