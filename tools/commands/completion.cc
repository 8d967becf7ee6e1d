// hupstorm completion bash|zsh|fish

#include "tools/cli/completion.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>

#include "scenarios/oracles/oracles.h"
#include "target/documented/documented.h"
#include "tools/catalogue/pages.h"
#include "tools/catalogue/protocols.h"
#include "tools/catalogue/scenario_catalogue.h"
#include "tools/catalogue/target_catalogue.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"
#include "tools/cli/suggest.h"
#include "tools/commands/commands.h"

namespace hupstorm {
namespace {

constexpr char kFooter[] = R"(
Prints a script that makes the shell complete commands, options, and the names of targets, scenarios
and the like. A package installs it where the shell looks; without one, put the line for your shell
into ~/.bashrc, ~/.zshrc (after compinit) or ~/.config/fish/config.fish.

Examples:
  source <(hupstorm completion bash)
  source <(hupstorm completion zsh)
  hupstorm completion fish | source)";

struct Shell {
  std::string name;
  std::string (*script)(const CLI::App& app, const NameSets& names);
};
const Shell kShells[] = {
    {"bash", BashCompletion}, {"zsh", ZshCompletion}, {"fish", FishCompletion}};

void SortAndUnite(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
}

NameSets CompletedNames() {
  NameSets sets;
  sets["targets"] = TargetNames();
  std::vector<std::string>& names = sets["names"];
  names = TargetNames();
  sets["suite"] = {"suite"};
  for (const Scenario& scenario : Suite()) {
    sets["scenarios"].push_back(scenario.name);
    sets["suite"].push_back(scenario.name);
    sets["suite"].push_back(scenario.name.substr(0, scenario.name.rfind('/')));
    names.push_back(scenario.name);
  }
  for (const Oracle& oracle : Oracles()) {
    sets["oracles"].emplace_back(oracle.name);
    names.emplace_back(oracle.name);
  }
  for (const Defect& defect : Defects()) {
    sets["defects"].emplace_back(defect.name);
    names.emplace_back(defect.full_name);
  }
  for (const LegalFault& fault : LegalFaults()) names.push_back(FaultName(fault));
  for (const ProtocolPage& page : ProtocolPages()) names.emplace_back(page.name);
  for (auto& [set, members] : sets) SortAndUnite(members);
  return sets;
}

int PrintCompletion(const std::string& name, const CLI::App& app) {
  std::vector<std::string> names;
  for (const Shell& shell : kShells) {
    if (shell.name == name) {
      Print(shell.script(app, CompletedNames()));
      return kExitClean;
    }
    names.push_back(shell.name);
  }
  const std::string nearest = NearestName(name, names);
  throw UsageError(
      fmt::format("there is no completion for the shell \"{}\"{} There are: {}", name,
                  nearest.empty() ? "." : fmt::format("; did you mean \"{}\"?", nearest),
                  fmt::join(names, ", ")));
}

}  // namespace

void AddCompletionCommand(CLI::App& app, CommandLine& line) {
  auto shell = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("completion", "Print a script that completes for a shell");
  command->footer(kFooter);
  command->add_option("shell", *shell, "which shell")->required()->type_name("bash|zsh|fish");
  command->callback([shell, &app, &line] {
    line.action = [shell, &app] { return PrintCompletion(*shell, app); };
  });
}

}  // namespace hupstorm
