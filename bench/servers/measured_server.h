// A server that is measured, as a process of its own.

#ifndef HUPSTORM_BENCH_SERVERS_MEASURED_SERVER_H_
#define HUPSTORM_BENCH_SERVERS_MEASURED_SERVER_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/child_process.h"
#include "bench/servers/peers.h"

namespace hupstorm {

class MeasuredServer {
 public:
  // Starts `peer` on a free port of 127.0.0.1 and returns when it listens. `processor`: where it
  // runs, -1 for anywhere. The process does not outlive the object. Throws FailedError if it
  // cannot be started, ends, or does not listen within ten seconds.
  MeasuredServer(const EchoPeer& peer, int processor);
  // The same of a server that is `serve(port)`, in a fork of this process that has no threads.
  explicit MeasuredServer(const std::function<void(uint16_t port)>& serve);

  uint16_t port() const { return port_; }
  pid_t pid() const { return process_.pid(); }
  // Processor time used since its start.
  double CpuSeconds() const;
  // Memory of its own, that is in RAM and no file's.
  double OwnMemoryBytes() const;
  // How it ended: "was killed by signal 11 (Segmentation fault)"; empty while it runs. Waits up to
  // `patience_ms` for an end.
  std::string End(int patience_ms);

 private:
  // `start(port)` makes the process.
  void Start(const EchoPeer& peer, const std::function<ChildProcess(uint16_t port)>& start);
  bool AwaitListening();

  uint16_t port_ = 0;
  ChildProcess process_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_BENCH_SERVERS_MEASURED_SERVER_H_
