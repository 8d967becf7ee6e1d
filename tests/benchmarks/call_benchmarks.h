// What a system call costs: on Linux over loopback, and on the simulated kernel.

#ifndef HUPSTORM_TESTS_BENCHMARKS_CALL_BENCHMARKS_H_
#define HUPSTORM_TESTS_BENCHMARKS_CALL_BENCHMARKS_H_

namespace hupstorm {

// Names are "call/<call>/Linux" and "call/<call>/Simulated", and with a number of other open
// connections "load/<call>/<connections>/Linux" and "load/<call>/<connections>/Simulated".
void RegisterCallBenchmarks();

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_BENCHMARKS_CALL_BENCHMARKS_H_
