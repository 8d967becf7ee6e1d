// Runs scenarios in a child process as RunIsolated does, one after another as they come to mind:
// which is next may depend on what came of the last.

#ifndef HUPSTORM_TOOLS_ISOLATION_SERIAL_RUNNER_H_
#define HUPSTORM_TOOLS_ISOLATION_SERIAL_RUNNER_H_

#include <memory>

#include "tools/isolation/isolated_runner.h"
#include "tools/isolation/watched_worker.h"

namespace hupstorm {

// One process lasts until a server ends it or gets on no more; the next scenario gets a new one.
class SerialRunner {
 public:
  // `target` must outlive the object. Of `options`, the number of workers and of timeouts mean
  // nothing here.
  SerialRunner(const Target& target, IsolationOptions options);
  ~SerialRunner();  // ends the process

  // Throws FailedError where no process can be started, or where the world itself fails. Must not
  // be called from a process with other threads.
  RunResult Run(const Scenario& scenario);

  // Whether the last run had to be killed.
  bool has_timed_out() const { return has_timed_out_; }
  void set_timeout(std::chrono::milliseconds timeout) { options_.timeout = timeout; }

 private:
  const Target& target_;
  IsolationOptions options_;
  std::unique_ptr<WatchedWorker> worker_;
  std::unique_ptr<World> world_;  // in the worker's process
  bool has_timed_out_ = false;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_ISOLATION_SERIAL_RUNNER_H_
