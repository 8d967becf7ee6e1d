#include "tools/plan/run_options.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "scenarios/worlds/loopback_world.h"
#include "scenarios/worlds/simulated_world.h"
#include "tools/cli/command.h"
#include "tools/cli/errors.h"
#include "tools/report/findings_report.h"

namespace hupstorm {
namespace {

constexpr double kShortestTimeout = 0.1;
constexpr double kLongestTimeout = 3600;

}  // namespace

void AddWorkerOptions(Command& command, WorkerOptions& options) {
  command.Option("--jobs N", options.jobs, "worker processes (default: one a processor)")
      .Within(1, 64);
  AddTimeoutOption(command, options);
}

void AddSeverityOption(Command& command, std::string& severity) {
  command
      .Option("--severity LEVEL", severity,
              "what is less grave does not make the exit code 1: low (the default), medium or high")
      .OneOf({"low", "medium", "high"});
}

void AddTimeoutOption(Command& command, WorkerOptions& options) {
  command
      .Option("--timeout SECONDS", options.timeout_s,
              "seconds after which a server that makes no system call is killed (default: 10)")
      .Check([](const std::string& text) {
        return CheckSeconds(text, kShortestTimeout, kLongestTimeout);
      });
}

std::string CheckSeconds(const std::string& text, double shortest, double longest) {
  double seconds = 0;  // Within() would let "nan" through
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seconds);
  if (error == std::errc() && stop == end && seconds >= shortest && seconds <= longest) return {};
  return fmt::format("takes {} to {} seconds, not \"{}\"", shortest, longest, text);
}

void AddWorldOption(Command& command, std::string& world) {
  command
      .Option("--world WORLD", world,
              "where to run: simulated (a kernel of our own, virtual time) or loopback (Linux)")
      .ShowDefault();
}

IsolationOptions ToIsolation(const WorkerOptions& options, WorldMaker make_world,
                             bool server_is_in_worker) {
  IsolationOptions isolation;
  isolation.workers = options.jobs > 0 ? options.jobs : DefaultWorkers();
  isolation.timeout = std::chrono::milliseconds(std::lround(options.timeout_s * 1000));
  isolation.make_world = std::move(make_world);
  isolation.server_is_in_worker = server_is_in_worker;
  return isolation;
}

WorldMaker MakerOf(const std::string& world) {
  if (world == kDefaultWorld) return [](int) { return std::make_unique<SimulatedWorld>(); };
  if (world == kLoopbackWorld) return [](int) { return std::make_unique<LoopbackWorld>(); };
  throw UsageError("no world \"{}\"; there are: --world {}, --world {}", world, kDefaultWorld,
                   kLoopbackWorld);
}

std::string_view WhyNotIn(const std::string& world, const Scenario& scenario) {
  return world == kLoopbackWorld ? LoopbackWorld::WhyNot(scenario) : std::string_view();
}

}  // namespace hupstorm
