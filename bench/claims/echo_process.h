// A reference echo server in a process of its own, whose CPU time or whose calls are measured from
// outside.

#ifndef HUPSTORM_BENCH_CLAIMS_ECHO_PROCESS_H_
#define HUPSTORM_BENCH_CLAIMS_ECHO_PROCESS_H_

#include <cstdint>

#include "base/shared_array.h"
#include "bench/claims/call_counter.h"
#include "bench/servers/measured_server.h"
#include "target/reference/multiplexer.h"

namespace hupstorm {

class EchoProcess {
 public:
  // `counted`: its calls are counted, which takes time of its own. Throws std::system_error if no
  // process can be had, FailedError if the server does not begin to listen. The server ends with
  // the object.
  EchoProcess(MultiplexerKind kind, bool counted);

  uint16_t port() const { return server_.port(); }
  // CPU time of the process since it began.
  double CpuSeconds() const { return server_.CpuSeconds(); }
  // Since it began; all zero unless counted.
  CallCounts Counts() const { return *counts_; }

 private:
  const SharedArray<CallCounts> counts_;  // one, shared with the server's process
  MeasuredServer server_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_CLAIMS_ECHO_PROCESS_H_
