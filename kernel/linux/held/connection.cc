#include "kernel/linux/held/connection.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <new>
#include <system_error>

namespace hupstorm::held {
namespace {

constexpr size_t kFrameSize = 512 << 10;
constexpr size_t kSize = kFrameSize + 3 * SharedMemory::kArenaSize;
static_assert(sizeof(Frame) <= kFrameSize);

std::byte* Map() {
  void* const memory = mmap(nullptr, kSize, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  return static_cast<std::byte*>(memory);
}

std::byte* OrThrow(std::byte* mapped) {
  if (mapped == nullptr) throw std::system_error(errno, std::generic_category(), "mmap");
  return mapped;
}

// Raw, as the names of libc may lead to the shim.
long Transfer(long number, int socket, void* byte) {
  while (true) {
    const long count = syscall(number, socket, byte, 1L, static_cast<long>(MSG_NOSIGNAL), 0L, 0L);
    if (count >= 0 || errno != EINTR) return count;
  }
}

}  // namespace

SharedMemory::SharedMemory(std::byte* begin, Frame* frame)
    : begin_(begin),
      frame_(frame),
      server_arenas_{Arena(begin + kFrameSize, kArenaSize),
                     Arena(begin + kFrameSize + kArenaSize, kArenaSize)},
      driver_arena_(begin + kFrameSize + 2 * kArenaSize, kArenaSize) {}

SharedMemory::SharedMemory() : SharedMemory(Map()) { new (begin_) Frame; }

SharedMemory::SharedMemory(int file, std::byte* address)
    : SharedMemory(OrThrow(MapAt(file, address)), reinterpret_cast<Frame*>(address)) {
  new (address) Frame;
}

SharedMemory::SharedMemory(std::byte* mapped)
    : SharedMemory(mapped, reinterpret_cast<Frame*>(mapped)) {}

int SharedMemory::MakeFile() {
  const int file = memfd_create("hupstorm-server", MFD_CLOEXEC);
  if (file < 0) throw std::system_error(errno, std::generic_category(), "memfd_create");
  if (ftruncate(file, static_cast<off_t>(kSize)) != 0) {
    const int error = errno;
    close(file);
    throw std::system_error(error, std::generic_category(), "ftruncate");
  }
  return file;
}

std::byte* SharedMemory::MapAt(int file, std::byte* address) {
  void* const memory = mmap(address, kSize, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_NORESERVE | MAP_FIXED_NOREPLACE, file, 0);
  if (memory == address) return address;
  if (memory != MAP_FAILED) munmap(memory, kSize);  // a kernel before 4.17 takes it as a hint
  return nullptr;
}

size_t SharedMemory::Spacing() { return kSize; }

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

}  // namespace hupstorm::held
