#include "tools/commands/fuzz_worker.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <system_error>

#include "base/file_descriptor.h"
#include "base/files.h"
#include "scenarios/campaign/server_fuzzer.h"
#include "scenarios/language/bytes.h"
#include "scenarios/mutator/work_limit.h"
#include "scenarios/oracles/finding_list.h"
#include "scenarios/worlds/inside/inside_world.h"
#include "tools/cli/errors.h"
#include "tools/fuzz/afl_fork_server.h"
#include "tools/isolation/serial_runner.h"

namespace hupstorm {
namespace {

// A program that makes no call for so long is killed; sooner once that has been seen, since a
// fuzzer comes back to it.
constexpr std::chrono::milliseconds kUsualPatience{5'000};
constexpr std::chrono::milliseconds kShortPatience{1'000};

// Inputs in a row that the program cannot run before the worker gives up.
constexpr int kMostRefusals = 20;

// The inside world in a process of its own: a program that makes no call any more costs that
// process, and is a finding.
class WatchedWorld final : public World {
 public:
  WatchedWorld(const Target& target, const InsideOptions& inside)
      : runner_(target, Isolation(inside)) {}

  RunResult Run(const Scenario& scenario, const Target&, const RunOptions&) override {
    RunResult result = runner_.Run(scenario);
    if (runner_.has_timed_out()) runner_.set_timeout(kShortPatience);
    return result;
  }

 private:
  static IsolationOptions Isolation(const InsideOptions& inside) {
    IsolationOptions options;
    options.timeout = kUsualPatience;
    options.make_world = [inside](int) { return std::make_unique<InsideWorld>(inside); };
    options.server_is_in_worker = false;
    return options;
  }

  SerialRunner runner_;
};

// Which inputs are worth their time. One in a while is a crowd or a flood, and takes as long as
// hundreds of others; of those that cost n times as much as is usual, one in n is run. Which ones,
// their bytes decide, so that afl-fuzz sees the same each time. Those that it begins with always
// are.
class Thrift {
 public:
  explicit Thrift(const CampaignFolder& folder) {
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder.seeds(), none)) {
      if (const auto bytes = ReadWhole(entry.path())) seeds_.insert(StableHash(*bytes));
    }
  }

  bool IsWorthRunning(std::span<const uint8_t> input) {
    constexpr uint64_t kUsual = 512;  // calls: a fraction of a millisecond
    DecodeScenario(input, scenario_);
    const uint64_t times = EstimateCalls(scenario_) / kUsual;
    if (times <= 1) return true;
    const uint64_t hash = StableHash({reinterpret_cast<const char*>(input.data()), input.size()});
    return hash % times == 0 || seeds_.contains(hash);
  }

 private:
  std::set<uint64_t> seeds_;
  Scenario scenario_;
};

int Worker() {
  const char* const worker = std::getenv("HUPSTORM_WORKER");
  return worker == nullptr ? 0 : std::atoi(worker);
}

// afl-fuzz sends what a target writes to nowhere.
void WriteToLog(const CampaignFolder& folder) {
  const FileDescriptor log(
      open(folder.log(Worker()).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (log) dup2(log.get(), STDERR_FILENO);
}

// Starts the program once, to see what it can tell of its coverage. Throws FailedError.
size_t CoverageSize(const InsideServer& server) {
  InsideWorld world(server.options);
  const std::string why = world.WhyNot(server.choice.targets.front());
  if (!why.empty()) {
    throw FailedError("the program can no longer live on the simulated kernel: {}", why);
  }
  return world.coverage_size();
}

void RunInputs(InsideServer& server, const CampaignFolder& folder) {
  AflForkServer afl;
  const size_t coverage_size = CoverageSize(server);
  server.options.coverage_map = afl.coverage_map();
  server.options.worker = Worker();
  const Target& target = server.choice.targets.front();
  WatchedWorld world(target, server.options);
  ServerFuzzer fuzzer(target, "none", world);
  Thrift thrift(folder);
  afl.Begin(coverage_size);
  int refusals = 0;
  while (const std::optional<std::span<const uint8_t>> input = afl.NextInput()) {
    try {
      if (thrift.IsWorthRunning(*input)) fuzzer.RunOne(*input);
      refusals = 0;
    } catch (const FailedError& error) {
      fmt::print(stderr, "hupstorm: an input is left out: {}\n", error.what());
      if (++refusals == kMostRefusals) throw;
    }
    afl.RunIsOver();
  }
}

}  // namespace

ServerOptions ServerOf(const CampaignSettings& settings) {
  ServerOptions options;
  options.command = settings.target;
  options.world = kDefaultWorld;
  options.protocol = settings.protocol;
  options.hardened = settings.hardened;
  options.start_timeout_s = settings.start_timeout_s;
  return options;
}

int RunFuzzWorker(const std::string& folder_name) {
  const CampaignFolder folder{folder_name};
  const std::optional<CampaignSettings> settings = LoadSettings(folder);
  if (!settings || !settings->is_command) {
    throw UsageError("{} holds no campaign of --exec", folder_name);
  }
  InsideServer server = ChooseInsideServer(ServerOf(*settings), /*instead=*/"");
  if (const char* const finding = std::getenv("HUPSTORM_SHRINK")) {
    const Target& target = server.choice.targets.front();
    WatchedWorld world(target, server.options);
    ServerFuzzer(target, "none", world).Shrink(finding);
    return kExitClean;
  }
  WriteToLog(folder);
  try {
    RunInputs(server, folder);
  } catch (const FailedError& error) {
    WriteWhole(folder.refusal(), error.what());
    throw;
  }
  return kExitClean;
}

}  // namespace hupstorm
