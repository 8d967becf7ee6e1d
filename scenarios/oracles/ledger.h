// What is known of a run: facts that a world writes down and oracles judge. Nothing here depends on
// how a world came to know a fact, so that the same oracles serve every world.

#ifndef HUPSTORM_SCENARIOS_ORACLES_LEDGER_H_
#define HUPSTORM_SCENARIOS_ORACLES_LEDGER_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernel/call_table.h"
#include "kernel/heap/heap_meter.h"
#include "scenarios/language/scenario.h"
#include "scenarios/oracles/call_record.h"
#include "scenarios/oracles/client_stream.h"

namespace hupstorm {

// The last calls that the server made on a connection, newest in the lowest byte: what a finding's
// fingerprint is made of. The same call with the same kind of outcome twice in a row counts once,
// so that the length of a loop or of a message does not matter.
class CallHistory {
 public:
  void Add(CallFamily family, int64_t result, int error);
  uint64_t value() const { return value_; }

 private:
  uint64_t value_ = 0;
};

// Errors that a server deals with in one branch are of one kind, which one of them stands for: a
// resource that has run out (accept(2)), or a connection that is lost. Others, and 0, are their
// own.
int KindOfError(int error);

// A client that was silent for this long may find its connection closed: servers have timeouts.
inline constexpr int64_t kLongSilenceNs = 1'000'000'000;

// One connection of one client, but for its bytes. Plain data, so that it costs little to begin
// anew.
struct ConnectionFacts {
  int number = -1;  // index into Ledger::clients
  char letter = 'a';
  uint32_t index = 0;
  bool probe = false;  // the world's own client, at the end
  int last_step = 0;   // the last step that acted on it: index from 1, 0 for none

  // What the client did, or what befell it.
  bool connected = false;         // the handshake finished
  bool refused = false;           // the port was not listened on
  bool finished_sending = false;  // its FIN is out, by shutdown or close
  bool closed = false;
  bool reset = false;     // it reset the connection, or a fault did
  bool vanished = false;  // its host is gone
  bool aborted = false;   // lost between the handshake and accept (ECONNABORTED)
  // Closed unread, after the server had run out of some resource, or beyond the most that it takes.
  bool turned_away = false;
  bool held_up = false;      // head-of-line-blocking says why it is not served
  bool closed_idle = false;  // ended by the server when all was answered and it was silent for long
  bool reading = false;      // it reads whatever comes

  // How it ended for the client.
  bool end_of_input = false;       // the server's FIN
  bool was_reset = false;          // by the server
  int64_t idle_before_end_ns = 0;  // clock time from when it spoke last to either of these
  bool complete_when_drained = false;
  int64_t longest_silence_ns = 0;  // clock time between two acts of the client's

  // The server's side of it.
  int port = 0;  // the address the server sees
  int rank = 0;  // how many connections the server had with this one, when it was accepted
  bool in_handshake = false;  // state SYN-RECV: no room in the accept queue, says TCP's own timer
  bool accepted = false;
  int fd = -1;                // the server's descriptor; -1 if it has none, or it is not known
  bool server_open = false;   // the server holds a descriptor for it
  bool close_wait = false;    // state CLOSE-WAIT
  uint64_t unread = 0;        // in its receive buffer
  uint64_t unsent = 0;        // in its send buffer
  uint64_t consumed = 0;      // bytes that the server has read
  uint64_t answered = 0;      // bytes that the server has sent
  uint64_t reads = 0;         // reads that gave it bytes
  uint64_t most_held = 0;     // the most that it held for this client, if its heap bears it out
  uint64_t held_before = 0;   // and what it held when its heap began to be watched: see worlds/
  int64_t memory_growth = 0;  // by which its heap has grown at this client's calls since then
  int ends_seen = 0;          // how often it fetched the end of input or an error
  CallHistory history = {};

