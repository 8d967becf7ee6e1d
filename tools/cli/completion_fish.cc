#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "tools/cli/completion.h"

namespace hupstorm {
namespace {

constexpr char kHead[] = R"(# Completion of hupstorm for fish: hupstorm completion fish | source

# Whether the line has this command.
function __hupstorm_command
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test $words[2] = $argv[1]
end

function __hupstorm_no_command
    test (count (commandline -opc)) -lt 2
end

# The names, after those of a list with commas that are there already; the first argument is what
# the value begins with.
function __hupstorm_list
    set -l token (commandline -ct | string replace -r -- '^--[^=]*=' '')
    set -l begin $argv[1](string replace -r -- '[^,]*$' '' (string replace -- "$argv[1]" '' "$token"))
    for name in $argv[2..]
        string match -q -- "*,$name,*" ",$begin"; or echo -- $begin$name
    end
end

# Files, where the value goes on with one.
function __hupstorm_files_after
    set -l token (commandline -ct | string replace -r -- '^--[^=]*=' '')
    if string match -q -- "$argv[1]*" "$token"
        set -l begun (string replace -- "$argv[1]" '' "$token")
        printf "$argv[1]%s\n" (complete -C "'' $begun")
    else
        echo $argv[1]
    end
end

)";

std::string Quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

// What complete -a takes; the parentheses run when something is to be completed.
std::string Candidates(const ValueHint& hint) {
  std::vector<std::string> parts = hint.words;
  const std::string set = "$__hupstorm_" + hint.names;
  if (!hint.names.empty() && hint.list) {
    parts.push_back(fmt::format("(__hupstorm_list \"{}\" {})", hint.prefix, set));
  } else if (!hint.names.empty()) {
    parts.push_back("(printf \"%s\\n\" " + set + ")");
  }
  if (!hint.prefix.empty() && hint.files) {
    parts.push_back(fmt::format("(__hupstorm_files_after {})", hint.prefix));
  }
  if (hint.folders) parts.push_back("(__fish_complete_directories)");
  return parts.empty() ? "" : " -a " + Quoted(fmt::format("{}", fmt::join(parts, " ")));
}

std::string OptionLine(const std::string& condition, const OptionPart& option) {
  std::string text = "complete -c hupstorm -n " + condition;
  for (const std::string& name : option.names) {
    text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (option.takes_value) {
    const ValueHint hint = HintFor(option).value_or(ValueHint{});
    text += hint.files && hint.prefix.empty() ? " -r -F" : " -x";
    text += Candidates(hint);
  }
  return text + " -d " + Quoted(option.description) + "\n";
}

std::string Command(const CommandPart& command) {
  const std::string condition = Quoted("__hupstorm_command " + command.name);
  std::string text = fmt::format("\ncomplete -c hupstorm -n __hupstorm_no_command -a {} -d {}\n",
                                 command.name, Quoted(command.description));
  for (const OptionPart& option : command.options) text += OptionLine(condition, option);
  for (const OptionPart& positional : command.positionals) {
    const ValueHint hint = HintFor(positional).value_or(ValueHint{});
    const std::string candidates = Candidates(hint);
    if (candidates.empty() && !hint.files) continue;
    text += fmt::format("complete -c hupstorm -n {}{}{}\n", condition, hint.files ? " -F" : "",
                        candidates);
  }
  return text;
}

}  // namespace

std::string FishCompletion(const CLI::App& app, const NameSets& names) {
  const std::vector<CommandPart> parts = PartsOf(app);
  std::string script = kHead;
  for (const auto& [set, members] : names) {
    script += fmt::format("set -g __hupstorm_{} {}\n", set, fmt::join(members, " "));
  }
  script += "set -g __hupstorm_commands";
  for (size_t i = 1; i < parts.size(); ++i) script += " " + parts[i].name;
  script += "\n\ncomplete -c hupstorm -f\n";
  for (const OptionPart& option : parts.front().options) {
    script += OptionLine("__hupstorm_no_command", option);
  }
  script += "complete -c hupstorm -n __hupstorm_no_command -a help -d 'Explain a command'\n";
  script += "complete -c hupstorm -n '__hupstorm_command help' -a '$__hupstorm_commands'\n";
  for (size_t i = 1; i < parts.size(); ++i) script += Command(parts[i]);
  return script;
}

}  // namespace hupstorm
