// The layer that watches the server: it writes into the ledger what each call moved, sees busy
// loops and calls on wrong descriptors, takes the server's log, and has steps carried out that are
// set to fall inside a call.

#ifndef HUPSTORM_SCENARIOS_WORLDS_SERVER_MONITOR_H_
#define HUPSTORM_SCENARIOS_WORLDS_SERVER_MONITOR_H_

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "kernel/syscalls.h"
#include "scenarios/oracles/ledger.h"
#include "scenarios/worlds/judge.h"
#include "scenarios/worlds/placed_steps.h"
#include "scenarios/worlds/scenario_clients.h"
#include "scenarios/worlds/server_log.h"
#include "scenarios/worlds/spin_watch.h"
#include "scenarios/worlds/time_line.h"
#include "scenarios/worlds/work_at_hand.h"
#include "scenarios/worlds/world.h"

namespace hupstorm {

// What the monitor leaves to the run.
class MonitorHost {
 public:
  virtual ~MonitorHost() = default;
  // A descriptor that the server must not close, as it is not its own: to it, it is not open.
  virtual bool IsOffLimits(int fd) = 0;
  // How many faults have been injected.
  virtual uint64_t FaultsInjected() const { return 0; }
  // The call is over already, and the monitor hears of it late: nothing can be done about it.
  virtual bool IsInRetrospect() const { return false; }
  // The server has begun to serve: what it does is looked at.
  virtual bool IsServing() const { return true; }
  // True if faults made calls fail in vain since the last step: being woken for that is no fault of
  // the server's.
  virtual bool WasHindered() = 0;
  // The server makes the call that step `step` (index from 0) was set to fall inside.
  virtual void CarryOutPlaced(int step) = 0;
  // The server is no longer stopped by anything: carry out what comes next, as if it slept, until
  // `deadline_ns` at most; -1 for ever.
  virtual void OnSpin(int64_t deadline_ns) = 0;
  // The same for a server that works on and on, with something to show for it, and never sleeps.
  virtual void OnRestless() = 0;
  // The stack that the server makes this call on is wanted; it is the server's call number
  // `number`.
  virtual void TakeStack(const SystemCall&, uint64_t /*number*/) {}
  // There is nothing more to be learnt from the server: ends the run.
  virtual void GiveUp() = 0;
  // A call has ended; `call` has its result. The clients may act on what it did.
  virtual void AfterCall(const SystemCall& call) = 0;
};

class ServerMonitor final : public Syscalls {
 public:
  // Work is counted in calls, and in bytes that are sent to clients by 64. Each time that a server
  // has done so much between two steps of a scenario it is looked at, and after so many looks the
  // scenario goes on, although the server has not come to rest; from then on there is a sixteenth
  // of them. More than a crowd's answers take, one byte a call. A server of which it is not known
  // what it owes may send for ever, and gets less.
  static constexpr int32_t kWorkBetweenLooks = 16'384;
  static constexpr int kMostLooks = 250;
  static constexpr int kMostLooksIfUnknown = 16;
  // A client that got so many bytes after the first that it is not owed will get them for ever.
  static constexpr uint64_t kFlood = 1 << 20;

  ServerMonitor(Syscalls& inner, const DrivenKernel& kernel, Ledger& ledger,
                ScenarioClients& clients, Judge& judge, TimeLine& time_line, MonitorHost& host)
      : inner_(&inner),
        ledger_(ledger),
        clients_(clients),
        judge_(judge),
        host_(host),
        log_(ledger, judge, time_line),
        spin_(kernel, ledger, clients),
        at_hand_(kernel, clients) {}

  // Watches another kernel from the next call on; not to be called from inside one.
  void set_inner(Syscalls& inner) { inner_ = &inner; }
  // No SyscallsLayer, whose virtual functions cost more than what is done here for most calls.
  void Make(SystemCall& call) override;
  bool Simulates(int fd) const override { return inner_->Simulates(fd); }
  StandIn OpenStandIn(int fd) const override { return inner_->OpenStandIn(fd); }
  int NextDescriptor(int from) const override { return inner_->NextDescriptor(from); }

