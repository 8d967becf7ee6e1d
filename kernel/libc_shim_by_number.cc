// libc's syscall(2), for servers that make some of their calls by number. See libc_shim.h.

#include <stdarg.h>

#include <algorithm>
#include <iterator>

#include "kernel/libc_shim.h"

using hupstorm::ArgumentKind;
using hupstorm::Call;
using hupstorm::CallRow;
using hupstorm::SystemCall;
using namespace hupstorm::shim;  // NOLINT: every line below is the shim's

namespace {

// Linux itself, for x86-64: what libc's syscall does. The harness' own raw calls come here too.
long AskLinux(long number, const long (&a)[6]) {
  register long r10 __asm__("r10") = a[3];
  register long r8 __asm__("r8") = a[4];
  register long r9 __asm__("r9") = a[5];
  long result;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                   : "rcx", "r11", "memory");
  constexpr long kHighestErrno = 4095;
  if (result >= 0 || result < -kHighestErrno) return result;
  errno = static_cast<int>(-result);
  return -1;
}

// The row of a call that has the same arguments by number as it has in the table.
const CallRow* FindRow(long number, const long (&a)[6]) {
  if (number == SYS_rt_sigaction) return nullptr;  // Linux's own structure
  const bool has_address = number == SYS_recvfrom || number == SYS_sendto;
  if (has_address && a[4] != 0) return nullptr;
  const auto* const found = std::find_if(std::begin(hupstorm::internal::kCallTable),
                                         std::end(hupstorm::internal::kCallTable),
                                         [&](const CallRow& row) { return row.number == number; });
  return found == std::end(hupstorm::internal::kCallTable) ? nullptr : found;
}

// Of an int only the lower half counts.
bool IsLong(ArgumentKind kind) {
  return kind >= ArgumentKind::kFirstAddress || kind == ArgumentKind::kSize ||
         kind == ArgumentKind::kCount || kind == ArgumentKind::kFcntlArgument ||
         kind == ArgumentKind::kIoctlRequest;
}

constinit MakeOther make_other = nullptr;

}  // namespace

namespace hupstorm::shim {

void SetMakeOther(MakeOther make) { make_other = make; }

}  // namespace hupstorm::shim

// Under a name of its own: <unistd.h> would make it noexcept, and a run may end in what sleeps.
extern "C" long MakeByNumber(long number, ...) __asm__("syscall");
// Six are read whatever the caller has passed: that of the last may be another's, or none's.
extern "C" __attribute__((no_sanitize("address"))) long MakeByNumber(long number, ...) {
  va_list list;
  va_start(list, number);
  long a[6];
  for (long& argument : a) argument = va_arg(list, long);
  va_end(list);
  const CallRow* const row = IsServersCall() ? FindRow(number, a) : nullptr;
  if (row == nullptr) {
    long result = 0;
    const bool is_made = IsServersCall() && make_other != nullptr && make_other(number, a, result);
    return is_made ? result : AskLinux(number, a);
  }
  SystemCall call = {.call = row->call};
  for (size_t i = 0; i < row->argument_count(); ++i) {
    call.arguments[i] = IsLong(row->arguments[i].kind) ? a[i] : static_cast<int>(a[i]);
  }
  CheckMemory(call);
  return row->may_throw ? HandOver(call) : MakeNothrow(call);
}
