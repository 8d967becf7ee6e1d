// hupstorm completion bash|zsh|fish, and what the scripts call back: hupstorm complete -- WORD...

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "scenarios/oracles/oracles.h"
#include "target/documented/documented.h"
#include "tools/catalogue/pages.h"
#include "tools/catalogue/protocols.h"
#include "tools/catalogue/scenario_catalogue.h"
#include "tools/catalogue/target_catalogue.h"
#include "tools/cli/app_parts.h"
#include "tools/cli/command.h"
#include "tools/cli/completion/scripts.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"
#include "tools/cli/suggest.h"
#include "tools/commands/commands.h"

namespace hupstorm {
namespace {

constexpr char kFooter[] = R"(
Prints a script that makes the shell complete commands, options, and the names of targets, scenarios
and the like. A package installs it where the shell looks; without one, put the line for your shell
into ~/.bashrc, ~/.zshrc (after compinit) or ~/.config/fish/config.fish.

Examples:
  source <(hupstorm completion bash)
  source <(hupstorm completion zsh)
  hupstorm completion fish | source)";

std::vector<std::string> OracleNames() { return NamesOf(Oracles(), &Oracle::name); }

std::vector<std::string> ScenarioNames() { return NamesOf(Suite(), &Scenario::name); }

std::vector<std::string> ScenariosAndFolders() {
  std::vector<std::string> names = {"suite"};
  for (const std::string& name : ScenarioNames()) {
    names.insert(names.end(), {name, name.substr(0, name.rfind('/'))});
  }
  return names;
}

std::string ProtocolWord(const ProtocolPage& page) {
  return std::string(page.name) + (page.name == "expect" ? ":" : "");
}

// What may stand for the value of an option, or as an argument.
struct Values {
  std::string type;         // as --help shows it
  std::string option = {};  // the type means this for one option or argument only
  std::vector<std::string> (*names)() = nullptr;
  std::string marker = {};  // ":file", ":directory": the shell completes these
  bool list = false;        // several names, with commas between
  std::string rest = {};    // the type of what follows a name that ends with = or :
};

const std::vector<Values>& KnownValues() {
  // clang-format off
  static const std::vector<Values> values = {
      {.type = "NAME", .option = "--target", .names = TargetNames},
      {.type = "NAME[,NAME]", .names = TargetNames, .list = true},
      {.type = "NAME", .option = "--oracle", .names = OracleNames},
      {.type = "NAME", .option = "name", .names = ExplainedNames},
      {.type = "ORACLE,...", .names = OracleNames, .list = true},
      {.type = "DEFECT,...", .names = [] { return NamesOf(Defects(), &Defect::name); }, .list = true},
      {.type = "SCENARIO", .names = ScenariosAndFolders, .marker = ":file"},
      {.type = "FILE", .option = "file", .names = ScenarioNames, .marker = ":file"},
      {.type = "FILE", .marker = ":file"},
      {.type = "OUT.scn", .marker = ":file"},
      {.type = "DIR", .marker = ":directory"},
      {.type = "WORLD", .names = [] { return std::vector<std::string>{"simulated", "loopback"}; }},
      {.type = "PROTOCOL", .names = [] { return NamesOf(ProtocolPages(), ProtocolWord); }, .rest = "FILE"},
      {.type = "MENDS", .names = [] { return std::vector<std::string>{"none", "all", "all-but="}; },
       .rest = "DEFECT,..."},
      // Only the user knows these.
      {.type = "N"}, {.type = "UINT"}, {.type = "SECONDS"}, {.type = "TIME"}, {.type = "FP"}, {.type = "FLAG"},
      {.type = "HOST:PORT"}, {.type = "'CMD {port}'"}, {.type = "ADDRESS"},
  };
  // clang-format on
  return values;
}

const Values& ValuesOf(const std::string& type, const std::string& name) {
  for (const Values& values : KnownValues()) {
    if (values.type == type && (values.option.empty() || values.option == name)) return values;
  }
  throw std::logic_error(fmt::format(
      "what completes the type {} of {}? Say so in tools/commands/completion.cc", type, name));
}

// What can follow `begin`, the part of the word that stays; `typed` is the rest of it.
std::string LinesOf(const Values& values, std::string begin, std::string typed) {
  std::set<std::string> names;  // in order
  if (values.names != nullptr) {
    for (std::string& name : values.names()) names.insert(std::move(name));
  }
  for (const std::string& name : names) {
    if (!values.rest.empty() && (name.ends_with('=') || name.ends_with(':')) &&
        typed.starts_with(name)) {
      return LinesOf(ValuesOf(values.rest, ""), begin + name, typed.substr(name.size()));
    }
  }
  while (values.list && typed.find(',') != std::string::npos) {
    const size_t comma = typed.find(',');
    names.erase(typed.substr(0, comma));
    begin += typed.substr(0, comma + 1);
    typed.erase(0, comma + 1);
  }
  for (const std::string& name : names) begin += '\n' + name;
  return values.marker.empty() ? begin : begin + '\n' + values.marker;
}

// Fish takes letters of the description for a match: what does not begin as `typed` is left out.
std::string LineOf(const std::string& name, const std::string& description,
                   const std::string& typed) {
  return name.starts_with(typed) ? fmt::format("\n{}\t{}", name, description) : "";
}

std::string LinesOf(const std::vector<CommandPart>& commands, const std::string& typed) {
  std::string lines;
  for (size_t i = 1; i < commands.size(); ++i) {
    lines += LineOf(commands[i].name, commands[i].description, typed);
  }
  return lines;
}

std::string LinesOf(const std::vector<OptionPart>& options, const std::string& typed) {
  std::string lines;
  for (const OptionPart& option : options) {
    for (const std::string& name : option.names) lines += LineOf(name, option.description, typed);
  }
  return lines;
}

std::string LinesOf(const OptionPart& option, const std::string& begin, const std::string& typed,
                    const std::vector<CommandPart>& commands) {
  if (option.type == "COMMAND") return LinesOf(commands, typed);
  if (!option.members.empty()) return fmt::format("{}\n{}", begin, fmt::join(option.members, "\n"));
  const std::string& name = option.names.empty() ? option.positional : option.names.back();
  return LinesOf(ValuesOf(option.type, name), begin, typed);
}

const OptionPart* OptionWithValue(const CommandPart& command, const std::string& name) {
  for (const OptionPart& option : command.options) {
    const auto& names = option.names;
    if (option.takes_value && std::find(names.begin(), names.end(), name) != names.end()) {
      return &option;
    }
  }
  return nullptr;
}

std::string LinesOf(const CommandPart& command, const std::vector<std::string>& words,
                    const std::vector<CommandPart>& commands) {
  const OptionPart* option = nullptr;  // waits for its value
  bool only_arguments = false;
  size_t arguments = 0;
  for (size_t i = 1; i + 1 < words.size(); ++i) {
    if (option != nullptr) {
      option = nullptr;
    } else if (only_arguments || words[i].size() < 2 || words[i].front() != '-') {
      ++arguments;
    } else if (words[i] == "--") {
      only_arguments = true;
    } else {
      option = OptionWithValue(command, words[i]);
    }
  }
  const std::string& word = words.back();
  if (option != nullptr) return LinesOf(*option, "", word, commands);
  if (!only_arguments && word.starts_with('-')) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos) return LinesOf(command.options, word);
    option = OptionWithValue(command, word.substr(0, equals));
    if (option == nullptr) return {};
    return LinesOf(*option, word.substr(0, equals + 1), word.substr(equals + 1), commands);
  }
  std::string lines;
  for (size_t i = 0; i < command.positionals.size(); ++i) {
    const OptionPart& argument = command.positionals[i];
    if (argument.many || i == arguments) lines = LinesOf(argument, "", word, commands);
  }
  return lines.empty() && word.empty() && !only_arguments ? LinesOf(command.options, word) : lines;
}

