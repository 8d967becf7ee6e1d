// hupstorm client HOST:PORT

#include <memory>

#include "tools/cli/command.h"
#include "tools/cli/errors.h"
#include "tools/commands/commands.h"
#include "tools/network/host_port.h"
#include "tools/network/interactive_client.h"

namespace hupstorm {
namespace {

constexpr char kFooter[] = R"(
Sends each line that is typed and prints what comes back. The end of the input (Ctrl-D) half-closes
the connection; what the server still has to say is printed.

Examples:
  hupstorm client 127.0.0.1:8888
  printf 'hello\n' | hupstorm client 127.0.0.1:8888)";

struct Options {
  std::string endpoint;
  bool allow_remote = false;
};

}  // namespace

void AddClientCommand(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command(app, "client", "Talk to a server by hand", kFooter);
  command.Option("endpoint HOST:PORT", options->endpoint, "where the server listens").Required();
  command.Flag("--allow-remote", options->allow_remote, "connect to another machine too");
  command.Does(line.action, [options] {
    TalkTo(options->endpoint, ResolveEndpoint(options->endpoint, options->allow_remote));
    return kExitClean;
  });
}

}  // namespace hupstorm
