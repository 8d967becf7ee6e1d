#include "tools/gate/corpus_inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "tools/catalogue/scenario_catalogue.h"
#include "tools/cli/errors.h"
#include "tools/fuzz/campaign_settings.h"

namespace hupstorm {
namespace {

namespace fs = std::filesystem;

// What lies beside inputs without being one.
bool IsNoInput(const fs::path& path) {
  const std::string extension = path.extension().string();
  return path.filename().string().starts_with('.') || path.filename() == "README.txt" ||
         extension == ".json" || extension == ".log" || extension == ".md";
}

std::vector<fs::path> FilesIn(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator place(folder, error), end; !error && place != end;
       place.increment(error)) {
    if (place->is_regular_file() && !IsNoInput(place->path())) files.push_back(place->path());
  }
  if (error) throw UsageError("--corpus {}: {}", folder.string(), error.message());
  std::sort(files.begin(), files.end());
  return files;
}

// The folders of inputs that `root` stands for: itself, unless it is a campaign's.
std::vector<fs::path> InputFolders(const fs::path& root) {
  const CampaignFolder campaign{root};
  if (!fs::exists(campaign.settings())) return {root};
  std::vector<fs::path> folders = {campaign.corpus(), campaign.findings(), campaign.crashes()};
  std::error_code error;
  for (const fs::directory_entry& worker : fs::directory_iterator(campaign.afl(), error)) {
    for (const char* const part : {"queue", "crashes", "hangs"}) {
      folders.push_back(worker.path() / part);
    }
  }
  std::erase_if(folders, [](const fs::path& folder) { return !fs::is_directory(folder); });
  std::sort(folders.begin(), folders.end());
  return folders;
}

}  // namespace

std::vector<CorpusInput> LoadCorpora(std::span<const std::string> folders) {
  std::vector<CorpusInput> inputs;
  for (const std::string& root : folders) {
    for (const fs::path& folder : InputFolders(root)) {
      for (const fs::path& file : FilesIn(folder)) {
        // An empty file is an input too.
        ReplayInput input = LoadReplayInput(file.string(), file.extension() != ".scn");
        inputs.push_back({std::move(input.scenario), input.from_bytes});
        inputs.back().scenario.name = inputs.back().scenario.file = file.string();
      }
    }
  }
  return inputs;
}

}  // namespace hupstorm
