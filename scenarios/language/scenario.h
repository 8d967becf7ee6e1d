// A scenario: a list of steps done to a server. It has two forms with one meaning: text (`.scn`,
// parse.h and print.h), to be read and kept, and bytes (bytes.h), for fuzzers.

#ifndef HUPSTORM_SCENARIOS_LANGUAGE_SCENARIO_H_
#define HUPSTORM_SCENARIOS_LANGUAGE_SCENARIO_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/call_table.h"
#include "kernel/faults/fault_rule.h"
#include "target/target.h"

namespace hupstorm {

// Clients bear a letter and an index: "a" is a[0] and "c[1..200]" is two hundred clients.
struct Clients {
  char letter = 'a';   // 'a' to 'z'
  uint32_t first = 0;  // 0 to kMaxClientIndex
  uint32_t last = 0;   // first to kMaxClientIndex
  friend bool operator==(const Clients&, const Clients&) = default;
};
inline constexpr uint32_t kMaxClientIndex = 9'999;

// clang-format off
enum class Action : uint8_t {
  // What a client does.
  kConnect,                // a connect
  kSend,                   // a send 64KiB              `amount` bytes of the client's own pattern
  kSendText,               // a send "GET /\r\n"        the bytes in `text`
  kSendUrgent,             // a send urgent             one byte of urgent data
  kRequest,                // a request 300B            a full HTTP request, `amount` bytes or more
  kRequestFirst,           // a request first 10B       `amount` bytes of one, all but the last at most
  kShutdownWrite,          // a shutdown write
  kClose,                  // a close
  kReset,                  // a reset
  kVanish,                 // a vanish                  its host is gone without a word
  kRead,                   // a read 4KiB               reads that many bytes more
  kReadAll,                // a read all                reads whatever comes, from now on
  kReadNone,               // a read none               stops reading
  kBuffer,                 // a buffer 4KiB             its receive buffer; before connect
  // What happens to the server.
  kServerStop,             // server stop               SIGTERM
  kServerRestart,          // server restart            SIGTERM, and then it is started again
  kServerInterrupt,        // server interrupt          the call it sleeps in is interrupted
  kServerBufferSend,       // server buffer send 4KiB   of connections accepted from now on
  kServerBufferReceive,    // server buffer receive 4KiB
  kLimitDescriptors,       // limit descriptors 5       more than it held at start
  kLimitMinus,             // limit descriptors minus 3 fewer than are open
  kLimitNone,              // limit descriptors none
  kWait,                   // wait 30s                  `amount` nanoseconds go by
  kFault,                  // fault send short 1 times 3
  kFaultNone,              // fault none                lifts every rule
  // What must hold when the server is at rest.
  kExpectReceived,         // expect a received 64KiB
  kExpectReceivedAtLeast,  // expect a received at least 1KiB
  kExpectReceivedText,     // expect a received "HTTP/1.0 200 OK"   begins with
  kExpectEof,              // expect a eof              the server ended the connection in order
  kExpectReset,            // expect a reset
  kExpectOpen,             // expect a open             neither of them
  kExpectConnected,        // expect a connected
  kExpectRefused,          // expect a refused
  kExpectServerRunning,    // expect server running
  kExpectServerStopped,    // expect server stopped
};
// clang-format on
inline constexpr int kActionCount = static_cast<int>(Action::kExpectServerStopped) + 1;
inline constexpr bool IsExpect(Action action) { return action >= Action::kExpectReceived; }
inline constexpr bool IsClientAction(Action action) { return action <= Action::kBuffer; }
// Whether Step::clients means something: the clients that do it, or of which it is expected.
inline constexpr bool NamesClients(Action action) {
  return IsClientAction(action) || (IsExpect(action) && action < Action::kExpectServerRunning);
}

// Where inside the server a step happens: "at recv 2 of a:" is the second recv on a's connection,
// counted from when the script reaches this step. The step takes effect just before the call does.
struct Placement {
  CallFamily call = CallFamily::kRecv;
  uint32_t occurrence = 1;                       // 1 to kMaxOccurrence
  std::optional<Clients> client = std::nullopt;  // one; "at accept 1:" counts the calls of all
  friend bool operator==(const Placement&, const Placement&) = default;
};
inline constexpr uint32_t kMaxOccurrence = 1'000'000;

struct Step {
  Action action = Action::kConnect;
  bool together = false;  // "and ...": reaches the server in one batch with the step before
  bool each = false;      // "each c[1..9] ...": one after another, not all at once
  std::optional<Placement> at;
  Clients clients;      // IsClientAction, and expectations about a client
  uint64_t amount = 0;  // bytes, nanoseconds, or a count
  std::string text;     // kSendText, kExpectReceivedText
  FaultRule fault;      // kFault; `connection` unused
  std::optional<Clients> fault_client = std::nullopt;  // kFault: one; on any connection without
  int line = 0;  // in the text; 0 for none. Not part of the meaning.

  // Equal meaning: all but `line`.
  friend bool operator==(const Step& a, const Step& b);
};
inline constexpr uint64_t kMaxSend = 64ull << 20;                  // bytes in one step
inline constexpr uint64_t kMaxWaitNs = 24ull * 3600 * 1000000000;  // a day
inline constexpr size_t kMaxText = 64 << 10;                       // bytes, at least one
inline constexpr size_t kMaxAllText = 512 << 10;                   // in all steps together
inline constexpr uint32_t kMaxDescriptors = 1'000'000;             // "limit descriptors"
inline constexpr uint32_t kMaxRounds = 1'000;
inline constexpr uint32_t kMaxSchedule = 1'000'000'000;
inline constexpr size_t kMaxSteps = 10'000;
inline constexpr uint64_t kMaxReceived = kMaxSend * kMaxSteps;  // all that one client can get

struct Scenario {
  std::string name;   // "half-close/echo-drains", from the path; not part of the meaning
  std::string file;   // as given on the command line; empty for none
  std::string title;  // the first sentence of the first comment; not part of the meaning
  // The protocol that the steps are written for. "target any" fits all.
  std::optional<Protocol> protocol = Protocol::kEcho;
  uint32_t rounds = 1;  // "rounds 8": all steps eight times, against one server, with all clients
                        // closed and the server at rest in between
  // "schedule 7": the seed of the order in which a server's threads take turns, if the world may
  // choose it; 0 for none: each runs until it blocks.
  uint32_t schedule = 0;
  std::vector<Step> steps;

  friend bool operator==(const Scenario& a, const Scenario& b) {
    return a.protocol == b.protocol && a.rounds == b.rounds && a.schedule == b.schedule &&
           a.steps == b.steps;
  }
};

// The most clients that can be connected at once: one for each name that connects.
uint64_t MostConnections(const Scenario& scenario);

// "a", "c[7]", "c[1..200]".
std::string ClientsText(const Clients& clients);

// Byte `offset` of what client `letter`[`index`] sends: printable ASCII ('0' to 'o'), the same in
// every run, and different enough that eight bytes name the client and the place.
class ClientPattern {
 public:
  ClientPattern(char letter, uint32_t index);
  // Writes bytes [offset, offset + count) to `out`.
  void Fill(uint64_t offset, char* out, size_t count) const;
  // Where bytes [offset, offset + count) stand, null if they are not kept. Good until the next
  // call for any pattern in this thread.
  const char* Find(uint64_t offset, size_t count) const;
  // How many leading bytes of `bytes` are those at `offset`.
  size_t Match(uint64_t offset, std::string_view bytes) const;

 private:
  uint64_t key_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_LANGUAGE_SCENARIO_H_
