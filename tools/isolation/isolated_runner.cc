#include "tools/isolation/isolated_runner.h"

#include <fmt/format.h>
#include <poll.h>
#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "scenarios/worlds/last_words.h"
#include "tools/cli/errors.h"
#include "tools/isolation/death.h"
#include "tools/isolation/wire.h"
#include "tools/isolation/worker.h"

namespace hupstorm {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kMostWorkers = 8;

class Pool {
 public:
  Pool(std::span<const Job> jobs, const IsolationOptions& options,
       const std::function<void(size_t, RunResult)>& on_result)
      : jobs_(jobs), options_(options), on_result_(on_result) {
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
    Clock::time_point deadline;
    uint64_t progress = 0;  // of the worker, when the deadline was set
  };

  // Gives the slot its next job, in a new process where the old one is gone or spoilt.
  void Next(Slot& slot) {
    if (next_job_ == jobs_.size()) {
      slot.worker.reset();
      return;
    }
    const Job& job = jobs_[next_job_];
    if (slot.target != job.target) slot.worker.reset();
    if (!slot.worker) {
      std::vector<int> others;
      for (const Slot& other : slots_) {
        if (other.worker) others.push_back(other.worker->socket());
      }
      const auto number = static_cast<int>(&slot - slots_.data());
      slot.worker = std::make_unique<Worker>(
          [this, number](uint32_t index, std::atomic<uint64_t>& progress) {
            return RunOne(number, index, progress);
          },
          others);
      slot.target = job.target;
    }
    slot.job = next_job_++;
    slot.busy = true;
    ++busy_;
    Prolong(slot);
    slot.worker->Start(static_cast<uint32_t>(slot.job));
  }

  void Prolong(Slot& slot) {
    slot.deadline = Clock::now() + options_.timeout;
    slot.progress = slot.worker->progress();
  }

  // In the worker's process.
  std::string RunOne(int worker, uint32_t index, std::atomic<uint64_t>& progress) {
    if (!world_) world_ = options_.make_world(worker);
    const Job& job = jobs_[index];
    RunOptions options = options_.run;
    options.progress = &progress;
    return EncodeResult(world_->Run(*job.scenario, *job.target, options));
  }

  void Wait() {
    std::vector<pollfd> fds;
    std::vector<Slot*> waiting;
    Clock::time_point first = Clock::time_point::max();
    for (Slot& slot : slots_) {
      if (!slot.busy) continue;
      fds.push_back({slot.worker->socket(), POLLIN, 0});
      waiting.push_back(&slot);
      first = std::min(first, slot.deadline);
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(first - Clock::now()).count();
    const int timeout = static_cast<int>(std::clamp<int64_t>(left, 0, 1 << 30));
    if (poll(fds.data(), fds.size(), timeout) < 0 && errno != EINTR) {
      throw FailedError(fmt::format("cannot wait for the workers: {}", std::strerror(errno)));
    }
    for (size_t i = 0; i < fds.size(); ++i) {
      if (fds[i].revents != 0) {
        Read(*waiting[i]);
      } else if (Clock::now() < waiting[i]->deadline) {
        continue;
      } else if (waiting[i]->worker->progress() != waiting[i]->progress) {
        Prolong(*waiting[i]);
      } else {
        Expire(*waiting[i]);
      }
    }
  }

  void Read(Slot& slot) {
    std::string text;
    switch (slot.worker->Take(text)) {
      case Worker::News::kNothingYet:
        return;
      case Worker::News::kAnswer:
        Finish(slot, DecodeResult(text));
        return;
      case Worker::News::kFailed:
        throw FailedError(fmt::format("scenario {} against {}: {}", ScenarioOf(slot).name,
                                      jobs_[slot.job].target->name, text));
      case Worker::News::kDied: {
        const std::string output = slot.worker->Output();
        slot.worker.reset();
        if (!options_.server_is_in_worker) {
          throw FailedError(fmt::format("scenario {} against {}: the driver's process ended: {}",
                                        ScenarioOf(slot).name, jobs_[slot.job].target->name,
                                        LastWords(text, output)));
        }
        Finish(slot, DeathResult(ScenarioOf(slot), *jobs_[slot.job].target, text, output));
        return;
      }
    }
  }

  void Expire(Slot& slot) {
    slot.worker.reset();
    Finish(slot, TimeoutResult(ScenarioOf(slot), *jobs_[slot.job].target, options_.timeout));
    if (++timeouts_ >= options_.most_timeouts) {
      throw FailedError(fmt::format(
          "given up, as {} scenarios ended only because the time of --timeout was up", timeouts_));
    }
  }

  void Finish(Slot& slot, RunResult result) {
    slot.busy = false;
    --busy_;
    const size_t job = slot.job;
    Next(slot);  // the worker need not wait for what follows here
    on_result_(job, std::move(result));
  }

  const Scenario& ScenarioOf(const Slot& slot) const { return *jobs_[slot.job].scenario; }

  std::span<const Job> jobs_;
  const IsolationOptions& options_;
  const std::function<void(size_t, RunResult)>& on_result_;
  std::unique_ptr<World> world_;
  std::vector<Slot> slots_;
  size_t next_job_ = 0;
  size_t busy_ = 0;
  int timeouts_ = 0;
};

}  // namespace

int DefaultWorkers() {
  cpu_set_t processors;
  if (sched_getaffinity(0, sizeof processors, &processors) != 0) return 1;
  return std::clamp(CPU_COUNT(&processors), 1, kMostWorkers);
}

void RunIsolated(std::span<const Job> jobs, const IsolationOptions& options,
                 const std::function<void(size_t job, RunResult result)>& on_result) {
  Pool(jobs, options, on_result).Run();
}

}  // namespace hupstorm
