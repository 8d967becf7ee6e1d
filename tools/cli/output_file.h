// A file that the user wants written: whole, or not at all.

#ifndef HUPSTORM_TOOLS_CLI_OUTPUT_FILE_H_
#define HUPSTORM_TOOLS_CLI_OUTPUT_FILE_H_

#include <string>
#include <string_view>

namespace hupstorm {

// What can be known before the work is done. Throws UsageError where `path` is a folder, is in
// none, or is there already and `replace` is not wanted.
void CheckOutputFile(const std::string& path, bool replace);

// Writes beside `path` first and renames then: who reads `path` finds the old content or the new.
// Throws UsageError as CheckOutputFile does, FailedError where it cannot be written.
void WriteOutputFile(const std::string& path, std::string_view content, bool replace);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CLI_OUTPUT_FILE_H_
