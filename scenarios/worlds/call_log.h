// The calls that the server makes while the script of a run's first round is carried out, with what
// could have been done to each: what a sweep chooses from.

#ifndef HUPSTORM_SCENARIOS_WORLDS_CALL_LOG_H_
#define HUPSTORM_SCENARIOS_WORLDS_CALL_LOG_H_

#include <cstdint>
#include <vector>

#include "kernel/driven_kernel.h"
#include "kernel/faults/fault_injector.h"
#include "kernel/syscalls_layer.h"
#include "scenarios/language/scenario.h"
#include "scenarios/oracles/ledger.h"
#include "scenarios/worlds/scenario_clients.h"
#include "scenarios/worlds/server_log.h"

namespace hupstorm {

struct LoggedCall {
  Call call = Call::kSocket;
  int64_t result = 0;
  int error = 0;
  uint64_t length = 0;  // of a transfer: BytesAsked
  bool slept = false;   // nothing was there for it at first
  int step = 0;         // the step carried out last before it: index from 1
  uint32_t faults = 0;  // a bit for each FaultOutcome for which FaultInjector::CouldHarm

  // The client that it is about: whose connection it is made on, accepts or registers.
  bool has_client = false;
  bool on_connection = false;  // its descriptor is the connection: "at recv 2 of a" counts it
  Clients client;              // one
  bool may_reset = false;      // before the call: the client has not ended the connection
  bool may_shut = false;       // nor its own direction
  bool output_queued = false;  // the server has sent what the client has not taken
  bool input_ended = false;    // the client's FIN or an error is there, read or not
  uint32_t history = 0;        // CallHistory of the connection before the call

  // The same two of CallLog::watched, a bit each.
  uint64_t watched_may_reset = 0;
  uint64_t watched_may_shut = 0;
};

struct CallLog {
  static constexpr size_t kMostWatched = 64;
  std::vector<Clients> watched;  // one client each; set by the owner
  // "at call 1" is the first.
  std::vector<LoggedCall> calls;
};

class CallLogger final : public SyscallsLayer {
 public:
  CallLogger(Syscalls& inner, DrivenKernel& kernel, FaultInjector& injector, Ledger& ledger,
             ScenarioClients& clients)
      : SyscallsLayer(inner),
        kernel_(kernel),
        injector_(injector),
        ledger_(ledger),
        clients_(clients) {}

  // For a new run; null for no log. The calls of `log` are overwritten.
  void Start(CallLog* log);
  void Begin() { active_ = log_ != nullptr; }  // with the call that the server makes next
  void End() { active_ = false; }
  void NoteSleep() { slept_ = true; }  // in the call that is being made

 protected:
  bool Enter(SystemCall& call) override;
  void Leave(SystemCall& call) override;

 private:
  void LookAtClient(int client, LoggedCall& logged);
  bool MayReset(int client) const;

  DrivenKernel& kernel_;
  FaultInjector& injector_;
  Ledger& ledger_;
  ScenarioClients& clients_;
  CallLog* log_ = nullptr;
  bool active_ = false;
  bool slept_ = false;
  bool open_ = false;  // the last of the log is being made
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_CALL_LOG_H_
