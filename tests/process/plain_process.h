// A server of somebody else's as an ordinary process, and a client for it: without hupstorm.

#ifndef HUPSTORM_TESTS_PROCESS_PLAIN_PROCESS_H_
#define HUPSTORM_TESTS_PROCESS_PLAIN_PROCESS_H_

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace hupstorm {

inline constexpr int kServerPatienceMs = 20'000;

// A port of 127.0.0.1 on which nothing listens.
int FreePort();

class PlainProcess {
 public:
  // Starts `command` by the shell, in a process group of its own. Its output goes nowhere.
  // Processes that it leaves behind become this process's children.
  explicit PlainProcess(const std::string& command);
  // Kills what is left of the group.
  ~PlainProcess();
  PlainProcess(const PlainProcess&) = delete;
  PlainProcess& operator=(const PlainProcess&) = delete;

  void Signal(int signal) const;
  // Waits for its end, for so long at the most. False where it goes on.
  bool EndsWithin(int ms);
  // After that: as a shell shows it, 128 and the signal where one killed it.
  int exit_code() const { return exit_code_; }

 private:
  pid_t pid_ = -1;
  int pidfd_ = -1;
  int exit_code_ = -1;
};

// A process of a session of its own that a server has left to us, -1 for none.
pid_t FindOrphan();

// A connection to 127.0.0.1:`port`; tries for 20 s, as a server that starts does not say when it
// listens. -1 where nobody does, or `process` (may be null) ends before.
int ConnectTo(int port, PlainProcess* process);

// Sends `bytes` while it reads, then half-closes (if asked to) and reads on to the end, or until
// `wanted` bytes have come. What came; ends after 20 s in which nothing moves.
std::string Converse(int fd, std::string_view bytes, bool half_close, size_t wanted);

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_PROCESS_PLAIN_PROCESS_H_
