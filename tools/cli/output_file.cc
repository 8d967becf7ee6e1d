#include "tools/cli/output_file.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "base/files.h"
#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void ThrowIsThere(const std::string& path) {
  throw UsageError("{} is there already; another name, or --force to replace it", path);
}

[[noreturn]] void ThrowCannotWrite(const std::string& path, const std::error_code& error) {
  throw FailedError("cannot write {}: {}", path, error.message());
}

}  // namespace

void CheckOutputFile(const std::string& path, bool replace) {
  std::error_code error;
  if (fs::is_directory(path, error)) throw UsageError("{} is a folder; name a file", path);
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty() && !fs::is_directory(folder, error)) {
    throw UsageError("there is no folder {} to write {} to", folder.string(), path);
  }
  if (!replace && fs::exists(fs::symlink_status(path, error))) ThrowIsThere(path);
}

void WriteOutputFile(const std::string& path, std::string_view content, bool replace) {
  CheckOutputFile(path, replace);
  const std::error_code error = WriteWhole(path, content, replace);
  if (error == std::errc::file_exists) ThrowIsThere(path);
  if (error) ThrowCannotWrite(path, error);
}

void WriteOwnFile(const std::string& path, std::string_view content) {
  if (const std::error_code error = WriteWhole(path, content)) ThrowCannotWrite(path, error);
}

void MakeOutputFolder(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw UsageError("cannot write to {}: {}", folder, error.message());
}

}  // namespace hupstorm
