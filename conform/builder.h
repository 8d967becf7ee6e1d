// A program in the making: what the generator believes of its descriptors so far.

#ifndef HUPSTORM_CONFORM_BUILDER_H_
#define HUPSTORM_CONFORM_BUILDER_H_

#include <array>
#include <cstdint>

#include "conform/program.h"
#include "conform/random.h"

namespace hupstorm::conform {

enum class Role : uint8_t {
  kNone,  // the slot was not used yet
  kListener,
  kClient,
  kServer,
  kEpoll,
  kEventfd,
  kTimerfd,
  kReader,
  kWriter,
  kPair,
};

// Sets of roles.
constexpr uint32_t Bit(Role role) { return 1u << static_cast<unsigned>(role); }
inline constexpr uint32_t kStreams = Bit(Role::kClient) | Bit(Role::kServer);
inline constexpr uint32_t kSockets = kStreams | Bit(Role::kListener) | Bit(Role::kPair);
inline constexpr uint32_t kAnything = ~0u;

// Where a call puts a descriptor that it is not expected to make.
inline constexpr int8_t kSpareSlot = kSlots - 1;

class Builder {
 public:
  explicit Builder(const Random& random) : random_(random) {}

  Random& random() { return random_; }
  Program& program() { return program_; }

  // A slot that is open, or now and then one that was closed, of one of the roles in `roles`;
  // kNoSlot if there is none.
  int8_t Pick(uint32_t roles);
  // The slot for something new, kNoSlot if all are used.
  int8_t New(Role role, bool non_blocking);
  Role RoleOf(int8_t slot) const { return At(slot).role; }
  void Close(int8_t slot) { At(slot).open = false; }
  // `to` becomes a copy of `from`, if both are open.
  void Copy(int8_t from, int8_t to);
  // Calls on it must be told not to wait.
  bool MayBlock(int8_t slot) const { return !At(slot).non_blocking; }
  void SetNonBlocking(int8_t slot, bool on) { At(slot).non_blocking = on; }
  // A client connected to `listener`: it waits there for accept.
  void Connected(int8_t client, int8_t listener);
  int Waiting(int8_t listener) const { return At(listener).waiting; }
  void Accepted(int8_t listener);
  // Bytes that may be sent through the slot yet and stay far from a full buffer.
  int Allowance(int8_t slot) const;
  void Spend(int8_t slot, int bytes) { At(slot).sent += bytes; }

  Operation& Add(const Operation& operation);
  Operation& Add(Code code, int8_t slot) { return Add({.code = code, .slot = slot}); }
  // No accept queue gets full.
  bool roomy = true;
  // It may look at SIOCOUTQ, for which each acknowledgment has to be awaited.
  bool asks_unsent = false;

 private:
  struct Slot {
    Role role = Role::kNone;
    bool open = false;
    bool non_blocking = true;
    int waiting = 0;
    int sent = 0;
  };

  Slot& At(int8_t slot) { return slots_[static_cast<size_t>(slot)]; }
  const Slot& At(int8_t slot) const { return slots_[static_cast<size_t>(slot)]; }

  Random random_;
  Program program_;
  std::array<Slot, kSlots> slots_;
  int8_t used_ = 0;
};

// The parts of the generator, each adding one or a few operations.
namespace actions {
// Connections: actions_connections.cc.
void Listen(Builder& builder);
void Connect(Builder& builder);
void Accept(Builder& builder);
void HalfClose(Builder& builder);
void Close(Builder& builder);
void Reset(Builder& builder);
void Copy(Builder& builder);
void ListenerTrouble(Builder& builder);
// Bytes: actions_bytes.cc.
void Send(Builder& builder);
void Receive(Builder& builder);
void SendUrgent(Builder& builder);
void ReceiveUrgent(Builder& builder);
void Fill(Builder& builder);
void Drain(Builder& builder);
void Wakeup(Builder& builder);  // eventfd, pipe, socketpair, timerfd
// Looking: actions_readiness.cc.
void Watch(Builder& builder);
void Rewatch(Builder& builder);
void Wait(Builder& builder);
void PollOrSelect(Builder& builder);
void SetOption(Builder& builder);
void GetOption(Builder& builder);
void Inspect(Builder& builder);
void Misuse(Builder& builder);  // any call on any descriptor
}  // namespace actions

}  // namespace hupstorm::conform

#endif  // HUPSTORM_CONFORM_BUILDER_H_