int PrintScript(const std::string& shell, const std::string& program) {
  std::string script;
  if (shell == "bash") script = BashScript();
  if (shell == "zsh") script = ZshScript();
  if (shell == "fish") script = FishScript();
  if (script.empty()) {
    const std::vector<std::string> shells = {"bash", "zsh", "fish"};
    throw UsageError("there is no completion for the shell \"{}\"{} There are: {}", shell,
                     DidYouMean(shell, shells), fmt::join(shells, ", "));
  }
  // The executable of a linked server has another name.
  static const std::regex name(R"(\bhupstorm\b)");
  Print(std::regex_replace(script, name, program.substr(program.rfind('/') + 1)));
  return kExitClean;
}

}  // namespace

void PrintCompletions(const CLI::App& app, const std::vector<std::string>& words) {
  const std::vector<CommandPart> commands = PartsOf(app);
  const std::string& word = words.back();
  std::string lines;
  if (words.size() == 1) {
    lines = LinesOf(commands, word) + LineOf("help", "Explain a command", word) +
            LinesOf(commands.front().options, word);
  } else if (words.front() == "help") {
    if (words.size() == 2) lines = LinesOf(commands, word);
  } else {
    for (size_t i = 1; i < commands.size(); ++i) {
      if (commands[i].name == words.front()) lines = LinesOf(commands[i], words, commands);
    }
  }
  Print(lines + '\n');
}

void AddCompletionCommand(CLI::App& app, CommandLine& line) {
  auto shell = std::make_shared<std::string>();
  Command command(app, "completion", "Print a script that completes for a shell", kFooter);
  command.Option("shell bash|zsh|fish", *shell, "which shell").Required();
  command.Does(line.action, [shell, &line] { return PrintScript(*shell, line.program); });
}

}  // namespace hupstorm
