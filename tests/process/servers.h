// Servers that are not ours, for tests: programs of Debian's packages, small ones on libraries, and
// Python programs, correct or with one planted defect. Each is a command for a shell.

#ifndef HUPSTORM_TESTS_PROCESS_SERVERS_H_
#define HUPSTORM_TESTS_PROCESS_SERVERS_H_

#include <ostream>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace hupstorm {

struct CorrectServer {
  std::string name;      // "libevent_echo"
  std::string command;   // with "{port}", and "{folder}" where it keeps files of its own
  std::string protocol;  // as --protocol takes it: "echo", "expect:.../redis.expect"
  // False where it is known to lose what it has not answered when its client half-closes, and to
  // get stuck on long messages.
  bool drains = true;
  // What hupstorm reports of it all the same, and is right about, in the scenarios that
  // process_command_test.cc runs: "oracle scenario".
  std::set<std::string> known = {};
};

// Servers that do what their protocol says.
std::vector<CorrectServer> CorrectServers();

// Echo servers with one planted defect each.
struct DefectiveServer {
  std::string name;
  std::string command;
  std::vector<std::string> oracles;    // of which at least one must report it
  std::vector<std::string> scenarios;  // in some of these, or all of a folder
};
std::vector<DefectiveServer> DefectiveServers();

// For GoogleTest.
inline void PrintTo(const CorrectServer& server, std::ostream* out) { *out << server.name; }
inline void PrintTo(const DefectiveServer& server, std::ostream* out) { *out << server.name; }

// The command of tests/process/servers/NAME.py.
std::string PythonServer(std::string_view name);

// A pool of 64 threads, each for one connection.
std::string ThreadPool();

// Correct too, with a process for each connection; the same as a static binary, empty where there
// is no static C library.
std::string ForkEcho();
std::string StaticEcho();

// `which`, `manner`: see their sources.
std::string HandlesSignals(std::string_view which);
std::string JoinsAtExit(std::string_view manner);
std::string ShortTick();
std::string SleepsInManyWays();
std::string PidNamespaces();
// A TCP proxy; its command wants the backend's port after it.
std::string Proxy();

// `command` with its places filled in.
std::string FillIn(std::string command, int port, std::string_view folder);

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_PROCESS_SERVERS_H_
