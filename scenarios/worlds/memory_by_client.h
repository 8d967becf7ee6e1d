// Whose bytes they are that a server's heap holds, as far as its calls tell: what grows after a
// call on a connection is that client's; what grows before one, after a call on none, too.
//
// It costs something at each call, so it begins only when a client is near the bound.

#ifndef HUPSTORM_SCENARIOS_WORLDS_MEMORY_BY_CLIENT_H_
#define HUPSTORM_SCENARIOS_WORLDS_MEMORY_BY_CLIENT_H_

#include <cstdint>

#include "scenarios/oracles/ledger.h"

namespace hupstorm {

class MemoryByClient {
 public:
  explicit MemoryByClient(Ledger& ledger) : ledger_(ledger) {}

  // For a new run.
  void Clear() { counting_ = false; }

  bool counting() const { return counting_; }
  // `memory`: bytes that the server's heap holds; `client`: index into Ledger::clients, -1 for
  // none. To be told of each call from then on.
  void Begin(int client, int64_t memory);
  void AfterCall(int client, int64_t memory);

  // Whether the heap bears it out that `stored` bytes are held for `client`. While counting.
  bool BearsOut(const ClientFacts& client, uint64_t stored) const;

 private:
  Ledger& ledger_;
  bool counting_ = false;
  int client_ = -1;  // of the last call
  int64_t memory_ = 0;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_MEMORY_BY_CLIENT_H_
