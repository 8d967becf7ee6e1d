// A folder with the findings of a campaign: each distinct one once, by fingerprint, whichever of
// the campaign's processes finds it first.
//
//   ORACLE-FINGERPRINT.bytes   the input that showed it first, as the fuzzer had it
//   ORACLE-FINGERPRINT.json    what it is, and when it was found
//   ORACLE-FINGERPRINT.scn     the smallest scenario that shows it; comes later
//
// The .bytes file comes last and whole: if it is there, the finding is kept.

#ifndef HUPSTORM_SCENARIOS_CAMPAIGN_FINDING_STORE_H_
#define HUPSTORM_SCENARIOS_CAMPAIGN_FINDING_STORE_H_

#include <cstdint>
#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/oracles/finding.h"

namespace hupstorm {

// What is known of a finding of a campaign.
struct FindingRecord {
  std::string oracle;
  std::string fingerprint;
  std::string target;
  std::string mend;  // which defects are mended: as --mend takes it
  std::string evidence;
  double seconds = 0;       // since the campaign began
  uint64_t executions = 0;  // of all workers, until then
};

class FindingStore {
 public:
  // Findings that are in `folder` already are known. Throws std::runtime_error if the folder can
  // neither be made nor read.
  explicit FindingStore(std::filesystem::path folder);

  bool IsKnown(const std::string& fingerprint) const { return known_.contains(fingerprint); }

  // Keeps a finding unless it is there. False if the disk does not take it, and why: it is then
  // tried again when it shows again.
  bool Add(const FindingRecord& record, std::span<const uint8_t> input, std::string& why);

 private:
  std::filesystem::path folder_;
  std::set<std::string, std::less<>> known_;
};

// A finding as it lies in its folder.
struct StoredFinding {
  FindingRecord record;
  std::filesystem::path input;     // .bytes
  std::filesystem::path scenario;  // .scn; may not be there yet
};

// All findings in a folder, in the order in which they were made. A record that is missing or
// damaged leaves its finding with what the file's name says. A folder that is not there has none.
std::vector<StoredFinding> StoredFindings(const std::filesystem::path& folder);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_CAMPAIGN_FINDING_STORE_H_
