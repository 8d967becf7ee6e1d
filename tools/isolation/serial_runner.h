// Runs scenarios in a child process as RunIsolated does, but one at a time: the next may depend on
// the last result.

#ifndef HUPSTORM_TOOLS_ISOLATION_SERIAL_RUNNER_H_
#define HUPSTORM_TOOLS_ISOLATION_SERIAL_RUNNER_H_

#include <memory>

#include "tools/isolation/isolated_runner.h"
#include "tools/isolation/worker.h"

namespace hupstorm {

// One process lasts until a server ends it or hangs; the next scenario gets a new one.
class SerialRunner {
 public:
  // `target` must outlive the object. The numbers of workers and of timeouts in `options` mean
  // nothing here.
  SerialRunner(const Target& target, IsolationOptions options);
  ~SerialRunner();  // ends the process

  // Throws FailedError if no process can be started, or if the world itself fails. Must not be
  // called from a process with other threads.
  RunResult Run(const Scenario& scenario);

  // Whether the last run had to be killed.
  bool has_timed_out() const { return has_timed_out_; }
  void set_timeout(std::chrono::milliseconds timeout) { options_.timeout = timeout; }

 private:
  const Target& target_;
  IsolationOptions options_;
  std::unique_ptr<Worker> worker_;
  bool has_timed_out_ = false;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_ISOLATION_SERIAL_RUNNER_H_
