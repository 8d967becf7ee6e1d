// hupstorm serve --port N

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>
#include <system_error>

#include "base/file_descriptor.h"
#include "base/loopback_address.h"
#include "target/reference/echo_server.h"
#include "target/reference/reference.h"
#include "target/reference/stop_signal.h"
#include "tools/catalogue/linked_server.h"
#include "tools/catalogue/target_catalogue.h"
#include "tools/cli/command.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"
#include "tools/commands/commands.h"
#include "tools/network/host_port.h"

namespace hupstorm {
namespace {

constexpr char kFooter[] = R"(
Serves on real sockets until Ctrl-C or SIGTERM. Port 0 takes any free port; the port is printed.

Examples:
  hupstorm serve --port 8888
  hupstorm serve --port 8888 --multiplexer epoll-et
  hupstorm serve --port 8888 --target doc000/epoll-queue   a document's server, as written)";

struct Options {
  int port = 0;
  std::string address = "127.0.0.1";
  std::string multiplexer = "epoll-lt";
  std::string target;
  std::string mend = "none";
  bool allow_remote = false;
};

void CheckAddress(const Options& options) {
  sockaddr_storage address = {};
  auto& ipv4 = reinterpret_cast<sockaddr_in&>(address);
  ipv4.sin_family = AF_INET;
  if (inet_pton(AF_INET, options.address.c_str(), &ipv4.sin_addr) != 1) {
    throw UsageError("\"{}\" is not a numeric IPv4 address, such as 127.0.0.1", options.address);
  }
  if (!options.allow_remote && !IsLoopback(address)) {
    throw UsageError(
        "other machines could reach {}. hupstorm serves loopback only, "
        "unless --allow-remote is given",
        options.address);
  }
}

// A server could not listen: say what to do about it.
[[noreturn]] void ThrowCannotListen(const Options& options, const std::error_code& code) {
  const std::string place = fmt::format("{}:{}", options.address, options.port);
  if (code.value() == EADDRINUSE) {
    throw UsageError(
        "{} is in use by another program; choose another port, or --port 0 for any free one",
        place);
  }
  if (code.value() == EACCES) {
    throw UsageError("{} is not for this user; choose a port from 1024 up", place);
  }
  if (code.value() == EADDRNOTAVAIL) {
    throw UsageError("{} is not an address of this machine", options.address);
  }
  throw FailedError("cannot listen on {}: {}", place, code.message());
}

int ServeReference(const Options& options) {
  const auto kind = MultiplexerFromName(options.multiplexer);
  const StopSignal stop;
  const StopOnSignal on_sigterm(SIGTERM, stop);
  const StopOnSignal on_sigint(SIGINT, stop);
  std::unique_ptr<EchoServer> server;
  try {
    server = std::make_unique<EchoServer>(
        EchoServer::Options{.address = options.address,
                            .port = static_cast<uint16_t>(options.port),
                            .multiplexer = *kind,
                            .limits = {}},
        stop);
  } catch (const std::system_error& error) {
    ThrowCannotListen(options, error.code());
  }
  Print("reference/{} listens on {}:{} (Ctrl-C stops it)\n", options.multiplexer, options.address,
        server->port());
  FlushOutput();
  server->Run();
  return kExitClean;
}

// The port itself, or a free one for 0. Finds out first whether it can be had, since the documents'
// servers die of what they meet here with no more than an errno.
uint16_t ChoosePort(const Options& options) {
  const FileDescriptor probe(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!probe) ThrowCannotListen(options, {errno, std::generic_category()});
  const int on = 1;
  setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address = LoopbackIpv4(static_cast<uint16_t>(options.port));
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(probe.get(), generic, sizeof address) != 0 || listen(probe.get(), 1) != 0 ||
      getsockname(probe.get(), generic, &length) != 0) {
    ThrowCannotListen(options, {errno, std::generic_category()});
  }
  return ntohs(address.sin_port);
}

// Any target. The documents' servers know no way to stop, so a signal ends the process for them.
int ServeTarget(const Options& options) {
  if (options.address != "127.0.0.1") {
    throw UsageError("--address goes with the reference only: a target listens on 127.0.0.1");
  }
  const Target target = MakeTarget(options.target, ParseMend(options.mend));
  struct sigaction end = {};
  end.sa_handler = [](int) { _exit(kExitClean); };
  sigaction(SIGTERM, &end, nullptr);
  sigaction(SIGINT, &end, nullptr);
  const uint16_t port = ChoosePort(options);
  Print("{} starts on 127.0.0.1:{} (Ctrl-C stops it)\n", target.name, port);
  FlushOutput();
  try {
    target.serve(port);
  } catch (const std::exception& error) {
    throw FailedError("{} died: {}", target.name, error.what());
  }
  return kExitClean;
}

}  // namespace

void AddServeCommand(CLI::App& app, CommandLine& line) {
  auto options = std::make_shared<Options>();
  Command command(app, "serve", "Run the reference echo server on a real port", kFooter);
  command.Option("--port N", options->port, "0 takes any free port").Required().Within(0, 65535);
  const CommandOption multiplexer =
      command.Option("--multiplexer", options->multiplexer, "what the event loop waits with")
          .OneOf({"select", "poll", "epoll-lt", "epoll-et"})
          .ShowDefault();
  command.Option("--address ADDRESS", options->address, "numeric IPv4 address to listen on")
      .ShowDefault();
  const CommandOption target =
      command.Option("--target NAME", options->target, "serve this target instead")
          .Excludes(multiplexer);
  command.Option("--mend MENDS", options->mend, "with --target: none, all or all-but=DEFECT[,...]")
      .Needs(target);
  command.Flag("--allow-remote", options->allow_remote, "let other machines connect too");
  command.Does(line.action, [options, multiplexer] {
    const LinkedServer* const linked = TheLinkedServer();
    if (linked != nullptr && !multiplexer.IsGiven() && options->target.empty()) {
      options->target = linked->target.name;
    }
    CheckAddress(*options);
    return options->target.empty() ? ServeReference(*options) : ServeTarget(*options);
  });
}

}  // namespace hupstorm
