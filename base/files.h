// Files that are written and read whole.

#ifndef HUPSTORM_BASE_FILES_H_
#define HUPSTORM_BASE_FILES_H_

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace hupstorm {

// Writes beside `path`, to the disk, and renames then: a reader of `path` finds the old content or
// the new, whenever the process or the machine stops. An error of the system's, such as ENOSPC,
// leaves nothing behind; so does EEXIST, if `path` is there and `replace` is false.
std::error_code WriteWhole(const std::filesystem::path& path, std::string_view content,
                           bool replace = true);

// All that is in the file; nothing if it cannot be read.
std::optional<std::string> ReadWhole(const std::filesystem::path& path);

}  // namespace hupstorm

#endif  // HUPSTORM_BASE_FILES_H_
