// A server in a child process, held in each of its calls by this one.

#ifndef HUPSTORM_SCENARIOS_WORLDS_SERVER_PROCESS_H_
#define HUPSTORM_SCENARIOS_WORLDS_SERVER_PROCESS_H_

#include <sys/types.h>

#include <functional>
#include <string>

#include "kernel/linux/held/connection.h"

namespace hupstorm {

class ServerProcess {
 public:
  // Forks a child that runs `serve` with an Agent in force. It has descriptors 0 to 2 and the line,
  // out of the way, and nothing else of this process. Throws std::system_error.
  ServerProcess(remote::SharedMemory& memory, const std::function<void()>& serve);
  ~ServerProcess();  // kills it
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  pid_t pid() const { return pid_; }
  int line() const { return line_; }  // the driver's end

  // Waits for the end of a process that ends, and says how it did: "killed by SIGSEGV (...)",
  // "it called exit(1)"; then the line of its output that says why, if any.
  std::string AwaitEnd();

 private:
  [[noreturn]] static void Serve(remote::SharedMemory& memory, int line, int output, pid_t parent,
                                 const std::function<void()>& serve);

  pid_t pid_ = -1;
  int line_ = -1;
  int output_ = -1;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_SERVER_PROCESS_H_
