#include "tools/cli/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void ThrowIsThere(const std::string& path) {
  throw UsageError(
      fmt::format("{} is there already; another name, or --force to replace it", path));
}

[[noreturn]] void ThrowCannotWrite(const std::string& path, int error) {
  throw FailedError(fmt::format("cannot write {}: {}", path, std::strerror(error)));
}

// 0, or errno.
int WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  mode_t mask = umask(0);
  umask(mask);
  if (fchmod(fd, 0666 & ~mask) != 0 || fsync(fd) != 0) return errno;
  return 0;
}

// 0, or errno; EEXIST where `to` is there and must not be replaced.
int Rename(const std::string& from, const std::string& to, bool replace) {
  if (replace) return std::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // A file system that cannot do that.
  if (link(from.c_str(), to.c_str()) != 0) return errno;
  unlink(from.c_str());
  return 0;
}

}  // namespace

void CheckOutputFile(const std::string& path, bool replace) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    throw UsageError(fmt::format("{} is a folder; name a file", path));
  }
  const fs::path folder = fs::path(path).parent_path();
  if (!folder.empty() && !fs::is_directory(folder, error)) {
    throw UsageError(fmt::format("there is no folder {} to write {} to", folder.string(), path));
  }
  if (!replace && fs::exists(fs::symlink_status(path, error))) ThrowIsThere(path);
}

void WriteOutputFile(const std::string& path, std::string_view content, bool replace) {
  CheckOutputFile(path, replace);
  std::string beside = path + ".XXXXXX";
  const int fd = mkostemp(beside.data(), O_CLOEXEC);
  if (fd < 0) ThrowCannotWrite(path, errno);
  int error = WriteAll(fd, content);
  close(fd);
  if (error == 0) error = Rename(beside, path, replace);
  if (error == 0) return;
  unlink(beside.c_str());
  if (error == EEXIST) ThrowIsThere(path);
  ThrowCannotWrite(path, error);
}

}  // namespace hupstorm
