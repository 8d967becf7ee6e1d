#include "tools/isolation/serial_runner.h"

#include <poll.h>

#include <optional>
#include <utility>

#include "scenarios/worlds/wire.h"

namespace hupstorm {

SerialRunner::SerialRunner(const Target& target, IsolationOptions options)
    : target_(target), options_(std::move(options)) {}

SerialRunner::~SerialRunner() = default;

RunResult SerialRunner::Run(const Scenario& scenario) {
  if (!worker_ || !worker_->alive()) {
    worker_ = std::make_unique<Worker>(
        0,
        [this](std::string_view job, World& world, const RunOptions& run) {
          return Encode(world.Run(Decode<Scenario>(job), target_, run));
        },
        std::span<const int>(), options_);
  }
  worker_->Start(Encode(scenario), scenario, target_);
  while (true) {
    pollfd socket{worker_->socket(), POLLIN, 0};
    WaitForWorkers({&socket, 1}, worker_->deadline());
    std::optional<Worker::Outcome> outcome = worker_->Look(socket.revents != 0);
    if (!outcome) continue;
    has_timed_out_ = worker_->has_timed_out();
    return outcome->end ? *std::move(outcome->end) : Decode<RunResult>(outcome->answer);
  }
}

}  // namespace hupstorm
