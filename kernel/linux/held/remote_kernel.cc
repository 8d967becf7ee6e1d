#include "kernel/linux/held/remote_kernel.h"

namespace hupstorm::remote {

void RemoteKernel::Serve(Syscalls& top) {
  top_ = &top;
  while (AwaitCall()) Answer(top);
}

bool RemoteKernel::AwaitCall() {
  const Turn turn = Next();
  TellOfNotes();
  switch (turn) {
    case Turn::kCall:
      return true;
    case Turn::kReturned:
      return false;
    case Turn::kThrew:
      throw ServerThrew(memory_.frame().text);
    default:
      throw ServerGone();
  }
}

Turn RemoteKernel::Next() {
  if (!next_turn_) return line_.Await();
  const Turn turn = *next_turn_;
  next_turn_.reset();
  return turn;
}

// One call of the server. A handler of a signal may make calls while another call is held, so
// nothing is kept in the frame across the calls of `top_`.
void RemoteKernel::Answer(Syscalls& top) {
  top_ = &top;
  Frame& frame = memory_.frame();
  SystemCall call = frame.call;
  ++answers_under_way_;
  top.Make(call);
  --answers_under_way_;
  if (gone_on_) {
    gone_on_ = false;
    return;
  }
  frame.call = call;
  Guide();
  if (!line_.Give(Turn::kReturnFromCall)) throw ServerGone();
}

void RemoteKernel::Guide() {
  if (guide_) memory_.frame().notes.set_freedom(guide_());
}

// Each as if the server made it now. What `top` makes of the result, the server has gone on with
// the one that it got.
void RemoteKernel::TellOfNotes() {
  Notes& notes = memory_.frame().notes;
  while (const SystemCall* const note = notes.Take()) {
    telling_ = note;
    told_ = false;
    Invoke(*top_, *note);
    telling_ = nullptr;
  }
}

bool RemoteKernel::TakeTold(SystemCall& call) {
  if (telling_ == nullptr || told_) return false;
  told_ = true;
  call.result = telling_->result;
  call.error = telling_->error;
  return true;
}

void RemoteKernel::Order(SystemCall& call, Turn how) {
  // A handler that went on would come back into the call that it interrupts.
  if (answers_under_way_ > 1) how = Turn::kExecute;
  const CallMemory moved(call, memory_.driver_arena(), memory_.range());
  Frame& frame = memory_.frame();
  frame.order = moved.call();
  frame.order_done = false;
  if (how != Turn::kExecute) Guide();
  if (!line_.Give(how)) throw ServerGone();
  const Turn turn = line_.Await();
  if (turn != Turn::kDone) {
    if (how == Turn::kExecute || !frame.order_done) throw ServerGone();
    gone_on_ = true;
    next_turn_ = turn;
  }
  call.result = frame.order.result;
  call.error = frame.order.error;
  moved.CopyBack(call.result);
}

void RemoteKernel::RunHandlers() {
  if (!line_.Give(Turn::kRunHandlers)) throw ServerGone();
  AwaitDone();
}

void RemoteKernel::AwaitDone() {
  while (true) {
    switch (Next()) {
      case Turn::kDone:
        return;
      case Turn::kCall:
        Answer(*top_);  // by a handler
        break;
      default:
        throw ServerGone();
    }
  }
}

}  // namespace hupstorm::remote
