// What a CLI::App is made of, for all that is made of it beside --help: manual pages, completion.

#ifndef HUPSTORM_TOOLS_CLI_APP_PARTS_H_
#define HUPSTORM_TOOLS_CLI_APP_PARTS_H_

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace hupstorm {

struct OptionPart {
  std::vector<std::string> names;  // "-o", "--out"; none of a positional argument
  std::string positional;          // its name; empty of an option
  std::string type;                // "FILE"; "=N" of a flag that may have a value; empty of a flag
  std::vector<std::string> members;  // the values there are, if they are a fixed set
  std::string range;                 // "1 - 64"
  std::string standard;              // the value without the option, if the App tells
  std::string description;
  std::vector<std::string> excludes;  // names of options it cannot stand with
  std::vector<std::string> needs;     // names of options it must stand with
  bool takes_value = false;           // the next word is its value
  bool required = false;
  bool many = false;  // may be given several times
};

struct CommandPart {
  std::string name;
  std::string description;
  std::string footer;
  std::vector<OptionPart> options;
  std::vector<OptionPart> positionals;
};

// Without those of no group, which --help does not show either. The App itself comes first, with
// what stands before any command, then its commands in their order.
std::vector<CommandPart> PartsOf(const CLI::App& app);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CLI_APP_PARTS_H_
