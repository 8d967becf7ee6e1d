#include "target/documented/python/errors.h"

#include <cerrno>
#include <cstring>

namespace hupstorm::python {
namespace {

// Objects/exceptions.c, _PyExc_InitState.
struct ClassOfError {
  int error;
  const char* name;
};
constexpr ClassOfError kClasses[] = {{EAGAIN, "BlockingIOError"},
                                     {EALREADY, "BlockingIOError"},
                                     {EINPROGRESS, "BlockingIOError"},
                                     {EPIPE, "BrokenPipeError"},
                                     {ESHUTDOWN, "BrokenPipeError"},
                                     {ECONNABORTED, "ConnectionAbortedError"},
                                     {ECONNREFUSED, "ConnectionRefusedError"},
                                     {ECONNRESET, "ConnectionResetError"},
                                     {EEXIST, "FileExistsError"},
                                     {ENOENT, "FileNotFoundError"},
                                     {EINTR, "InterruptedError"},
                                     {EACCES, "PermissionError"},
                                     {EPERM, "PermissionError"},
                                     {ETIMEDOUT, "TimeoutError"}};

const char* ClassOf(int error) {
  for (const ClassOfError& row : kClasses) {
    if (row.error == error) return row.name;
  }
  return "OSError";
}

}  // namespace

OSError::OSError(int error)
    : Error(ClassOf(error), "[Errno " + std::to_string(error) + "] " + std::strerror(error)),
      error_(error) {}

}  // namespace hupstorm::python
