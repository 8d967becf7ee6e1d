#include "kernel/remote/connection.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <new>
#include <system_error>

namespace hupstorm::remote {
namespace {

constexpr size_t kFrameSize = 4096;
constexpr size_t kSize = kFrameSize + 3 * SharedMemory::kArenaSize;
static_assert(sizeof(Frame) <= kFrameSize);

std::byte* Map() {
  void* const memory = mmap(nullptr, kSize, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  return static_cast<std::byte*>(memory);
}

// Raw, as the names of libc may lead to the shim.
long Transfer(long number, int socket, void* byte) {
  while (true) {
    const long count = syscall(number, socket, byte, 1L, static_cast<long>(MSG_NOSIGNAL), 0L, 0L);
    if (count >= 0 || errno != EINTR) return count;
  }
}

}  // namespace

SharedMemory::SharedMemory()
    : begin_(Map()),
      frame_(new (begin_) Frame),
      server_arenas_{Arena(begin_ + kFrameSize, kArenaSize),
                     Arena(begin_ + kFrameSize + kArenaSize, kArenaSize)},
      driver_arena_(begin_ + kFrameSize + 2 * kArenaSize, kArenaSize) {}

SharedMemory::~SharedMemory() { munmap(begin_, kSize); }

CallMemory::Range SharedMemory::range() const { return {begin_, begin_ + kSize}; }

bool Line::Give(Turn turn) {
  auto byte = static_cast<uint8_t>(turn);
  return Transfer(SYS_sendto, socket_, &byte) == 1;
}

Turn Line::Await() {
  uint8_t byte = 0;
  return Transfer(SYS_recvfrom, socket_, &byte) == 1 ? static_cast<Turn>(byte) : Turn::kGone;
}

}  // namespace hupstorm::remote
