#include "tools/fuzz/fuzz_target.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/catalogue/target_catalogue.h"
#include "tools/cli/errors.h"
#include "tools/cli/suggest.h"

namespace hupstorm {

namespace fs = std::filesystem;

std::vector<std::string> FuzzTargetsWithoutServer() { return {"parse_scenario"}; }

bool IsServer(const std::string& target) {
  const std::vector<std::string> others = FuzzTargetsWithoutServer();
  return std::find(others.begin(), others.end(), target) == others.end();
}

std::string FuzzPreset(const CampaignSettings& settings) {
  return settings.engine + (settings.sanitizers ? "-asan" : "");
}

fs::path FuzzExecutable(const std::string& target, const std::string& preset) {
  std::vector<std::string> names = TargetNames();
  for (std::string& name : FuzzTargetsWithoutServer()) names.push_back(std::move(name));
  if (std::find(names.begin(), names.end(), target) == names.end()) {
    throw UnknownName("target", target, names, "hupstorm list targets");
  }
  std::string file = "fuzz_" + target;
  std::replace_if(
      file.begin(), file.end(), [](char c) { return c == '/' || c == '-'; }, '_');
  const fs::path here = fs::read_symlink("/proc/self/exe").parent_path();
  const fs::path built = (here / ".." / ".." / preset / "bin" / file).lexically_normal();
  const fs::path beside = here / preset / file;
  for (const fs::path& path : {built, beside}) {
    if (fs::exists(path)) return path;
  }
  const bool is_afl = preset.starts_with(kAflName);
  throw UsageError(
      fmt::format("there is no {}. To build it, in the source tree:\n"
                  "  cmake --preset {} && cmake --build --preset {} --target {}{}",
                  built.string(), preset, preset, file,
                  is_afl ? " hupstorm_afl_mutator\nThe preset needs Debian's afl++." : ""));
}

}  // namespace hupstorm
