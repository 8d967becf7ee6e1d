#include "tools/cli/man_page.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cctype>
#include <regex>
#include <sstream>

#include "tools/cli/app_parts.h"

namespace hupstorm {
namespace {

// What a terminal of 80 columns has room for beside the page's margins.
constexpr size_t kExampleColumns = 70;

constexpr std::string_view kExamples = "Examples:";
constexpr std::string_view kJson = "--json prints";
constexpr std::string_view kExitCodes = "Exit codes:";

std::string Bold(std::string_view text) { return "\\fB" + RoffText(text) + "\\fR"; }
std::string Italic(std::string_view text) { return "\\fI" + RoffText(text) + "\\fR"; }

// A line of its own: roff takes one that begins with a dot or a quote for a request.
std::string Line(const std::string& text) {
  const bool request = text.starts_with('.') || text.starts_with('\'');
  return (request ? "\\&" : "") + text + "\n";
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// The parts of a footer that blank lines separate.
std::vector<std::vector<std::string>> Blocks(const std::string& footer) {
  std::vector<std::vector<std::string>> blocks(1);
  for (const std::string& line : Lines(footer)) {
    if (!line.empty()) {
      blocks.back().push_back(line);
    } else if (!blocks.back().empty()) {
      blocks.emplace_back();
    }
  }
  if (blocks.back().empty()) blocks.pop_back();
  return blocks;
}

// The footer's blocks that begin so, or, without `beginning`, those that begin like no section.
std::vector<std::vector<std::string>> BlocksOf(const std::string& footer,
                                               std::string_view beginning) {
  std::vector<std::vector<std::string>> found;
  for (std::vector<std::string>& block : Blocks(footer)) {
    const std::string& first = block.front();
    const bool plain = !first.starts_with(kExamples) && !first.starts_with(kJson) &&
                       !first.starts_with(kExitCodes);
    if (beginning.empty() ? plain : first.starts_with(beginning)) found.push_back(std::move(block));
  }
  return found;
}

std::string Paragraphs(const std::string& footer) {
  std::string roff;
  for (const std::vector<std::string>& block : BlocksOf(footer, "")) {
    roff += ".PP\n";
    for (const std::string& line : block) roff += Line(RoffText(line));
  }
  return roff;
}

// A command of more columns than there are goes on in the next line, as a shell takes it.
std::string Folded(std::string command) {
  std::string roff;
  while (command.size() > kExampleColumns) {
    size_t space = command.rfind(" -", kExampleColumns - 2);  // an option's value stays with it
    if (space == std::string::npos || space < kExampleColumns / 2) {
      space = command.rfind(' ', kExampleColumns - 2);
    }
    if (space == std::string::npos || space < kExampleColumns / 2) break;
    roff += Line(RoffText(command.substr(0, space) + " \\"));
    command = "    " + command.substr(space + 1);
  }
  return roff + Line(RoffText(command));
}

std::string Examples(const std::string& footer) {
  std::string roff;
  for (const std::vector<std::string>& block : BlocksOf(footer, kExamples)) {
    roff += ".SH EXAMPLES\n.EX\n";
    for (size_t i = 1; i < block.size(); ++i) {
      const size_t begin = std::min(block[i].find_first_not_of(' '), block[i].size());
      const size_t gap = std::min(block[i].find("  ", begin), block[i].size());
      const size_t remark = block[i].find_first_not_of(' ', gap);
      if (remark != std::string::npos) roff += Line(RoffText("# " + block[i].substr(remark)));
      roff += Folded(block[i].substr(begin, gap - begin));
    }
    roff += ".EE\n";
  }
  return roff;
}

// The shape of an object has no spaces: it may be broken after any comma.
std::string JsonShapes(const std::string& footer) {
  std::string roff;
  for (const std::vector<std::string>& block : BlocksOf(footer, kJson)) {
    std::string text;
    for (const std::string& line : block) {
      const bool goes_on = text.ends_with(',') && (line[0] == '"' || line[0] == '{');
      if (!text.empty() && !goes_on) text += ' ';
      text += line;
    }
    static const std::regex comma(R"(,(?=["{\[]))");
    roff += ".SH JSON\n" + Line(std::regex_replace(RoffText(text), comma, ",\\:"));
  }
  return roff;
}

std::string ExitStatus(const std::string& footer) {
  std::string roff;
  for (const std::vector<std::string>& block : BlocksOf(footer, kExitCodes)) {
    const std::string text = fmt::format("{}", fmt::join(block, " ")).substr(kExitCodes.size());
    roff += ".SH EXIT STATUS\n";
    static const std::regex code(R"((?:^|,) ([0-9]) (.*?)(?=\.?$|, [0-9] ))");
    for (std::sregex_iterator it(text.begin(), text.end(), code), end; it != end; ++it) {
      roff += fmt::format(".TP\n{}\n{}", Bold((*it)[1].str()), Line(RoffText((*it)[2].str())));
    }
  }
  return roff;
}

// "FILE", "NAME[,NAME]": what is to be replaced stands out.
std::string TypeText(const OptionPart& option) {
  if (option.type.starts_with('=')) return "[=" + Italic(option.type.substr(1)) + "]";
  return option.type.empty() ? "" : " " + Italic(option.type);
}

std::string Sentences(const OptionPart& option) {
  std::string roff = Line(RoffText(option.description));
  std::vector<std::string> more;
  const bool type_tells = option.type.find('|') != std::string::npos;
  if (!option.members.empty() && !type_tells) {
    more.push_back(fmt::format("One of {}.", fmt::join(option.members, ", ")));
  }
  if (!option.range.empty()) {
    const size_t dash = option.range.find(" - ");
    more.push_back(
        fmt::format("From {} to {}.", option.range.substr(0, dash), option.range.substr(dash + 3)));
  }
  if (!option.standard.empty()) more.push_back(fmt::format("Default: {}.", option.standard));
  if (option.required) more.push_back("Required.");
  if (option.many) more.push_back("May be given more than once.");
  if (!option.excludes.empty()) {
    more.push_back(fmt::format("Not with {}.", fmt::join(option.excludes, ", ")));
  }
  if (!option.needs.empty()) {
    more.push_back(fmt::format("Only with {}.", fmt::join(option.needs, ", ")));
  }
  if (!more.empty()) roff += ".br\n" + Line(RoffText(fmt::format("{}", fmt::join(more, " "))));
  return roff;
}

std::string Options(const CommandPart& command) {
  std::string roff;
  for (const OptionPart& positional : command.positionals) {
    roff += ".TP\n" + Line(TypeText(positional).substr(1)) + Sentences(positional);
  }
  for (const OptionPart& option : command.options) {
    std::vector<std::string> names;
    for (const std::string& name : option.names) names.push_back(Bold(name));
    roff +=
        fmt::format(".TP\n{}{}\n{}", fmt::join(names, ", "), TypeText(option), Sentences(option));
  }
  return roff.empty() ? "" : ".SH OPTIONS\n" + roff;
}

std::string Synopsis(const std::string& program, const CommandPart& command) {
  std::string roff = ".SH SYNOPSIS\n" + Bold(program + " " + command.name);
  for (const OptionPart& option : command.options) {
    if (option.required) roff += " " + Bold(option.names.back()) + TypeText(option);
  }
  roff += " [" + Italic("OPTION") + "...]";
  for (const OptionPart& positional : command.positionals) {
    std::string text = TypeText(positional).substr(1);
    if (positional.many) text += "...";
    roff += positional.required ? " " + text : " [" + text + "]";
  }
  return roff + "\n";
}

std::string Header(const std::string& page, std::string_view version,
                   const std::string& description) {
  std::string upper;
  for (const char c : page) upper += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  std::string what = description;
  while (what.ends_with('.')) what.pop_back();
  what.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(what.front())));
  // Flush left: there are commands in the text, which must not be stretched.
  return fmt::format(
      ".\\\" Made of what --help says.\n.TH {} 1 \"\" \"hupstorm {}\" \"User Commands\"\n"
      ".ad l\n.SH NAME\n{} \\- {}\n",
      RoffText(upper), RoffText(version), RoffText(page), RoffText(what));
}

std::string SeeAlso(const std::vector<std::string>& pages) {
  std::string roff = ".SH SEE ALSO\n";
  for (size_t i = 0; i < pages.size(); ++i) {
    roff += fmt::format(".BR \\%{} (1){}\n", RoffText(pages[i]), i + 1 < pages.size() ? "," : "");
  }
  return roff;
}

// The commands that the text of another's page speaks of.
std::vector<std::string> Mentioned(const std::string& program, const CommandPart& command,
                                   const std::vector<CommandPart>& parts) {
  std::string text = command.footer;
  for (const OptionPart& option : command.options) text += " " + option.description;
  std::vector<std::string> pages = {program};
  for (const CommandPart& other : parts) {
    const std::regex mention(program + " " + other.name + "\\b");
    if (other.name == command.name || !std::regex_search(text, mention)) continue;
    pages.push_back(program + "-" + other.name);
  }
  return pages;
}

ManPage Overview(const std::vector<CommandPart>& parts, std::string_view version) {
  const CommandPart& app = parts.front();
  std::string commands;
  std::vector<std::string> pages;
  for (size_t i = 1; i < parts.size(); ++i) {
    const std::string page = app.name + "-" + parts[i].name;
    commands +=
        fmt::format(".TP\n.BR {} (1)\n{}", RoffText(page), Line(RoffText(parts[i].description)));
    pages.push_back(page);
  }
  return {app.name,
          Header(app.name, version, app.description) +
              fmt::format(".SH SYNOPSIS\n{0} {1} [{2}...]\n.br\n{0} {3}\n", Bold(app.name),
                          Italic("COMMAND"), Italic("ARGUMENT"), Bold("--help")) +
              ".SH DESCRIPTION\n" + Line(RoffText(app.description)) + Paragraphs(app.footer) +
              ".SH COMMANDS\n" + commands + Options(app) + Examples(app.footer) +
              JsonShapes(app.footer) + ExitStatus(app.footer) + SeeAlso(pages)};
}

}  // namespace

