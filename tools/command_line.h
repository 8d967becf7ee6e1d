// The hupstorm command as a whole: what it can be asked, and doing it.

#ifndef HUPSTORM_TOOLS_COMMAND_LINE_H_
#define HUPSTORM_TOOLS_COMMAND_LINE_H_

#include <memory>
#include <string_view>

namespace CLI {
class App;
}

namespace hupstorm {

struct CommandLine;
struct SelfCommands;

// All commands with their options, which set `line.action` when one is parsed. `line` must outlive
// the App.
std::shared_ptr<CLI::App> MakeApp(CommandLine& line);

// Whether arguments that begin with this word are for RunHupstorm: a command's name, help, --help
// or --version. For executables that are something else as well (tools/linked_server.cc).
bool IsCommandLine(std::string_view first_word);

// All that main does: reads the command line, does what it asks, and says on standard error what
// went wrong. Gives the exit code (tools/cli/errors.h) and throws nothing.
// `self`: null in an executable that has a user's server and nothing about hupstorm itself.
int RunHupstorm(int argc, char** argv, const SelfCommands* self);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_COMMAND_LINE_H_
