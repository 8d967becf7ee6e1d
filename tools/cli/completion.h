// Completion for shells, of the commands and options that --help shows.

#ifndef HUPSTORM_TOOLS_CLI_COMPLETION_H_
#define HUPSTORM_TOOLS_CLI_COMPLETION_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tools/cli/app_parts.h"

namespace CLI {
class App;
}

namespace hupstorm {

// The names that values are made of, which become part of the script: "targets", "scenarios",
// "suite" (the scenarios and their folders), "oracles", "defects" and "names" (all that explain
// takes).
using NameSets = std::map<std::string, std::vector<std::string>>;

// What may stand for a value.
struct ValueHint {
  std::vector<std::string> words = {};  // as they are
  // What follows belongs to what stands after this ("expect:"); empty: to the whole value.
  std::string prefix = {};
  std::string names = {};  // of this set
  bool list = false;       // several of them, with commas between
  bool files = false;      // any file
  bool folders = false;
};

// By the type's name, or where it says too little (NAME) by the option's. Without a hint: of a type
// that is not known here. One that nothing can be said of (a number) has an empty hint.
std::optional<ValueHint> HintFor(const OptionPart& option);

// Scripts that the shell sources, or loads from its folder of completions.
std::string BashCompletion(const CLI::App& app, const NameSets& names);
std::string ZshCompletion(const CLI::App& app, const NameSets& names);
std::string FishCompletion(const CLI::App& app, const NameSets& names);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CLI_COMPLETION_H_
