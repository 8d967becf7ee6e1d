// The calls that the server made in a run, for the question which of them is to blame for a
// finding. It is kept in a run that asks for it (RunOptions::find_blame); without it every answer
// is 0, "no call".

#ifndef HUPSTORM_SCENARIOS_ORACLES_CALL_RECORD_H_
#define HUPSTORM_SCENARIOS_ORACLES_CALL_RECORD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "kernel/call_table.h"

namespace hupstorm {

struct SystemCall;

// How a call ended, as far as one branch of a server tells it from another.
enum class Ending : uint8_t {
  kDone,
  kEnd,      // recv returned 0: the client had finished
  kShort,    // send took less than it was given, or nothing (EAGAIN)
  kNothing,  // nothing is there yet: EAGAIN of any other call
  kInterrupted,
  kFailed,     // any other error: a connection or a resource is lost
  kElsewhere,  // close of a connection, while the server was at work on another one
};

struct MadeCall {
  uint64_t number = 0;  // 0: it has not ended
  Call call = Call::kSocket;
  int64_t result = 0;  // of a transfer: bytes
  int error = 0;
  uint64_t asked = 0;         // bytes, of a transfer
  int client = -1;            // whose connection it is made on, or accepts: ConnectionFacts::number
  bool is_fault = false;      // a fault of the scenario's made it end so
  bool is_elsewhere = false;  // Ending::kElsewhere

  CallFamily family() const { return FamilyOf(call); }
  Ending ending() const;
  // Of one that has failed: the same number for what a server deals with in one handler, the errors
  // of any transfer, and all that may go wrong as it takes in a client; of other calls a number of
  // their own. 0 for one that has not, and for EBADF.
  uint64_t failure() const;
  // "took 7 of 2,048 bytes", "failed with EMFILE": the predicate of a sentence about the call.
  std::string OutcomeText() const;
};

// Calls have numbers: the first of a run is 1, and 0 is none.
class CallRecord {
 public:
  void Clear(bool kept) {
    kept_ = kept;
    current_ = last_ = 0;
    calls_.clear();
  }
  bool kept() const { return kept_; }
  // The call number `number`, which has ended. The last million are kept.
  void Add(uint64_t number, const SystemCall& call, int client, bool is_fault,
           bool is_elsewhere = false);
  // Null if it has not ended, or is not kept.
  const MadeCall* Find(uint64_t number) const;

  // The last that has ended.
  uint64_t last() const { return last_; }
  // The call that is being made, or was made last.
  uint64_t current() const { return current_; }
  void Begin(uint64_t number) { current_ = number; }

  // The recv that gave the most bytes of the client's, the last of them if there are several: what
  // is kept came by it, and not by one that takes urgent data, a byte.
  uint64_t LargestRead(int client) const;
  // The last call of a family, on anything.
  uint64_t Last(CallFamily family) const;
  // The last call on the connection of client `client`; of a family, if one is given.
  uint64_t LastOn(int client, CallFamily family = CallFamily::kAny) const;
  // The first call that told the server that the connection has ended: recv that returned 0, or any
  // transfer that failed.
  uint64_t FirstWordOfEnd(int client) const;
  // The call that made descriptor `fd`, if its result says so.
  uint64_t MakerOf(int fd) const;
  // The call before the last wait, or since, that got nowhere: on the connection of `client`, or an
  // accept, or on any other; the wait itself if there is none.
  uint64_t InVain(int client) const;
  // The send with which byte `offset` of the answers should have gone out, or that took less than
  // it was given just before it.
  uint64_t SendOf(int client, uint64_t offset) const;
  // What cut the client's answer off after `received` bytes: the send that took less than it was
  // given and was not continued; or else EndOf. If that send was itself the rest of one before, for
  // which the server had waited, the server keeps what is not taken: its end threw it away.
  uint64_t CallThatCuts(int client, uint64_t received) const;
  // What ended the connection: shutdown or close; the last call on it if none did.
  uint64_t EndOf(int client) const;
  // Some other calls of its family, from the whole run.
  std::vector<uint64_t> OthersLike(uint64_t number) const;
  // The call that a server that ended did not get over: its last one, unless another failed since
  // it was woken.
  uint64_t LastBeforeDeath() const;

 private:
  template <typename Predicate>
  uint64_t LastThat(const Predicate& predicate) const;
  // The first call on the connection that the client has now, 0 for none.
  uint64_t BeginOf(int client) const;
  // The send asks for just what the one before on the connection did not take, after a wait.
  bool TakesUpWhatWasKept(int client, const MadeCall& send) const;

  uint64_t first_kept() const { return last_ > calls_.size() ? last_ - calls_.size() : 0; }

  bool kept_ = false;
  uint64_t current_ = 0;
  uint64_t last_ = 0;  // that has ended
  std::vector<MadeCall> calls_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_ORACLES_CALL_RECORD_H_
