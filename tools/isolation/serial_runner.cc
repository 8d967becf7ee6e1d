#include "tools/isolation/serial_runner.h"

#include <poll.h>

#include <optional>
#include <utility>

#include "tools/isolation/wire.h"

namespace hupstorm {

SerialRunner::SerialRunner(const Target& target, IsolationOptions options)
    : target_(target), options_(std::move(options)) {}

SerialRunner::~SerialRunner() = default;

RunResult SerialRunner::Run(const Scenario& scenario) {
  if (!worker_ || !worker_->alive()) {
    worker_ = std::make_unique<WatchedWorker>(
        [this](std::string_view job, std::atomic<uint64_t>& progress) {
          if (!world_) world_ = options_.make_world(0);
          RunOptions options = options_.run;
          options.progress = &progress;
          return EncodeResult(world_->Run(ReadScenario(job), target_, options));
        },
        std::span<const int>(), options_);
  }
  worker_->Start(WriteScenario(scenario), scenario, target_);
  while (true) {
    pollfd socket{worker_->socket(), POLLIN, 0};
    WaitForWorkers({&socket, 1}, worker_->deadline());
    std::optional<WatchedWorker::Outcome> outcome = worker_->Look(socket.revents != 0);
    if (!outcome) continue;
    has_timed_out_ = worker_->has_timed_out();
    return outcome->end ? *std::move(outcome->end) : DecodeResult(outcome->answer);
  }
}

}  // namespace hupstorm
