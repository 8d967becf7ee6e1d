#include "tools/isolation/isolated_runner.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/processors.h"
#include "scenarios/worlds/wire.h"
#include "tools/cli/errors.h"
#include "tools/isolation/worker.h"

namespace hupstorm {
namespace {

constexpr int kMostWorkers = 8;

double SecondsSince(Worker::Clock::time_point start) {
  return std::chrono::duration<double>(Worker::Clock::now() - start).count();
}

class Pool {
 public:
  Pool(std::span<const Job> jobs, const IsolationOptions& options, const WorkerTask& task,
       const std::function<void(size_t, std::string)>& on_answer,
       const std::function<void(size_t, RunResult)>& on_end)
      : jobs_(jobs), options_(options), task_(task), on_answer_(on_answer), on_end_(on_end) {
    slots_.resize(std::clamp<size_t>(static_cast<size_t>(options.workers), 1,
                                     std::max<size_t>(jobs.size(), 1)));
  }

  void Run() {
    for (Slot& slot : slots_) Next(slot);
    while (busy_ > 0) Wait();
  }

 private:
  struct Slot {
    std::unique_ptr<Worker> worker;
    const Target* target = nullptr;  // that its process has run so far
    size_t job = 0;
    bool busy = false;
    Worker::Clock::time_point started = {};  // with the job
  };

  // Gives the slot its next job, in a new process if the old one is gone or spoilt.
  void Next(Slot& slot) {
    if (next_job_ == jobs_.size()) {
      slot.worker.reset();
      return;
    }
    const Job& job = jobs_[next_job_];
    if (slot.target != job.target || (slot.worker && !slot.worker->alive())) slot.worker.reset();
    if (!slot.worker) {
      std::vector<int> others;
      for (const Slot& other : slots_) {
        if (other.worker) others.push_back(other.worker->socket());
      }
      const auto number = static_cast<int>(&slot - slots_.data());
      slot.worker = std::make_unique<Worker>(
          number,
          [this](std::string_view index, World& world, const RunOptions& run) {
            return task_(Decode<size_t>(index), world, run);
          },
          others, options_);
      slot.target = job.target;
    }
    slot.job = next_job_++;
    slot.busy = true;
    slot.started = Worker::Clock::now();
    ++busy_;
    slot.worker->Start(Encode(slot.job), *job.scenario, *job.target);
  }

  void Wait() {
    std::vector<pollfd> fds;
    std::vector<Slot*> waiting;
    auto first = std::chrono::steady_clock::time_point::max();
    for (Slot& slot : slots_) {
      if (!slot.busy) continue;
      fds.push_back({slot.worker->socket(), POLLIN, 0});
      waiting.push_back(&slot);
      first = std::min(first, slot.worker->deadline());
    }
    WaitForWorkers(fds, first);
    for (size_t i = 0; i < fds.size(); ++i) {
      Slot& slot = *waiting[i];
      std::optional<Worker::Outcome> outcome = slot.worker->Look(fds[i].revents != 0);
      if (!outcome) continue;
      if (slot.worker->has_timed_out()) ++timeouts_;
      Finish(slot, *std::move(outcome));
      if (timeouts_ >= options_.most_timeouts) {
        throw FailedError(
            "given up, as {} scenarios ended only because the time of --timeout was up", timeouts_);
      }
    }
  }

  void Finish(Slot& slot, Worker::Outcome outcome) {
    slot.busy = false;
    --busy_;
    const size_t job = slot.job;
    if (outcome.end) outcome.end->seconds = SecondsSince(slot.started);
    Next(slot);  // the worker need not wait for what follows here
    if (outcome.end) {
      on_end_(job, *std::move(outcome.end));
    } else {
      on_answer_(job, std::move(outcome.answer));
    }
  }

  std::span<const Job> jobs_;
  const IsolationOptions& options_;
  const WorkerTask& task_;
  const std::function<void(size_t, std::string)>& on_answer_;
  const std::function<void(size_t, RunResult)>& on_end_;
  std::vector<Slot> slots_;
  size_t next_job_ = 0;
  size_t busy_ = 0;
  int timeouts_ = 0;
};

}  // namespace

int DefaultWorkers() {
  return std::clamp(static_cast<int>(AllowedProcessors().size()), 1, kMostWorkers);
}

void RunIsolated(std::span<const Job> jobs, const IsolationOptions& options,
                 const std::function<void(size_t job, RunResult result)>& on_result) {
  RunTasksIsolated(
      jobs, options,
      [jobs](size_t job, World& world, const RunOptions& run) {
        const Worker::Clock::time_point start = Worker::Clock::now();
        RunResult result = world.Run(*jobs[job].scenario, *jobs[job].target, run);
        result.seconds = SecondsSince(start);
        return Encode(result);
      },
      [&](size_t job, std::string answer) { on_result(job, Decode<RunResult>(answer)); },
      on_result);
}

void RunTasksIsolated(std::span<const Job> jobs, const IsolationOptions& options,
                      const WorkerTask& task,
                      const std::function<void(size_t job, std::string answer)>& on_answer,
                      const std::function<void(size_t job, RunResult end)>& on_end) {
  Pool(jobs, options, task, on_answer, on_end).Run();
}

}  // namespace hupstorm
