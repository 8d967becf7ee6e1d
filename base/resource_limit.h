// Limits of this process (getrlimit(2)). All of these are async-signal-safe.

#ifndef HUPSTORM_BASE_RESOURCE_LIMIT_H_
#define HUPSTORM_BASE_RESOURCE_LIMIT_H_

#include <sys/resource.h>

#include <algorithm>

namespace hupstorm {

using Resource = decltype(RLIMIT_NOFILE);

inline rlimit LimitOf(Resource resource) {
  rlimit limit = {};
  getrlimit(resource, &limit);
  return limit;
}

// Sets the soft limit to `wanted`, or to the hard limit if that is lower. Returns what the limits
// were before.
inline rlimit SetSoftLimit(Resource resource, rlim_t wanted) {
  const rlimit former = LimitOf(resource);
  const rlimit limit = {.rlim_cur = std::min(wanted, former.rlim_max), .rlim_max = former.rlim_max};
  setrlimit(resource, &limit);
  return former;
}

// Raises RLIMIT_NOFILE as far as it may; returns what it was.
inline rlimit RaiseDescriptorLimit() { return SetSoftLimit(RLIMIT_NOFILE, RLIM_INFINITY); }

// A crash leaves no core file.
inline void ForbidCoreFiles() {
  const rlimit none = {.rlim_cur = 0, .rlim_max = 0};
  setrlimit(RLIMIT_CORE, &none);
}

}  // namespace hupstorm

#endif  // HUPSTORM_BASE_RESOURCE_LIMIT_H_
