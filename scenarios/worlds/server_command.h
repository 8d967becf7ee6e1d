// A server that a command line starts: any program, with all the processes that come of it.
//
// A process of ours, the keeper, stands between: every process of the server's that loses its
// parent becomes the keeper's child (PR_SET_CHILD_SUBREAPER), so that none gets away, by forking
// twice and setsid either. When the object goes, or this process dies in whatever way, the keeper
// ends them all by SIGKILL.

#ifndef HUPSTORM_SCENARIOS_WORLDS_SERVER_COMMAND_H_
#define HUPSTORM_SCENARIOS_WORLDS_SERVER_COMMAND_H_

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/child_process.h"
#include "base/file_descriptor.h"
#include "base/shared_array.h"

namespace hupstorm {

struct ServerOutput;

class ServerCommand {
 public:
  struct Options {
    std::string command;                                                 // for /bin/sh -c
    std::vector<std::pair<std::string, std::string>> environment;        // in addition
    rlimit descriptors = {.rlim_cur = 1024, .rlim_max = RLIM_INFINITY};  // RLIMIT_NOFILE
    // Its memory is at the same addresses each time (personality(2), ADDR_NO_RANDOMIZE): some
    // servers hash pointers, or write them into pipes.
    bool has_fixed_addresses = false;
  };

  // Starts it. The calling process must have no other threads. Throws std::system_error.
  explicit ServerCommand(const Options& options);
  ~ServerCommand();  // End()
  ServerCommand(const ServerCommand&) = delete;
  ServerCommand& operator=(const ServerCommand&) = delete;

  // The process that the server's processes descend from.
  pid_t keeper() const { return keeper_.pid(); }
  // Readable when Status has news, or the keeper has ended.
  int news() const { return control_.get(); }
  // How the command's first process has ended, as waitpid says; nothing while it runs.
  std::optional<int> Status();
  // The others that a signal has killed after they had lost their parents, with how they ended.
  // What Status has come upon.
  std::vector<std::pair<pid_t, int>> TakeKilled() { return std::exchange(killed_, {}); }

  // Ends every process of the server, and returns when they are gone: some milliseconds. False
  // if one could not be ended, after 5 s.
  bool End();

  // The last 16 KiB, at most, of what the processes wrote to standard output and standard error.
  std::string Output() const;
  // The same of what they wrote to standard error alone, since NoteStarted.
  std::string Errors() const;
  // How much they wrote.
  uint64_t OutputBytes() const;

  // The server is ready: what it wrote so far is no reason of what becomes of it.
  void NoteStarted();
  // As Output, of what was written since then.
  std::string OutputSinceStart() const;

 private:
  const SharedArray<ServerOutput> output_;
  FileDescriptor control_;
  ChildProcess keeper_;
  std::optional<int> status_;
  std::vector<std::pair<pid_t, int>> killed_;
  uint64_t at_start_ = 0;
  uint64_t errors_at_start_ = 0;
};

// `command` so that the shell becomes the last program of it, in place of waiting for it and
// telling of its end in its own words: with "exec" before that, if it is a simple one that sh(1)
// need not stay for. As it is if that is not plain to see (pipes, background, compound commands,
// builtins).
std::string WithExec(const std::string& command);

// `command` with each "{port}" replaced.
std::string WithPort(const std::string& command, uint16_t port);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_SERVER_COMMAND_H_
