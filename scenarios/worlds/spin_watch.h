// Sees runs of calls in which nothing moves, in each thread of the server.

#ifndef HUPSTORM_SCENARIOS_WORLDS_SPIN_WATCH_H_
#define HUPSTORM_SCENARIOS_WORLDS_SPIN_WATCH_H_

#include <cstdint>
#include <string>
#include <unordered_map>

#include "kernel/driven_kernel.h"
#include "scenarios/oracles/ledger.h"
#include "scenarios/worlds/scenario_clients.h"

namespace hupstorm {

class SpinWatch {
 public:
  // A server that is woken so often in a row without moving anything is in a busy loop.
  static constexpr int kFruitlessWakes = 20;
  // The same for calls of any kind, for loops that never wait.
  static constexpr int kFruitlessCalls = 20'000;

  SpinWatch(const DrivenKernel& kernel, Ledger& ledger, const ScenarioClients& clients)
      : kernel_(kernel), ledger_(ledger), clients_(clients), thread_(&threads_[0]) {}

  void Start();  // for a new run
  // The calls that follow are made by this thread of the server; 0 at the start of a run.
  void SwitchTo(int thread) { thread_ = &threads_[thread]; }
  // Something happened beside the server's calls, so it may be woken for that.
  void OnStep();

  // Since a spin ended nothing has happened but that time went by: what comes is the same spin.
  void set_goes_on(bool goes_on) { goes_on_ = goes_on; }
  bool goes_on() const { return goes_on_; }

  // The thread makes a call that is about `client`, -1 for none.
  void BeginCall(int client) {
    CountFromLastMove();
    thread_->client = client;
    if (client >= 0) thread_->last_client = client;
  }
  // That call waits, and kFruitlessWakes before it have been woken in vain.
  bool WaitsInVain() const;
  // That call is of any other kind, and kFruitlessCalls before it moved nothing.
  bool CallsInVain() { return ++thread_->fruitless_calls >= kFruitlessCalls; }

  // The call has ended.
  void CountWake(const SystemCall& call);
  void CountProgress(const SystemCall& call, CallFamily family);
  void NoteMove() { ++moves_; }

  int64_t now_ns() const { return kernel_.now_ns(); }
  // By what the thread was woken last: " by IN on a's connection"; empty if it is not known.
  const std::string& wake_reason() const { return thread_->wake_reason; }
  // Its context says what the thread was woken by, if that is a client or the listener.
  Incident SpinOf(std::string how) const;
  bool knows_reason() const {
    return IsOfThisSpin() && (thread_->woken_client >= 0 || thread_->woken_by_listener);
  }

  int client() const { return thread_->client; }  // of the call being made, or made last
  // Of the last call that was about a client.
  int last_client() const { return thread_->last_client; }
  void set_last_client(int client) { thread_->last_client = client; }

 private:
  struct Thread {
    int fruitless_wakes = 0;
    int fruitless_passes = 0;      // in which it was shown all that was ready
    int64_t fruitless_events = 0;  // of a pass that is not over
    int fruitless_calls = 0;
    int self_wakes = 0;
    int looks = 0;  // without waiting, in a row, since the moment
    int64_t looks_since_ns = 0;
    uint64_t moves = 0;  // when these began
    int64_t last_wait_ns = 0;
    int client = -1;
    int last_client = -1;
    int woken_client = -1;
    bool woken_by_listener = false;
    uint32_t woken_events = 0;
    std::string wake_reason;
    uint64_t reason_moves = UINT64_MAX;  // `moves` when these were found out
  };

  // What one thread of the server moves may be what another was woken for in vain.
  void CountFromLastMove() {
    if (thread_->moves != moves_) ForgetFruitless();
  }
  bool MovesInside(const SystemCall& call);
  void ForgetFruitless();
  void CountPass(const SystemCall& call);
  // What the thread was woken by was not for an earlier spin, of which there is none any more.
  bool IsOfThisSpin() const { return thread_->reason_moves == moves_; }
  bool LooksOnAndOn(const SystemCall& call, int64_t now);
  void LookForReason(const SystemCall& call);

  const DrivenKernel& kernel_;
  Ledger& ledger_;
  const ScenarioClients& clients_;
  bool goes_on_ = false;
  uint64_t moves_ = 0;            // times that something moved, or might have
  int64_t bytes_of_clients_ = 0;  // that have been read from and written to them
  int64_t bytes_inside_ = 0;      // the same, between the server's own processes and threads
  std::unordered_map<int, Thread> threads_;
  Thread* thread_;  // that makes the call
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_SPIN_WATCH_H_
