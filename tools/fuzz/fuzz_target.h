// Finds the executable of a fuzz target.

#ifndef HUPSTORM_TOOLS_FUZZ_FUZZ_TARGET_H_
#define HUPSTORM_TOOLS_FUZZ_FUZZ_TARGET_H_

#include <filesystem>
#include <string>
#include <string_view>

#include "tools/fuzz/campaign_settings.h"

namespace hupstorm {

inline constexpr std::string_view kLibFuzzerName = "libfuzzer";
inline constexpr std::string_view kAflName = "afl";

// A server that `hupstorm replay` knows.
bool IsServer(const std::string& target);

// What a campaign runs: the executable that it names, or else fuzz_doc001_poll for doc001/poll, as
// the preset for its engine ("libfuzzer", "afl-asan") has it: in build/PRESET/bin of the tree that
// this executable was built in, or beside it. Throws UsageError for a target that there is not, and
// for one that is not built so, with the commands that build it.
std::filesystem::path FuzzExecutable(const CampaignSettings& settings);

// Throws UsageError if afl-fuzz is not in PATH.
void RequireAfl();

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_FUZZ_FUZZ_TARGET_H_
