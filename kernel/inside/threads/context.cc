#include "kernel/inside/threads/context.h"

#include <pthread.h>
#include <sys/auxv.h>

#include <cstring>

// What a function must keep (System V ABI, x86-64): rbx, rbp, r12 to r15, and the control words of
// the floating-point units. FS is set by an instruction where the kernel lets us (FSGSBASE), as a
// system call takes ten times as long.
__asm__(R"(
.text
.type hupstorm_switch_context,@function
hupstorm_switch_context:
  .cfi_startproc
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  subq $8, %rsp
  stmxcsr (%rsp)
  fnstcw 4(%rsp)
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  testl %ecx, %ecx
  je 1f
  wrfsbase %rdx
  jmp 2f
1:
  movq %rdx, %rsi
  movl $0x1002, %edi
  movl $158, %eax
  syscall
2:
  ldmxcsr (%rsp)
  fldcw 4(%rsp)
  addq $8, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
  .cfi_endproc
.size hupstorm_switch_context,.-hupstorm_switch_context

# Where a new context begins, with its entry in rbx: an unwinder finds no caller.
.type hupstorm_begin_context,@function
hupstorm_begin_context:
  .cfi_startproc
  .cfi_undefined %rip
  callq *%rbx
  ud2
  .cfi_endproc
.size hupstorm_begin_context,.-hupstorm_begin_context
)");
extern "C" {
[[gnu::visibility("hidden")]] void hupstorm_switch_context(void** save, void* stack,
                                                           uintptr_t thread_pointer,
                                                           int has_fsgsbase);
[[gnu::visibility("hidden")]] void hupstorm_begin_context();
}

namespace hupstorm::inside {
namespace {

// What hupstorm_switch_context leaves on a stack, from its pointer up.
struct SavedRegisters {
  uint32_t mxcsr = 0x1f80;  // as a process begins with
  uint16_t x87_control = 0x37f;
  uint16_t unused = 0;
  void* r15_to_r12[4] = {};
  void* rbx = nullptr;
  void* rbp = nullptr;
  void* return_address = nullptr;
};
static_assert(sizeof(SavedRegisters) == 64);

bool HasFsgsbase() {
  constexpr unsigned long kHwcap2Fsgsbase = 2;
  static const bool has = (getauxval(AT_HWCAP2) & kHwcap2Fsgsbase) != 0;
  return has;
}

}  // namespace

uintptr_t ThreadPointer() { return pthread_self(); }

void SwitchContext(Context& from, const Context& to) {
  hupstorm_switch_context(&from.stack, to.stack, to.thread_pointer, HasFsgsbase() ? 1 : 0);
}

Context NewContext(void (*entry)(), void* top, uintptr_t thread_pointer) {
  // hupstorm_begin_context finds a stack that is aligned as before a call.
  const uintptr_t aligned = reinterpret_cast<uintptr_t>(top) & ~uintptr_t{63};
  auto* const saved = reinterpret_cast<SavedRegisters*>(aligned - sizeof(SavedRegisters));
  SavedRegisters registers;
  registers.rbx = reinterpret_cast<void*>(entry);
  registers.return_address = reinterpret_cast<void*>(hupstorm_begin_context);
  std::memcpy(saved, &registers, sizeof registers);
  return {.stack = saved, .thread_pointer = thread_pointer};
}

}  // namespace hupstorm::inside
