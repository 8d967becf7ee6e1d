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
  const bool in_server = in_force.in_server;
  in_force.in_server = true;
  SetMask(mask, former);
  in_force.in_server = in_server;
}

}  // namespace

int64_t Agent::Carry(const RawCall& call) {
  if (!CallMemory::IsPortable(call)) return Invoke(linux_, call);
  SignalSet mask = 0;
  SetMask(~SignalSet{0}, &mask);
  int64_t result = 0;
  int error = 0;
  {
    const CallMemory moved(call, memory_.server_arena(), memory_.range());
    Frame& frame = memory_.frame();
    frame.call = moved.call();
    frame.heap = ServerHeap();
    if (!line_.Give(Turn::kCall)) _exit(0);
    for (Turn turn = line_.Await(); turn != Turn::kReturnFromCall; turn = line_.Await()) {
      if (turn == Turn::kExecute) {
        Execute();
      } else if (turn == Turn::kRunHandlers) {
        SignalSet all = 0;
        LetSignalsIn(mask, &all);
        SetMask(all, nullptr);
      } else {
        _exit(0);  // the driver is gone
      }
      if (!line_.Give(Turn::kDone)) _exit(0);
    }
    result = frame.call_result;
    error = frame.call_error;
    moved.CopyBack(result);
  }
  LetSignalsIn(mask, nullptr);
  if (result == -1) errno = error;
  return result;
}

void Agent::Execute() {
  Frame& frame = memory_.frame();
  const RawCall order = frame.order;
  frame.order_result = Invoke(linux_, order);
  frame.order_error = errno;
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
