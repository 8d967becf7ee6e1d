#include "kernel/linux/held/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/single_threaded.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/timespec.h"
#include "kernel/in_force.h"
#include "kernel/linux/held/server_memory.h"

namespace hupstorm::held {
namespace {

using SignalSet = Agent::SignalSet;

void SetMask(SignalSet mask, SignalSet* former) {
  syscall(SYS_rt_sigprocmask, static_cast<long>(SIG_SETMASK), &mask, former, sizeof mask);
}

// By the system call: libc's function may give the server's time.
int64_t LinuxNowNs() {
  timespec now = {};
  syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  return Nanoseconds(now);
}

// Handlers that are due run here, as the server.
void LetSignalsIn(SignalSet mask, SignalSet* former) {
  const InForce held = in_force;
  in_force.in_server = true;
  in_force.wait_mask = nullptr;
  SetMask(mask, former);
  in_force = held;
}

// The mask that the server sleeps with: that of the wait, if it has one.
SignalSet MaskAsleep(SignalSet own) {
  if (in_force.wait_mask == nullptr) return own;
  SignalSet mask = 0;
  std::memcpy(&mask, in_force.wait_mask, sizeof mask);
  return mask;
}

// Makes a recv that moves nothing and does not sleep. False, and nothing has happened, if it would
// do either.
bool FindsNothing(Syscalls& linux, SystemCall& recv) {
  const int flags = recv.Int(3);
  if ((flags & (MSG_OOB | MSG_ERRQUEUE)) != 0) return false;
  int unread = 0;
  if (Invoke<Call::kIoctl>(linux, recv.Int(0), FIONREAD, &unread) == 0 && unread > 0) return false;
  SystemCall now = recv;
  now.arguments[3] |= MSG_DONTWAIT;
  linux.Make(now);
  const bool would_sleep = now.error == EAGAIN && (flags & MSG_DONTWAIT) == 0 &&
                           (Invoke<Call::kFcntl>(linux, recv.Int(0), F_GETFL, 0) & O_NONBLOCK) == 0;
  if (would_sleep) return false;
  recv.result = now.result;
  recv.error = now.error;
  return true;
}

}  // namespace

void Agent::Make(SystemCall& call) {
  memory_.frame().in_library = true;
  MakeHeld(call);
  memory_.frame().in_library = false;
}

void Agent::MakeHeld(SystemCall& call) {
  const Frame& frame = memory_.frame();
  if (frame.notes.freedom().may_note && !frame.wants_stacks && MakeAlone(call)) return;
  if (!CallMemory::IsPortable(call)) return linux_.Make(call);
  SignalSet mask = 0;
  SetMask(~SignalSet{0}, &mask);
  if (calls_under_way_++ == 0) ++arena_;
  bool is_held = false;
  {
    CallMemory moved(call, memory_.server_arena(arena_), memory_.range());
    is_held = moved.is_whole() && AwaitAnswer(call, moved, mask);
    if (is_held) SetClockBack();
    if (is_held && !moved.CopyBack(call.result)) call.Fail(EFAULT);
  }
  --calls_under_way_;
  memory_.frame().in_call = calls_under_way_ > 0;
  memory_.frame().in_library = false;
  LetSignalsIn(mask, nullptr);
  // EFAULT and the like, without another's eyes; or the process ends, and holds nobody any more.
  if (!is_held) linux_.Make(call);
}

bool Agent::AwaitAnswer(SystemCall& call, CallMemory& moved, SignalSet mask) {
  Frame& frame = memory_.frame();
  frame.call = moved.call();
  frame.heap = ServerHeap();
  frame.blocked = MaskAsleep(mask);
  frame.in_call = true;
  if (frame.wants_stacks)
    linked_ ? WalkToServer(frame.stack, &call, this) : WalkToServer(frame.stack);
  Turn mine = Turn::kCall;
  asked_ns_ = LinuxNowNs();
  while (true) {
    frame.in_library = false;  // what happens while the driver has the turn is not done by us
    const Turn turn = line_.Give(mine) ? line_.Await() : Turn::kGone;
    frame.in_library = true;
    if (turn == Turn::kReturnFromCall) {
      call.result = frame.call.result;
      call.error = frame.call.error;
      return true;
    }
    if (turn == Turn::kRunHandlers) {
      SignalSet all = 0;
      frame.in_library = false;
      LetSignalsIn(MaskAsleep(mask), &all);
      frame.in_library = true;
      frame.blocked = MaskAsleep(mask);  // handlers may have made calls
      SetMask(all, nullptr);
      asked_ns_ = LinuxNowNs();  // they may have read the clock
    } else if (turn == Turn::kWakeSleepers) {
      frame.first.load()->sleepers.WakeDue(frame.wake_until_ns);
    } else if (turn == Turn::kGone) {
      if (frame.exit_status < 0) _exit(0);
      return false;
    } else if (Execute(turn, moved)) {
      call.result = frame.order.result;
      call.error = frame.order.error;
      return true;
    }
    mine = Turn::kDone;
  }
}

// Not if another thread may have read the clock meanwhile: no clock goes backwards.
void Agent::SetClockBack() {
  Frame& frame = memory_.frame();
  if (!frame.stops_clock || frame.has_slept || __libc_single_threaded == 0) return;
  const int64_t stood_ns = LinuxNowNs() - asked_ns_;
  frame.stood_still_ns += stood_ns;
  frame.first.load()->clock_offset_ns -= stood_ns;
}

bool Agent::MakeAlone(SystemCall& call) {
  Notes& notes = memory_.frame().notes;
  if (calls_under_way_ > 0 || !notes.HasRoom()) return false;
  const int fd = call.Int(0);
  SystemCall note = {.call = call.call, .arguments = {fd}};
  if (RowOf(call.call).only_asks) {
    linux_.Make(call);
  } else if (call.call == Call::kWrite) {
    const size_t size = call.Size(2);
    if ((fd != STDOUT_FILENO && fd != STDERR_FILENO) || !notes.HasRoom(size)) return false;
    const std::byte* const text = notes.Keep(call.Pointer<const void>(1), size);
    if (text == nullptr) return false;
    note.SetPointer(1, text);
    note.arguments[2] = call.arguments[2];
    call.Return(call.arguments[2]);
  } else if (call.call == Call::kRecv) {
    if (!FindsNothing(linux_, call)) return false;
    note.arguments[2] = call.arguments[2];
    note.arguments[3] = call.arguments[3];
  } else if (call.call == Call::kClockGettime && fd == CLOCK_MONOTONIC) {
    const timespec now = Timespec(notes.freedom().monotonic_ns);
    call.Return(CopyToServer(call.Pointer<timespec>(1), &now, sizeof now) ? 0 : -EFAULT);
  } else {
    return false;
  }
  note.result = call.result;
  note.error = call.error;
  notes.Add(note);
  return true;
}

bool Agent::Execute(Turn turn, CallMemory& moved) {
  Frame& frame = memory_.frame();
  SystemCall order = moved.Direct(frame.order);
  linux_.Make(order);
  moved.CopyReceived(order.result);
  frame.order.result = order.result;
  frame.order.error = order.error;
  frame.order_done = true;
  return turn == Turn::kExecuteAndGo ||
         (turn == Turn::kExecuteAndGoUnlessZero && order.result != 0);
}

void Agent::ReportReturn() { line_.Give(Turn::kReturned); }

void Agent::ReportException(std::string_view what) {
  Frame& frame = memory_.frame();
  const size_t size = std::min(what.size(), sizeof frame.text - 1);
  std::memcpy(frame.text, what.data(), size);
  frame.text[size] = '\0';
  line_.Give(Turn::kThrew);
}

}  // namespace hupstorm::held
