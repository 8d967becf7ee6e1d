// What the driver and the program speak of, between which a scenario on the simulated kernel in the
// program's own process goes to and fro. Sent as base/message.h says.

#ifndef HUPSTORM_SCENARIOS_WORLDS_INSIDE_MESSAGES_H_
#define HUPSTORM_SCENARIOS_WORLDS_INSIDE_MESSAGES_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "kernel/heap/heap_sizes.h"
#include "scenarios/worlds/call_log.h"
#include "scenarios/worlds/wire.h"

namespace hupstorm::inside {

// The variable that tells a program of its driver: the port that it is to listen on, how many
// descriptors it may have (RLIMIT_NOFILE), what its process number is to it, and the name of the
// driver's socket (unix(7), abstract, without the zero), with colons between them.
inline constexpr char kDriverVariable[] = "HUPSTORM_INSIDE";
// The variable that holds the id of a fuzzer's map (shmget), if there is one. The program attaches
// it before it begins, as it may become another user, who may not.
inline constexpr char kMapVariable[] = "HUPSTORM_COVERAGE_MAP";

enum class MessageKind : uint64_t {
  // ---- From the program to the driver.
  kHello,    // it sleeps for the first time, and listens: how many edges it counts (uint64_t)
  kReady,    // it is warm, and takes jobs: nothing
  kResult,   // what came of a job: JobResult; if the process stays, it takes the next one
  kEnded,    // the process that had the job is gone: how, as waitpid tells (int)
  kRefused,  // it cannot run here: why
  // ---- From the driver.
  kSetUp,  // with a descriptor of a page that is shared (Progress): ServerFacts
  kJob,    // Job
  kLeave,  // the process that stays is to end: nothing
};

// What both see while a job is done.
struct Progress {
  std::atomic<uint64_t> marks{0};  // RunOptions::progress
  // Threads of the program have been switched by time: the next is not waited for so long.
  std::atomic<bool> spins{false};
  std::atomic<bool> counts_heap{false};  // of the program: it has what tells
  std::array<std::atomic<HeapGrowth>, kHeapSizes> heap_growth = {};  // ServerHost::BlocksBySize
};

// Of the server, what does not change from job to job: its Target.
struct ServerFacts {
  std::string name;
  Protocol protocol = Protocol::kEcho;
  bool has_exchange = false;
  Exchange exchange;
};

struct Job {
  Scenario scenario;
  bool alone = false;  // the process that does it does no other
  bool record_time_line = false;
  bool log_calls = false;
  bool find_blame = false;
  std::vector<Clients> watched;  // CallLog::watched
  bool record_views = false;     // RunOptions::client_views
  std::vector<uint64_t> stacks_at;
  bool heap_stacks = false;
};

struct JobResult {
  RunResult run;
  bool stays = false;
  std::vector<LoggedCall> calls;
  std::vector<ClientView> views;
};

void Fields(auto& archive, Either<ServerFacts> auto& facts) {
  archive(facts.name, facts.protocol, facts.has_exchange, facts.exchange);
}
void Fields(auto& archive, Either<Job> auto& job) {
  archive(job.scenario, job.alone, job.record_time_line, job.log_calls, job.find_blame, job.watched,
          job.record_views, job.stacks_at, job.heap_stacks);
}
void Fields(auto& archive, Either<JobResult> auto& result) {
  archive(result.run, result.stays, result.calls, result.views);
}

}  // namespace hupstorm::inside

#endif  // HUPSTORM_SCENARIOS_WORLDS_INSIDE_MESSAGES_H_