  // Nothing is owed to it any more, by its own doing or the network's.
  bool IsExcused() const {
    return closed || reset || vanished || aborted || refused || turned_away || closed_idle ||
           !connected;
  }
};

struct ClientFacts : ConnectionFacts {
  ClientStream stream;  // what it sent, is owed, and got
};

// Something that was seen happening, with the step at which it showed.
struct Incident {
  std::string what;
  int client = -1;       // index into Ledger::clients, -1 for none
  int step = 0;          // index from 1, 0 before any
  uint64_t context = 0;  // for the fingerprint
  uint64_t call = 0;     // that is to blame, in Ledger::calls; 0 for none
};

// The heap at the end of a round, with the most clients that were connected at once so far.
struct HeapMark {
  HeapUse heap;
  int most_clients = 0;
};

// Descriptors that are no connections, at the end of one round after another, each with as many
// clients: what a server makes once and keeps (a log, a pool) is not made again for the next ones.
struct DescriptorGrowth {
  int rounds = 0;        // in a row that have left more than any before
  int count = 0;         // how many more, by all of these
  bool is_leak = false;  // these are too many for what is made once
  std::string what;      // what the last of them left: "pipe made by pipe2, /tmp/a.log"
  uint64_t kinds = 0;    // of that, for the fingerprint
  uint64_t call = 0;     // that made one of them
};

// For the end of a sentence: ", also 75 s later"; empty for less than a millisecond.
std::string LaterText(int64_t waited_ns);

struct Ledger {
  const Target* target = nullptr;  // the server's, for the length of the run
  std::vector<ClientFacts> clients;
  size_t client_count = 0;  // of `clients`, those in use; the rest is kept memory

  CallRecord calls;

  int current_step = 0;  // the step carried out last: index from 1, 0 before any

  // Connections that the server has accepted and not closed: now, and the most at once.
  int connected_now = 0;
  int most_connected = 0;
  int most_served = 0;  // the highest rank of a client of which the server has read something

  int highest_descriptor = -1;  // of a connection, as far as is known

  // Descriptors: at the first rest, and now.
  int descriptors_at_start = 0;
  int descriptors_now = 0;
  int connections_left = 0;      // of clients that are gone, and that the server has not closed
  std::string descriptors_left;  // "2 connections (a, b), 1 eventfd"; filled in when there are more
  DescriptorGrowth descriptor_growth;

  // The bytes that the server held for one client without an end in sight; 0 if it was not looked
  // for, or there is an end.
  uint64_t endless_queue = 0;

  // The calls in which the server sleeps that wait for one connection alone, or for a new one while
  // nothing else would wake the server: a recv, say. `client` is an index, -1 for none.
  struct Block {
    Call call = Call::kRecv;
    int client = -1;
  };
  std::vector<Block> blocks;
  // `client` waits to be accepted or read while the server sleeps in calls on others.
  bool IsHeldUp(const ClientFacts& client) const;
  // It does not sleep, and was left to spin: what others wait for may come by its timers all the
  // same.
  bool spinning = false;
  // How long, by the clock, it was waited for what is outstanding now.
  int64_t waited_ns = 0;

  // The server's end.
  bool dead = false;  // it ended without being asked to; `deaths` says how
  bool asked_to_stop = false;
  bool stop_ignored = false;  // it was asked, time went by, it did not end
  bool stopped = false;       // serve() returned
  // Some call of the server failed for want of resources, or may have if not all are seen.
  bool resource_shortage = false;
  int last_accept_error = 0;  // of its last call of accept; 0 if that succeeded

  std::vector<Incident> deaths;
  std::vector<Incident> spins;
  std::vector<Incident> misuses;
  std::vector<Incident> deadlocks;
  std::vector<Incident> foreign_log_lines;
  std::vector<Incident> broken_expectations;
  std::vector<Incident> floods;      // clients that get without end what they are not owed
  std::vector<HeapMark> heap_marks;  // one a round
  // Of a server whose code is not known: the blocks of one size of which it has kept more in each
  // of so many rounds, also after a long time in which nothing came. 0: none.
  int64_t kept_blocks = 0;
  uint64_t kept_block_bytes = 0;  // at most
  uint32_t kept_rounds = 0;

  std::span<ClientFacts> InUse() { return std::span(clients).first(client_count); }
  std::span<const ClientFacts> InUse() const { return std::span(clients).first(client_count); }

  void Clear();
  ClientFacts& AddClient();  // whose stream is still to be Reset
  // The call that should have made the server let go of a connection that it holds: it told of the
  // end; or the wait that told of it in vain; or the last on the connection.
  uint64_t CallThatForgets(const ConnectionFacts& connection) const;
  // The same of the first connection that the server holds; 0 if it holds none.
  uint64_t CallThatForgetsAny() const;
  // A sum that grows as the server reads, as clients get what they are owed, and as it lets them
  // go.
  uint64_t Progress() const;
  // LaterText of how long was waited.
  std::string Later() const { return LaterText(waited_ns); }
  std::string ClientName(const ClientFacts& client) const;  // "a", "c[7]", "a new client"
  // The other client that sent the bytes that `client` got in place of its own; null if they are
  // its own, or no client's.
  const ClientFacts* OwnerOfMismatch(const ClientFacts& client) const;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_ORACLES_LEDGER_H_
