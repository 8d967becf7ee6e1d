// A descriptor and the duty to close it.

#ifndef HUPSTORM_TARGET_REFERENCE_UNIQUE_FD_H_
#define HUPSTORM_TARGET_REFERENCE_UNIQUE_FD_H_

#include <unistd.h>

#include <utility>

namespace hupstorm {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&&) = delete;

  // The result of close is of no use: Linux has released the number whatever it returns, EINTR
  // included (close(2)), so that to try again would close somebody else's descriptor.
  ~UniqueFd() {
    if (fd_ >= 0) close(fd_);
  }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TARGET_REFERENCE_UNIQUE_FD_H_
