#include "kernel/libc_shim.h"

#include <dlfcn.h>
#include <limits.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "kernel/unsimulated.h"
#include "kernel/user_memory.h"

#if HUPSTORM_ASAN
#include <sanitizer/asan_interface.h>
#endif
#if HUPSTORM_TSAN
#include <sanitizer/tsan_interface.h>
#endif

// clang links the runtime into the executable: the two functions of it that call pipe, by their
// mangled names. Null in other builds.
extern "C" {
[[gnu::weak]] void sanitizer_probes_memory() __asm__(
    "_ZN11__sanitizer23IsAccessibleMemoryRangeEmm");
[[gnu::weak]] void sanitizer_starts_symbolizer() __asm__(
    "_ZN11__sanitizer17SymbolizerProcess25StartSymbolizerSubprocessEv");
}

namespace hupstorm::shim {
namespace {

bool IsWithin(const void* address, void (*function)()) {
  constexpr uintptr_t kLongest = 4096;  // bytes; both are shorter, and lie among the runtime's own
  const auto begin = reinterpret_cast<uintptr_t>(function);
  return begin != 0 && reinterpret_cast<uintptr_t>(address) - begin < kLongest;
}

}  // namespace

bool IsFromSanitizer(const void* return_address) {
  if (IsWithin(return_address, sanitizer_probes_memory) ||
      IsWithin(return_address, sanitizer_starts_symbolizer)) {
    return true;
  }
  // gcc's runtimes are shared libraries.
  Dl_info info{};
  if (dladdr(return_address, &info) == 0 || info.dli_fname == nullptr) return false;
  const char* const slash = strrchr(info.dli_fname, '/');
  const char* const file = slash == nullptr ? info.dli_fname : slash + 1;
  return strncmp(file, "libasan.", 8) == 0 || strncmp(file, "libubsan.", 9) == 0 ||
         strncmp(file, "libtsan.", 8) == 0;
}

void DieOfException(std::string_view name) {
  fprintf(stderr,
          "hupstorm: an exception left %.*s, which glibc declares nothrow; a kernel or layer may "
          "throw only where MayThrow(call)\n",
          static_cast<int>(name.size()), name.data());
  abort();
}

void RefuseIfSimulated(const char* name, int fd) {
  if (!IsServersCall()) return;
  HarnessScope harness;
  if (in_force.syscalls->Simulates(fd)) RefuseByName(name, fd);
}

void RefuseByName(const char* name, int fd) {
  char text[160];
  snprintf(text, sizeof text, "the server called %s on descriptor %d; %s is not simulated", name,
           fd, name);
  EndUnsimulated(text);
}

#if HUPSTORM_ASAN
namespace {

// Never inlined: the report's stack then begins in the shim's definition of the libc call.
[[gnu::noinline]] void Check(const void* buffer, size_t length, bool write) {
  if (buffer == nullptr || length == 0) return;
  // A length beyond any object is a mistake that the kernel answers (EFAULT, or cut to
  // MAX_RW_COUNT).
  if (length > PTRDIFF_MAX) return;
  void* const poisoned = __asan_region_is_poisoned(const_cast<void*>(buffer), length);
  if (poisoned == nullptr) return;
  __asan_report_error(__builtin_return_address(0), __builtin_frame_address(0), nullptr, poisoned,
                      write, 1);
}

void CheckParts(const iovec* parts, size_t count, bool write) {
  if (parts == nullptr || count > IOV_MAX) return;
  Check(parts, count * sizeof(iovec), false);
  for (size_t i = 0; i < count; ++i) Check(parts[i].iov_base, parts[i].iov_len, write);
}

void CheckMessage(const msghdr* message, bool write) {
  Check(message, sizeof(*message), write);
  if (message == nullptr) return;
  Check(message->msg_name, message->msg_namelen, write);
  CheckParts(message->msg_iov, message->msg_iovlen, write);
  Check(message->msg_control, message->msg_controllen, write);
}

}  // namespace

void CheckMemory(const SystemCall& call) {
  for (size_t i = 0; i < kMostArguments; ++i) {
    const Argument& argument = RowOf(call.call).arguments[i];
    const bool write = argument.direction != Direction::kIn;
    switch (argument.kind) {
      case ArgumentKind::kParts:
        if (call.Int(i + 1) > 0) CheckParts(call.Pointer<iovec>(i), call.Size(i + 1), write);
        break;
      case ArgumentKind::kMessage:
        CheckMessage(call.Pointer<msghdr>(i), write);
        break;
      case ArgumentKind::kMessages: {
        auto* const messages = call.Pointer<mmsghdr>(i);
        Check(messages, BytesAt(call, i), true);
        for (size_t j = 0; messages != nullptr && j < BytesAt(call, i) / sizeof *messages; ++j)
          CheckMessage(&messages[j].msg_hdr, write);
        break;
      }
      case ArgumentKind::kEpollEvent:
        if (call.Int(1) == EPOLL_CTL_DEL) break;
        [[fallthrough]];
      default:
        // An ioctl's argument is what its request says.
        if (argument.is_address() && argument.kind != ArgumentKind::kIoctlArgument) {
          Check(call.Pointer<void>(i), BytesAt(call, i), write);
        }
    }
  }
}
#endif

#if HUPSTORM_TSAN
namespace {

char descriptor_order;  // its address stands for the order of all sends and receives

}  // namespace

void BeforeSending() { __tsan_release(&descriptor_order); }
void AfterReceiving() { __tsan_acquire(&descriptor_order); }
#endif

bool ToMilliseconds(const timespec* timeout, int& milliseconds) {
  milliseconds = -1;
  if (timeout == nullptr) return true;
  timespec given;
  if (!CopyIn(&given, timeout)) {
    errno = EFAULT;
    return false;
  }
  timeout = &given;
  if (timeout->tv_sec < 0 || timeout->tv_nsec < 0 || timeout->tv_nsec >= 1'000'000'000) {
    errno = EINVAL;
    return false;
  }
  milliseconds =
      timeout->tv_sec > INT_MAX / 1000 - 1
          ? INT_MAX
          : static_cast<int>(timeout->tv_sec * 1000 + (timeout->tv_nsec + 999'999) / 1'000'000);
  return true;
}

}  // namespace hupstorm::shim
