// The shells' scripts in this folder, as they were when this executable was built
// (cmake/embed.cmake).

#ifndef HUPSTORM_TOOLS_CLI_COMPLETION_SCRIPTS_H_
#define HUPSTORM_TOOLS_CLI_COMPLETION_SCRIPTS_H_

#include <string_view>

namespace hupstorm {

// Each calls back `COMMAND complete -- WORD...` with the words after the command, up to the one
// that is being completed, and shows what PrintCompletions (tools/commands/commands.h) prints.
std::string_view BashScript();
std::string_view ZshScript();
std::string_view FishScript();

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CLI_COMPLETION_SCRIPTS_H_
