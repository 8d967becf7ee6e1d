#include "kernel/inside/other_calls.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

#include "kernel/inside/random_bytes.h"
#include "kernel/inside/threads/waits.h"
#include "kernel/libc_shim.h"

namespace hupstorm::inside {
namespace {

bool MakeOther(long number, const long (&arguments)[6], long& result) {
  switch (number) {
    case SYS_futex:
      if (TheScheduler() == nullptr) return false;
      result = MakeFutexCall(arguments);
      return true;
    case SYS_getrandom:
      result =
          FillRandomly(reinterpret_cast<void*>(arguments[0]), static_cast<size_t>(arguments[1]));
      return true;
    case SYS_getpid:
      result = getpid();
      return true;
    case SYS_gettid:
      result = gettid();
      return true;
    case SYS_kill:
      result = kill(static_cast<pid_t>(arguments[0]), static_cast<int>(arguments[1]));
      return true;
    case SYS_tgkill:
      result = tgkill(static_cast<pid_t>(arguments[0]), static_cast<pid_t>(arguments[1]),
                      static_cast<int>(arguments[2]));
      return true;
    default:
      return false;
  }
}

}  // namespace

void SetMakeOtherCalls() { shim::SetMakeOther(MakeOther); }

}  // namespace hupstorm::inside

using namespace hupstorm;  // NOLINT: every line below is this library's

extern "C" {

// V8 keeps its heap from the children of a fork (MADV_DONTFORK), and others have it wiped there: a
// child that carries on with a scenario needs it.
int madvise(void* address, size_t length, int advice) noexcept {
  const bool is_about_fork = advice == MADV_DONTFORK || advice == MADV_WIPEONFORK;
  if (in_force.in_server && is_about_fork) return 0;
  return static_cast<int>(syscall(SYS_madvise, address, length, advice));
}

}  // extern "C"
