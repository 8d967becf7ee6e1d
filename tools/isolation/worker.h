// A child process that does jobs for its parent, one at a time, and is watched while it does: if it
// dies or stops making progress, that is a finding.

#ifndef HUPSTORM_TOOLS_ISOLATION_WORKER_H_
#define HUPSTORM_TOOLS_ISOLATION_WORKER_H_

#include <poll.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/captured_output.h"
#include "base/child_process.h"
#include "base/file_descriptor.h"
#include "base/shared_array.h"
#include "kernel/stacks/stack_walk.h"
#include "tools/isolation/isolated_runner.h"

namespace hupstorm {

// The oracle of a finding about a server that had to be killed.
inline constexpr char kTimedOut[] = "busy-loop";

class Worker {
 public:
  using Clock = std::chrono::steady_clock;

  // What the process does with the bytes of a job: the answer's bytes. The world is the process's
  // own. An exception is sent back.
  using Body =
      std::function<std::string(std::string_view job, World& world, const RunOptions& options)>;

  // `number`: of the worker, for its world. `others`: sockets of the workers that live already,
  // which the child must not hold open. `options` must outlive the object. Throws FailedError.
  Worker(int number, const Body& body, std::span<const int> others,
         const IsolationOptions& options);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  bool alive() const { return static_cast<bool>(socket_); }
  int socket() const { return socket_.get(); }  // readable when Look has something to take
  Clock::time_point deadline() const { return deadline_; }  // look at it then at the latest

  // Begins with a job. If the process dies or hangs, the finding is about `scenario` and `target`;
  // both must live until the outcome is there. The worker must be alive and have no other job.
  void Start(std::string_view job, const Scenario& scenario, const Target& target);

  // What came of a job: the body's answer; or, if the process has ended or had to be killed, that
  // as a finding.
  struct Outcome {
    std::string answer;
    std::optional<RunResult> end;
  };
  // The job's outcome, once it is there; does not block. `readable`: the socket is. If the process
  // has ended, the worker is not alive afterwards. Throws FailedError if the world itself has
  // failed.
  std::optional<Outcome> Look(bool readable);

  bool has_timed_out() const { return has_timed_out_; }

 private:
  void Serve(FileDescriptor socket, int number, const Body& body);
  void Prolong();
  std::optional<Outcome> Take();
  Outcome TakeEnd();
  [[noreturn]] void Fail(const std::string& why) const;

  const IsolationOptions& options_;
  CapturedOutput output_;  // of the process, since the last Start
  SharedArray<std::atomic<uint64_t>> progress_;
  SharedArray<StackWalk> fault_;  // that ended the process, if it was the server's
  FileDescriptor socket_;
  ChildProcess process_;
  std::string received_;
  const Scenario* scenario_ = nullptr;
  const Target* target_ = nullptr;
  Clock::time_point deadline_;
  uint64_t progress_then_ = 0;  // when the deadline was set
  bool has_timed_out_ = false;
};

// Sleeps until one of `fds` is readable, or until `deadline`. Throws FailedError.
void WaitForWorkers(std::span<pollfd> fds, Worker::Clock::time_point deadline);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_ISOLATION_WORKER_H_
