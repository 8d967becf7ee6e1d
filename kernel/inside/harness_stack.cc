#include "kernel/inside/harness_stack.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/scoped_value.h"

// Debuggers and unwinders find the caller's frame by rbp.
__asm__(R"(
.text
.type hupstorm_call_on_stack,@function
hupstorm_call_on_stack:
  .cfi_startproc
  pushq %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  movq %rsp, %rbp
  .cfi_def_cfa_register %rbp
  movq %rdx, %rsp
  callq *%rsi
  movq %rbp, %rsp
  popq %rbp
  .cfi_def_cfa %rsp, 8
  ret
  .cfi_endproc
.size hupstorm_call_on_stack,.-hupstorm_call_on_stack
)");
extern "C" [[gnu::visibility("hidden")]] void hupstorm_call_on_stack(void* argument,
                                                                     void (*function)(void*),
                                                                     void* top);

namespace hupstorm::inside {
namespace {

constexpr size_t kBytes = 1 << 20;  // of address space; pages come as they are used

// A thread may sleep in the middle of a call, while others make theirs.
[[gnu::tls_model("initial-exec")]] thread_local constinit char* top = nullptr;
[[gnu::tls_model("initial-exec")]] thread_local constinit bool is_on_it = false;

char* MakeStack() {
  const long memory = syscall(SYS_mmap, nullptr, kBytes, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1L, 0L);
  if (memory == -1) std::abort();
  return reinterpret_cast<char*>(memory) + kBytes;
}

}  // namespace

bool IsOnHarnessStack() { return is_on_it; }

void OnHarnessStack(void (*function)(void*), void* argument) {
  if (is_on_it) return function(argument);
  if (top == nullptr) top = MakeStack();
  const ScopedValue on_it(is_on_it, true);
  hupstorm_call_on_stack(argument, function, top);
}

}  // namespace hupstorm::inside
