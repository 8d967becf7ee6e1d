// The hupstorm command as a whole: what it can be asked, and doing it.

#ifndef HUPSTORM_TOOLS_COMMAND_LINE_H_
#define HUPSTORM_TOOLS_COMMAND_LINE_H_

#include <memory>

namespace CLI {
class App;
}

namespace hupstorm {

struct CommandLine;

// All commands with their options, which set `line.action` when one is parsed. `line` must outlive
// the App.
std::unique_ptr<CLI::App> MakeApp(CommandLine& line);

// All that main does: reads the command line, does what it asks, and says on standard error what
// went wrong. Gives the exit code (tools/cli/errors.h) and throws nothing.
int RunHupstorm(int argc, char** argv);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_COMMAND_LINE_H_
