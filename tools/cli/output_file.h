// Files that are written whole, or not at all.

#ifndef HUPSTORM_TOOLS_CLI_OUTPUT_FILE_H_
#define HUPSTORM_TOOLS_CLI_OUTPUT_FILE_H_

#include <string>
#include <string_view>

namespace hupstorm {

// Of a file that the user wants written: what can be known before the work is done. Throws
// UsageError if `path` is a folder, is in none, or is there already and `replace` is not wanted.
void CheckOutputFile(const std::string& path, bool replace);

// Writes it as WriteWhole does (base/files.h). Throws UsageError as CheckOutputFile does,
// FailedError if it cannot be written.
void WriteOutputFile(const std::string& path, std::string_view content, bool replace = true);

// The same for a file of hupstorm's own, in a folder that it has made. Throws FailedError.
void WriteOwnFile(const std::string& path, std::string_view content);

// Makes a folder that the user wants written to, unless it is there. Throws UsageError.
void MakeOutputFolder(const std::string& folder);

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_CLI_OUTPUT_FILE_H_
