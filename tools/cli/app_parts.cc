#include "tools/cli/app_parts.h"

#include <CLI/CLI.hpp>
#include <regex>
#include <sstream>

namespace hupstorm {
namespace {

// CLI11 gives the type's name and the descriptions of all checks as one text:
// "ENGINE:{libfuzzer,afl}", "N:INT in [1 - 64]", "UINT:POSITIVE".
void ReadType(const std::string& text, OptionPart& part) {
  static const std::regex with_check(R"((.*):(?:\{(.*)\}|[A-Z]+ in \[(.*)\]|POSITIVE))");
  std::smatch match;
  const bool checked = std::regex_match(text, match, with_check);
  part.type = checked ? match[1].str() : text;
  if (checked) part.range = match[3];
  const bool braced = checked && match[2].matched;
  if (!braced && part.type.find('|') == std::string::npos) return;
  std::istringstream list(braced ? match[2].str() : part.type);
  for (std::string member; std::getline(list, member, braced ? ',' : '|');) {
    part.members.push_back(member);
  }
}

std::string NameOf(const CLI::Option& option) {
  if (!option.get_lnames().empty()) return "--" + option.get_lnames().front();
  return option.get_name(/*positional=*/true);
}

OptionPart PartOf(const CLI::Option& option) {
  OptionPart part;
  for (const std::string& name : option.get_snames()) part.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) part.names.push_back("--" + name);
  if (part.names.empty()) part.positional = option.get_name(/*positional=*/true);
  part.takes_value = option.get_items_expected_min() > 0;
  ReadType(option.get_type_name(), part);
  // A flag's type is that of the variable, unless it may have a value.
  if (!part.takes_value && !part.type.starts_with('=')) part.type.clear();
  part.standard = option.get_default_str();
  part.description = option.get_description();
  for (const CLI::Option* other : option.get_excludes()) part.excludes.push_back(NameOf(*other));
  for (const CLI::Option* other : option.get_needs()) part.needs.push_back(NameOf(*other));
  part.required = option.get_required();
  part.many = option.get_expected_max() > 1;
  return part;
}

CommandPart PartOf(const CLI::App& app) {
  CommandPart part;
  part.name = app.get_name();
  part.description = app.get_description();
  part.footer = app.get_footer();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    const bool positional = option->get_positional();
    (positional ? part.positionals : part.options).push_back(PartOf(*option));
  }
  return part;
}

}  // namespace

std::vector<CommandPart> PartsOf(const CLI::App& app) {
  std::vector<CommandPart> parts = {PartOf(app)};
  const auto shown = [](const CLI::App* command) { return !command->get_group().empty(); };
  for (const CLI::App* command : app.get_subcommands(shown)) parts.push_back(PartOf(*command));
  return parts;
}

}  // namespace hupstorm
