#include "tools/fuzz/campaign_settings.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "scenarios/campaign/finding_store.h"
#include "tools/cli/errors.h"
#include "tools/cli/output_file.h"

namespace hupstorm {
namespace {

// Calls `field` with the name in the file, and the place, of each.
void EachField(auto& settings, const auto& field) {
  field("target", settings.target);
  field("executable", settings.executable);
  field("mend", settings.mend);
  field("engine", settings.engine);
  field("sanitizers", settings.sanitizers);
  field("mutator", settings.mutator);
  field("jobs", settings.jobs);
  field("corpora", settings.corpora);
  field("engine_flags", settings.engine_flags);
  if (!settings.is_command) return;
  field("protocol", settings.protocol);
  field("hardened", settings.hardened);
  field("start_timeout_s", settings.start_timeout_s);
}

}  // namespace

std::filesystem::path CampaignFolder::log(int worker) const {
  return root / fmt::format("worker-{}.log", worker);
}

std::optional<CampaignSettings> LoadSettings(const CampaignFolder& folder) {
  if (!std::filesystem::exists(folder.settings())) return std::nullopt;
  try {
    std::ifstream file(folder.settings());
    const nlohmann::json json = nlohmann::json::parse(file);
    CampaignSettings settings;
    settings.is_command = json.value("is_command", false);
    EachField(settings, [&](const char* name, auto& value) { json.at(name).get_to(value); });
    return settings;
  } catch (const nlohmann::json::exception& error) {
    throw UsageError(
        "{} is damaged: {}. Its findings and corpus can still be used: "
        "begin a new campaign with --corpus",
        folder.settings().string(), error.what());
  }
}

void SaveSettings(const CampaignFolder& folder, const CampaignSettings& settings) {
  nlohmann::ordered_json json;
  if (settings.is_command) json["is_command"] = true;
  EachField(settings, [&](const char* name, const auto& value) { json[name] = value; });
  WriteOwnFile(folder.settings(), json.dump(2) + "\n");
}

CampaignLock::CampaignLock(const CampaignFolder& folder) {
  file_.reset(open(folder.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!file_) throw UsageError("cannot use {}: {}", folder.root.string(), std::strerror(errno));
  if (flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return;
  throw UsageError("a campaign is at work in {} already; give another --out, or stop that one",
                   folder.root.string());
}

}  // namespace hupstorm
