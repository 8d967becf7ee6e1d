#include "base/resource_limit.h"

#include <algorithm>

namespace hupstorm {

rlimit LimitOf(Resource resource) {
  rlimit limit = {};
  getrlimit(resource, &limit);
  return limit;
}

rlimit SetSoftLimit(Resource resource, rlim_t wanted) {
  const rlimit former = LimitOf(resource);
  const rlimit limit = {.rlim_cur = std::min(wanted, former.rlim_max), .rlim_max = former.rlim_max};
  setrlimit(resource, &limit);
  return former;
}

rlimit RaiseDescriptorLimit() { return SetSoftLimit(RLIMIT_NOFILE, RLIM_INFINITY); }

void ForbidCoreFiles() {
  const rlimit none = {.rlim_cur = 0, .rlim_max = 0};
  setrlimit(RLIMIT_CORE, &none);
}

}  // namespace hupstorm
