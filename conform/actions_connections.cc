// Connections come and go.

#include <fcntl.h>
#include <sys/socket.h>

#include "conform/builder.h"

namespace hupstorm::conform::actions {
namespace {

constexpr uint32_t kNonBlock = SOCK_NONBLOCK;

int8_t MakeSocket(Builder& builder) {
  const bool non_blocking = !builder.roomy || builder.random().Chance(85);
  const int8_t made = builder.New(Role::kClient, non_blocking);
  if (made != kNoSlot) {
    builder.Add({.code = Code::kSocket, .made = made, .flags = non_blocking ? kNonBlock : 0});
  }
  return made;
}

}  // namespace

void Listen(Builder& builder) {
  const int8_t made = builder.New(Role::kListener, true);
  if (made == kNoSlot) return;
  const int backlog = builder.roomy ? 64 : builder.random().Below(3);
  builder.Add({.code = Code::kListener, .made = made, .size = backlog});
}

void Connect(Builder& builder) {
  Random& random = builder.random();
  const int8_t listener = builder.Pick(Bit(Role::kListener));
  const int8_t client = random.Chance(8) ? builder.Pick(kStreams) : MakeSocket(builder);
  if (client == kNoSlot || listener == kNoSlot) return;
  const bool to_nobody = random.Chance(4);
  builder.Add(Code::kConnect, client).other = to_nobody ? kNoSlot : listener;
  if (to_nobody) return;
  builder.Connected(client, listener);
  if (random.Chance(50)) builder.Add(Code::kConnect, client).other = listener;  // has it finished?
}

void Accept(Builder& builder) {
  Random& random = builder.random();
  int8_t listener = builder.Pick(Bit(Role::kListener));
  if (listener == kNoSlot) return;
  if (builder.Waiting(listener) == 0 && random.Chance(80)) return;
  const bool non_blocking = random.Chance(85);
  const bool expected = builder.Waiting(listener) > 0;
  const int8_t made = expected ? builder.New(Role::kServer, non_blocking) : kNoSlot;
  if (expected && made == kNoSlot) return;
  Operation& accept = builder.Add(Code::kAccept, listener);
  accept.made = expected ? made : kSpareSlot;
  accept.flags = (non_blocking ? kNonBlock : 0) | (random.Chance(10) ? SOCK_CLOEXEC : 0);
  builder.Accepted(listener);
}

void HalfClose(Builder& builder) {
  static constexpr int kHows[] = {SHUT_WR, SHUT_WR, SHUT_WR, SHUT_WR, SHUT_RD, SHUT_RDWR};
  const int8_t slot = builder.Pick(kStreams | Bit(Role::kPair));
  if (slot == kNoSlot) return;
  builder.Add(Code::kShutdown, slot).flags = static_cast<uint32_t>(builder.random().OneOf(kHows));
}

void Close(Builder& builder) {
  const int8_t slot = builder.Pick(builder.random().Chance(85) ? kStreams : kAnything);
  if (slot == kNoSlot || builder.RoleOf(slot) == Role::kListener) return;
  builder.Add(Code::kClose, slot);
  builder.Close(slot);
}

void Reset(Builder& builder) {
  const int8_t slot = builder.Pick(kStreams);
  if (slot == kNoSlot) return;
  builder.Add(Code::kReset, slot);
  builder.Close(slot);
}

void Copy(Builder& builder) {
  Random& random = builder.random();
  const int8_t slot = builder.Pick(random.Chance(70) ? kStreams : kAnything);
  if (slot == kNoSlot) return;
  if (random.Chance(75)) {
    const int8_t made = builder.New(builder.RoleOf(slot), !builder.MayBlock(slot));
    if (made != kNoSlot) builder.Add(Code::kDup, slot).made = made;
    return;
  }
  const int8_t other = builder.Pick(random.Chance(70) ? kStreams : kAnything);
  if (other == kNoSlot) return;
  const uint32_t flags = random.Chance(30) ? O_CLOEXEC : 0;
  builder.Add({.code = Code::kDup3, .slot = slot, .other = other, .flags = flags});
  builder.Copy(slot, other);
}

void ListenerTrouble(Builder& builder) {
  Random& random = builder.random();
  const int8_t listener = builder.Pick(Bit(Role::kListener));
  if (listener == kNoSlot) return;
  switch (random.Below(5)) {
    case 0:
      builder.Add(Code::kClose, listener);
      return builder.Close(listener);
    case 1:
      builder.Add(Code::kShutdown, listener).flags = static_cast<uint32_t>(random.Below(3));
      return;
    case 2:
      builder.Add(Code::kListen, listener).size = builder.roomy ? 64 : random.Below(4);
      return;
    case 3:
      return Listen(builder);
    default:
      if (!builder.roomy) Connect(builder);
  }
}

}  // namespace hupstorm::conform::actions
