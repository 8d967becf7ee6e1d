#include "scenarios/worlds/held_bytes.h"

#include <algorithm>

namespace hupstorm {

void HeldBytes::NoteGrowth(int client) {
  const int whose = last_client_ >= 0 ? last_client_ : client;
  const int64_t heap = host_.Heap().bytes;
  if (whose >= 0) ledger_.clients[whose].memory_growth += heap - heap_;
  last_client_ = client;
  heap_ = heap;
}

void HeldBytes::NoteReceived(int index, uint64_t count) {
  ClientFacts& client = ledger_.clients[index];
  if (ledger_.target->third_party) return NoteHeld(client);
  const uint64_t bound = ledger_.target->queue_bound;
  // What this call gave is not stored yet. (It need not have been consumed: MSG_PEEK.)
  const uint64_t before = client.consumed - std::min(client.consumed, count);
  const uint64_t held = client.stream.Held(before, client.answered);
  if (held <= bound / 2) return;
  if (!counting_) BeginCounting(index);
  if (held <= std::max({client.most_held, bound, client.held_before})) return;
  // A buffer that doubles may have room left from before.
  const auto least_growth = static_cast<int64_t>((held - client.held_before) / 2);
  if (client.memory_growth >= least_growth) client.most_held = held;
}

void HeldBytes::BeginCounting(int client) {
  for (ClientFacts& facts : ledger_.InUse()) {
    facts.held_before = facts.stream.Held(facts.consumed, facts.answered);
  }
  counting_ = true;
  last_client_ = client;
  heap_ = host_.Heap().bytes;
}

void HeldBytes::NoteHeld(ClientFacts& client) {
  const uint64_t bound = ledger_.target->queue_bound;
  const uint64_t held = client.stream.Held(client.consumed, client.answered);
  // To look at the memory of a process takes long: not for each page that comes.
  if (held <= std::max(client.most_held + client.most_held / 16, bound)) return;
  // Beside what it may hold for the others. Of a third-party server only whole pages are known.
  uint64_t least = ledger_.target->third_party ? held / 2 : held;
  for (const ClientFacts& other : ledger_.InUse()) {
    if (&other != &client) least += std::min(other.consumed, bound / 2);
  }
  if (host_.Memory() - memory_at_start_ > static_cast<int64_t>(least)) client.most_held = held;
}

}  // namespace hupstorm
