// The script is a table, made of the App, between two fixed parts that read the line before and
// find the words after.

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "tools/cli/completion.h"

namespace hupstorm {
namespace {

constexpr char kHead[] = R"(# Completion of hupstorm for bash: source <(hupstorm completion bash)

_hupstorm() {
  local word join= i
  local -a line=()
  # Bash breaks words at = and : where COMP_WORDBREAKS says so. Put them together again.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if ((${#line[@]} > 1)) && [[ $join || $word == [=:]* ]]; then
      line[${#line[@]}-1]+=$word
    else
      line+=("$word")
    fi
    join=
    [[ $word == [=:]* ]] && join=1
  done
  local last=$((${#line[@]} - 1))
  local whole=${line[last]} command=${line[1]}
  local options= valued= words= goes_on= files= folders= list= begin= option= ended=
  local position=1 current=$whole given=
  COMPREPLY=()

)";

constexpr char kRead[] = R"(
  # Which option is waiting for its value, and how many arguments there were.
  for ((i = 2; i < last; i++)); do
    word=${line[i]}
    if [[ $option ]]; then
      option=
    elif [[ $ended || $word != -?* ]]; then
      ((++position))
    elif [[ $word == -- ]]; then
      ended=1
    elif [[ " $valued " == *" $word "* ]]; then
      option=$word
    fi
  done
  if [[ ! $option && ! $ended && $whole == --*=* ]]; then
    option=${whole%%=*}
    given=$option=
    current=${whole#*=}
  fi

)";

constexpr char kTail[] = R"(
  # The options, where they are begun or nothing else can stand.
  if ((last > 1)) && [[ ! $option && ! $ended ]]; then
    [[ $whole == -* ]] && words=$options files= folders= goes_on=
    [[ ! $whole && ! $words$files$folders ]] && words=$options
  fi
  # After "all-but=" something else is completed than before.
  if [[ $goes_on && $current == "$goes_on"* ]]; then
    begin=$goes_on
    words=$after
    list=$after_list
    files=$after_files
  elif [[ $goes_on ]]; then
    words+=" $goes_on"
  fi
  local rest=${current#"$begin"} before=
  if [[ $list && $rest == *,* ]]; then
    before=${rest%,*},
    rest=${rest##*,}
  fi
  # Readline replaces only what follows the last character that breaks words.
  local breaks= keep=
  [[ $COMP_WORDBREAKS == *=* ]] && breaks+='='
  [[ $COMP_WORDBREAKS == *:* ]] && breaks+=':'
  [[ $breaks ]] && keep=${whole%"${whole##*[$breaks]}"}
  local found
  while IFS= read -r found; do
    [[ ",$before" == *",$found,"* ]] && continue
    found=$given$begin$before$found
    COMPREPLY+=("${found#"$keep"}")
  done < <(
    compgen -W "$words" -- "$rest"
    [[ $files ]] && compgen -f -- "$rest"
    [[ $folders ]] && compgen -d -- "$rest"
  )
  [[ $files$folders ]] && compopt -o filenames 2>/dev/null
  [[ $files && ${#COMPREPLY[@]} == 0 ]] && compopt -o default 2>/dev/null
  [[ ${#COMPREPLY[@]} == 1 && $COMPREPLY == *[=:] ]] && compopt -o nospace 2>/dev/null
  return 0
}

complete -F _hupstorm hupstorm
)";

std::string Assignments(const ValueHint& hint) {
  std::string text;
  const auto add = [&](const std::string& assignment) { text += " " + assignment; };
  if (!hint.words.empty()) add(fmt::format("words='{}'", fmt::join(hint.words, " ")));
  const std::string after = hint.prefix.empty() ? "" : "after_";
  if (!hint.prefix.empty()) add("goes_on=" + hint.prefix);
  if (!hint.names.empty()) add((after.empty() ? "words=$" : "after=$") + hint.names);
  if (hint.list) add(after + "list=1");
  if (hint.files) add(after + "files=1");
  if (hint.folders) add("folders=1");
  return text.empty() ? " :" : text;
}

std::string Table(const std::vector<CommandPart>& parts) {
  std::string options = "  case $command in\n";
  std::string values = "  case \"$command ${option:-$position}\" in\n";
  for (size_t i = 1; i < parts.size(); ++i) {
    const CommandPart& command = parts[i];
    std::vector<std::string> names;
    std::vector<std::string> valued;
    for (const OptionPart& option : command.options) {
      names.insert(names.end(), option.names.begin(), option.names.end());
      if (!option.takes_value) continue;
      valued.insert(valued.end(), option.names.begin(), option.names.end());
      std::vector<std::string> keys;
      for (const std::string& name : option.names) {
        keys.push_back(fmt::format("'{} {}'", command.name, name));
      }
      values += fmt::format("    {}){} ;;\n", fmt::join(keys, " | "),
                            Assignments(HintFor(option).value_or(ValueHint{})));
    }
    options += fmt::format("    {})\n      options='{}'\n      valued='{}'\n      ;;\n",
                           command.name, fmt::join(names, " "), fmt::join(valued, " "));
    for (size_t place = 0; place < command.positionals.size(); ++place) {
      const OptionPart& positional = command.positionals[place];
      values += fmt::format("    '{} '{}){} ;;\n", command.name,
                            positional.many ? std::string("[0-9]*") : fmt::to_string(place + 1),
                            Assignments(HintFor(positional).value_or(ValueHint{})));
    }
  }
  return options + "  esac\n" + kRead + values + "  esac\n";
}

}  // namespace

std::string BashCompletion(const CLI::App& app, const NameSets& names) {
  const std::vector<CommandPart> parts = PartsOf(app);
  std::vector<std::string> commands;
  for (size_t i = 1; i < parts.size(); ++i) commands.push_back(parts[i].name);
  std::vector<std::string> first = commands;
  first.push_back("help");
  for (const OptionPart& option : parts.front().options) {
    first.insert(first.end(), option.names.begin(), option.names.end());
  }
  std::string script = kHead;
  for (const auto& [set, members] : names) {
    script += fmt::format("  local {}='{}'\n", set, fmt::join(members, " "));
  }
  script += fmt::format("  local commands='{}'\n", fmt::join(commands, " "));
  script += "  local after= after_list= after_files=\n\n";
  script += Table(parts);
  script += fmt::format(
      "  ((last == 1)) && words='{}' files= folders= goes_on= list=\n"
      "  [[ $command == help ]] && ((last == 2)) && words=$commands\n",
      fmt::join(first, " "));
  return script + kTail;
}

}  // namespace hupstorm
