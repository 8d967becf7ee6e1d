#include "tools/cli/man_page.h"

#include <fmt/format.h>

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

std::string Line(std::string_view text) { return RoffText(text) + "\n"; }

// A footer's lines, by the section that they belong to. Blank lines separate blocks.
struct Footer {
  std::string paragraphs;  // roff: all blocks that are of no other section
  std::vector<std::string> examples;
  std::vector<std::string> json;
  std::vector<std::string> exit_codes;
};

Footer ReadFooter(const std::string& text) {
  Footer footer;
  std::vector<std::string>* section = nullptr;
  bool in_block = false;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    if (!in_block) {
      section = line.starts_with(kExamples)    ? &footer.examples
                : line.starts_with(kJson)      ? &footer.json
                : line.starts_with(kExitCodes) ? &footer.exit_codes
                                               : nullptr;
      if (section == nullptr && !line.empty()) footer.paragraphs += ".PP\n";
    }
    in_block = !line.empty();
    if (!in_block) continue;
    if (section != nullptr) {
      section->push_back(line);
    } else {
      footer.paragraphs += Line(line);
    }
  }
  return footer;
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
    roff += Line(command.substr(0, space) + " \\");
    command = "    " + command.substr(space + 1);
  }
  return roff + Line(command);
}

std::string Examples(const std::vector<std::string>& lines) {
  if (lines.empty()) return {};
  std::string roff = ".SH EXAMPLES\n.EX\n";
  for (size_t i = 1; i < lines.size(); ++i) {
    const size_t begin = std::min(lines[i].find_first_not_of(' '), lines[i].size());
    const size_t gap = std::min(lines[i].find("  ", begin), lines[i].size());
    const size_t remark = lines[i].find_first_not_of(' ', gap);
    if (remark != std::string::npos) roff += Line("# " + lines[i].substr(remark));
    roff += Folded(lines[i].substr(begin, gap - begin));
  }
  return roff + ".EE\n";
}

// The shape of an object has no spaces: it may be broken after any comma.
std::string JsonShapes(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    const bool goes_on = text.ends_with(',') && (line[0] == '"' || line[0] == '{');
    if (!text.empty() && !goes_on) text += ' ';
    text += line;
  }
  static const std::regex comma(R"(,(?=["{\[]))");
  return text.empty() ? "" : ".SH JSON\n" + std::regex_replace(Line(text), comma, ",\\:");
}

std::string ExitStatus(const std::vector<std::string>& lines) {
  if (lines.empty()) return {};
  const std::string text = fmt::format("{}", fmt::join(lines, " ")).substr(kExitCodes.size());
  std::string roff = ".SH EXIT STATUS\n";
  static const std::regex code(R"((?:^|,) ([0-9]) (.*?)(?=\.?$|, [0-9] ))");
  for (std::sregex_iterator it(text.begin(), text.end(), code), end; it != end; ++it) {
    roff += fmt::format(".TP\n{}\n{}", Bold((*it)[1].str()), Line((*it)[2].str()));
  }
  return roff;
}

// "FILE", "NAME[,NAME]": what is to be replaced stands out.
std::string TypeText(const OptionPart& option) {
  if (option.type.starts_with('=')) return "[=" + Italic(option.type.substr(1)) + "]";
  return option.type.empty() ? "" : " " + Italic(option.type);
}

std::string Sentences(const OptionPart& option) {
  std::string roff = Line(option.description);
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
  if (!more.empty()) roff += ".br\n" + Line(fmt::format("{}", fmt::join(more, " ")));
  return roff;
}

std::string Options(const CommandPart& command) {
  std::string roff;
  for (const OptionPart& positional : command.positionals) {
    roff += ".TP\n" + TypeText(positional).substr(1) + "\n" + Sentences(positional);
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
    commands += fmt::format(".TP\n.BR {} (1)\n{}", RoffText(page), Line(parts[i].description));
    pages.push_back(page);
  }
  const std::string synopsis =
      fmt::format(".SH SYNOPSIS\n{0} {1} [{2}...]\n.br\n{0} {3}\n", Bold(app.name),
                  Italic("COMMAND"), Italic("ARGUMENT"), Bold("--help"));
  const Footer footer = ReadFooter(app.footer);
  return {app.name, Header(app.name, version, app.description) + synopsis + ".SH DESCRIPTION\n" +
                        Line(app.description) + footer.paragraphs + ".SH COMMANDS\n" + commands +
                        Options(app) + Examples(footer.examples) + JsonShapes(footer.json) +
                        ExitStatus(footer.exit_codes) + SeeAlso(pages)};
}

}  // namespace

std::string RoffText(std::string_view text) {
  std::string roff = text.starts_with('.') ? "\\&" : "";
  for (const char c : text) {
    switch (c) {
        // clang-format off
      case '\\': roff += "\\e"; break;
      case '-': roff += "\\-"; break;  // a plain one is a hyphen, which a shell does not take
      case '\'': roff += "\\(aq"; break;
      case '`': roff += "\\(ga"; break;
      case '^': roff += "\\(ha"; break;
      case '~': roff += "\\(ti"; break;
      default: roff += c;
        // clang-format on
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
    const Footer footer = ReadFooter(command.footer);
    std::string exit_status = ExitStatus(footer.exit_codes);
    if (exit_status.empty()) exit_status = ExitStatus(ReadFooter(parts.front().footer).exit_codes);
    pages.push_back({page, Header(page, version, command.description) + Synopsis(program, command) +
                               ".SH DESCRIPTION\n" + Line(command.description + ".") +
                               footer.paragraphs + Options(command) + JsonShapes(footer.json) +
                               exit_status + Examples(footer.examples) +
                               SeeAlso(Mentioned(program, command, parts))});
  }
  return pages;
}

}  // namespace hupstorm
