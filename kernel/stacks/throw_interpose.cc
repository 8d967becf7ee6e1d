// A definition of __cxa_throw before libstdc++'s own, for ThrowListener.

#include "kernel/sanitizers.h"

#if !HUPSTORM_SANITIZER_OWNS_HEAP

#include "kernel/in_force.h"
#include "kernel/next_symbol.h"
#include "kernel/stacks/throws.h"

// Weak, so that a libstdc++ that is linked statically has its own: then nothing is heard. `type` is
// a std::type_info, but g++ declares it so.
extern "C" [[gnu::weak, noreturn]] void __cxa_throw(void* exception, void* type,
                                                    void (*destroy)(void*)) {
  using hupstorm::throw_listener;
  if (hupstorm::in_force.in_server && throw_listener != nullptr) {
    const hupstorm::HarnessScope harness;
    throw_listener->OnThrow(exception, &harness);
  }
  static auto* const next = hupstorm::NextOf<void(void*, void*, void (*)(void*))>("__cxa_throw");
  next(exception, type, destroy);
  __builtin_unreachable();
}

#endif  // !HUPSTORM_SANITIZER_OWNS_HEAP
