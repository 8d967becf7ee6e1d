// The layer that watches the server: it writes into the ledger what each call moved, sees runs of
// calls in which nothing moves, calls on wrong descriptors, and lines of the server's log, and
// carries out steps that are set to fall inside a call.

#ifndef HUPSTORM_SCENARIOS_WORLDS_SERVER_MONITOR_H_
#define HUPSTORM_SCENARIOS_WORLDS_SERVER_MONITOR_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernel/syscalls_layer.h"
#include "scenarios/language/scenario.h"
#include "scenarios/oracles/ledger.h"

namespace hupstorm {

// What the monitor asks of its world.
class MonitorHost {
 public:
  virtual ~MonitorHost() = default;
  // The client behind a descriptor: index into Ledger::clients, -1 for none.
  virtual int ClientOf(int fd) = 0;
  virtual int64_t NowNs() = 0;
  // The step carried out last: index from 1, 0 before any.
  virtual int CurrentStep() = 0;
  // A descriptor that the server must not close, as it is not its own: to it, it is not open.
  virtual bool IsOffLimits(int fd) = 0;
  // The server makes the call that step `step` (index from 0) was set to fall inside.
  virtual void CarryOutPlaced(int step) = 0;
  // True if faults made calls fail in vain since the last step: being woken for that is no fault of
  // the server's.
  virtual bool WasHindered() = 0;
  // The call is over already, and the monitor hears of it late: nothing can be done about it.
  virtual bool IsInRetrospect() { return false; }
  // How many descriptors can be ready at once, at most.
  virtual int64_t MostReady() = 0;
  // The server is no longer stopped by anything: carry out what comes next, as if it slept.
  virtual void OnSpin() = 0;
  // An incident was added to the ledger.
  virtual void OnIncident() = 0;
  // A whole line of the server's log.
  virtual void OnLogLine(std::string_view line) = 0;
  // A call has ended; `call` has its result. The clients may act on what it did.
  virtual void AfterCall(const SystemCall& call) = 0;
};

class ServerMonitor final : public SyscallsLayer {
 public:
  // A server that is woken so often in a row without moving anything is in a busy loop.
  static constexpr int kFruitlessWakes = 20;
  // The same for calls of any kind, for loops that never wait.
  static constexpr int kFruitlessCalls = 20'000;

  ServerMonitor(Syscalls& inner, Ledger& ledger, MonitorHost& host);

  // A line of the server's log, or a part of one: its calls for that are no calls of the server.
  static bool IsLogLine(const SystemCall& call);

  // For a new run. `names_client`: see Target::log_names_client; `progress`: see RunOptions.
  void Start(bool names_client, std::atomic<uint64_t>* progress);

  // Sets step `step` (index from 0) to fall inside a call.
  void Place(int step, const Placement& placement);
  // Takes away the steps whose call has not come, and returns them.
  std::vector<int> TakePlaced();
  bool HasPlaced() const { return !placed_.empty(); }

  // The calls that follow are made by this thread of the server; 0 at the start of a run.
  void SwitchTo(int thread) { thread_ = &threads_[thread]; }

  // Something happened beside the server's calls, so it may be woken for that.
  void OnStep();

  // The run gets on: see RunOptions::progress. The monitor writes alone, so no atomic addition is
  // needed.
  void MarkProgress() { progress_->store(++marks_, std::memory_order_relaxed); }

  uint64_t calls() const { return calls_; }
  // The client that the server's last call on a connection was about, -1 for none.
  int last_client() const { return thread_->last_client; }
  // The server's last call and how it ended, as a number for a fingerprint. What destructors close
  // while an exception leaves the server does not count, nor does what it logs.
  uint64_t last_call() const;
  // The client that the call being made, or made last, is about; -1 for none.
  int call_client() const { return thread_->client; }

 protected:
  bool Enter(SystemCall& call) override;
  void Leave(SystemCall& call) override;

 private:
  struct Placed {
    int step;
    Placement placement;
    uint32_t seen;
  };

  struct EndedCall {
    CallFamily family;
    int error;
    int64_t result;
  };

  // What is known of one thread of the server's.
  struct ThreadFacts {
    int fruitless_wakes = 0;
    int fruitless_passes = 0;      // in which it was shown all that was ready
    int64_t fruitless_events = 0;  // of a pass that is not over
    int fruitless_calls = 0;
    int self_wakes = 0;
    uint64_t moves = 0;  // when these began
    int64_t last_wait_ns = 0;
    int client = -1;  // of the call that is being made
    int last_client = -1;
    int woken_client = -1;
    uint32_t woken_events = 0;
    std::string wake_reason;
  };

  void CarryOutPlaced(const SystemCall& call);
  void EndSpin();
  void EndFruitlessCalls(const SystemCall& call, CallFamily family);
  bool TakeLog(SystemCall& call);
  void EndLogLine();
  // What one thread of the server moves may be what another was woken for in vain.
  void CountFromLastMove() {
    if (thread_->moves != moves_) ForgetFruitless();
  }
  void ForgetFruitless();
  void CountProgress(const SystemCall& call, CallFamily family);
  bool IsSpinning() const;
  void CountPass(const SystemCall& call);
  void CountWake(const SystemCall& call);
  void LookForMisuse(const SystemCall& call);
  void ReportSpin(std::string_view how);
  void AddMisuse(const SystemCall& call, int fd, std::string_view what);

  Ledger& ledger_;
  MonitorHost& host_;
  std::vector<Placed> placed_;
  std::string log_line_;
  bool names_client_ = false;
  std::atomic<uint64_t> no_progress_{0};  // written where nobody looks
  std::atomic<uint64_t>* progress_ = &no_progress_;
  uint64_t marks_ = 0;  // calls and steps since the monitor was made
  uint64_t calls_ = 0;
  std::optional<EndedCall> last_call_;
  uint64_t moves_ = 0;  // times that something moved, or might have
  std::unordered_map<int, ThreadFacts> threads_;
  ThreadFacts* thread_;  // that makes the call
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_SERVER_MONITOR_H_
