// What the hupstorm command has that is about hupstorm itself, and an executable with a user's
// server (hupstorm_add_server) has not: the documents' servers and the canary among the targets,
// `matrix`, `conform`, and the areas of `gate --self`.

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
