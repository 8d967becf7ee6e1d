// Calls of a server, each made over and over on a LoadedKernel.

#ifndef HUPSTORM_BENCH_HARNESS_MEASURED_CALLS_H_
#define HUPSTORM_BENCH_HARNESS_MEASURED_CALLS_H_

#include <span>
#include <string_view>

#include "bench/harness/loaded_kernel.h"
#include "bench/measuring.h"

namespace hupstorm {

struct MeasuredCallKind {
  std::string_view name;  // "recv", "accept4 + close"
  // `loaded` must outlive the object, which leaves it as it was. A batch throws FailedError if a
  // call fails that must not.
  MeasuredCall (*make)(LoadedKernel& loaded);
  bool under_load = false;  // measured by number of connections too
};
std::span<const MeasuredCallKind> MeasuredCallKinds();

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_HARNESS_MEASURED_CALLS_H_
