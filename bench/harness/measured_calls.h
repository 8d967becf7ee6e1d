// Calls of a server, each made over and over on a LoadedKernel.

#ifndef HUPSTORM_BENCH_HARNESS_MEASURED_CALLS_H_
#define HUPSTORM_BENCH_HARNESS_MEASURED_CALLS_H_

#include <span>
#include <string_view>

#include "bench/harness/loaded_kernel.h"
#include "bench/measuring.h"

namespace hupstorm {

struct Subject;  // what a call is made on

struct MeasuredCallKind {
  std::string_view name;  // "recv", "accept4 + close"
  bool under_load;        // measured by number of connections too
  void (*run_batch)(Subject&);
  void (*begin)(Subject&) = nullptr;    // once
  void (*prepare)(Subject&) = nullptr;  // before each batch
  void (*end)(Subject&) = nullptr;      // once, after the last

  // `loaded` must outlive the object, which leaves it as it was. A batch throws FailedError if a
  // call fails that must not.
  MeasuredCall Make(LoadedKernel& loaded) const;
};
std::span<const MeasuredCallKind> MeasuredCallKinds();

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_HARNESS_MEASURED_CALLS_H_
