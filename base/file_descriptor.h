// A descriptor and the duty to close it.

#ifndef HUPSTORM_BASE_FILE_DESCRIPTOR_H_
#define HUPSTORM_BASE_FILE_DESCRIPTOR_H_

#include <sys/socket.h>
#include <unistd.h>

#include <utility>

namespace hupstorm {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  // Takes `fd` over; a negative number is no descriptor.
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~FileDescriptor() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  // Gives the number away, without closing it.
  int release() { return std::exchange(fd_, -1); }
  // Closes what it has, and takes `fd`. The result of close is of no use: Linux releases the number
  // even if it returns an error (close(2)).
  void reset(int fd = -1) {
    const int former = std::exchange(fd_, fd);
    if (former >= 0) ::close(former);
  }

 private:
  int fd_ = -1;
};

// The two ends of a pipe, of which `first` reads; closed on exec. Throws std::system_error.
std::pair<FileDescriptor, FileDescriptor> MakePipe();

// Two AF_UNIX sockets of `type` that are connected with each other; closed on exec. Throws
// std::system_error.
std::pair<FileDescriptor, FileDescriptor> MakeSocketPair(int type = SOCK_STREAM);

// The same file under the lowest number from `lowest` up, closed on exec; `fd` itself if there is
// no such number. For what must be out of the way of a server that closes numbers it does not own.
FileDescriptor MoveUp(FileDescriptor fd, int lowest);

}  // namespace hupstorm

#endif  // HUPSTORM_BASE_FILE_DESCRIPTOR_H_
