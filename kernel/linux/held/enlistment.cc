#include "kernel/linux/held/enlistment.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/passed_descriptor.h"
#include "base/system_error.h"
#include "kernel/linux/held/connection.h"
#include "kernel/linux/sight/process_tree.h"

namespace hupstorm::held {
namespace {

// What a thread says of itself, once it has connected. Its process is known by SO_PEERCRED.
struct Hello {
  pid_t tid = -1;  // in its PID namespace
  int line = -1;   // its number; -1: it tells of a child instead
  ProcessEnd end;  // of that child
};

// How long a thread may take from there to its words, if it lives: the machine may be busy.
constexpr int kHelloMs = 60'000;

// Raw, as the names of libc lead to the shim in a server's process.
long Raw(long number, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0, long f = 0) {
  while (true) {
    const long result = syscall(number, a, b, c, d, e, f);
    if (result != -1 || errno != EINTR) return result;
  }
}
long Pointer(const void* address) { return reinterpret_cast<long>(address); }

void RawClose(int fd) { syscall(SYS_close, fd); }

// A number that the server does not come upon, and that its descriptor limit still allows.
int MoveOutOfReach(int fd) {
  rlimit limit = {};
  Raw(SYS_prlimit64, 0, RLIMIT_NOFILE, 0, Pointer(&limit));
  const rlim_t lowest = std::min<rlim_t>(limit.rlim_cur, 4096) / 4 * 3;
  const long moved = Raw(SYS_fcntl, fd, F_DUPFD_CLOEXEC, static_cast<long>(lowest));
  if (moved < 0) return fd;
  RawClose(fd);
  return static_cast<int>(moved);
}

// The driver's answer: where to map the memory, with the memory's descriptor.
using Welcome = DescriptorMessage<std::byte*>;

// A socket that is connected to the driver and has said `hello`; -1 if the driver is gone.
int SayHello(std::string_view driver, Hello hello) {
  const int socket = static_cast<int>(Raw(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket < 0) return -1;
  const bool tells = hello.tid < 0;
  const int line = tells ? socket : MoveOutOfReach(socket);
  if (!tells) hello.line = line;
  const DoorAddress address(driver);
  if (Raw(SYS_connect, line, Pointer(address.get()), address.length) == 0 &&
      Raw(SYS_sendto, line, Pointer(&hello), sizeof hello, MSG_NOSIGNAL) ==
          static_cast<long>(sizeof hello)) {
    return line;
  }
  RawClose(line);
  return -1;
}

}  // namespace

void TellEnd(std::string_view driver, const ProcessEnd& end) {
  const int socket = SayHello(driver, {.end = end});
  if (socket >= 0) RawClose(socket);
}

Enlisted Enlist(std::string_view driver) {
  Enlisted enlisted;
  enlisted.line = SayHello(driver, {.tid = static_cast<pid_t>(Raw(SYS_gettid)), .end = {}});
  if (enlisted.line < 0) return {};
  Welcome welcome;
  if (Raw(SYS_recvmsg, enlisted.line, Pointer(&welcome.message), MSG_CMSG_CLOEXEC) ==
      static_cast<long>(sizeof welcome.payload)) {
    const int file = welcome.Descriptor();
    if (file >= 0) {
      enlisted.memory = SharedMemory::Map(file, welcome.payload);
      RawClose(file);
    }
  }
  if (enlisted.memory != nullptr) return enlisted;
  RawClose(enlisted.line);
  return {};
}

std::optional<EnlistmentOffice::Candidate> EnlistmentOffice::Next() {
  while (true) {
    FileDescriptor line = door_.Open();
    if (!line) return std::nullopt;
    ucred peer = {};
    socklen_t length = sizeof peer;
    pollfd ready = {.fd = line.get(), .events = POLLIN, .revents = 0};
    Hello hello;
    if (getsockopt(line.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 ||
        poll(&ready, 1, kHelloMs) != 1 ||
        recv(line.get(), &hello, sizeof hello, MSG_WAITALL) != static_cast<ssize_t>(sizeof hello)) {
      continue;  // it has died meanwhile
    }
    if (hello.line >= 0) {
      return Candidate{std::move(line), peer.pid, sight::ThreadNumbered(peer.pid, hello.tid),
                       hello.line};
    }
    ends_.push_back(hello.end);
  }
}

bool EnlistmentOffice::Take(int line, int file, std::byte* address) {
  Welcome welcome;
  welcome.payload = address;
  welcome.Put(file);
  return sendmsg(line, &welcome.message, MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof address);
}

}  // namespace hupstorm::held
