// Where processes of ours find each other: a socket with an abstract name (unix(7)).

#ifndef HUPSTORM_BASE_DOOR_H_
#define HUPSTORM_BASE_DOOR_H_

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "base/file_descriptor.h"
#include "base/system_error.h"

namespace hupstorm {

// Of the door with that name, for connect and bind.
struct DoorAddress {
  explicit DoorAddress(std::string_view name) {
    address.sun_family = AF_UNIX;
    const size_t size = std::min(name.size(), sizeof address.sun_path - 1);
    std::memcpy(address.sun_path + 1, name.data(), size);
    length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + size);
  }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }

  sockaddr_un address = {};
  socklen_t length = 0;
};

class Door {
 public:
  // Under a name of its own that begins with `prefix`. Throws std::system_error with `what`.
  Door(const std::string& prefix, const char* what) {
    static std::atomic<int> made{0};
    name_ = prefix + "-" + std::to_string(getpid()) + "-" + std::to_string(++made);
    const DoorAddress address(name_);
    socket_.reset(
        CheckSystemCall(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), what));
    CheckSystemCall(bind(socket(), address.get(), address.length), what);
    CheckSystemCall(listen(socket(), SOMAXCONN), what);
  }

  const std::string& name() const { return name_; }
  int socket() const { return socket_.get(); }
  // The one that is at the door; none if there is none.
  FileDescriptor Open() const {
    return FileDescriptor(accept4(socket(), nullptr, nullptr, SOCK_CLOEXEC));
  }

 private:
  std::string name_;
  FileDescriptor socket_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_BASE_DOOR_H_
