#include "kernel/remote/remote_kernel.h"

#include <errno.h>

namespace hupstorm::remote {

void RemoteKernel::Serve(Syscalls& top) {
  top_ = &top;
  while (true) {
    switch (line_.Await()) {
      case Turn::kCall:
        Answer();
        break;
      case Turn::kReturned:
        return;
      case Turn::kThrew:
        throw ServerThrew(memory_.frame().text);
      default:
        throw ServerGone();
    }
  }
}

// One call of the server. A handler of a signal may make calls while another call is held, so
// nothing is kept in the frame across the calls of `top_`.
void RemoteKernel::Answer() {
  Frame& frame = memory_.frame();
  const RawCall call = frame.call;
  const int64_t result = Invoke(*top_, call);
  frame.call_error = errno;
  frame.call_result = result;
  if (!line_.Give(Turn::kReturnFromCall)) throw ServerGone();
}

int64_t RemoteKernel::Carry(const RawCall& call) {
  const CallMemory moved(call, memory_.driver_arena(), memory_.range());
  Frame& frame = memory_.frame();
  frame.order = moved.call();
  if (!line_.Give(Turn::kExecute)) throw ServerGone();
  AwaitDone();
  const int64_t result = frame.order_result;
  moved.CopyBack(result);
  if (result == -1) errno = frame.order_error;
  return result;
}

void RemoteKernel::RunHandlers() {
  if (!line_.Give(Turn::kRunHandlers)) throw ServerGone();
  AwaitDone();
}

void RemoteKernel::AwaitDone() {
  while (true) {
    switch (line_.Await()) {
      case Turn::kDone:
        return;
      case Turn::kCall:
        Answer();  // by a handler
        break;
      default:
        throw ServerGone();
    }
  }
}

}  // namespace hupstorm::remote
