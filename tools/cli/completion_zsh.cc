#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "tools/cli/completion.h"

namespace hupstorm {
namespace {

constexpr char kHead[] = R"(#compdef hupstorm
# Completion of hupstorm for zsh: source <(hupstorm completion zsh)

# One of the names in the array that the first argument names.
_hupstorm_one() {
  local expl
  _wanted names expl name compadd -a "$1"
}

# Several of them, with commas between.
_hupstorm_list() {
  local expl
  _wanted names expl name _sequence -s , compadd - -a "$1"
}

# Words, and what may follow one of them: WORDS PREFIX ACTION...
_hupstorm_goes_on() {
  local -a words=(${=1})
  local begin=$2
  shift 2
  if compset -P "$begin"; then
    "$@"
  else
    compadd -a words
    compadd -S '' -- "$begin"
  fi
}

_hupstorm_one_or_files() {
  _alternative "names:name:compadd -a $1" 'files:file:_files'
}

)";

// Part of a specification that stands in single quotes.
std::string Escaped(const std::string& text, std::string_view special) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\'') {
      escaped += "'\\''";
      continue;
    }
    if (c == '\\' || special.find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

// A space before a function keeps _arguments from adding to its arguments.
std::string Action(const ValueHint& hint) {
  const std::string set = "_hupstorm_" + hint.names;
  if (!hint.prefix.empty()) {
    return fmt::format(" _hupstorm_goes_on \"{}\" {} {}", fmt::join(hint.words, " "), hint.prefix,
                       hint.files ? "_files" : "_hupstorm_list " + set);
  }
  if (!hint.words.empty()) return fmt::format("({})", fmt::join(hint.words, " "));
  if (hint.list) return " _hupstorm_list " + set;
  if (!hint.names.empty()) {
    return (hint.files ? " _hupstorm_one_or_files " : " _hupstorm_one ") + set;
  }
  if (hint.files) return "_files";
  if (hint.folders) return "_files -/";
  return " ";  // a message says what is wanted
}

std::string Value(const OptionPart& option) {
  return fmt::format(":{}:{}", Escaped(option.type, ":"),
                     Escaped(Action(HintFor(option).value_or(ValueHint{})), ":"));
}

std::string Specification(const OptionPart& option) {
  std::string text;
  for (const std::string& name : option.names) {
    std::string spec = option.many ? "*" : "";
    spec += name;
    if (option.takes_value) spec += name.starts_with("--") ? "=" : "+";
    spec += "[" + Escaped(option.description, "[]:") + "]";
    if (option.takes_value) spec += Value(option);
    text += fmt::format(" \\\n        '{}'", spec);
  }
  return text;
}

std::string Case(const CommandPart& command) {
  std::string text = fmt::format("    {})\n      _arguments", command.name);
  for (const OptionPart& option : command.options) text += Specification(option);
  for (size_t i = 0; i < command.positionals.size(); ++i) {
    const OptionPart& positional = command.positionals[i];
    text += fmt::format(" \\\n        '{}{}'", positional.many ? "*" : fmt::to_string(i + 1),
                        Value(positional));
  }
  return text + "\n      ;;\n";
}

}  // namespace

std::string ZshCompletion(const CLI::App& app, const NameSets& names) {
  const std::vector<CommandPart> parts = PartsOf(app);
  std::string script = kHead;
  script += "_hupstorm() {\n  local curcontext=$curcontext state state_descr line\n";
  script += "  typeset -A opt_args\n  local -a _hupstorm_commands=(";
  std::string described;
  std::string cases;
  for (size_t i = 1; i < parts.size(); ++i) {
    script += (i > 1 ? " " : "") + parts[i].name;
    described += fmt::format("    '{}:{}'\n", parts[i].name, Escaped(parts[i].description, ":"));
    cases += Case(parts[i]);
  }
  script += ")\n";
  for (const auto& [set, members] : names) {
    script += fmt::format("  local -a _hupstorm_{}=({})\n", set, fmt::join(members, " "));
  }
  script += "  local -a described=(\n" + described + "    'help:Explain a command'\n  )\n";
  script += "  _arguments -C";
  for (const OptionPart& option : parts.front().options) script += Specification(option);
  script +=
      " \\\n        '1:command:->command' \\\n        '*::argument:->arguments' && return\n"
      "  case $state in\n"
      "    command) _describe command described && return ;;\n"
      "    arguments) curcontext=${curcontext%:*:*}:hupstorm-$words[1]: ;;\n"
      "    *) return 1 ;;\n"
      "  esac\n"
      "  case $words[1] in\n"
      "    help) _arguments '1:command: _hupstorm_one _hupstorm_commands' ;;\n";
  script += cases + "  esac\n}\n\n";
  // Loaded from a folder of completions, the file is the function's body; sourced, it is not.
  script +=
      "if [[ ${funcstack[1]} == _hupstorm ]]; then\n"
      "  _hupstorm \"$@\"\nelse\n  compdef _hupstorm hupstorm\nfi\n";
  return script;
}

}  // namespace hupstorm
