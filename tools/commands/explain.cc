// hupstorm explain NAME

#include <CLI/CLI.hpp>
#include <memory>

#include "tools/catalogue/pages.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"
#include "tools/commands/commands.h"

namespace hupstorm {
namespace {

constexpr char kFooter[] = R"(
NAME is an oracle, a defect, a target, a fault or a scenario, as hupstorm list shows them.

Examples:
  hupstorm explain close-wait-leak
  hupstorm explain doc000/epoll-queue/fin-ignored
  hupstorm explain accept/EMFILE)";

}  // namespace

void AddExplainCommand(CLI::App& app, CommandLine& line) {
  auto name = std::make_shared<std::string>();
  CLI::App* command =
      app.add_subcommand("explain", "Say what a name means and what to do about it");
  command->footer(kFooter);
  command->add_option("name", *name, "what to explain")->required()->type_name("NAME");
  command->callback([name, &line] {
    line.action = [name, program = line.program] {
      Print(PageOn(*name, program));
      return static_cast<int>(kExitClean);
    };
  });
}

}  // namespace hupstorm
