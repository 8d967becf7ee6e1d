// Runs the built hupstorm executable as a user would, bounded in time.

#ifndef HUPSTORM_TESTS_TOOLS_COMMAND_H_
#define HUPSTORM_TESTS_TOOLS_COMMAND_H_

#include <sys/types.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace hupstorm {

struct CommandResult {
  int exit_code = -1;  // -1: killed by a signal, or by the test as it took too long
  std::string out;
  std::string err;
};

struct CommandInput {
  std::string standard_input = {};
  std::string folder = {};       // to run in; empty: this one
  std::string program = {};      // another copy of the executable
  std::string output_file = {};  // where standard output goes instead of to CommandResult::out
};

CommandResult Hupstorm(const std::vector<std::string>& arguments, const CommandInput& input = {});

// Standard output as JSON. Fails the test where it is none.
nlohmann::json JsonOf(const CommandResult& result);

// False where no pseudo-terminal can be opened, as in a chroot without /dev/pts.
bool HasTerminals();

// A folder that is gone, with all that is in it, when the object is.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  // Writes a file; gives its path.
  std::string Write(const std::string& name, std::string_view content) const;

 private:
  std::string path_;
};

// A server that hupstorm serves, until the object is gone.
class ServingCommand {
 public:
  // `arguments` after "serve". Waits until it has said where it listens.
  explicit ServingCommand(const std::vector<std::string>& arguments);
  ~ServingCommand();
  ServingCommand(const ServingCommand&) = delete;
  ServingCommand& operator=(const ServingCommand&) = delete;

  int port() const { return port_; }
  std::string endpoint() const { return "127.0.0.1:" + std::to_string(port_); }
  // Sends it `signal`; its exit code, -1 where the signal killed it.
  int Stop(int signal);

 private:
  pid_t pid_ = -1;
  int output_ = -1;
  int port_ = 0;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TESTS_TOOLS_COMMAND_H_
