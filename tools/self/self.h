// What only the hupstorm command has, and an executable with a user's server (hupstorm_add_server)
// goes without: the documents' servers and the canary among the targets, `matrix`, `conform`, and
// the areas of `gate --self`. They show that hupstorm's oracles catch the known defects and nothing
// else, and that its simulated kernel does as Linux does.

#ifndef HUPSTORM_TOOLS_SELF_SELF_H_
#define HUPSTORM_TOOLS_SELF_SELF_H_

#include "tools/commands/commands.h"

namespace hupstorm {

// As the other commands: see commands.h.
void AddMatrixCommand(CLI::App& app, CommandLine& line);
void AddConformCommand(CLI::App& app, CommandLine& line);

// Adds the targets, and gives the rest.
const SelfCommands& AddSelf();

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_SELF_SELF_H_
