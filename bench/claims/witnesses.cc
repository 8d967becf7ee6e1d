#include "bench/claims/witnesses.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "base/file_descriptor.h"
#include "base/loopback_address.h"
#include "base/system_error.h"
#include "bench/claims/echo_process.h"
#include "target/reference/multiplexer.h"

namespace hupstorm {
namespace {

// More than a server on select can have, few enough to be quick.
constexpr int kClients = FD_SETSIZE + 76;

bool Takes(MultiplexerKind kind, int fd) {
  const std::unique_ptr<Multiplexer> multiplexer = MakeMultiplexer(kind);
  return multiplexer->Add(fd, {.read = true});
}

// How many of kClients the server answers.
int Served(MultiplexerKind kind) {
  constexpr timeval kPatience = {.tv_sec = 10, .tv_usec = 0};
  const EchoProcess server(kind, /*counted=*/false);
  std::vector<FileDescriptor> clients;
  int served = 0;
  for (int i = 0; i < kClients; ++i) {
    const int fd = clients.emplace_back(ConnectToLoopback(server.port())).get();
    CheckSystemCall(fd, "connect");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    char byte = 'x';
    served += send(fd, &byte, 1, MSG_NOSIGNAL) == 1 && recv(fd, &byte, 1, 0) == 1;
  }
  return served;
}

// By the raw call: libc's fd_set ends before.
bool KernelSelects(int fd) {
  std::array<unsigned long, 2 * FD_SETSIZE / (8 * sizeof(long))> set = {};
  const auto place = static_cast<size_t>(fd) / (8 * sizeof(long));
  const unsigned long bit = 1UL << (static_cast<size_t>(fd) % (8 * sizeof(long)));
  set.at(place) = bit;
  timeval now = {};
  return syscall(SYS_select, fd + 1, set.data(), nullptr, nullptr, &now) == 1 && set[place] == bit;
}

// Room for /proc/self/maps that is there beforehand: to make it would change them.
using MapsText = std::array<char, 1 << 20>;

void ReadMaps(MapsText& text) {
  const FileDescriptor file(
      CheckSystemCall(open("/proc/self/maps", O_RDONLY | O_CLOEXEC), "/proc/self/maps"));
  text.fill(0);
  size_t length = 0;
  while (const int count = CheckSystemCall(
             static_cast<int>(read(file.get(), text.data() + length, text.size() - length)),
             "/proc/self/maps")) {
    length += static_cast<size_t>(count);
  }
}

}  // namespace

SelectLimit WitnessSelectLimit() {
  SelectLimit limit = {.fd_setsize = FD_SETSIZE};
  // Readable all the time.
  const FileDescriptor event(CheckSystemCall(eventfd(1, EFD_CLOEXEC), "eventfd"));
  const FileDescriptor next(
      CheckSystemCall(fcntl(event.get(), F_DUPFD_CLOEXEC, FD_SETSIZE), "F_DUPFD"));
  limit.takes_last = Takes(MultiplexerKind::kSelect, FD_SETSIZE - 1);
  limit.takes_next = Takes(MultiplexerKind::kSelect, next.get());
  limit.others_take_next =
      Takes(MultiplexerKind::kPoll, next.get()) && Takes(MultiplexerKind::kEpollLevel, next.get());
  limit.kernel_takes_next = KernelSelects(next.get());
  limit.clients = kClients;
  limit.served_by_select = Served(MultiplexerKind::kSelect);
  limit.served_by_poll = Served(MultiplexerKind::kPoll);
  return limit;
}

EpollMemory WitnessEpollMemory() {
  static constexpr uint8_t kUntouched = 0xA5;
  EpollMemory memory;
  std::array<epoll_event, 4> events;
  const auto touched = [&events] {
    const auto* bytes = reinterpret_cast<const uint8_t*>(events.data());
    return static_cast<int>(
        sizeof events - static_cast<size_t>(std::count(bytes, bytes + sizeof events, kUntouched)));
  };
  const auto clean = [&events] {
    memset(static_cast<void*>(events.data()), kUntouched, sizeof events);
  };
  static MapsText before;
  static MapsText after;
  ReadMaps(before);

  const FileDescriptor epoll(CheckSystemCall(epoll_create1(EPOLL_CLOEXEC), "epoll_create1"));
  const FileDescriptor event(CheckSystemCall(eventfd(0, EFD_CLOEXEC), "eventfd"));
  epoll_event wanted = {.events = EPOLLIN, .data = {.u64 = 0}};
  CheckSystemCall(epoll_ctl(epoll.get(), EPOLL_CTL_ADD, event.get(), &wanted), "epoll_ctl");
  clean();
  CheckSystemCall(epoll_wait(epoll.get(), events.data(), events.size(), 0), "epoll_wait");
  CheckSystemCall(eventfd_write(event.get(), 1), "eventfd_write");
  memory.array_changed_by_event = touched() != 0;
  CheckSystemCall(epoll_wait(epoll.get(), events.data(), events.size(), 0), "epoll_wait");
  memory.bytes_written_by_wait = touched();
  ReadMaps(after);
  memory.maps_changed = before != after;

  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* const mapped = mmap(nullptr, page, PROT_READ, MAP_SHARED, epoll.get(), 0);
  memory.mmap_error = mapped == MAP_FAILED ? errno : 0;
  if (mapped != MAP_FAILED) munmap(mapped, page);
  return memory;
}

}  // namespace hupstorm
