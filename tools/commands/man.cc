// hupstorm man [COMMAND] | --out DIR

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <string>

#include "tools/cli/command.h"
#include "tools/cli/errors.h"
#include "tools/cli/man_page.h"
#include "tools/cli/output.h"
#include "tools/cli/output_file.h"
#include "tools/cli/suggest.h"
#include "tools/commands/commands.h"

namespace hupstorm {
namespace {

constexpr char kFooter[] = R"(
Prints the manual page of a command, or without one that of hupstorm itself, as man reads it. It says
what --help says. --out writes all pages to a folder, which is made if it is not there.

Examples:
  hupstorm man gate | man -l -
  hupstorm man --out ~/.local/share/man/man1      from then on: man hupstorm-gate)";

struct Options {
  std::string command;
  std::string out;
};

void WritePages(const std::vector<ManPage>& pages, const std::string& folder) {
  MakeOutputFolder(folder);
  for (const ManPage& page : pages) {
    WriteOutputFile(std::filesystem::path(folder) / (page.name + ".1"), page.roff);
  }
}

int PrintPage(const Options& options, const CLI::App& app) {
  const std::vector<ManPage> pages = MakeManPages(app, HUPSTORM_VERSION);
  if (!options.out.empty()) {
    WritePages(pages, options.out);
    return kExitClean;
  }
  const std::string program = pages.front().name;
  const std::string wanted = program + (options.command.empty() ? "" : "-" + options.command);
  std::vector<std::string> names;
  for (const ManPage& page : pages) {
    if (page.name == wanted) {
      Print(page.roff);
      return kExitClean;
    }
    if (page.name != program) names.push_back(page.name.substr(program.size() + 1));
  }
  throw UnknownName("command", options.command, names, "hupstorm --help");
}

}  // namespace

void AddManCommand(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command(app, "man", "Print a manual page, or write all of them", kFooter);
  const CommandOption name =
      command.Option("command COMMAND", options->command, "of which command");
  command.Option("--out DIR", options->out, "write all pages to this folder").Excludes(name);
  command.Does(line.action, [options, &app] { return PrintPage(*options, app); });
}

}  // namespace hupstorm
