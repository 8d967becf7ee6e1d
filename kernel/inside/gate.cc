#include "kernel/inside/gate.h"

#include <errno.h>
#include <sys/socket.h>
#include <time.h>

#include "kernel/inside/harness_stack.h"
#include "kernel/inside/program.h"
#include "kernel/inside/random_bytes.h"
#include "kernel/inside/threads/waits.h"
#include "kernel/simulated/simulated_kernel.h"

namespace hupstorm::inside {
namespace {

bool IsLinuxs(const SystemCall& call) {
  switch (call.call) {
    case Call::kSocket: {
      const int domain = call.Int(0);
      const bool is_stream = (call.Int(1) & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_STREAM;
      return domain != AF_UNIX && !((domain == AF_INET || domain == AF_INET6) && is_stream);
    }
    case Call::kClockGettime:
      return call.Int(0) < 0 || call.Int(0) == CLOCK_PROCESS_CPUTIME_ID ||
             call.Int(0) == CLOCK_THREAD_CPUTIME_ID;
    case Call::kSigaction:
      return IsFaultSignal(call.Int(0));
    default:
      return false;
  }
}

}  // namespace

void Gate::Make(SystemCall& call) {
  // A socket of Linux's is shared by the processes that are forked for scenarios: what ends it, as
  // one for name service, would end it for those that come.
  if (call.call == Call::kShutdown && call.Fd() >= 0 &&
      call.Fd() < SimulatedKernel::kFirstDescriptor) {
    return call.Return(0);
  }
  if (IsLinuxs(call)) return linux_.Make(call);
  // A wait would block if it were not for what is ready: others get their turn, or one that finds
  // work at each wait would keep them from it.
  const bool waits = FamilyOf(call.call) == CallFamily::kWait;
  if (scheduler_ != nullptr) waits ? scheduler_->YieldAtWait() : scheduler_->Point();
  const bool is_cancellation_point = MayThrow(call.call) && scheduler_ != nullptr;
  if (is_cancellation_point) TestCancel();
  // What happens in it is news, too, if it sleeps then.
  if (scheduler_ != nullptr) scheduler_->NoteCall();
  OnHarnessStack([&] {
    top_->Make(call);
    if (coverage_ != nullptr) coverage_->Note(call);
  });
  if (call.Fd() >= 0 && call.Fd() < SimulatedKernel::kFirstDescriptor) AfterFileCall(call);
  if (scheduler_ == nullptr) return;
  scheduler_->NoteCall();
  scheduler_->Point();
  if (is_cancellation_point && call.error == EINTR) TestCancel();
}

}  // namespace hupstorm::inside
