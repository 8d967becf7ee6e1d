#include "tools/catalogue/input_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/file_descriptor.h"
#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

constexpr int kPatienceMs = 10'000;

UsageError CannotRead(const std::string& path, int error) {
  return UsageError("cannot read {}: {}", path, std::strerror(error));
}

class InputFile {
 public:
  // O_NONBLOCK, as opening a FIFO would wait for a process that opens its other end.
  explicit InputFile(const std::string& path)
      : path_(path), fd_(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) {
    if (!fd_) throw CannotRead(path, errno);
  }

  // Bytes read, 0 at the end.
  size_t Read(char* buffer, size_t size) {
    while (true) {
      const ssize_t count = read(fd_.get(), buffer, size);
      if (count >= 0) return static_cast<size_t>(count);
      if (errno == EAGAIN) {
        Await();
      } else if (errno != EINTR) {
        throw CannotRead(path_, errno);
      }
    }
  }

  bool IsPipe() const {
    struct stat file;
    return fstat(fd_.get(), &file) == 0 && S_ISFIFO(file.st_mode);
  }

 private:
  void Await() {
    pollfd entry = {fd_.get(), POLLIN, 0};
    if (poll(&entry, 1, kPatienceMs) != 0) return;
    throw UsageError("cannot read {}: nothing came for {} s", path_, kPatienceMs / 1000);
  }

  const std::string& path_;
  FileDescriptor fd_;
};

}  // namespace

std::string ReadInputFile(const std::string& path, size_t limit) {
  InputFile file(path);
  std::string content;
  char block[64 << 10];
  while (content.size() <= limit) {
    const size_t count = file.Read(block, sizeof block);
    content.append(block, count);
    if (count == 0) break;
  }
  if (content.empty() && file.IsPipe()) {
    throw UsageError("cannot read {}: it is a pipe, and nothing was written to it", path);
  }
  if (content.size() > limit) {
    throw UsageError("{} is too large: more than {} MiB", path, limit >> 20);
  }
  return content;
}

}  // namespace hupstorm
