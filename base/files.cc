#include "base/files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "base/file_descriptor.h"

namespace hupstorm {
namespace {

// 0, or errno.
int WriteAll(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t count = write(fd, content.data(), content.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    content.remove_prefix(static_cast<size_t>(count));
  }
  return fsync(fd) == 0 ? 0 : errno;
}

// 0, or errno; EEXIST where `to` is there and must not be replaced.
int Rename(const char* from, const char* to, bool replace) {
  if (replace) return std::rename(from, to) == 0 ? 0 : errno;
  if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // A file system that cannot do that.
  if (link(from, to) != 0) return errno;
  unlink(from);
  return 0;
}

}  // namespace

std::error_code WriteWhole(const std::filesystem::path& path, std::string_view content,
                           bool replace) {
  const std::string part = path.string() + "." + std::to_string(getpid()) + ".part";
  FileDescriptor fd(open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!fd) return {errno, std::generic_category()};
  int error = WriteAll(fd.get(), content);
  fd.reset();
  if (error == 0) error = Rename(part.c_str(), path.c_str(), replace);
  if (error != 0) unlink(part.c_str());
  return {error, std::generic_category()};
}

std::optional<std::string> ReadWhole(const std::filesystem::path& path) {
  const FileDescriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string content;
  char part[16 << 10];
  while (true) {
    const ssize_t count = read(fd.get(), part, sizeof part);
    if (count == 0) return content;
    if (count > 0) content.append(part, static_cast<size_t>(count));
    if (count < 0 && errno != EINTR) return std::nullopt;
  }
}

}  // namespace hupstorm
