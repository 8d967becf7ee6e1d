// The bug of each of these servers is said to be where it is in the source: on the simulated kernel
// and on Linux, in C, C++, Rust and Python.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/files.h"
#include "scenarios/language/parse.h"
#include "scenarios/worlds/inside/inside_world.h"
#include "scenarios/worlds/process_world.h"
#include "tools/report/bugs.h"

namespace hupstorm {
namespace {

struct Planted {
  std::string name;
  std::string command;
  std::string scenario;
  std::string file;
  std::vector<std::string> lines;  // texts of lines of the file: at one of them
};

void PrintTo(const Planted& planted, std::ostream* out) { *out << planted.name; }

Planted InC(std::string bug, std::string scenario, std::string line) {
  return {.name = "c_" + bug,
          .command = HUPSTORM_PLANTED "/poll_echo {port} " + bug,
          .scenario = std::move(scenario),
          .file = "poll_echo.c",
          .lines = {std::move(line)}};
}

Planted InCxx(std::string name, std::string scenario, std::string file, std::string line) {
  return {.name = "cxx_" + name,
          .command = HUPSTORM_PAIRS "/pair_" + name + " {port} --bug",
          .scenario = std::move(scenario),
          .file = std::move(file),
          .lines = {std::move(line)}};
}

Planted InRust(std::string bug, std::string scenario) {
  return {.name = "rust_" + bug,
          .command = HUPSTORM_PAIRS "/echo_threads {port} " + bug,
          .scenario = std::move(scenario),
          .file = "echo_threads.rs",
          .lines = {"// @" + bug}};
}

Planted InPython(std::string name, std::string scenario, std::string file, std::string line) {
  return {.name = "python_" + name,
          .command = HUPSTORM_TEST_PYTHON " " HUPSTORM_TEST_SERVERS "/" + name + ".py {port}",
          .scenario = std::move(scenario),
          .file = std::move(file),
          .lines = {std::move(line)}};
}

enum class Kernel : bool { kSimulated, kLinux };

class PlantedPlaceTest : public testing::TestWithParam<std::tuple<Planted, Kernel>> {
 protected:
  static std::unique_ptr<World> MakeWorld() {
    const auto& [planted, kernel] = GetParam();
    if (kernel == Kernel::kSimulated) {
      return std::make_unique<InsideWorld>(
          InsideOptions{.command = planted.command, .library = HUPSTORM_INSIDE});
    }
    return std::make_unique<ProcessWorld>(
        ProcessOptions{.command = planted.command, .preload_library = HUPSTORM_PRELOAD});
  }
};

bool HasTextOf(const Place& place, const std::vector<std::string>& texts) {
  std::ifstream source(place.file);
  std::string line;
  for (int i = 0; i < place.line; ++i) std::getline(source, line);
  return std::any_of(texts.begin(), texts.end(),
                     [&](const std::string& text) { return line.find(text) != std::string::npos; });
}

TEST_P(PlantedPlaceTest, TheFirstPlaceIsTheBugs) {
  const auto& [planted, kernel] = GetParam();
  const std::string program = planted.command.substr(0, planted.command.find(' '));
  if (!std::filesystem::exists(program)) GTEST_SKIP() << program << " was not built";
  const std::string file = HUPSTORM_SUITE "/" + planted.scenario + ".scn";
  const Scenario scenario = ParseScenario(ReadWhole(file).value(), file);
  Target target;
  target.name = planted.name;
  target.third_party = true;
  target.protocol = Protocol::kEcho;
  RunOptions options;
  options.find_blame = true;
  RunResult result = MakeWorld()->Run(scenario, target, options);
  BugNamer({&target, 1}).Name(result);
  const auto first = std::find_if(result.findings.begin(), result.findings.end(),
                                  [](const Finding& finding) { return !IsExpectation(finding); });
  ASSERT_NE(first, result.findings.end());
  EXPECT_TRUE(first->place.file.ends_with("/" + planted.file) &&
              HasTextOf(first->place, planted.lines))
      << first->oracle << ": " << first->evidence << "\nat \"" << PlaceText(first->place)
      << "\" in " << first->place.function << ", " << first->place.Hint();
}

INSTANTIATE_TEST_SUITE_P(
    Servers, PlantedPlaceTest,
    testing::Combine(
        testing::Values(
            InC("fin-ignored", "half-close/idle", "recv(c->fd"),
            InC("short-write", "short-io/one-byte-sends", "send(c->fd"),
            InC("eagain-closes", "short-io/spurious-eagain-on-send", "send(c->fd"),
            InC("accept-error", "accept/emfile-once", "accept(listener"),
            InCxx("thread_a_client", "half-close/idle", "echo_service.h", "recv(connection"),
            InCxx("logs_without_end", "reset/mid-stream", "logs_without_end.cc", "std::exit(1)"),
            InRust("unwrap", "reset/idle"), InRust("leaks", "half-close/idle"),
            InPython("fin_ignored", "half-close/idle", "epoll_echo.py", ".recv(self.chunk)"),
            InPython("partial_send", "short-io/one-byte-sends", "partial_send.py",
                     ".send(self.queues[fd])"),
            InPython("reset_kills", "reset/idle", "epoll_echo.py", ".recv(self.chunk)"),
            InPython("blocking_send", "slow-reader/beside-a-fast-one", "blocking_send.py",
                     ".sendall(self.queues[fd])")),
        testing::Values(Kernel::kSimulated, Kernel::kLinux)),
    [](const auto& info) {
      std::string name = std::get<0>(info.param).name;
      std::replace(name.begin(), name.end(), '-', '_');
      return name + (std::get<1>(info.param) == Kernel::kLinux ? "_Linux" : "_Simulated");
    });

}  // namespace
}  // namespace hupstorm
