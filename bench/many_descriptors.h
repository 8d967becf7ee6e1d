// As many descriptors as a measurement needs, given back when it is over.

#ifndef HUPSTORM_BENCH_MANY_DESCRIPTORS_H_
#define HUPSTORM_BENCH_MANY_DESCRIPTORS_H_

#include <sys/resource.h>

namespace hupstorm {

// Raises RLIMIT_NOFILE for the life of the object: to `wanted` where the hard limit allows that or
// can be raised (CAP_SYS_RESOURCE), else as far as it allows.
class ManyDescriptors {
 public:
  explicit ManyDescriptors(int wanted);
  ~ManyDescriptors();
  ManyDescriptors(const ManyDescriptors&) = delete;
  ManyDescriptors& operator=(const ManyDescriptors&) = delete;

  // How many descriptors the process may have.
  int limit() const { return limit_; }

 private:
  rlimit former_ = {};
  int limit_ = 0;
};

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_MANY_DESCRIPTORS_H_
