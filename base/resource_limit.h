// Limits of this process (getrlimit(2)). All of these are async-signal-safe.

#ifndef HUPSTORM_BASE_RESOURCE_LIMIT_H_
#define HUPSTORM_BASE_RESOURCE_LIMIT_H_

#include <sys/resource.h>

namespace hupstorm {

using Resource = decltype(RLIMIT_NOFILE);

rlimit LimitOf(Resource resource);

// Sets the soft limit to `wanted`, or to the hard limit if that is lower. Returns what the limits
// were before.
rlimit SetSoftLimit(Resource resource, rlim_t wanted);

// Raises RLIMIT_NOFILE as far as it may; returns what it was.
rlimit RaiseDescriptorLimit();

// A crash leaves no core file.
void ForbidCoreFiles();

}  // namespace hupstorm

#endif  // HUPSTORM_BASE_RESOURCE_LIMIT_H_
