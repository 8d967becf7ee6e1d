// hupstorm explain NAME

#include <memory>
#include <string>

#include "tools/catalogue/pages.h"
#include "tools/cli/command.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"
#include "tools/commands/commands.h"
#include "tools/report/json_output.h"

namespace hupstorm {
namespace {

constexpr char kFooter[] = R"(
NAME is an oracle, a defect, a target, a protocol, a fault or a scenario, as hupstorm list shows them.

Examples:
  hupstorm explain close-wait-leak
  hupstorm explain doc000/epoll-queue/fin-ignored
  hupstorm explain accept/EMFILE

--json prints {"name","page"}: the same page, as one string.)";

struct Options {
  std::string name;
  bool json = false;
};

int Explain(const Options& options, const std::string& program) {
  std::string page = PageOn(options.name, program);
  if (options.json) {
    PrintJson({{"name", options.name}, {"page", std::move(page)}});
  } else {
    Print(page);
  }
  return kExitClean;
}

}  // namespace

void AddExplainCommand(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command(app, "explain", "Say what a name means and what to do about it", kFooter);
  command.Option("name NAME", options->name, "what to explain").Required();
  command.Flag("--json", options->json, "print one JSON object");
  command.Does(line.action, [options, &line] { return Explain(*options, line.program); });
}

}  // namespace hupstorm
