// Matchers for the results of system calls. A mismatch names the errno.
//   EXPECT_THAT(Invoke<Call::kSend>(kernel, fd, "x", 1, 0), SyscallFailsWith(EPIPE));

#ifndef HUPSTORM_TESTS_KERNEL_CONFORMANCE_SYSCALL_MATCHERS_H_
#define HUPSTORM_TESTS_KERNEL_CONFORMANCE_SYSCALL_MATCHERS_H_

#include <errno.h>
#include <gmock/gmock.h>
#include <string.h>

#include <ostream>
#include <string>

namespace hupstorm {

inline std::string ErrorName(int error) {
  const char* name = strerrorname_np(error);
  return name != nullptr ? name : "error " + std::to_string(error);
}

class SyscallSucceedsMatcher {
 public:
  explicit SyscallSucceedsMatcher(bool any_value, long expected)
      : any_value_(any_value), expected_(expected) {}

  template <typename Result>
  bool MatchAndExplain(Result result, testing::MatchResultListener* listener) const {
    const int error = errno;
    if (result == -1) {
      *listener << "which failed with " << ErrorName(error);
      return false;
    }
    return any_value_ || static_cast<long>(result) == expected_;
  }
  void DescribeTo(std::ostream* out) const {
    *out << "succeeds";
    if (!any_value_) *out << " with value " << expected_;
  }
  void DescribeNegationTo(std::ostream* out) const {
    *out << "does not succeed";
    if (!any_value_) *out << " with value " << expected_;
  }

 private:
  bool any_value_;
  long expected_;
};

class SyscallFailsMatcher {
 public:
  explicit SyscallFailsMatcher(int expected) : expected_(expected) {}

  template <typename Result>
  bool MatchAndExplain(Result result, testing::MatchResultListener* listener) const {
    const int error = errno;
    if (result != -1) {
      *listener << "which succeeded";
      return false;
    }
    if (error != expected_) *listener << "which failed with " << ErrorName(error);
    return error == expected_;
  }
  void DescribeTo(std::ostream* out) const { *out << "fails with " << ErrorName(expected_); }
  void DescribeNegationTo(std::ostream* out) const {
    *out << "does not fail with " << ErrorName(expected_);
  }

 private:
  int expected_;
};

inline auto SyscallSucceeds() {
  return testing::MakePolymorphicMatcher(SyscallSucceedsMatcher(true, 0));
}
inline auto SyscallSucceedsWithValue(long value) {
  return testing::MakePolymorphicMatcher(SyscallSucceedsMatcher(false, value));
}
inline auto SyscallFailsWith(int error) {
  return testing::MakePolymorphicMatcher(SyscallFailsMatcher(error));
}

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_KERNEL_CONFORMANCE_SYSCALL_MATCHERS_H_
