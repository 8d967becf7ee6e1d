// Files that are there whole or not at all, whenever the process or the machine stops.

#ifndef HUPSTORM_SCENARIOS_CAMPAIGN_WRITE_WHOLE_H_
#define HUPSTORM_SCENARIOS_CAMPAIGN_WRITE_WHOLE_H_

#include <filesystem>
#include <string_view>
#include <system_error>

namespace hupstorm {

// Writes beside `path`, to the disk, and renames then: who reads `path` finds the old content or
// the new. An error of the system's, such as ENOSPC, leaves nothing behind; so does EEXIST, where
// `path` is there and `replace` is false.
std::error_code WriteWhole(const std::filesystem::path& path, std::string_view content,
                           bool replace = true);

}  // namespace hupstorm

#endif  // HUPSTORM_SCENARIOS_CAMPAIGN_WRITE_WHOLE_H_
