// What a fuzz campaign is about, and its files. The settings are written into its folder, so that
// it can be resumed.

#ifndef HUPSTORM_TOOLS_FUZZ_CAMPAIGN_SETTINGS_H_
#define HUPSTORM_TOOLS_FUZZ_CAMPAIGN_SETTINGS_H_

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/file_descriptor.h"

namespace hupstorm {

struct CampaignSettings {
  // "doc001/poll"; or a fuzz target that is no server of ours: "parse_scenario",
  // "my_server_fuzzer"; or of --exec, its command.
  std::string target;
  std::string executable;     // the fuzz target, absolute; empty if it is one of this project's
  std::string mend = "none";  // as --mend takes it
  std::string engine = "libfuzzer";
  bool sanitizers = false;        // the target is built with AddressSanitizer and UBSan
  std::string mutator = "steps";  // or "bytes": inputs are changed without knowing what they mean
  int jobs = 1;
  std::vector<std::string> corpora;       // folders of inputs to begin with, absolute
  std::vector<std::string> engine_flags;  // passed on to each worker

  // Of --exec: a program on the simulated kernel in its own process.
  bool is_command = false;  // `target` is a shell command that starts it
  std::string protocol = "echo";
  bool hardened = false;
  double start_timeout_s = 10;
};

// The places in a campaign's folder.
struct CampaignFolder {
  std::filesystem::path root;

  std::filesystem::path settings() const { return root / "campaign.json"; }
  std::filesystem::path lock() const { return root / "lock"; }
  std::filesystem::path counters() const { return root / "counters"; }
  std::filesystem::path progress() const { return root / "progress.csv"; }
  std::filesystem::path findings() const { return root / "findings"; }
  std::filesystem::path crashes() const { return root / "crashes"; }  // libFuzzer's artifacts
  std::filesystem::path corpus() const { return root / "corpus"; }    // libFuzzer's
  std::filesystem::path afl() const { return root / "afl"; }          // AFL++'s output directory
  std::filesystem::path seeds() const { return root / "seeds"; }      // what AFL++ begins with
  std::filesystem::path suite() const { return root / "suite"; }      // the suite as inputs
  // Why a worker can run the program no more, in its own words.
  std::filesystem::path refusal() const { return root / "refusal"; }
  std::filesystem::path log(int worker) const;
};

// Nothing if the folder holds no campaign. Throws UsageError if what is there cannot be read.
std::optional<CampaignSettings> LoadSettings(const CampaignFolder& folder);
// Throws FailedError.
void SaveSettings(const CampaignFolder& folder, const CampaignSettings& settings);

// Holds a campaign's folder, so that no other process works in it at the same time. Freed when the
// process ends, in whatever way. Throws UsageError if another process has it.
class CampaignLock {
 public:
  explicit CampaignLock(const CampaignFolder& folder);

 private:
  FileDescriptor file_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_FUZZ_CAMPAIGN_SETTINGS_H_
