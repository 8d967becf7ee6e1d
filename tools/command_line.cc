#include "tools/command_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "tools/catalogue/linked_server.h"
#include "tools/cli/errors.h"
#include "tools/cli/output.h"
#include "tools/cli/suggest.h"
#include "tools/commands/commands.h"
#include "tools/commands/fuzz_worker.h"

namespace hupstorm {
namespace {

constexpr char kFooter[] = R"(
Examples:
  hupstorm run --exec './my_server {port}'        your own server against the whole suite
  hupstorm matrix                                 is each known defect caught, are the others clean?
  hupstorm run --target doc000/epoll-queue        one server against the whole suite
  hupstorm replay half-close/echo-drains --target doc001/select
  hupstorm shrink crash-0a1b2c3d -o crash.scn     the smallest scenario with the same finding
  hupstorm gate --exec './my_server {port}'       all that must hold, for CI
  hupstorm explain doc000/epoll-queue/fin-ignored

Exit codes: 0 nothing found, 1 findings, 2 bad usage or input, 3 hupstorm itself failed.)";

// Completion's scripts call back with it: complete -- WORD...
constexpr char kCallBack[] = "complete";

std::vector<std::string> CommandNames(const CLI::App& app) {
  return NamesOf(app.get_subcommands({}), [](const CLI::App* each) { return each->get_name(); });
}

// CLI11 takes a misspelt command for a stray argument; say it better.
void CheckCommandName(const CLI::App& app, const std::string& name) {
  if (name.starts_with('-')) return;
  const std::vector<std::string> names = CommandNames(app);
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  throw UnknownName("command", name, names, "hupstorm --help");
}

// With `--executable FILE` of an executable that hupstorm_add_server has made, that executable is
// the hupstorm command to run: it has the server. Returns if there is no such option.
void PassOn(std::vector<std::string> words) {
  constexpr std::string_view kOption = "--executable";
  const auto option = std::find_if(words.begin(), words.end(), [&](const std::string& word) {
    return word == kOption || word.starts_with(std::string(kOption) + '=');
  });
  if (option == words.end() || std::find(words.begin(), option, "--") != option) return;
  const bool is_one_word = *option != kOption;
  if (!is_one_word && option + 1 == words.end()) return;
  std::string file = is_one_word ? option->substr(kOption.size() + 1) : *(option + 1);
  if (!HasLinkedServer(file)) return;
  words.erase(option, option + (is_one_word ? 1 : 2));
  if (file.find('/') == std::string::npos) file = "./" + file;  // no search along PATH
  words.insert(words.begin(), file);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execv(file.c_str(), arguments.data());
  throw UsageError("--executable {}: {}", file, std::strerror(errno));
}

int RunCommandLine(int argc, char** argv, const SelfCommands* self) {
  CommandLine line{argc > 0 ? argv[0] : "hupstorm", {}, self};
  const std::shared_ptr<CLI::App> owned = MakeApp(line);
  CLI::App& app = *owned;
  if (argc < 2) {
    std::fputs(app.help().c_str(), stderr);
    return kExitUsage;
  }
  std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() > 2 && words[0] == kCallBack && words[1] == "--") {
    PrintCompletions(app, {words.begin() + 2, words.end()});
    FlushOutput();
    return kExitClean;
  }
  if (words.size() == 2 && words[0] == kFuzzWorker) return RunFuzzWorker(words[1]);
  // "hupstorm help run", as other commands have it.
  if (words.front() == "help") {
    words.erase(words.begin());
    words.push_back("--help");
  }
  CheckCommandName(app, words.front());
  PassOn(words);
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    app.parse(words);
  } catch (const CLI::Success& help) {  // --help, --version
    app.exit(help);
    FlushOutput();
    return kExitClean;
  } catch (const CLI::ParseError& error) {
    const auto chosen = app.get_subcommands();
    const std::string command = chosen.empty() ? "" : " " + chosen.front()->get_name();
    throw UsageError(std::string(error.what()) + "\nFor the options and examples: hupstorm" +
                     command + " --help");
  }
  const int code = line.action();
  FlushOutput();
  return code;
}

}  // namespace

std::shared_ptr<CLI::App> MakeApp(CommandLine& line) {
  auto owned = std::make_shared<CLI::App>(
      "Finds the transport bugs of an event-loop TCP server before its users do.", "hupstorm");
  CLI::App& app = *owned;
  app.footer(kFooter);
  app.set_version_flag("--version", "hupstorm " HUPSTORM_VERSION);
  app.require_subcommand(1);
  AddListCommand(app, line);
  AddExplainCommand(app, line);
  AddRunCommand(app, line);
  AddReplayCommand(app, line);
  AddShrinkCommand(app, line);
  AddSweepCommand(app, line);
  if (line.self != nullptr) line.self->add_matrix(app, line);
  AddFuzzCommand(app, line);
  AddGateCommand(app, line);
  AddServeCommand(app, line);
  AddClientCommand(app, line);
  if (line.self != nullptr) line.self->add_conform(app, line);
  AddCompletionCommand(app, line);
  AddManCommand(app, line);
  return owned;
}

bool IsCommandLine(std::string_view first_word) {
  CommandLine line;
  std::vector<std::string> words = CommandNames(*MakeApp(line));
  words.insert(words.end(), {"help", "--help", "-h", "--version", kCallBack});
  return std::find(words.begin(), words.end(), first_word) != words.end();
}

int RunHupstorm(int argc, char** argv, const SelfCommands* self) {
  return ExitCodeOf([&] { return RunCommandLine(argc, argv, self); });
}

}  // namespace hupstorm
