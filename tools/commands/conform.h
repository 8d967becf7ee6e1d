// hupstorm conform: runs random programs on the simulated kernel and on Linux and compares them.

#ifndef HUPSTORM_TOOLS_COMMANDS_CONFORM_H_
#define HUPSTORM_TOOLS_COMMANDS_CONFORM_H_

#include "tools/commands/commands.h"

namespace hupstorm {

// As the other commands: see commands.h.
void AddConformCommand(CLI::App& app, CommandLine& line);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_COMMANDS_CONFORM_H_
