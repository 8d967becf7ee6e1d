#include "tools/cli/command.h"

#include <CLI/CLI.hpp>
#include <optional>

namespace hupstorm {
namespace {

// "--out DIR" as CLI11 has it: the names, and the type of the value.
template <typename Add>
CLI::Option* AddTyped(const std::string& spec, const Add& add) {
  const size_t space = spec.find(' ');
  CLI::Option* const option = add(spec.substr(0, space));
  return space == std::string::npos ? option : option->type_name(spec.substr(space + 1));
}

}  // namespace

CommandOption CommandOption::Required() { return option_->required(); }

CommandOption CommandOption::ShowDefault() {
  option_->capture_default_str();
  return *this;
}

template <typename Number>
CommandOption CommandOption::Within(Number least, Number most) {
  return option_->check(CLI::Range(least, most));
}
template CommandOption CommandOption::Within(int, int);
template CommandOption CommandOption::Within(double, double);
template CommandOption CommandOption::Within(uint64_t, uint64_t);

CommandOption CommandOption::Positive() { return option_->check(CLI::PositiveNumber); }

CommandOption CommandOption::OneOf(const std::vector<std::string>& values) {
  return option_->check(CLI::IsMember(values));
}

CommandOption CommandOption::Check(const std::function<std::string(const std::string&)>& check) {
  return option_->check(
      CLI::Validator([check](const std::string& text) { return check(text); }, ""));
}

CommandOption CommandOption::Excludes(const CommandOption& other) {
  return option_->excludes(other.option_);
}

CommandOption CommandOption::Needs(const CommandOption& other) {
  return option_->needs(other.option_);
}

CommandOption CommandOption::SplitAt(char delimiter) { return option_->delimiter(delimiter); }

CommandOption CommandOption::OneValueEach() { return option_->allow_extra_args(false); }

bool CommandOption::IsGiven() const { return option_->count() > 0; }

Command::Command(CLI::App& app, const std::string& name, const std::string& description,
                 const std::string& footer)
    : command_(app.add_subcommand(name, description)) {
  command_->footer(footer);
}

template <typename Variable>
CommandOption Command::Option(const std::string& spec, Variable& variable,
                              const std::string& description) {
  return AddTyped(spec, [&](const std::string& names) {
    return command_->add_option(names, variable, description);
  });
}

template <typename Variable>
CommandOption Command::Flag(const std::string& spec, Variable& variable,
                            const std::string& description) {
  return AddTyped(spec, [&](const std::string& names) {
    return command_->add_flag(names, variable, description);
  });
}

void Command::Does(std::function<int()>& action, std::function<int()> work) {
  command_->callback([&action, work = std::move(work)] { action = work; });
}

#define HUPSTORM_OPTIONS_OF(Variable) \
  template CommandOption Command::Option(const std::string&, Variable&, const std::string&)
HUPSTORM_OPTIONS_OF(std::string);
HUPSTORM_OPTIONS_OF(std::optional<std::string>);
HUPSTORM_OPTIONS_OF(std::vector<std::string>);
HUPSTORM_OPTIONS_OF(int);
HUPSTORM_OPTIONS_OF(std::optional<int>);
HUPSTORM_OPTIONS_OF(double);
HUPSTORM_OPTIONS_OF(uint64_t);
HUPSTORM_OPTIONS_OF(std::optional<uint64_t>);
template CommandOption Command::Flag(const std::string&, bool&, const std::string&);
template CommandOption Command::Flag(const std::string&, uint64_t&, const std::string&);

}  // namespace hupstorm
