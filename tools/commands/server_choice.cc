#include "tools/commands/server_choice.h"

#include <fmt/format.h>
#include <limits.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "scenarios/worlds/process_world.h"
#include "tools/catalogue/protocols.h"
#include "tools/catalogue/target_catalogue.h"
#include "tools/cli/errors.h"
#include "tools/commands/run_options.h"

namespace hupstorm {
namespace {

constexpr char kPlaceOfPort[] = "{port}";

// Where the build, or an installation, has put it beside this program.
std::string PreloadLibrary() {
  namespace fs = std::filesystem;
  constexpr char kName[] = "libhupstorm_preload.so";
  std::error_code error;
  const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& folder : {here / "../lib", here / "../lib/hupstorm", here}) {
    const fs::path file = folder / kName;
    if (fs::exists(file, error)) return fs::canonical(file, error).string();
  }
  throw FailedError(fmt::format("{} is not where it should be, in {}", kName,
                                (here / "../lib").lexically_normal().string()));
}

Target ForeignTarget(const std::string& name, const ServerOptions& options) {
  const SpokenProtocol spoken = ParseProtocol(options.protocol);
  Target target;
  target.name = name;
  target.protocol = spoken.protocol;
  target.foreign = true;
  target.exchange = spoken.exchange;
  return target;
}

ServerChoice ChooseTargets(const ServerOptions& options) {
  const MendChoice mend = ParseMend(options.mend);
  ServerChoice choice;
  choice.targets = MakeTargets(options.targets, mend);
  choice.name = options.targets;
  choice.world = options.world;
  choice.mend = mend.Text();
  choice.make_world = MakerOf(options.world);
  choice.is_in_worker = options.world == kDefaultWorld;
  choice.why_not = [world = options.world](const Scenario& scenario) {
    return std::string(WhyNotIn(world, scenario));
  };
  choice.as_options = [mend = choice.mend, world = options.world](const std::string& target) {
    return TargetOptions(target, mend, world);
  };
  return choice;
}

ServerChoice ChooseCommand(const ServerOptions& options) {
  if (options.command.find(kPlaceOfPort) == std::string::npos) {
    throw UsageError(
        "the command of --exec must say where the port goes, as in --exec './my_server --port "
        "{port}'");
  }
  ServerChoice choice;
  choice.targets = {ForeignTarget(options.command, options)};
  choice.name = options.command;
  choice.world = "process";
  choice.mend = "none";
  choice.is_in_worker = false;
  choice.as_options = [options](const std::string&) {
    std::string text = fmt::format("--exec {}", ShellWord(options.command));
    if (options.protocol != "echo")
      text += fmt::format(" --protocol {}", ShellWord(options.protocol));
    if (options.outside) text += " --outside";
    return text;
  };
  ProcessOptions process;
  process.command = options.command;
  process.preload_library = PreloadLibrary();
  process.start_timeout = std::chrono::milliseconds(std::lround(options.start_timeout_s * 1000));
  const ServerNature nature = LookAtServer(process);
  if (nature.kind == ServerNature::Kind::kNotServing) throw UsageError(nature.why);
  choice.make_world = [process](int) { return std::make_unique<ProcessWorld>(process); };
  choice.why_not = [](const Scenario& scenario) {
    return std::string(WhyNotIn("loopback", scenario));
  };
  return choice;
}

}  // namespace

void AddServerOptions(CLI::App& command, ServerOptions& options, bool many) {
  command
      .add_option("--target", options.targets,
                  many ? "which servers (hupstorm list targets)"
                       : "which server (default: reference/epoll-lt, or the one that speaks the "
                         "protocol)")
      ->type_name(many ? "NAME[,NAME]" : "NAME");
  command.add_option("--mend", options.mend,
                     "of a document's server: none (as written), all, or all-but=DEFECT[,DEFECT]");
  AddWorldOption(command, options.world);
  command
      .add_option("--exec", options.command,
                  "your own server: a shell command that starts it, listening on 127.0.0.1:{port}")
      ->type_name("'CMD {port}'");
  command
      .add_option(
          "--protocol", options.protocol,
          "what your server speaks: echo, ack, http, none, or expect:FILE (hupstorm explain "
          "protocols)")
      ->type_name("PROTOCOL")
      ->capture_default_str();
  command
      .add_option("--start-timeout", options.start_timeout_s,
                  "seconds after which a server of --exec that does not listen is given up "
                  "(default: 10)")
      ->check(CLI::Range(0.1, 600.0))
      ->type_name("SECONDS");
}

ServerChoice ChooseServer(const ServerOptions& options) {
  const int chosen = (options.targets.empty() ? 0 : 1) + (options.command.empty() ? 0 : 1) +
                     (options.address.empty() ? 0 : 1);
  if (chosen != 1) {
    throw UsageError(
        "which server? One of --target NAME (hupstorm list targets), --exec 'CMD {port}' and "
        "--connect HOST:PORT");
  }
  if (!options.targets.empty()) return ChooseTargets(options);
  if (options.mend != "none") throw UsageError("--mend is for the documents' servers");
  return ChooseCommand(options);
}

}  // namespace hupstorm