std::string RoffText(std::string_view text) {
  std::string roff;
  for (const char c : text) {
    switch (c) {
      case '\\':
        roff += "\\e";
        break;
      case '-':
        roff += "\\-";  // a plain one is a hyphen, which nobody can paste into a shell
        break;
      case '\'':
        roff += "\\(aq";
        break;
      case '`':
        roff += "\\(ga";
        break;
      case '^':
        roff += "\\(ha";
        break;
      case '~':
        roff += "\\(ti";
        break;
      case '.':
        roff += roff.empty() ? "\\&." : ".";
        break;
      default:
        roff += c;
    }
  }
  return roff;
}

std::vector<ManPage> MakeManPages(const CLI::App& app, std::string_view version) {
  const std::vector<CommandPart> parts = PartsOf(app);
  const std::string& program = parts.front().name;
  std::vector<ManPage> pages = {Overview(parts, version)};
  for (size_t i = 1; i < parts.size(); ++i) {
    const CommandPart& command = parts[i];
    const std::string page = program + "-" + command.name;
    std::string exit_status = ExitStatus(command.footer);
    if (exit_status.empty()) exit_status = ExitStatus(parts.front().footer);
    pages.push_back({page, Header(page, version, command.description) + Synopsis(program, command) +
                               ".SH DESCRIPTION\n" + Line(RoffText(command.description + ".")) +
                               Paragraphs(command.footer) + Options(command) +
                               JsonShapes(command.footer) + exit_status + Examples(command.footer) +
                               SeeAlso(Mentioned(program, command, parts))});
  }
  return pages;
}

}  // namespace hupstorm
