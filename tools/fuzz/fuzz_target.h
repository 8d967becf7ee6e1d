// Finds the executable of a fuzz target.

#ifndef HUPSTORM_TOOLS_FUZZ_FUZZ_TARGET_H_
#define HUPSTORM_TOOLS_FUZZ_FUZZ_TARGET_H_

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace hupstorm {

inline constexpr std::string_view kLibFuzzerName = "libfuzzer";
inline constexpr std::string_view kAflName = "afl";

// Fuzz targets that are no server: they have no findings, only crashes.
std::vector<std::string> FuzzTargetsWithoutServer();
bool IsServer(const std::string& target);

// fuzz_doc001_poll for doc001/poll, as `engine` has it: in build/ENGINE/bin of the tree that this
// executable was built in, or beside it. Throws UsageError for a target that there is not, and for
// one that is not built for that engine, with the commands that build it.
std::filesystem::path FuzzExecutable(const std::string& target, const std::string& engine);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_FUZZ_FUZZ_TARGET_H_
