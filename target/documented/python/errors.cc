#include "target/documented/python/errors.h"

#include <cerrno>
#include <cstring>

namespace hupstorm::python {
namespace {

// Objects/exceptions.c, _PyExc_InitState.
const char* ClassOf(int error) {
  switch (error) {
    case EAGAIN:
    case EALREADY:
    case EINPROGRESS:
      return "BlockingIOError";
    case EPIPE:
    case ESHUTDOWN:
      return "BrokenPipeError";
    case ECONNABORTED:
      return "ConnectionAbortedError";
    case ECONNREFUSED:
      return "ConnectionRefusedError";
    case ECONNRESET:
      return "ConnectionResetError";
    case EEXIST:
      return "FileExistsError";
    case ENOENT:
      return "FileNotFoundError";
    case EINTR:
      return "InterruptedError";
    case EACCES:
    case EPERM:
      return "PermissionError";
    case ETIMEDOUT:
      return "TimeoutError";
    default:
      return "OSError";
  }
}

}  // namespace

OSError::OSError(int error)
    : Error(ClassOf(error), "[Errno " + std::to_string(error) + "] " + std::strerror(error)),
      error_(error) {}

}  // namespace hupstorm::python
