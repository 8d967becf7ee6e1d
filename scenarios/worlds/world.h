// Where a scenario runs.

#ifndef HUPSTORM_SCENARIOS_WORLDS_WORLD_H_
#define HUPSTORM_SCENARIOS_WORLDS_WORLD_H_

#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernel/stacks/call_stack.h"
#include "scenarios/language/scenario.h"
#include "scenarios/oracles/finding.h"
#include "target/target.h"

namespace hupstorm {

struct CallLog;

// What the server has shown a client so far.
struct ClientView {
  enum class State : uint8_t { kWaiting, kOpen, kEndOfInput, kReset, kRefused };
  char letter = 'a';
  uint32_t index = 0;
  uint64_t received = 0;  // bytes
  State state = State::kWaiting;
  bool left = false;  // by its own close or reset: what came later it has not seen
  friend bool operator==(const ClientView&, const ClientView&) = default;
};

struct RunOptions {
  // Fill in RunResult::time_line (and its sockets). Costs time; off for campaigns.
  bool record_time_line = false;
  // Changes with each call of the server and each step, if set. In shared memory it tells another
  // process whether the run gets on. Must outlive the run.
  std::atomic<uint64_t>* progress = nullptr;
  // Filled in with the calls of the script's first round, if set. Costs time. Must outlive the run.
  CallLog* call_log = nullptr;
  // Say which call of the server's is to blame for each finding (Finding::call): where a run can be
  // repeated, a second run with findings finds that out.
  bool find_blame = false;
  // Filled in, if set, with what each client was shown when the script was over, and again when all
  // had read what was left; round after round, for as many rounds as the scenario asks for. Must
  // outlive the run.
  std::vector<ClientView>* client_views = nullptr;
  // The server's calls whose stacks are taken, by their numbers (from 1), in ascending order. The
  // run is otherwise the same. Costs time at these calls alone.
  std::vector<uint64_t> stacks_at = {};
  // Tell where the server allocates what it keeps, if its heap is seen (CallStack::kept_blocks).
  // Costs time at each block.
  bool heap_stacks = false;
  // Of all calls, in a world in which they have other numbers in the next run; such as
  // RunResult::calls_to_show does not name are forgotten in the end.
  bool all_stacks = false;
};

// One line of the time line: what happened, in order.
struct TimeLineEntry {
  enum class Kind : uint8_t {
    kStep,        // a step of the script: text is the step
    kPlacedStep,  // a step that was set to fall inside the call that follows
    kEpilogue,    // a step of the world's own after the script: "all clients read what is left"
    // A call of the server, as strace would print it; behind "[3 worker] " if it has several
    // threads that are known: the number of the one that makes it, and its name.
    kCall,
    kLog,      // a line that the server wrote to its standard output or error
    kClock,    // the virtual clock moved: text is the amount
    kFinding,  // an oracle: "busy-loop: ..."
    kBlame,    // of the call before: where it was made, and which findings it is to blame for
  };
  Kind kind = Kind::kStep;
  int64_t ns = 0;  // since the start of the run, on the world's clock
  int line = 0;    // kStep, kPlacedStep: in the scenario's file
  std::string text;
  std::string client = {};  // kCall: whose connection it is about; empty for none
  uint64_t call = 0;        // kCall: its number (CallRecord), in a run for blame
};

// A connection at the end of the script (before the world closes what is left), as `ss` shows it.
struct SocketRow {
  std::string client;        // "a"
  std::string server_state;  // "CLOSE-WAIT"; "-" if the server closed it and it is gone
  std::string client_state;
  int fd = -1;  // the server's descriptor, -1 for none
  uint64_t server_recv_q = 0;
  uint64_t server_send_q = 0;
  uint64_t client_recv_q = 0;
};

struct RunResult {
  std::vector<Finding> findings;
  uint64_t calls = 0;   // that the server made
  uint64_t faults = 0;  // that were injected
  std::vector<TimeLineEntry> time_line;
  std::vector<SocketRow> sockets;
  // Those of RunOptions::stacks_at or calls_to_show that were made, in their order; and where the
  // server died, if it did and that is known: whatever the options are (CallStack::death); and
  // those of heap_stacks, that with the first block first.
  std::vector<CallStack> stacks;
  // With find_blame: the calls to blame, and others like them, by which wrappers are known.
  std::vector<uint64_t> calls_to_show;
  // Placed steps whose call never came, as indices into Scenario::steps.
  std::vector<int> steps_not_reached;
  // The scenario was broken off: the server moved bytes, or made calls, without end, or a few bytes
  // at a time again and again, with pauses.
  bool never_at_rest = false;
  // Why the scenario did not come to the limit that it is about; empty if it did, or is about none.
  std::string limit_missed;
  // What was found in a process that had done other scenarios, and not again in a fresh one, so
  // that it is no finding ("lost-bytes: a is owed ..."); empty for nothing.
  std::string not_shown_again;
  // Why a scenario that was to run on the simulated kernel ran on Linux; empty if it did not.
  std::string ran_on_linux;
  // What a user should know of how the run went; empty for nothing: "it has one thread ...".
  std::string remark;
  // The server had more than one thread, whose order a schedule can choose.
  bool has_threads = false;
  // The last that a server which is not ours wrote, to standard output or error.
  std::string output;
  // How long the run took, of the real clock; 0 if nobody has measured it.
  double seconds = 0;
};

// The world itself has failed: no port, no descriptor, no memory is left for it. Says nothing about
// the server.
class WorldFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What is noted of a run on Linux of a scenario with a schedule; empty for one without.
inline std::string ScheduleNotKept(const Scenario& scenario) {
  return scenario.schedule == 0
             ? ""
             : "the schedule is not kept: Linux chooses the order of the server's threads";
}

class World {
 public:
  virtual ~World() = default;
  // Runs `scenario` against a fresh server. Never throws because of what the server does; throws
  // WorldFailed.
  virtual RunResult Run(const Scenario& scenario, const Target& target,
                        const RunOptions& options) = 0;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_WORLD_H_
