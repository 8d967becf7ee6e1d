#include "kernel/remote/agent.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "kernel/in_force.h"

namespace hupstorm::remote {
namespace {

// The kernel's own form: libc's sigset_t is larger than what the system call takes.
using SignalSet = uint64_t;

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

}  // namespace

int64_t Agent::Carry(const RawCall& call) {
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
