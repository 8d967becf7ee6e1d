// The commands of `hupstorm`. Each has a file of its own in this folder.

#ifndef HUPSTORM_TOOLS_COMMANDS_COMMANDS_H_
#define HUPSTORM_TOOLS_COMMANDS_COMMANDS_H_

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace hupstorm {

struct CommandLine;
struct GateSettings;
struct SelfArea;

// Commands about hupstorm itself, which only its own executable has (tools/self).
struct SelfCommands {
  void (*add_matrix)(CLI::App& app, CommandLine& line);
  void (*add_conform)(CLI::App& app, CommandLine& line);
  std::vector<SelfArea> (*areas)(const GateSettings& settings);  // of gate --self
};

struct CommandLine {
  std::string program;          // argv[0], as the user called it
  std::function<int()> action;  // what the chosen command does; gives the exit code
  const SelfCommands* self = nullptr;
};

// Each adds its subcommand to `app`, which sets `line.action` when it is chosen. Both must outlive
// the action.
void AddListCommand(CLI::App& app, CommandLine& line);
void AddExplainCommand(CLI::App& app, CommandLine& line);
void AddRunCommand(CLI::App& app, CommandLine& line);
void AddReplayCommand(CLI::App& app, CommandLine& line);
void AddShrinkCommand(CLI::App& app, CommandLine& line);
void AddSweepCommand(CLI::App& app, CommandLine& line);
void AddFuzzCommand(CLI::App& app, CommandLine& line);
void AddGateCommand(CLI::App& app, CommandLine& line);
void AddServeCommand(CLI::App& app, CommandLine& line);
void AddClientCommand(CLI::App& app, CommandLine& line);
// Also what completion's scripts call back. Prints what may stand for the last of `words`, which
// follow the command. The first line is the part of the word that stays. Each other line replaces
// the rest: a name, or a name, a tab and its description; ":file" or ":directory" for any of these.
// After a name that ends with = or : the word goes on.
void PrintCompletions(const CLI::App& app, const std::vector<std::string>& words);
void AddCompletionCommand(CLI::App& app, CommandLine& line);
void AddManCommand(CLI::App& app, CommandLine& line);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_COMMANDS_COMMANDS_H_
