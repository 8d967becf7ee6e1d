#include "scenarios/worlds/memory_by_client.h"

namespace hupstorm {

void MemoryByClient::Begin(int client, int64_t memory) {
  for (size_t i = 0; i < ledger_.client_count; ++i) {
    ClientFacts& facts = ledger_.clients[i];
    facts.held_before = facts.stream.Held(facts.consumed, facts.answered);
  }
  counting_ = true;
  client_ = client;
  memory_ = memory;
}

void MemoryByClient::AfterCall(int client, int64_t memory) {
  const int whose = client_ >= 0 ? client_ : client;
  if (whose >= 0) ledger_.clients[whose].memory_growth += memory - memory_;
  client_ = client;
  memory_ = memory;
}

bool MemoryByClient::BearsOut(const ClientFacts& client, uint64_t stored) const {
  if (stored <= client.held_before) return false;
  // A buffer that doubles may have room left from before.
  const auto least = static_cast<int64_t>((stored - client.held_before) / 2);
  return client.memory_growth >= least;
}

}  // namespace hupstorm
