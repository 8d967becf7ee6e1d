// libc's streams on descriptors of the server's: libc's own would read and write past the shim. See
// libc_shim.h.

#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cstdint>

#include "kernel/libc_shim.h"

using hupstorm::HarnessScope;
using hupstorm::in_force;
using namespace hupstorm::shim;  // NOLINT: every line below is the shim's

namespace {

bool IsSimulatedStream(int fd) {
  if (!IsServersCall()) return false;
  HarnessScope harness;
  return in_force.syscalls->Simulates(fd);
}

int DescriptorIn(void* cookie) { return static_cast<int>(reinterpret_cast<intptr_t>(cookie)); }

ssize_t ReadStream(void* cookie, char* buffer, size_t size) {
  return read(DescriptorIn(cookie), buffer, size);
}

// All of it or nothing more (_IO_new_file_write).
ssize_t WriteStream(void* cookie, const char* buffer, size_t size) {
  size_t written = 0;
  while (written < size) {
    const ssize_t result = write(DescriptorIn(cookie), buffer + written, size - written);
    if (result < 0) break;
    written += static_cast<size_t>(result);
  }
  return static_cast<ssize_t>(written);
}

int SeekStream(void*, off64_t*, int) {
  errno = ESPIPE;
  return -1;
}

int CloseStream(void* cookie) { return close(DescriptorIn(cookie)); }

// Whether what a stream's mode asks for is what the descriptor can do.
bool Suits(const char* mode, int flags) {
  const bool both = strchr(mode, '+') != nullptr;
  const int access = flags & O_ACCMODE;
  if (both) return access == O_RDWR;
  return access == O_RDWR || access == (mode[0] == 'r' ? O_RDONLY : O_WRONLY);
}

}  // namespace

extern "C" {

FILE* fdopen(int fd, const char* mode) noexcept {
  if (!IsSimulatedStream(fd)) {
    static auto* const next =
        reinterpret_cast<FILE* (*)(int, const char*)>(dlsym(RTLD_NEXT, "fdopen"));
    return next(fd, mode);
  }
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return nullptr;
  if (strchr("rwa", mode[0]) == nullptr || mode[0] == '\0' || !Suits(mode, flags)) {
    errno = EINVAL;
    return nullptr;
  }
  const cookie_io_functions_t functions = {
      .read = ReadStream, .write = WriteStream, .seek = SeekStream, .close = CloseStream};
  FILE* const stream =
      fopencookie(reinterpret_cast<void*>(static_cast<intptr_t>(fd)), mode, functions);
  if (stream != nullptr) stream->_fileno = fd;  // for fileno(3)
  return stream;
}

int vdprintf(int fd, const char* format, va_list arguments) {
  if (!IsSimulatedStream(fd)) {
    static auto* const next =
        reinterpret_cast<int (*)(int, const char*, va_list)>(dlsym(RTLD_NEXT, "vdprintf"));
    return next(fd, format, arguments);
  }
  char* text = nullptr;
  const int length = vasprintf(&text, format, arguments);
  if (length < 0) return -1;
  const auto size = static_cast<size_t>(length);
  void* const cookie = reinterpret_cast<void*>(static_cast<intptr_t>(fd));
  const bool whole = WriteStream(cookie, text, size) == length;
  free(text);
  return whole ? length : -1;
}

int dprintf(int fd, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int result = vdprintf(fd, format, arguments);
  va_end(arguments);
  return result;
}

// The forms of _FORTIFY_SOURCE, which look at the format's conversions as well.
int __vdprintf_chk(int fd, int, const char* format, va_list arguments) {
  return vdprintf(fd, format, arguments);
}

int __dprintf_chk(int fd, int, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int result = vdprintf(fd, format, arguments);
  va_end(arguments);
  return result;
}

}  // extern "C"
