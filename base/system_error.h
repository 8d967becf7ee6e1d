// errno as an exception.

#ifndef HUPSTORM_BASE_SYSTEM_ERROR_H_
#define HUPSTORM_BASE_SYSTEM_ERROR_H_

#include <cerrno>
#include <string>
#include <system_error>

namespace hupstorm {

// Throws std::system_error with errno: "`what`: Too many open files".
[[noreturn]] inline void ThrowSystemError(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// Passes the result of a system call on. Throws std::system_error if it is negative.
inline int CheckSystemCall(int result, const char* what) {
  if (result < 0) ThrowSystemError(what);
  return result;
}

}  // namespace hupstorm

#endif  // HUPSTORM_BASE_SYSTEM_ERROR_H_
