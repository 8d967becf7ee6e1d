// A worker process that is watched while it runs a scenario: its end is a finding, and so is that
// it gets on no more.

#ifndef HUPSTORM_TOOLS_ISOLATION_WATCHED_WORKER_H_
#define HUPSTORM_TOOLS_ISOLATION_WATCHED_WORKER_H_

#include <poll.h>

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tools/isolation/isolated_runner.h"
#include "tools/isolation/worker.h"

namespace hupstorm {

class WatchedWorker {
 public:
  using Clock = std::chrono::steady_clock;

  // `body`, `others`: as Worker takes them. `options` must outlive the object. Throws FailedError.
  WatchedWorker(const Worker::Body& body, std::span<const int> others,
                const IsolationOptions& options);

  bool alive() const { return worker_.has_value(); }
  int socket() const { return worker_->socket(); }          // while alive
  Clock::time_point deadline() const { return deadline_; }  // look at it then at the latest

  // Begins with a job, which is to run `scenario` against `target`; both must live until its result
  // is there. The worker must be alive and have no other job.
  void Start(std::string_view job, const Scenario& scenario, const Target& target);

  // What came of a job: the body's answer; or, where the process has ended or had to be killed,
  // that as a finding.
  struct Outcome {
    std::string answer;
    std::optional<RunResult> end;
  };
  // The job's outcome, once it is there. `readable`: the socket is. Not alive afterwards where the
  // process has ended. Throws FailedError where the world itself has failed.
  std::optional<Outcome> Look(bool readable);

  bool has_timed_out() const { return has_timed_out_; }

 private:
  void Prolong();
  std::optional<Outcome> Read();

  const IsolationOptions& options_;
  std::optional<Worker> worker_;
  const Scenario* scenario_ = nullptr;
  const Target* target_ = nullptr;
  Clock::time_point deadline_;
  uint64_t progress_ = 0;  // of the worker, when the deadline was set
  bool has_timed_out_ = false;
};

// Sleeps until one of `fds` is readable, or until `deadline`. Throws FailedError.
void WaitForWorkers(std::span<pollfd> fds, WatchedWorker::Clock::time_point deadline);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_ISOLATION_WATCHED_WORKER_H_
