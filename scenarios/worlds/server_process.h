// A server in a child process, held in each of its calls by this one.

#ifndef HUPSTORM_SCENARIOS_WORLDS_SERVER_PROCESS_H_
#define HUPSTORM_SCENARIOS_WORLDS_SERVER_PROCESS_H_

#include <sys/types.h>

#include <functional>
#include <string>
#include <utility>

#include "base/captured_output.h"
#include "base/child_process.h"
#include "base/file_descriptor.h"
#include "kernel/linux/held/connection.h"

namespace hupstorm {

class ServerProcess {
 public:
  // Forks a child that runs `serve` with an Agent in force. It has descriptors 0 to 2 and the line,
  // out of the way, and nothing else of this process. Throws std::system_error. The server is
  // killed when the object goes.
  ServerProcess(held::SharedMemory& memory, const std::function<void()>& serve);

  pid_t pid() const { return process_.pid(); }
  // The driver's end of the socket between the two, which becomes the caller's.
  FileDescriptor TakeLine() { return std::move(line_); }

  // Waits for the end of a process that ends, and says how it did: "killed by SIGSEGV (...)",
  // "it called exit(1)"; then the line of its output that says why, if any.
  std::string AwaitEnd();

 private:
  [[noreturn]] void Serve(held::SharedMemory& memory, FileDescriptor end,
                          const std::function<void()>& serve);

  CapturedOutput output_;
  FileDescriptor line_;
  ChildProcess process_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_SERVER_PROCESS_H_
