// Bytes, urgent and other, and what event loops wake themselves with.

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

#include <algorithm>

#include "conform/builder.h"

namespace hupstorm::conform::actions {
namespace {

int Size(Random& random) {
  const int kind = random.Below(20);
  if (kind == 0) return 0;
  if (kind < 13) return random.Between(1, 12);
  if (kind < 18) return random.Between(1, 200);
  return random.Between(1, 3000);
}

uint32_t NoWait(Builder& builder, int8_t slot) {
  return builder.MayBlock(slot) || builder.random().Chance(20) ? MSG_DONTWAIT : 0;
}

// The program ends at a call that would sleep: calls that take no flags seldom meet such a
// descriptor.
Code Unless(Builder& builder, int8_t slot, Code code, Code instead) {
  return TakesFlags(code) || !builder.MayBlock(slot) || builder.random().Chance(5) ? code : instead;
}

}  // namespace

void Send(Builder& builder) {
  static constexpr Code kCodes[] = {Code::kSend,    Code::kSend,     Code::kSend,    Code::kWrite,
                                    Code::kWrite,   Code::kWritev,   Code::kWritev,  Code::kSendmsg,
                                    Code::kSendmsg, Code::kSendmmsg, Code::kSendfile};
  Random& random = builder.random();
  const int8_t slot = builder.Pick(random.Chance(90) ? kStreams : kSockets);
  if (slot == kNoSlot) return;
  const bool strict = !builder.program().fills_buffers;
  const uint32_t flags = random.Chance(60) ? MSG_NOSIGNAL : 0;
  Code code = Unless(builder, slot, random.OneOf(kCodes), Code::kSend);
  if (code == Code::kSendmmsg && !strict) code = Code::kSendmsg;
  const int size = std::min(Size(random), builder.Allowance(slot));
  builder.Spend(slot, size);
  Operation& send = builder.Add({.code = code, .slot = slot, .size = size});
  if (TakesFlags(code)) send.flags = flags | NoWait(builder, slot);
}

void Receive(Builder& builder) {
  static constexpr Code kCodes[] = {Code::kRecv, Code::kRecv,  Code::kRecv,    Code::kRecv,
                                    Code::kRead, Code::kReadv, Code::kRecvmsg, Code::kRecvmmsg};
  Random& random = builder.random();
  const int8_t slot = builder.Pick(random.Chance(90) ? kStreams : kSockets);
  if (slot == kNoSlot) return;
  Code code = Unless(builder, slot, random.OneOf(kCodes), Code::kRecv);
  if (code == Code::kRecvmmsg && builder.program().fills_buffers) code = Code::kRecvmsg;
  Operation& receive = builder.Add(code, slot);
  receive.size = random.Chance(40) ? 4096 : Size(random);
  if (TakesFlags(code)) {
    receive.flags = NoWait(builder, slot);
    if (random.Chance(12)) receive.flags |= MSG_PEEK;
    if (random.Chance(4)) receive.flags |= MSG_TRUNC;
    if (random.Chance(4)) receive.flags |= MSG_WAITALL | MSG_DONTWAIT;
    if (code == Code::kRecvmmsg && random.Chance(40)) receive.flags |= MSG_WAITFORONE;
  }
}

void SendUrgent(Builder& builder) {
  Random& random = builder.random();
  const int8_t slot = builder.Pick(kStreams);
  if (slot == kNoSlot) return;
  const int size = random.Chance(70) ? 1 : std::min(Size(random), builder.Allowance(slot));
  builder.Spend(slot, size);
  Operation& send = builder.Add(random.Chance(85) ? Code::kSend : Code::kSendmsg, slot);
  send.size = size;
  send.flags = MSG_OOB | MSG_NOSIGNAL | NoWait(builder, slot);
}

void ReceiveUrgent(Builder& builder) {
  Random& random = builder.random();
  const int8_t slot = builder.Pick(kStreams);
  if (slot == kNoSlot) return;
  if (random.Chance(30)) {
    builder.Add(Code::kAtMark, slot);
    return;
  }
  Operation& receive = builder.Add(random.Chance(80) ? Code::kRecv : Code::kRecvmsg, slot);
  receive.size = random.Chance(90) ? 1 : random.Below(4);
  receive.flags = MSG_OOB | NoWait(builder, slot);
  if (random.Chance(20)) receive.flags |= MSG_PEEK;
  if (random.Chance(5)) receive.flags |= MSG_TRUNC;
}

void Fill(Builder& builder) {
  const int8_t slot = builder.Pick(kStreams);
  if (slot != kNoSlot) builder.Add(Code::kFill, slot);
}

void Drain(Builder& builder) {
  const int8_t slot = builder.Pick(kStreams);
  if (slot != kNoSlot) builder.Add(Code::kDrain, slot);
}

void Wakeup(Builder& builder) {
  static constexpr uint32_t kWakeups = Bit(Role::kEventfd) | Bit(Role::kTimerfd) |
                                       Bit(Role::kReader) | Bit(Role::kWriter) | Bit(Role::kPair);
  Random& random = builder.random();
  const int8_t slot = builder.Pick(kWakeups);
  if (slot == kNoSlot || random.Chance(12)) {
    const bool non_blocking = random.Chance(90);
    const uint32_t flags = non_blocking ? O_NONBLOCK : 0;
    const int kind = random.Below(4);
    if (kind == 0) {
      const int8_t made = builder.New(Role::kEventfd, non_blocking);
      if (made == kNoSlot) return;
      const int value = random.Below(3);
      const uint32_t semaphore = random.Chance(30) ? EFD_SEMAPHORE : 0;
      builder.Add(
          {.code = Code::kEventfd, .made = made, .flags = flags | semaphore, .value = value});
    } else if (kind == 1) {
      const int8_t made = builder.New(Role::kTimerfd, non_blocking);
      if (made != kNoSlot) builder.Add({.code = Code::kTimerfd, .made = made, .flags = flags});
    } else {
      const bool pipe = random.Chance(50);
      const int8_t first = builder.New(pipe ? Role::kReader : Role::kPair, non_blocking);
      const int8_t second = builder.New(pipe ? Role::kWriter : Role::kPair, non_blocking);
      if (second == kNoSlot) return;
      const Code code = pipe ? Code::kPipe : Code::kSocketpair;
      builder.Add({.code = code, .other = second, .made = first, .flags = flags});
    }
    return;
  }
  if (builder.RoleOf(slot) == Role::kTimerfd && random.Chance(60)) {
    Operation& timer = builder.Add(random.Chance(70) ? Code::kSetTimer : Code::kGetTimer, slot);
    timer.value = random.Below(3);
    return;
  }
  const bool number =
      builder.RoleOf(slot) == Role::kEventfd || builder.RoleOf(slot) == Role::kTimerfd;
  const bool write = builder.RoleOf(slot) != Role::kReader && random.Chance(50);
  if (write) {
    const int size = number ? 8 : std::min(Size(random), builder.Allowance(slot));
    builder.Spend(slot, size);
    builder.Add(random.Chance(70) ? Code::kWrite : Code::kWritev, slot).size = size;
  } else {
    const int size = number && random.Chance(90) ? 8 : Size(random);
    builder.Add(random.Chance(70) ? Code::kRead : Code::kReadv, slot).size = size;
  }
}

}  // namespace hupstorm::conform::actions