  // For a new run. `options` must outlive it.
  void Start(const Target& target, const RunOptions& options);

  PlacedSteps& placed() { return placed_; }
  const PlacedSteps& placed() const { return placed_; }

  // The calls that follow are made by this thread of the server; 0 at the start of a run.
  void SwitchTo(int thread) {
    spin_.SwitchTo(thread);
    at_hand_.SwitchTo(thread);
  }

  // Something happened beside the server's calls, so it may be woken for that.
  void OnStep() {
    MarkProgress();
    spin_.OnStep();
    work_left_ = kWorkBetweenLooks;
    looks_ = 0;
  }

  // Of a spin that has ended: nothing has happened since but that time went by.
  void set_spin_goes_on(bool goes_on) { spin_.set_goes_on(goes_on); }

  // The run gets on: see RunOptions::progress. The monitor writes alone, so no atomic addition is
  // needed.
  void MarkProgress() { progress_->store(++marks_, std::memory_order_relaxed); }

  uint64_t calls() const { return calls_; }
  const ServerLog& log() const { return log_; }
  // The client that the server's last call on a connection was about, -1 for none.
  int last_client() const { return spin_.last_client(); }
  // The client that the call being made, or made last, is about; -1 for none.
  int call_client() const { return spin_.client(); }
  // The server's last call and how it ended, and its last failure since it was woken, as a number
  // for a fingerprint. What destructors close while an exception leaves the server does not count,
  // nor does what it logs.
  uint64_t last_call() const;

 private:
  struct EndedCall {
    CallFamily family = CallFamily::kAny;  // kAny: there was none
    int error = 0;
    int64_t result = 0;
  };

  // False if the call is answered already. Both are called twice, and cost a tenth of a run if they
  // are not a part of Make.
  [[gnu::always_inline]] inline bool Enter(SystemCall& call, CallFamily family);
  [[gnu::always_inline]] inline void Leave(const SystemCall& call, CallFamily family);
  [[gnu::cold]] void MakeLookedAt(SystemCall& call, CallFamily family);

  [[gnu::cold]] void EndSpin(const SystemCall& call, std::string how);
  bool MayBeLeft(const SystemCall& call, CallFamily family) const {
    return MayThrow(call.call) && family != CallFamily::kClose && !host_.IsInRetrospect();
  }
  [[gnu::cold]] void LookAtWork();
  void NoteTransfer(const SystemCall& call, CallFamily family);
  void LookForMisuse(const SystemCall& call);
  void AddMisuse(const SystemCall& call, int fd, std::string_view what);

  Syscalls* inner_;
  Ledger& ledger_;
  ScenarioClients& clients_;
  Judge& judge_;
  MonitorHost& host_;
  PlacedSteps placed_;
  ServerLog log_;
  SpinWatch spin_;
  WorkAtHand at_hand_;                    // kept while calls are recorded
  std::atomic<uint64_t> no_progress_{0};  // written if there is no other
  std::atomic<uint64_t>* progress_ = &no_progress_;
  uint64_t marks_ = 0;  // calls and steps since the monitor was made
  uint64_t calls_ = 0;
  bool looks_closely_ = false;             // at each call, for one of these:
  bool records_ = false;                   // RunOptions::find_blame
  bool all_stacks_ = false;                // and the next: of the same names
  std::span<const uint64_t> stacks_at_;    // that are still to come
  bool is_serving_ = false;                // the server
  int64_t work_left_ = kWorkBetweenLooks;  // until the next look
  int looks_ = 0;                          // since the last step
  int most_looks_ = kMostLooks;
  EndedCall last_call_;
  EndedCall last_failure_;  // since the server was woken last
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_SERVER_MONITOR_H_
