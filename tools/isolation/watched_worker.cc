#include "tools/isolation/watched_worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "scenarios/worlds/last_words.h"
#include "tools/cli/errors.h"
#include "tools/isolation/death.h"

namespace hupstorm {

WatchedWorker::WatchedWorker(const Worker::Body& body, std::span<const int> others,
                             const IsolationOptions& options)
    : options_(options) {
  worker_.emplace(body, others);
}

void WatchedWorker::Start(std::string_view job, const Scenario& scenario, const Target& target) {
  scenario_ = &scenario;
  target_ = &target;
  Prolong();
  worker_->Start(job);
}

void WatchedWorker::Prolong() {
  deadline_ = Clock::now() + options_.timeout;
  progress_ = worker_->progress();
}

std::optional<WatchedWorker::Outcome> WatchedWorker::Look(bool readable) {
  if (readable) return Read();
  if (Clock::now() < deadline_) return std::nullopt;
  if (worker_->progress() != progress_) {
    Prolong();
    return std::nullopt;
  }
  worker_.reset();
  has_timed_out_ = true;
  return Outcome{{}, TimeoutResult(*scenario_, *target_, options_.timeout)};
}

std::optional<WatchedWorker::Outcome> WatchedWorker::Read() {
  const auto fail = [this](const std::string& why) {
    throw FailedError(
        fmt::format("scenario {} against {}: {}", scenario_->name, target_->name, why));
  };
  std::string text;
  switch (worker_->Take(text)) {
    case Worker::News::kNothingYet:
      return std::nullopt;
    case Worker::News::kAnswer:
      return Outcome{std::move(text), std::nullopt};
    case Worker::News::kFailed:
      fail(text);
      break;
    case Worker::News::kDied:
      break;
  }
  const std::string output = worker_->Output();
  worker_.reset();
  if (!options_.server_is_in_worker) {
    fail(fmt::format("the driver's process ended: {}", LastWords(text, output)));
  }
  return Outcome{{}, DeathResult(*scenario_, *target_, text, output)};
}

void WaitForWorkers(std::span<pollfd> fds, WatchedWorker::Clock::time_point deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - WatchedWorker::Clock::now()).count();
  const int timeout = static_cast<int>(std::clamp<int64_t>(left, 0, 1 << 30));
  if (poll(fds.data(), fds.size(), timeout) < 0 && errno != EINTR) {
    throw FailedError(fmt::format("cannot wait for the workers: {}", std::strerror(errno)));
  }
}

}  // namespace hupstorm
