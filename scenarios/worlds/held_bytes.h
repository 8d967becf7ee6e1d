// How much the server holds for each client: by what it has read and sent, as far as its memory
// bears that out.
//
// Whose bytes a heap holds is told by its growth from call to call: what grows after a call on a
// connection is that client's; what grows before one, after a call on none, too. To look at each
// call costs something, so it begins only when a client is near the bound.

#ifndef HUPSTORM_SCENARIOS_WORLDS_HELD_BYTES_H_
#define HUPSTORM_SCENARIOS_WORLDS_HELD_BYTES_H_

#include <cstdint>

#include "scenarios/oracles/ledger.h"
#include "scenarios/worlds/server_host.h"

namespace hupstorm {

class HeldBytes {
 public:
  HeldBytes(Ledger& ledger, ServerHost& host) : ledger_(ledger), host_(host) {}

  void Start() { counting_ = false; }  // for a new run
  void BeginScript() { memory_at_start_ = host_.Memory(); }
  // A call of the server has ended. `client`: the one it is about, index into Ledger::clients, -1
  // for none; `received`: the bytes that it gave the server.
  void AfterCall(int client, uint64_t received) {
    if (counting_) NoteGrowth(client);
    if (client >= 0 && received > 0) NoteReceived(client, received);
  }
  // The same for a server whose calls are not seen, or whose heap is not: its memory as a whole has
  // to bear it out. Ledger tells what it has read and sent.
  void NoteHeld(ClientFacts& client);

 private:
  void NoteGrowth(int client);
  void NoteReceived(int client, uint64_t count);
  void BeginCounting(int client);

  Ledger& ledger_;
  ServerHost& host_;
  int64_t memory_at_start_ = 0;
  bool counting_ = false;
  int last_client_ = -1;  // of the last call
  int64_t heap_ = 0;      // bytes, after the last call
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_HELD_BYTES_H_
