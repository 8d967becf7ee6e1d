// What a server writes to its standard output and error: which client a line names, and whose bytes
// it shows.

#ifndef HUPSTORM_SCENARIOS_WORLDS_SERVER_LOG_H_
#define HUPSTORM_SCENARIOS_WORLDS_SERVER_LOG_H_

#include <unistd.h>

#include <string>
#include <string_view>

#include "kernel/system_call.h"
#include "scenarios/oracles/ledger.h"
#include "scenarios/worlds/judge.h"
#include "scenarios/worlds/time_line.h"

namespace hupstorm {

// The client whose address stands in `line`, as "127.0.0.1:40001" or as Python prints it,
// "('127.0.0.1', 40001)"; index into Ledger::clients, -1 for none. The last one if there are
// several. `likely` is looked at first; -1 for none.
int ClientNamedIn(std::string_view line, const Ledger& ledger, int likely);

// A part of the line may be what a client has sent, and is no word of the server's own.
bool ShowsPattern(std::string_view line);

// Says in what way `line` mixes up clients, empty if it does not. `current` is the client that
// the server's last call was about; compared with the line only if `names_client`.
std::string ForeignLogLine(std::string_view line, const Ledger& ledger, bool names_client,
                           int current);

class ServerLog {
 public:
  ServerLog(Ledger& ledger, Judge& judge, TimeLine& time_line)
      : ledger_(ledger), judge_(judge), time_line_(time_line) {}

  static bool IsLog(int fd) { return fd == STDOUT_FILENO || fd == STDERR_FILENO; }
  // A line of the log, or a part of one: such calls are not looked at as others are.
  static bool IsLogLine(const SystemCall& call);

  // For a new run. `names_client`: see Target::log_names_client. `keeps_lines`: last_lines is
  // filled in.
  void Start(bool names_client, bool keeps_lines) {
    names_client_ = names_client;
    keeps_lines_ = keeps_lines;
    line_.clear();
    last_lines_.clear();
  }
  // The last lines, some thousand bytes.
  const std::string& last_lines() const { return last_lines_; }
  // If `call` is a part of the log, answers it in Linux's place. `client`: the one that the
  // server's last call on a connection was about, -1 for none.
  bool Take(SystemCall& call, int client);

 private:
  void EndLine(int client);
  void KeepLine();

  Ledger& ledger_;
  Judge& judge_;
  TimeLine& time_line_;
  bool names_client_ = false;
  bool keeps_lines_ = false;
  std::string line_;  // what has come of it
  std::string last_lines_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_WORLDS_SERVER_LOG_H_
