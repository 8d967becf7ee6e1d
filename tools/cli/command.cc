#include "tools/cli/command.h"

#include <CLI/CLI.hpp>
#include <optional>

namespace hupstorm {

CommandOption& CommandOption::Type(const std::string& name) {
  option_->type_name(name);
  return *this;
}

CommandOption& CommandOption::Required() {
  option_->required();
  return *this;
}

CommandOption& CommandOption::ShowDefault() {
  option_->capture_default_str();
  return *this;
}

CommandOption& CommandOption::Within(int least, int most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

CommandOption& CommandOption::Within(double least, double most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

CommandOption& CommandOption::Within(uint64_t least, uint64_t most) {
  option_->check(CLI::Range(least, most));
  return *this;
}

CommandOption& CommandOption::Positive() {
  option_->check(CLI::PositiveNumber);
  return *this;
}

CommandOption& CommandOption::OneOf(const std::vector<std::string>& values) {
  option_->check(CLI::IsMember(values));
  return *this;
}

CommandOption& CommandOption::Check(const std::function<std::string(const std::string&)>& check) {
  option_->check(CLI::Validator([check](const std::string& text) { return check(text); }, ""));
  return *this;
}

CommandOption& CommandOption::Excludes(const CommandOption& other) {
  option_->excludes(other.option_);
  return *this;
}

CommandOption& CommandOption::Needs(const CommandOption& other) {
  option_->needs(other.option_);
  return *this;
}

CommandOption& CommandOption::SplitAt(char delimiter) {
  option_->delimiter(delimiter);
  return *this;
}

CommandOption& CommandOption::OneValueEach() {
  option_->allow_extra_args(false);
  return *this;
}

bool CommandOption::IsGiven() const { return option_->count() > 0; }

Command::Command(CLI::App& app, const std::string& name, const std::string& description,
                 const std::string& footer)
    : command_(app.add_subcommand(name, description)) {
  command_->footer(footer);
}

template <typename Variable>
CommandOption Command::Option(const std::string& names, Variable& variable,
                              const std::string& description) {
  return CommandOption(command_->add_option(names, variable, description));
}

template <typename Variable>
CommandOption Command::Flag(const std::string& names, Variable& variable,
                            const std::string& description) {
  return CommandOption(command_->add_flag(names, variable, description));
}

void Command::OnChosen(const std::function<void()>& action) { command_->callback(action); }

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
