#include "tools/fuzz/campaign_settings.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "scenarios/campaign/finding_store.h"
#include "tools/cli/errors.h"

namespace hupstorm {

std::filesystem::path CampaignFolder::log(int worker) const {
  return root / fmt::format("worker-{}.log", worker);
}

std::optional<CampaignSettings> LoadSettings(const CampaignFolder& folder) {
  if (!std::filesystem::exists(folder.settings())) return std::nullopt;
  try {
    std::ifstream file(folder.settings());
    const nlohmann::json json = nlohmann::json::parse(file);
    CampaignSettings settings;
    json.at("target").get_to(settings.target);
    json.at("executable").get_to(settings.executable);
    json.at("mend").get_to(settings.mend);
    json.at("engine").get_to(settings.engine);
    json.at("sanitizers").get_to(settings.sanitizers);
    json.at("mutator").get_to(settings.mutator);
    json.at("jobs").get_to(settings.jobs);
    json.at("corpora").get_to(settings.corpora);
    json.at("engine_flags").get_to(settings.engine_flags);
    return settings;
  } catch (const nlohmann::json::exception& error) {
    throw UsageError(
        fmt::format("{} is damaged: {}. Its findings and corpus can still be used: "
                    "begin a new campaign with --corpus",
                    folder.settings().string(), error.what()));
  }
}

void SaveSettings(const CampaignFolder& folder, const CampaignSettings& settings) {
  const nlohmann::ordered_json json = {
      {"target", settings.target},
      {"executable", settings.executable},
      {"mend", settings.mend},
      {"engine", settings.engine},
      {"sanitizers", settings.sanitizers},
      {"mutator", settings.mutator},
      {"jobs", settings.jobs},
      {"corpora", settings.corpora},
      {"engine_flags", settings.engine_flags},
  };
  if (const std::error_code error = WriteWhole(folder.settings(), json.dump(2) + "\n")) {
    throw FailedError(
        fmt::format("cannot write {}: {}", folder.settings().string(), error.message()));
  }
}

CampaignLock::CampaignLock(const CampaignFolder& folder) {
  file_.reset(open(folder.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!file_) {
    throw UsageError(fmt::format("cannot use {}: {}", folder.root.string(), std::strerror(errno)));
  }
  if (flock(file_.get(), LOCK_EX | LOCK_NB) == 0) return;
  throw UsageError(
      fmt::format("a campaign is at work in {} already; give another --out, or stop that one",
                  folder.root.string()));
}

}  // namespace hupstorm
