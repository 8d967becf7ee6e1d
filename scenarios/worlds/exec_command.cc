// Where "exec" may stand in a shell's command.

#include <algorithm>
#include <cctype>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "scenarios/worlds/server_command.h"

namespace hupstorm {
namespace {

// Words that begin what is no program: reserved ones, and builtins.
constexpr std::string_view kNotPrograms[] = {
    "!",      "{",      "}",       "[",        ".",        ":",        "alias",  "bg",
    "break",  "case",   "cd",      "command",  "continue", "do",       "done",   "echo",
    "elif",   "else",   "esac",    "eval",     "exec",     "exit",     "export", "false",
    "fg",     "fi",     "for",     "function", "getopts",  "hash",     "if",     "jobs",
    "kill",   "local",  "printf",  "pwd",      "read",     "readonly", "return", "set",
    "shift",  "source", "test",    "then",     "times",    "trap",     "true",   "type",
    "ulimit", "umask",  "unalias", "unset",    "until",    "wait",     "while"};
// Of these, the ones that may stand before the last command all the same: they end by themselves.
constexpr std::string_view kPreparations[] = {
    "cd", "echo", "export", "printf", "set",    "true", "ulimit", "umask", "unset",
    ":",  ".",    "exec",   "alias",  "source", "test", "[",      "exit",  "false"};

template <size_t N>
bool IsAmong(const std::string_view (&words)[N], std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

// "NAME=value".
bool IsAssignment(std::string_view word) {
  const size_t equals = word.find('=');
  if (equals == std::string_view::npos || equals == 0 || std::isdigit(word[0])) return false;
  return std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals),
                     [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

// Where the last of the simple commands begins that ;, && and || separate; nothing if there is more
// to the text than these.
std::optional<size_t> LastCommand(std::string_view text) {
  size_t last = 0;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && quote != '\'') {
      ++i;
    } else if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '&' && i > 0 && (text[i - 1] == '>' || text[i - 1] == '<')) {
      continue;  // 2>&1
    } else if (c == '&' || c == '|') {
      if (i + 1 >= text.size() || text[i + 1] != c) return std::nullopt;  // background, a pipe
      last = ++i + 1;
    } else if (c == ';' || c == '\n') {
      last = i + 1;
    } else if (c == '(' || c == ')' || c == '`' || c == '#' || text.substr(i).starts_with("<<")) {
      return std::nullopt;
    }
  }
  return quote == 0 ? std::optional(last) : std::nullopt;
}

// The first word from `at` on that assigns nothing, and where it begins.
std::string_view CommandWord(std::string_view text, size_t& at) {
  while (true) {
    while (at < text.size() && (IsBlank(text[at]) || text[at] == '\n')) ++at;
    size_t end = at;
    char quote = 0;
    for (; end < text.size() && (quote != 0 || !IsBlank(text[end])); ++end) {
      if (quote == 0 &&
          (text[end] == '\n' || text[end] == ';' || text[end] == '&' || text[end] == '|')) {
        break;
      }
      if (text[end] == quote) {
        quote = 0;
      } else if (quote == 0 && (text[end] == '\'' || text[end] == '"')) {
        quote = text[end];
      }
    }
    const std::string_view word = text.substr(at, end - at);
    if (word.empty() || !IsAssignment(word)) return word;
    at = end;
  }
}

}  // namespace

std::string WithExec(const std::string& command) {
  const std::optional<size_t> last = LastCommand(command);
  if (!last) return command;
  // What comes before must not be a part of a compound command, nor a trap that exec would disarm.
  for (size_t at = 0; at < *last;) {
    const std::string_view word = CommandWord(command, at);
    if (IsAmong(kNotPrograms, word) && !IsAmong(kPreparations, word)) return command;
    const std::string_view rest = std::string_view(command).substr(at, *last - at);
    const size_t next = rest.find_first_of(";&|\n");
    at = next == std::string_view::npos ? *last : at + next + 1;
  }
  size_t at = *last;
  const std::string_view word = CommandWord(command, at);
  const bool is_redirection = word.find_first_of("<>") != std::string_view::npos;
  if (word.empty() || is_redirection || IsAmong(kNotPrograms, word)) return command;
  return command.substr(0, at) + "exec " + command.substr(at);
}

}  // namespace hupstorm
