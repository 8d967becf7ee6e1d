#include "kernel/linux/held/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "kernel/in_force.h"

namespace hupstorm::remote {
namespace {

// The kernel's own form: libc's sigset_t is larger than what the system call takes.
using SignalSet = uint64_t;

constexpr int64_t kSecond = 1'000'000'000;

void SetMask(SignalSet mask, SignalSet* former) {
  syscall(SYS_rt_sigprocmask, static_cast<long>(SIG_SETMASK), &mask, former, sizeof mask);
}

// Handlers that are due run here, as the server.
void LetSignalsIn(SignalSet mask, SignalSet* former) {
  const InForce held = in_force;
  in_force.in_server = true;
  in_force.wait_mask = nullptr;
  SetMask(mask, former);
  in_force = held;
}

// The mask that the server sleeps with: the wait's, where it takes one.
SignalSet MaskAsleep(SignalSet own) {
  if (in_force.wait_mask == nullptr) return own;
  SignalSet mask = 0;
  std::memcpy(&mask, in_force.wait_mask, sizeof mask);
  return mask;
}

// Makes a recv that moves nothing and does not sleep, with `result`. False, and nothing has
// happened, where it would do either.
bool FindsNothing(Syscalls& linux, const RawCall& recv, int64_t& result) {
  RawCall now = recv;
  const int fd = static_cast<int>(recv.arguments[0]);
  if ((recv.arguments[3] & (MSG_OOB | MSG_ERRQUEUE)) != 0) return false;
  int unread = 0;
  if (linux.Ioctl(fd, FIONREAD, &unread) == 0 && unread > 0) return false;
  now.arguments[3] |= MSG_DONTWAIT;
  result = Invoke(linux, now);
  if (result != -1 || errno != EAGAIN || (recv.arguments[3] & MSG_DONTWAIT) != 0) return true;
  if ((linux.Fcntl(fd, F_GETFL, 0) & O_NONBLOCK) == 0) return false;
  errno = EAGAIN;
  return true;
}

}  // namespace

int64_t Agent::Carry(const RawCall& call) {
  int64_t alone = 0;
  if (memory_.frame().notes.freedom().may_note && MakeAlone(call, alone)) return alone;
  if (!CallMemory::IsPortable(call)) return Invoke(linux_, call);
  SignalSet mask = 0;
  SetMask(~SignalSet{0}, &mask);
  int64_t result = 0;
  int error = 0;
  if (calls_under_way_++ == 0) ++arena_;
  {
    const CallMemory moved(call, memory_.server_arena(arena_), memory_.range());
    Frame& frame = memory_.frame();
    frame.call = moved.call();
    frame.heap = ServerHeap();
    frame.in_call = true;
    Turn mine = Turn::kCall;
    while (true) {
      if (!line_.Give(mine)) _exit(0);
      const Turn turn = line_.Await();
      if (turn == Turn::kReturnFromCall) {
        result = frame.call_result;
        error = frame.call_error;
        break;
      }
      if (turn == Turn::kRunHandlers) {
        SignalSet all = 0;
        LetSignalsIn(MaskAsleep(mask), &all);
        SetMask(all, nullptr);
      } else if (turn == Turn::kGone) {
        _exit(0);
      } else if (Execute(turn)) {
        result = frame.order_result;
        error = frame.order_error;
        break;
      }
      mine = Turn::kDone;
    }
    moved.CopyBack(result);
  }
  --calls_under_way_;
  memory_.frame().in_call = calls_under_way_ > 0;
  LetSignalsIn(mask, nullptr);
  if (result == -1) errno = error;
  return result;
}

bool Agent::MakeAlone(const RawCall& call, int64_t& result) {
  Notes& notes = memory_.frame().notes;
  const int fd = static_cast<int>(call.arguments[0]);
  Note note = {.call = {.call = call.call, .arguments = {fd}}};
  if (calls_under_way_ > 0 || !notes.HasRoom()) return false;
  switch (call.call) {
    case Call::kWrite: {
      const auto* const text = reinterpret_cast<const void*>(call.arguments[1]);
      const auto size = static_cast<size_t>(call.arguments[2]);
      if ((fd != STDOUT_FILENO && fd != STDERR_FILENO) || !notes.HasRoom(size)) return false;
      note.call.arguments[1] = reinterpret_cast<int64_t>(notes.Keep(text, size));
      note.call.arguments[2] = call.arguments[2];
      note.result = call.arguments[2];
      break;
    }
    case Call::kGetsockname:
    case Call::kGetpeername:
      note.result = Invoke(linux_, call);
      break;
    case Call::kRecv:
      if (!FindsNothing(linux_, call, note.result)) return false;
      note.call.arguments[2] = call.arguments[2];
      note.call.arguments[3] = call.arguments[3];
      break;
    case Call::kClockGettime: {
      if (call.arguments[0] != CLOCK_MONOTONIC) return false;
      const int64_t now = notes.freedom().monotonic_ns;
      auto* const time = reinterpret_cast<timespec*>(call.arguments[1]);
      *time = {.tv_sec = now / kSecond, .tv_nsec = now % kSecond};
      break;
    }
    default:
      return false;
  }
  if (note.result == -1) note.error = errno;
  notes.Add(note);
  result = note.result;
  return true;
}

bool Agent::Execute(Turn turn) {
  Frame& frame = memory_.frame();
  const RawCall order = frame.order;
  const int64_t result = Invoke(linux_, order);
  frame.order_result = result;
  frame.order_error = errno;
  frame.order_done = true;
  return turn == Turn::kExecuteAndGo || (turn == Turn::kExecuteAndGoUnlessZero && result != 0);
}

void Agent::ReportReturn() { line_.Give(Turn::kReturned); }

void Agent::ReportException(std::string_view what) {
  Frame& frame = memory_.frame();
  const size_t size = std::min(what.size(), sizeof frame.text - 1);
  std::memcpy(frame.text, what.data(), size);
  frame.text[size] = '\0';
  line_.Give(Turn::kThrew);
}

}  // namespace hupstorm::remote
