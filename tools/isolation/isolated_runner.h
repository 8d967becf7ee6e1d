// Runs scenarios in child processes, so that a server that crashes, exits or spins for ever costs
// one scenario and not the whole run.
//
// A few worker processes take scenario after scenario from the parent and send each result back. A
// worker that dies leaves a `server-died` finding for the scenario it had; one whose server makes
// no call for a while is killed and leaves a `busy-loop` finding. The next scenario gets a new
// worker, and so does the next target, since a server may have spoilt the memory that it ran in.
// Workers die with their parent.

#ifndef HUPSTORM_TOOLS_ISOLATION_ISOLATED_RUNNER_H_
#define HUPSTORM_TOOLS_ISOLATION_ISOLATED_RUNNER_H_

#include <chrono>
#include <climits>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "scenarios/worlds/world.h"

namespace hupstorm {

// What it points to must outlive the run.
struct Job {
  const Scenario* scenario = nullptr;
  const Target* target = nullptr;
};

using WorldMaker = std::function<std::unique_ptr<World>(int worker)>;

struct IsolationOptions {
  RunOptions run;
  // A server that makes no call for this long, and lets no step happen, is killed. (At least this
  // long: up to twice as much may pass.)
  std::chrono::milliseconds timeout{10'000};
  // After this many timeouts the run is given up: all the others would take as long.
  int most_timeouts = INT_MAX;
  int workers = 1;  // processes at a time, from 1
  // The world of one worker, made in its process. Workers that live at the same time have different
  // numbers, from 0.
  WorldMaker make_world;
  // The server runs in the worker's own process, so that a worker's death is the server's.
  bool server_is_in_worker = true;
};

// Worker processes that suit this machine: its processors, from 1 to 8.
int DefaultWorkers();

// Runs every job, in order except that workers overtake each other, and calls `on_result` in this
// process as results come, once for each job. Throws FailedError if no process can be started, if
// the world itself fails, or if the run is given up; `on_result` has been called for what was done
// until then. Must not be called from a process with other threads.
void RunIsolated(std::span<const Job> jobs, const IsolationOptions& options,
                 const std::function<void(size_t job, RunResult result)>& on_result);

// For other work than one run. In the worker's process: does what job number `job` stands for, and
// returns the answer's bytes.
using WorkerTask = std::function<std::string(size_t job, World& world, const RunOptions& options)>;

// As RunIsolated. `on_answer` gets the answers. If a process dies or hangs, `on_end` gets that as a
// finding about the job's scenario and target.
void RunTasksIsolated(std::span<const Job> jobs, const IsolationOptions& options,
                      const WorkerTask& task,
                      const std::function<void(size_t job, std::string answer)>& on_answer,
                      const std::function<void(size_t job, RunResult end)>& on_end);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_ISOLATION_ISOLATED_RUNNER_H_
