#include "kernel/linux/held/remote_kernel.h"

#include <errno.h>

namespace hupstorm::held {

void RemoteKernel::Attach(int socket, Syscalls& top) {
  line_ = Line(socket);
  top_ = &top;
  answers_under_way_ = 0;
  next_turn_.reset();
  replayed_ = nullptr;
  memory_.frame().notes.Clear();
}

bool RemoteKernel::AwaitCall() {
  const Turn turn = Next();
  ReplayNotes();
  if (turn == Turn::kThrew) throw ServerThrew(memory_.frame().text);
  if (turn != Turn::kCall && turn != Turn::kReturned) throw ServerGone();
  return turn == Turn::kCall;
}

Turn RemoteKernel::Next() {
  const std::optional<Turn> given = std::exchange(next_turn_, std::nullopt);
  return given ? *given : line_.Await();
}

// A handler of a signal may make calls while another call is held, so nothing is kept in the frame
// across the calls of `top_`.
void RemoteKernel::Answer() {
  Frame& frame = memory_.frame();
  SystemCall call = frame.call;
  ++answers_under_way_;
  top_->Make(call);
  --answers_under_way_;
  if (next_turn_) return;  // the server did not wait for the answer
  frame.call = call;
  GrantFreedom();
  if (!line_.Give(Turn::kReturnFromCall)) throw ServerGone();
}

void RemoteKernel::GrantFreedom() {
  if (freedom_) memory_.frame().notes.set_freedom(freedom_());
}

// Each as if the server made it now. Whatever `top` makes of the result, the server has gone on
// with the one that it got.
void RemoteKernel::ReplayNotes() {
  Notes& notes = memory_.frame().notes;
  while (const SystemCall* const note = notes.Take()) {
    replayed_ = note;
    replayed_taken_ = false;
    Invoke(*top_, *note);
    replayed_ = nullptr;
  }
}

bool RemoteKernel::TakeReplayed(SystemCall& call) {
  if (replayed_ == nullptr || replayed_taken_) return false;
  replayed_taken_ = true;
  call.result = replayed_->result;
  call.error = replayed_->error;
  return true;
}

void RemoteKernel::Execute(SystemCall& call, Turn how) {
  // A handler that went on would come back into the call that it interrupts.
  if (answers_under_way_ > 1) how = Turn::kExecute;
  const CallMemory moved(call, memory_.driver_arena(), memory_.range());
  if (!moved.is_whole()) return call.Fail(EFAULT);
  Frame& frame = memory_.frame();
  frame.order = moved.call();
  frame.order_done = false;
  if (how != Turn::kExecute) GrantFreedom();
  if (!line_.Give(how)) throw ServerGone();
  const Turn turn = line_.Await();
  if (turn != Turn::kDone) {
    if (how == Turn::kExecute || !frame.order_done) throw ServerGone();
    next_turn_ = turn;
  }
  call.result = frame.order.result;
  call.error = frame.order.error;
  moved.CopyBack(call.result);
}

void RemoteKernel::WakeSleepers(int64_t now_ns) {
  memory_.frame().wake_until_ns = now_ns;
  if (!line_.Give(Turn::kWakeSleepers) || line_.Await() != Turn::kDone) throw ServerGone();
}

void RemoteKernel::RunHandlers() {
  if (!line_.Give(Turn::kRunHandlers)) throw ServerGone();
  while (true) {
    const Turn turn = Next();
    if (turn == Turn::kDone) return;
    if (turn != Turn::kCall) throw ServerGone();
    Answer();  // a call of a handler
  }
}

}  // namespace hupstorm::held
