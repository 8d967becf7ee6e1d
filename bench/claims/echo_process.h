// A reference echo server in a process of its own, whose CPU time or whose calls are measured from
// outside.

#ifndef HUPSTORM_BENCH_CLAIMS_ECHO_PROCESS_H_
#define HUPSTORM_BENCH_CLAIMS_ECHO_PROCESS_H_

#include <cstdint>
#include <vector>

#include "base/child_process.h"
#include "base/file_descriptor.h"
#include "base/shared_array.h"
#include "bench/claims/call_counter.h"
#include "target/reference/multiplexer.h"

namespace hupstorm {

class EchoProcess {
 public:
  // `counted`: its calls are counted, which takes time of its own. Throws std::system_error where
  // no process can be had, std::runtime_error where the server does not begin to listen. The
  // server ends with the object.
  EchoProcess(MultiplexerKind kind, bool counted);

  uint16_t port() const { return port_; }
  // CPU time of the process since it began.
  int64_t CpuNs() const;
  // Since it began; all zero unless counted.
  CallCounts Counts() const { return *counts_; }

 private:
  const SharedArray<CallCounts> counts_;  // one, shared with the server's process
  ChildProcess process_;
  uint16_t port_ = 0;
};

// Clients of an EchoProcess.
class EchoClients {
 public:
  // Connects `count` clients and exchanges a message with each, so that the server has accepted
  // them. Those that it turns away are left out.
  EchoClients(uint16_t port, int count);

  int served() const { return static_cast<int>(fds_.size()); }
  // Each of the first `active` sends 64 bytes; then each takes them back. On one processor
  // (OneProcessor) all are there before the server runs. Throws std::runtime_error where an echo
  // does not come.
  void Exchange(int active) const;

 private:
  std::vector<FileDescriptor> fds_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_CLAIMS_ECHO_PROCESS_H_
