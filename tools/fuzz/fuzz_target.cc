#include "tools/fuzz/fuzz_target.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "tools/catalogue/installation.h"
#include "tools/catalogue/linked_server.h"
#include "tools/catalogue/target_catalogue.h"
#include "tools/cli/errors.h"
#include "tools/cli/suggest.h"

namespace hupstorm {

namespace fs = std::filesystem;

bool IsServer(const std::string& target) {
  const std::vector<std::string> servers = TargetNames();
  return std::find(servers.begin(), servers.end(), target) != servers.end();
}

namespace {

// A user's server is fuzzed by the executable that it is linked to, thus this one.
fs::path LinkedExecutable(const LinkedServer& linked, const CampaignSettings& settings) {
  if (linked.engine == settings.engine) return ThisExecutable();
  throw UsageError(
      "this executable is built {}: configure your project anew with {} as its C++ compiler",
      linked.engine == "replay" ? "without a fuzzer" : "for " + linked.engine,
      settings.engine == kAflName ? "afl-clang-fast++" : "clang++");
}

}  // namespace

void RequireAfl() {
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (access((fs::path(folder) / "afl-fuzz").c_str(), X_OK) == 0) return;
  }
  throw UsageError("afl-fuzz is not installed, or not in PATH: apt install afl++");
}

fs::path FuzzExecutable(const CampaignSettings& settings) {
  if (!settings.executable.empty()) {
    if (access(settings.executable.c_str(), X_OK) == 0) return settings.executable;
    throw UsageError("--executable {}: cannot be run", settings.executable);
  }
  if (const LinkedServer* const linked = TheLinkedServer()) {
    if (settings.target == linked->target.name) return LinkedExecutable(*linked, settings);
  }
  std::vector<std::string> names = TargetNames();
  // These are no server: they have no findings, only crashes.
  names.insert(names.end(), {"parse_scenario", "references_agree", "simulation_against_linux"});
  if (std::find(names.begin(), names.end(), settings.target) == names.end()) {
    throw UnknownName("target", settings.target, names, "hupstorm list targets");
  }
  std::string file = "fuzz_" + settings.target;
  std::replace_if(
      file.begin(), file.end(), [](char c) { return c == '/' || c == '-'; }, '_');
  const std::string preset = settings.engine + (settings.sanitizers ? "-asan" : "");
  const fs::path here = ThisExecutable().parent_path();
  const fs::path built = (here / ".." / ".." / preset / "bin" / file).lexically_normal();
  const fs::path beside = here / preset / file;
  for (const fs::path& path : {built, beside}) {
    if (fs::exists(path)) return path;
  }
  throw UsageError(
      "there is no {}. To build it, in the source tree:\n"
      "  cmake --preset {} && cmake --build --preset {} --target {}{}",
      built.string(), preset, preset, file,
      settings.engine == kAflName ? "\nThe preset needs Debian's afl++." : "");
}

}  // namespace hupstorm
