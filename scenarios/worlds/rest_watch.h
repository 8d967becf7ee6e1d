// Whether a server that is seen from outside only has come to rest. The harness acts, the server
// works on it, and sleeps again; nothing says when, so its threads, its processor time and its
// sockets are looked at until they stand still.

#ifndef HUPSTORM_SCENARIOS_WORLDS_REST_WATCH_H_
#define HUPSTORM_SCENARIOS_WORLDS_REST_WATCH_H_

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "kernel/linux/outside/outside_kernel.h"

namespace hupstorm {

// Something that a server has not done yet for a client, and could.
struct Debt {
  uint64_t which = 0;  // another number for another debt
  // It is for Linux to go on: what was lost is sent again after 200 ms and more; of a handshake
  // after a second, and after three.
  bool is_of_tcp = false;
};

class RestWatch {
 public:
  enum class State : uint8_t { kMoving, kAtRest, kSpinning };

  // `kernel` must outlive it.
  explicit RestWatch(OutsideKernel& kernel) : kernel_(kernel) {}

  void StartRun();
  // The harness has acted.
  void StartWaiting();
  // Looks, waits for a moment, and says how things stand. At rest: between two looks every thread
  // slept and used no processor time, and nothing moved on any connection; if its processes
  // cannot be seen, nothing moved for 50 ms. Spinning: see SpinEvidence.
  State Look();
  // The server is at rest and may not be done: gives it a moment, longer each time. Clients act
  // meanwhile.
  void WaitOn();
  // True if a server that owes something has time left: a second after anything has moved last, or
  // three if its processes cannot be seen. Less once it has been waited for in vain too often, and
  // none for debts that were given up in this run.
  bool HasPatienceFor(const std::vector<Debt>& debts);
  // In each of several windows of 300 ms a thread of the server never slept, or was running or
  // runnable for 90 % of it, and nothing moved.
  std::string SpinEvidence() const;

 private:
  void NoteChange();
  bool TrafficMoved();  // since it was asked last
  bool LookForSpin();

  OutsideKernel& kernel_;
  OutsideKernel::Activity last_;
  bool has_last_ = false;
  uint64_t traffic_ = 0;
  int64_t changed_ns_ = 0;       // when anything moved last
  int64_t suspected_ns_ = 0;     // from when on it may be that the server spins
  int64_t step_ns_ = 0;          // until the next look
  int64_t patient_step_ns_ = 0;  // the same, while patience lasts
  bool spins_ = false;           // in this run
  bool spun_before_ = false;
  int in_vain_ = 0;
  std::set<uint64_t> given_up_;
  int64_t spin_window_ns_ = 0;
  int64_t spin_run_ns_ = 0;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_REST_WATCH_H_
