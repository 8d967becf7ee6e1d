// A documented server in a process of its own, and clients for it, on loopback.

#ifndef HUPSTORM_TESTS_TARGET_DOCUMENTED_SERVER_PROCESS_H_
#define HUPSTORM_TESTS_TARGET_DOCUMENTED_SERVER_PROCESS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/child_process.h"
#include "base/file_descriptor.h"
#include "target/target.h"

namespace hupstorm {

struct ServerLimits {
  int spare_descriptors = 0;  // how many it may open, by RLIMIT_NOFILE; 0 for no limit
  int first_descriptor = 0;   // all below are taken; 0 leaves them as they are
  bool keep_log = true;       // false for tests that make the server write a lot
};

// Runs `target` in a child, from construction, when it listens, to destruction, which kills it.
class ServerProcess {
 public:
  explicit ServerProcess(const Target& target, const ServerLimits& limits = {});

  uint16_t port() const { return port_; }

  // Waits (10 s at the most) for the server to end; what() of the exception that left serve(), or
  // "still running".
  std::string Death();

  // What it has written to its standard output and error so far.
  std::string Log() const;
  // Waits (10 s at the most) until the log holds `text` at least `times` times.
  bool WaitForLog(const std::string& text, int times = 1) const;

  int OpenDescriptors() const;            // of the server's process
  bool SleepsIn(long system_call) const;  // SYS_...
  // The call that it sleeps in, and the processor time that it has had so far; empty while it runs.
  std::string Sleep() const;

  // Between these the server does not run: what clients do then reaches it in one batch.
  void Freeze();
  void Thaw();

 private:
  uint16_t port_;
  FileDescriptor death_pipe_;
  FileDescriptor log_;
  ChildProcess child_;
};

// A blocking client. Every wait is bounded by 10 s.
class Client {
 public:
  explicit Client(const ServerProcess& server, int receive_buffer = 0);

  void Send(const std::string& bytes);
  // Sends until there is no room and the server sleeps on. Returns how much that was.
  size_t SendWhileTaken(const std::string& bytes);
  void SendUrgent();
  void ShutdownWrite();
  void Reset();
  void Close() { fd_.reset(); }

  std::string Read(size_t count);  // fewer where the connection ends before
  struct Rest {
    std::string bytes;
    int error = 0;  // 0: the server ended the connection in order
  };
  Rest ReadToEnd();

  bool IsReadable(int patience_ms) const;  // bytes or an end are there, or come in that time
  bool IsReset(int patience_ms) const;     // the server's RST is there, or comes in that time

 private:
  const ServerProcess* server_;
  FileDescriptor fd_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_TARGET_DOCUMENTED_SERVER_PROCESS_H_
