#include "base/file_descriptor.h"

#include <fcntl.h>

#include "base/system_error.h"

namespace hupstorm {

std::pair<FileDescriptor, FileDescriptor> MakePipe() {
  int ends[2];
  CheckSystemCall(pipe2(ends, O_CLOEXEC), "pipe2");
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

std::pair<FileDescriptor, FileDescriptor> MakeSocketPair(int type) {
  int ends[2];
  CheckSystemCall(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), "socketpair");
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

FileDescriptor MoveUp(FileDescriptor fd, int lowest) {
  FileDescriptor moved(fcntl(fd.get(), F_DUPFD_CLOEXEC, lowest));
  return moved ? std::move(moved) : std::move(fd);
}

}  // namespace hupstorm
