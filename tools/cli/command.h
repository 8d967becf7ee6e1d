// How commands declare themselves and their options. CLI11 reads the command line behind this: its
// header, and its templates for each option, would take the compiler longer than the rest of a
// command.

#ifndef HUPSTORM_TOOLS_CLI_COMMAND_H_
#define HUPSTORM_TOOLS_CLI_COMMAND_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace hupstorm {

// An option, or a positional argument, that has been added. Each function gives it back, for more.
class CommandOption {
 public:
  CommandOption(CLI::Option* option) : option_(option) {}  // implicit: CLI11 gives them

  CommandOption Required();
  CommandOption ShowDefault();  // --help shows the value that the variable has now
  template <typename Number>    // int, double, uint64_t
  CommandOption Within(Number least, Number most);
  CommandOption Positive();
  CommandOption OneOf(const std::vector<std::string>& values);
  // `check` says what is wrong with a value; empty if nothing is.
  CommandOption Check(const std::function<std::string(const std::string&)>& check);
  CommandOption Excludes(const CommandOption& other);
  CommandOption Needs(const CommandOption& other);
  CommandOption SplitAt(char delimiter);  // one word holds several values
  CommandOption OneValueEach();           // of several values each needs the option again
  bool IsGiven() const;                   // after parsing

 private:
  CLI::Option* option_;
};

// A subcommand of `app`, which must outlive it.
class Command {
 public:
  // --help ends with `footer`.
  Command(CLI::App& app, const std::string& name, const std::string& description,
          const std::string& footer);

  // `spec`: the names, and what --help calls the value: "-o,--out FILE". A positional argument has
  // a name without dashes: "file FILE". The variable may be a string, a number, a list of strings,
  // or std::optional of one; its address must stay. A flag's is bool, or takes a number as in
  // "--pairs=5".
  template <typename Variable>
  CommandOption Option(const std::string& spec, Variable& variable, const std::string& description);
  template <typename Variable>
  CommandOption Flag(const std::string& spec, Variable& variable, const std::string& description);

  // If the command is chosen, `action` becomes `work`, which returns the exit code.
  void Does(std::function<int()>& action, std::function<int()> work);

 private:
  CLI::App* command_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CLI_COMMAND_H_
