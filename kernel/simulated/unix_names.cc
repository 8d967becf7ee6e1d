// Names of AF_UNIX sockets, and connections by them (net/unix/af_unix.c). A path is a socket in
// Linux's file system, so that stat, unlink and chmod find what they expect; who is bound to it is
// known here.

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstddef>
#include <cstdio>
#include <cstring>

#include "kernel/simulated/address.h"
#include "kernel/simulated/state.h"

namespace hupstorm::simulated {
namespace {

constexpr socklen_t kPathOffset = offsetof(sockaddr_un, sun_path);
constexpr unsigned kMostBacklog = 4096;  // net.core.somaxconn

bool IsSame(const UnixName& a, const UnixName& b) {
  return a.length == b.length && std::memcmp(a.path, b.path, a.length) == 0;
}

UnixStream* FindBound(Kernel& kernel, const UnixName& name, dev_t device, ino_t inode) {
  for (UnixStream* bound = kernel.unix_bound.first(); bound != nullptr;
       bound = kernel.unix_bound.Next(bound)) {
    if (bound->name.IsPath() != name.IsPath()) continue;
    if (name.IsPath() ? bound->device == device && bound->inode == inode
                      : IsSame(bound->name, name)) {
      return bound;
    }
  }
  return nullptr;
}

socklen_t ToAddress(const UnixName& name, sockaddr_un* address) {
  *address = {};
  address->sun_family = AF_UNIX;
  std::memcpy(address->sun_path, name.path,
              std::min(sizeof address->sun_path, size_t{name.length}));
  return kPathOffset + name.length;
}

// Nobody here has the name: another process may, which cannot be reached from here.
void RefuseOthers(const UnixName& name, int type) {
  const int probe =
      static_cast<int>(syscall(SYS_socket, AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (probe < 0) return;
  sockaddr_un address;
  const socklen_t length = ToAddress(name, &address);
  const bool answers = syscall(SYS_connect, probe, &address, length) == 0 || errno == EAGAIN;
  syscall(SYS_close, probe);
  if (answers)
    AbortUnsimulated("connect", "to an AF_UNIX socket of another process, of type", type);
}

// unix_autobind: five digits that nobody has.
int BindAuto(Kernel& kernel, UnixStream& stream) {
  if (stream.name.length > 0) return 0;
  UnixName name;
  do {
    name.length = 6;
    std::snprintf(name.path + 1, sizeof name.path - 1, "%05x", kernel.next_unix_name++ & 0xfffff);
  } while (FindBound(kernel, name, 0, 0) != nullptr);
  stream.name = name;
  kernel.unix_bound.PushBack(&stream);
  return 0;
}

// unix_bind_bsd
int BindPath(Kernel& kernel, UnixStream& stream, const UnixName& name) {
  if (syscall(SYS_mknodat, AT_FDCWD, name.path, S_IFSOCK | 0777, 0) != 0) {
    return errno == EEXIST ? -EADDRINUSE : -errno;
  }
  struct stat status = {};
  if (stream.name.length > 0 || stat(name.path, &status) != 0) {
    unlink(name.path);
    return -EINVAL;
  }
  stream.device = status.st_dev;
  stream.inode = status.st_ino;
  char absolute[PATH_MAX];
  if (realpath(name.path, absolute) != nullptr) {
    kernel.unix_paths.push_back({absolute, status.st_dev, status.st_ino});
  }
  return 0;
}

// unix_dgram_connect
int ConnectDatagram(Kernel& kernel, UnixStream& stream, const UnixName* name) {
  UnixStream* to = nullptr;
  if (name != nullptr) {
    int error = 0;
    to = FindUnix(kernel, *name, SOCK_DGRAM, &error);
    if (to == nullptr) return error;
    if (to->other != nullptr && to->other != &stream) return -EPERM;
  }
  stream.other = to;
  stream.state = to != nullptr ? UnixState::kConnected : UnixState::kUnconnected;
  if (!stream.connected_link.linked) kernel.unix_connected.PushBack(&stream);
  return 0;
}

}  // namespace

UnixStream& NewUnixStream(Kernel& kernel, int type, bool non_blocking) {
  UnixStream& stream = *kernel.unix_streams.New();
  stream.type = static_cast<uint8_t>(type);
  stream.non_blocking = non_blocking;
  // net.core.wmem_default
  stream.options.send_buffer = stream.options.receive_buffer = 212992;
  return stream;
}

void JoinUnix(Kernel& kernel, UnixStream& a, UnixStream& b) {
  a.other = &b;
  b.other = &a;
  for (UnixStream* const end : {&a, &b}) {
    end->state = UnixState::kConnected;
    end->has_peer_credentials = true;
    if (end->type == SOCK_DGRAM) kernel.unix_connected.PushBack(end);
  }
}

// unix_validate_addr, unix_mkname_bsd
int ReadUnixName(const void* address, socklen_t length, UnixName* name) {
  if (length > sizeof(sockaddr_storage)) return -EINVAL;
  if (!CanRead(address, length)) return -EFAULT;
  if (length <= kPathOffset || length > sizeof(sockaddr_un)) return -EINVAL;
  sockaddr_un given = {};
  std::memcpy(&given, address, length);
  if (given.sun_family != AF_UNIX) return -EINVAL;
  const size_t size = length - kPathOffset;
  *name = {};
  std::memcpy(name->path, given.sun_path, size);
  name->length =
      static_cast<uint8_t>(given.sun_path[0] == 0 ? size : strnlen(given.sun_path, size) + 1);
  return 0;
}

// unix_find_other
UnixStream* FindUnix(Kernel& kernel, const UnixName& name, int type, int* error) {
  struct stat status = {};
  if (name.IsPath()) {
    *error = 0;
    if (stat(name.path, &status) != 0 || access(name.path, W_OK) != 0) *error = -errno;
    if (*error == 0 && !S_ISSOCK(status.st_mode)) *error = -ECONNREFUSED;
    if (*error != 0) return nullptr;
  }
  UnixStream* const found = FindBound(kernel, name, status.st_dev, status.st_ino);
  if (found == nullptr) RefuseOthers(name, type);
  *error = found == nullptr ? -ECONNREFUSED : -EPROTOTYPE;
  return found != nullptr && found->type == type ? found : nullptr;
}

// unix_bind
int BindUnix(Kernel& kernel, UnixStream& stream, const sockaddr* address, socklen_t length) {
  sa_family_t family;
  if (length == kPathOffset && CopyIn(&family, address) && family == AF_UNIX) {
    return BindAuto(kernel, stream);
  }
  UnixName name;
  if (const int read = ReadUnixName(address, length, &name); read != 0) return read;
  if (name.IsPath()) {
    if (const int bound = BindPath(kernel, stream, name); bound != 0) return bound;
  } else {
    if (stream.name.length > 0) return -EINVAL;
    if (FindBound(kernel, name, 0, 0) != nullptr) return -EADDRINUSE;
  }
  stream.name = name;
  kernel.unix_bound.PushBack(&stream);
  return 0;
}

// unix_listen
int ListenUnix(Kernel& kernel, UnixStream& stream, int backlog) {
  if (stream.type == SOCK_DGRAM) return -EOPNOTSUPP;
  if (stream.name.length == 0 || stream.state == UnixState::kConnected) return -EINVAL;
  if (stream.listener == nullptr) stream.listener = kernel.unix_listeners.New();
  stream.listener->backlog = std::min(static_cast<unsigned>(backlog), kMostBacklog);
  stream.state = UnixState::kListening;
  stream.has_peer_credentials = true;
  return 0;
}

// unix_stream_connect
int ConnectUnix(Kernel& kernel, UnixStream& stream, const sockaddr* address, socklen_t length,
                int fd) {
  if (length > sizeof(sockaddr_storage)) return -EINVAL;
  if (!CanRead(address, length)) return -EFAULT;
  if (stream.type == SOCK_DGRAM) {
    if (length < sizeof(sa_family_t)) return -EINVAL;
    if (address->sa_family == AF_UNSPEC) return ConnectDatagram(kernel, stream, nullptr);
  }
  UnixName name;
  if (const int read = ReadUnixName(address, length, &name); read != 0) return read;
  if (stream.type == SOCK_DGRAM) return ConnectDatagram(kernel, stream, &name);
  const SleepRequest request =
      SleepOf(kernel, stream, {.call = Call::kConnect, .fd = fd}, stream.options.send_timeout_ns);
  for (;;) {
    int error = 0;
    UnixStream* const listener = FindUnix(kernel, name, stream.type, &error);
    if (listener == nullptr) return error;
    if (listener->listener == nullptr || (listener->shutdown & kReceiveShutdown) != 0) {
      return -ECONNREFUSED;
    }
    UnixListener& queue = *listener->listener;
    if (queue.length <= queue.backlog) {
      if (stream.state == UnixState::kConnected) return -EISCONN;
      if (stream.state == UnixState::kListening) return -EINVAL;
      UnixStream& accepted = NewUnixStream(kernel, stream.type, false);
      accepted.name = listener->name;
      accepted.passes_credentials = listener->passes_credentials;
      JoinUnix(kernel, stream, accepted);
      queue.accepting.PushBack(&accepted);
      ++queue.length;
      Wake(kernel, *listener, kDataReady, false);
      return 0;
    }
    if (const int woken = Sleep(kernel, stream, request); woken != 0) return woken;
  }
}

UnixStream* AcceptUnix(Kernel& kernel, UnixStream& listener, int fd, int* error) {
  if (listener.type == SOCK_DGRAM || listener.listener == nullptr) {
    *error = listener.type == SOCK_DGRAM ? -EOPNOTSUPP : -EINVAL;
    return nullptr;
  }
  const SleepRequest request = SleepOf(kernel, listener, {.call = Call::kAccept, .fd = fd},
                                       listener.options.receive_timeout_ns);
  while (listener.listener->length == 0) {
    *error =
        (listener.shutdown & kReceiveShutdown) != 0 ? -EINVAL : Sleep(kernel, listener, request);
    if (*error != 0) return nullptr;
  }
  UnixStream* const accepted = listener.listener->accepting.PopFront();
  --listener.listener->length;
  return accepted;
}

int WriteUnixName(const UnixName& name, sockaddr* to, socklen_t* length) {
  sockaddr_un address;
  const socklen_t size = ToAddress(name, &address);
  return CopyAddress(&address, size, to, length);
}

// unix_getname. The name outlives the other end: it is kept in the socket itself.
int UnixPeerName(const UnixStream& stream, sockaddr* to, socklen_t* length) {
  if (stream.state != UnixState::kConnected) return -ENOTCONN;
  return WriteUnixName(stream.other != nullptr ? stream.other->name : stream.peer_name, to, length);
}

void LeaveNames(Kernel& kernel, UnixStream& stream) {
  if (stream.bound_link.linked) kernel.unix_bound.Remove(&stream);
}

void ForgetUnix(Kernel& kernel) {
  for (const auto& [path, device, inode] : kernel.unix_paths) {
    struct stat status = {};
    const bool found = lstat(path.c_str(), &status) == 0;
    if (found && status.st_dev == device && status.st_ino == inode) unlink(path.c_str());
  }
  kernel.unix_paths.clear();
  while (const PassedDescriptors* const passed = kernel.passed.PopFront()) {
    for (uint32_t i = 0; i < passed->count; ++i) {
      if (passed->entries[i].object == nullptr) syscall(SYS_close, passed->entries[i].host_fd);
    }
  }
  kernel.unix_bound = {};
  kernel.unix_connected = {};
  kernel.next_unix_name = 0;
}

}  // namespace hupstorm::simulated
