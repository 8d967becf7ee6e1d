#include "tools/isolation/worker.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <memory>
#include <system_error>

#include "base/hash.h"
#include "base/message.h"
#include "base/resource_limit.h"
#include "scenarios/oracles/oracles.h"
#include "scenarios/worlds/fault_stack.h"
#include "scenarios/worlds/last_words.h"
#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

constexpr int kOutOfReach = 900;  // descriptor numbers that no server in the simulation comes upon

// What a worker answers: the bytes of its work, or of an exception's what().
enum Answer : uint64_t { kDone, kFailed };

RunResult ResultWith(const Scenario& scenario, const Target& target, std::string_view oracle,
                     std::string_view cause, std::string evidence) {
  Finding finding;
  finding.oracle = oracle;
  finding.target = target.name;
  finding.scenario = scenario.name.empty() ? scenario.file : scenario.name;
  finding.file = scenario.file;
  if (const Oracle* const its = FindOracle(oracle)) {
    finding.severity = SeverityOf(its->effect, scenario, finding.step);
  }
  finding.evidence = std::move(evidence);
  finding.fingerprint =
      fmt::format("{:016x}", Fnv1a().Add(oracle).Add(target.name).Add(cause).value());
  RunResult result;
  result.findings.push_back(std::move(finding));
  return result;
}

}  // namespace

Worker::Worker(int number, const Body& body, std::span<const int> others,
               const IsolationOptions& options) try
    : options_(options) {
  auto [ours, theirs] = MakeSocketPair();
  socket_ = std::move(ours);
  process_ = ChildProcess([&, &end = theirs] {
    socket_.reset();
    for (const int other : others) close(other);
    Serve(std::move(end), number, body);
  });
} catch (const std::system_error& error) {
  throw FailedError("cannot start a worker process: {}", error.what());
}

void Worker::Serve(FileDescriptor socket, int number, const Body& body) {
  ForbidCoreFiles();  // a crash here is a finding, not a thing to keep
  output_.TakeStreams();
  if (options_.server_is_in_worker) NoteFaults(*fault_);
  // A server that closes numbers it does not own must not hit the worker's own.
  socket = MoveUp(std::move(socket), kOutOfReach);
  std::unique_ptr<World> world;
  RunOptions run = options_.run;
  run.progress = &*progress_;
  std::string job;
  uint64_t kind = 0;
  while (ReceiveMessage(socket.get(), kind, job)) {
    output_.Clear();
    std::string answer;
    Answer outcome = kDone;
    try {
      if (!world) world = options_.make_world(number);
      answer = body(job, *world, run);
    } catch (const std::exception& error) {
      answer = error.what();
      outcome = kFailed;
    }
    if (!SendMessage(socket.get(), outcome, answer)) return;
  }
}

void Worker::Start(std::string_view job, const Scenario& scenario, const Target& target) {
  scenario_ = &scenario;
  target_ = &target;
  Prolong();
  SendMessage(socket_.get(), /*kind=*/0,
              job);  // if the process has died this fails, and Look will tell
}

void Worker::Prolong() {
  deadline_ = Clock::now() + options_.timeout;
  progress_then_ = progress_->load(std::memory_order_relaxed);
}

std::optional<Worker::Outcome> Worker::Look(bool readable) {
  if (readable) return Take();
  if (Clock::now() < deadline_) return std::nullopt;
  if (progress_->load(std::memory_order_relaxed) != progress_then_) {
    Prolong();
    return std::nullopt;
  }
  process_.Kill();
  socket_.reset();
  has_timed_out_ = true;
  const double seconds = static_cast<double>(options_.timeout.count()) / 1000;
  return Outcome{{},
                 ResultWith(*scenario_, *target_, kTimedOut, "timeout",
                            fmt::format("the server ran {:g} s without a system call that could "
                                        "end it, and had to be killed",
                                        seconds))};
}

std::optional<Worker::Outcome> Worker::Take() {
  char block[64 << 10];
  while (true) {
    MessageHeader header;
    if (received_.size() >= sizeof header) {
      std::memcpy(&header, received_.data(), sizeof header);
      if (received_.size() - sizeof header >= header.size) {
        Outcome outcome{received_.substr(sizeof header, header.size), std::nullopt};
        received_.clear();
        if (header.kind == kFailed) Fail(outcome.answer);
        return outcome;
      }
    }
    const ssize_t count = recv(socket_.get(), block, sizeof block, MSG_DONTWAIT);
    if (count > 0) {
      received_.append(block, static_cast<size_t>(count));
    } else if (count < 0 && errno == EAGAIN) {
      return std::nullopt;
    } else if (count == 0 || errno != EINTR) {
      return TakeEnd();
    }
  }
}

Worker::Outcome Worker::TakeEnd() {
  const std::string how = EndOfProcess(process_.Wait());
  socket_.reset();
  const std::string output = output_.Tail();
  const std::string last_words = LastWords(how, output);
  if (!options_.server_is_in_worker) Fail("the driver's process ended: " + last_words);
  RunResult end =
      ResultWith(*scenario_, *target_, "server-died", fmt::format("{}\n{}", how, ReasonIn(output)),
                 "the server's process ended: " + last_words);
  if (fault_->size > 0) {
    end.stacks.push_back(ToCallStack(*fault_));
    end.stacks.back().death = true;
  }
  return {{}, std::move(end)};
}

void Worker::Fail(const std::string& why) const {
  const std::string what = scenario_->name.empty() ? "an input" : "scenario " + scenario_->name;
  throw FailedError("{} against {}: {}", what, target_->name, why);
}

void WaitForWorkers(std::span<pollfd> fds, Worker::Clock::time_point deadline) {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline - Worker::Clock::now()).count();
  const int timeout = static_cast<int>(std::clamp<int64_t>(left, 0, 1 << 30));
  if (poll(fds.data(), fds.size(), timeout) < 0 && errno != EINTR) {
    throw FailedError("cannot wait for the workers: {}", std::strerror(errno));
  }
}

}  // namespace hupstorm
