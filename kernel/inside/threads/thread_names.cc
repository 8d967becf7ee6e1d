// The names of a program's threads: glibc would give them to the threads of Linux, of which all but
// one are parked.

#include <errno.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdarg>
#include <cstring>
#include <string>

#include "kernel/inside/threads/waits.h"

namespace {

constexpr size_t kMostBytes = 16;  // TASK_COMM_LEN, with the zero

}  // namespace

namespace hupstorm::inside {

std::string Scheduler::LabelOf(int thread) const {
  const std::string& name = threads_[static_cast<size_t>(thread)]->name;
  return name.empty() ? std::to_string(thread) : std::to_string(thread) + " " + name;
}

int Scheduler::SetName(pthread_t id, std::string_view name) {
  Thread* const thread = Find(id);
  if (thread == nullptr) return ESRCH;
  thread->name = name;
  return 0;
}

int Scheduler::GetName(pthread_t id, std::string& name) const {
  const Thread* const thread = Find(id);
  if (thread == nullptr) return ESRCH;
  name = thread->name;
  return 0;
}

}  // namespace hupstorm::inside

using namespace hupstorm::inside;  // NOLINT: every line below is this library's

extern "C" {

int pthread_setname_np(pthread_t thread, const char* name) noexcept {
  HUPSTORM_OTHERS("pthread_setname_np", nullptr, int(pthread_t, const char*), thread, name)
  if (strnlen(name, kMostBytes) == kMostBytes) return ERANGE;
  const hupstorm::HarnessScope harness;
  return TheScheduler()->SetName(thread, name);
}

int pthread_getname_np(pthread_t thread, char* name, size_t size) noexcept {
  HUPSTORM_OTHERS("pthread_getname_np", nullptr, int(pthread_t, char*, size_t), thread, name, size)
  if (size < kMostBytes) return ERANGE;
  const hupstorm::HarnessScope harness;
  std::string own;
  const int error = TheScheduler()->GetName(thread, own);
  if (error != 0) return error;
  if (own.empty()) syscall(SYS_prctl, PR_GET_NAME, name, 0, 0, 0);  // the program's
  if (!own.empty()) std::memcpy(name, own.c_str(), own.size() + 1);
  return 0;
}

int prctl(int option, ...) noexcept {
  va_list list;
  va_start(list, option);
  unsigned long a[4];
  for (unsigned long& argument : a) argument = va_arg(list, unsigned long);
  va_end(list);
  if (option == PR_SET_NAME && IsOfProgramsThread()) {
    const auto* const name = reinterpret_cast<const char*>(a[0]);
    const hupstorm::HarnessScope harness;
    TheScheduler()->SetName({name, strnlen(name, kMostBytes - 1)});
    return 0;
  }
  if (option == PR_GET_NAME && IsOfProgramsThread()) {
    return pthread_getname_np(pthread_self(), reinterpret_cast<char*>(a[0]), kMostBytes);
  }
  return static_cast<int>(syscall(SYS_prctl, option, a[0], a[1], a[2], a[3]));
}

}  // extern "C"
