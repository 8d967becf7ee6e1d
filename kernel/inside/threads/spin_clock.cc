#include "kernel/inside/threads/spin_clock.h"

#include <errno.h>
#include <link.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/timespec.h"
#include "kernel/host_kernel.h"
#include "kernel/in_force.h"
#include "kernel/inside/threads/waits.h"

namespace hupstorm::inside {
namespace {

struct Range {
  uintptr_t begin = 0;
  uintptr_t end = 0;
};

// Libraries that have locks of their own, by the beginnings of their names, and allocators.
constexpr std::string_view kKeepLocks[] = {"ld-",        "ld.so",     "libc.",       "libc-",
                                           "libpthread", "libdl",     "libgcc_s",    "libstdc++",
                                           "libc++",     "libresolv", "libhupstorm", "linux-vdso"};

bool KeepsLocks(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.find("malloc") != std::string_view::npos ||
         std::any_of(std::begin(kKeepLocks), std::end(kKeepLocks),
                     [name](std::string_view start) { return name.starts_with(start); });
}

// Where the program's own instructions are. What it loads later is left alone.
const std::vector<Range>& OwnCode() {
  static const auto* const ranges = [] {
    auto* const found = new std::vector<Range>;
    dl_iterate_phdr(
        [](dl_phdr_info* object, size_t, void* argument) {
          // The executable is first, and has no name.
          if (KeepsLocks(object->dlpi_name)) return 0;
          for (int i = 0; i < object->dlpi_phnum; ++i) {
            const auto& part = object->dlpi_phdr[i];
            if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0) continue;
            const uintptr_t begin = object->dlpi_addr + part.p_vaddr;
            static_cast<std::vector<Range>*>(argument)->push_back({begin, begin + part.p_memsz});
          }
          return 0;
        },
        found);
    return found;
  }();
  return *ranges;
}

void TakeTick(int, siginfo_t*, void* context) {
  if (!IsOfProgramsThread()) return;
  const auto at =
      static_cast<uintptr_t>(static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP]);
  const std::vector<Range>& own = OwnCode();
  const auto is_in = [at](const Range& range) { return range.begin <= at && at < range.end; };
  if (std::none_of(own.begin(), own.end(), is_in)) return;
  const int error = errno;  // of this thread, as is what follows when it goes on
  TheScheduler()->Tick(at);
  errno = error;
}

int timer = -1;  // of Linux, by number: glibc's functions are for the program

}  // namespace

void StartSpinClock(std::chrono::microseconds bound, bool is_known_to_spin) {
  OwnCode();
  HostKernel host;
  struct sigaction action {};
  action.sa_sigaction = TakeTick;
  // The mask stays as it is: another thread goes on in the middle of the handler.
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_NODEFER;
  Invoke<Call::kSigaction>(host, SIGVTALRM, &action, nullptr);
  const auto ns = std::chrono::nanoseconds(bound).count();
  const timespec period = {.tv_sec = ns / kSecondNs, .tv_nsec = ns % kSecondNs};
  const itimerspec times = {.it_interval = period, .it_value = period};
  sigevent event = {};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGVTALRM;
  const clockid_t clock = is_known_to_spin ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID;
  // That of the process which forked this one is not there any more.
  if (timer >= 0) syscall(SYS_timer_delete, timer);
  if (syscall(SYS_timer_create, clock, &event, &timer) != 0) return;
  syscall(SYS_timer_settime, timer, 0, &times, nullptr);
}

}  // namespace hupstorm::inside
