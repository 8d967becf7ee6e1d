// Calls of a server, each made over and over on a LoadedKernel: what is measured, without a clock.

#ifndef HUPSTORM_BENCH_HARNESS_MEASURED_CALLS_H_
#define HUPSTORM_BENCH_HARNESS_MEASURED_CALLS_H_

#include <memory>
#include <span>
#include <string_view>

#include "bench/harness/loaded_kernel.h"

namespace hupstorm {

class MeasuredCall {
 public:
  // Calls of one RunBatch. The bytes that they move fit every buffer.
  static constexpr int kBatch = 64;

  virtual ~MeasuredCall() = default;
  // Whether Prepare does anything.
  virtual bool prepares() const = 0;
  // To be called before each RunBatch, and not to be measured: brings what the calls will take.
  virtual void Prepare() = 0;
  // Throws FailedError where a call fails that must not.
  virtual void RunBatch() = 0;
};

struct MeasuredCallKind {
  std::string_view name;  // "recv", "accept4 + close"
  // `loaded` must outlive the object, which leaves it as it was.
  std::unique_ptr<MeasuredCall> (*make)(LoadedKernel& loaded);
  bool under_load;  // worth measuring with many other connections
};
std::span<const MeasuredCallKind> MeasuredCallKinds();

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_HARNESS_MEASURED_CALLS_H_
