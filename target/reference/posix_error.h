// Turns errno into an exception, for what leaves a server no way to go on.

#ifndef HUPSTORM_TARGET_REFERENCE_POSIX_ERROR_H_
#define HUPSTORM_TARGET_REFERENCE_POSIX_ERROR_H_

#include <cerrno>
#include <system_error>

namespace hupstorm {

[[noreturn]] inline void ThrowErrno(const char* call) {
  throw std::system_error(errno, std::generic_category(), call);
}

// Passes on the result of a call that may not fail.
inline int Must(int result, const char* call) {
  if (result < 0) ThrowErrno(call);
  return result;
}

}  // namespace hupstorm

#endif  // HUPSTORM_TARGET_REFERENCE_POSIX_ERROR_H_
