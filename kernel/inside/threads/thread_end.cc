// The end of a thread that is a context: glibc would run its destructors in the real thread.

#include <pthread.h>
#include <stdlib.h>

#include <array>
#include <climits>

#include "base/timespec.h"
#include "kernel/inside/threads/waits.h"

namespace hupstorm::inside {
namespace {

using Destructor = void(void*);
constinit std::array<Destructor*, PTHREAD_KEYS_MAX> destructors = {};  // by key

// In an order that POSIX leaves open, again and again while they set new values.
void RunKeyDestructors() {
  for (int round = 0; round < PTHREAD_DESTRUCTOR_ITERATIONS; ++round) {
    bool any = false;
    for (size_t i = 0; i < destructors.size(); ++i) {
      if (destructors[i] == nullptr) continue;
      const auto key = static_cast<pthread_key_t>(i);
      void* const value = pthread_getspecific(key);
      if (value == nullptr) continue;
      any = true;
      pthread_setspecific(key, nullptr);
      destructors[i](value);
    }
    if (!any) return;
  }
}

}  // namespace

int64_t DeadlineOf(clockid_t clock, const timespec* until) {
  const int64_t ns = Nanoseconds(*until);
  return clock == CLOCK_REALTIME ? ns - TheScheduler()->host().realtime_ahead_ns() : ns;
}

void EndThread(void* result) {
  TheScheduler()->cancellation().is_enabled = false;
  static auto* const call_tls_destructors = NextOf<void()>("__call_tls_dtors", "GLIBC_PRIVATE");
  if (call_tls_destructors != nullptr) call_tls_destructors();
  RunKeyDestructors();
  // The end of the last is that of the process.
  if (TheScheduler()->living() == 1) exit(0);
  const HarnessScope harness;
  TheScheduler()->Exit(result);
}

}  // namespace hupstorm::inside

using hupstorm::NextOf;
using namespace hupstorm::inside;  // NOLINT: every line below is this library's

extern "C" {

int pthread_key_create(pthread_key_t* key, void (*destructor)(void*)) noexcept {
  static auto* const real = NextOf<int(pthread_key_t*, void (*)(void*))>("pthread_key_create");
  const int error = real(key, destructor);
  if (error == 0 && *key < destructors.size()) destructors[*key] = destructor;
  return error;
}

int pthread_key_delete(pthread_key_t key) noexcept {
  static auto* const real = NextOf<int(pthread_key_t)>("pthread_key_delete");
  if (key < destructors.size()) destructors[key] = nullptr;
  return real(key);
}

}  // extern "C"
