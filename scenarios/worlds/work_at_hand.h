// Which clients the server is at work on, as far as its calls tell: those that its last wait has
// told of, and those on whose connections it has made calls since.

#ifndef HUPSTORM_SCENARIOS_WORLDS_WORK_AT_HAND_H_
#define HUPSTORM_SCENARIOS_WORLDS_WORK_AT_HAND_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernel/call_table.h"
#include "kernel/driven_kernel.h"
#include "kernel/system_call.h"
#include "scenarios/worlds/scenario_clients.h"

namespace hupstorm {

// That a descriptor is ready, as select, poll or epoll_wait has told the server.
struct WaitEvent {
  int fd = -1;            // -1: it is not known whose event of an epoll instance this is
  uint32_t events = 0;    // EPOLLIN and the like
  bool is_guess = false;  // many servers keep the descriptor in `data`
};

// What a wait that has ended told of, in its order, the first `most` of it; empty for one that
// failed. On Linux each event of an epoll instance has to be looked up in /proc.
std::vector<WaitEvent> EventsOf(const SystemCall& wait, const DrivenKernel& kernel,
                                size_t most = SIZE_MAX);

// Of a server with one thread. What several threads are at work on, their calls do not tell: one
// may close what another was told of.
class WorkAtHand {
 public:
  WorkAtHand(const DrivenKernel& kernel, const ScenarioClients& clients)
      : kernel_(kernel), clients_(clients) {}

  void Start();  // for a new run
  void SwitchTo(int thread) { thread_ = thread; }
  // A call of that thread has ended that is about `client`, -1 for none.
  void Note(const SystemCall& call, CallFamily family, int client);
  // The server is at work on others, and closes this client's connection without having been told
  // of it.
  bool IsElsewhere(int client) const;

 private:
  const DrivenKernel& kernel_;
  const ScenarioClients& clients_;
  int thread_ = 0;
  int first_thread_ = -1;  // that made a call on a client's connection; -1: none has
  bool has_threads_ = false;
  bool knows_told_ = false;
  std::vector<int> told_;       // clients, by the last wait
  std::vector<int> worked_on_;  // since then, by accept and transfers
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_WORK_AT_HAND_H_
