#include "kernel/linux/held/connection.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <new>

#include "base/system_error.h"

namespace hupstorm::held {
namespace {

// Raw, as the names of libc may lead to the shim.
long Transfer(long number, int socket, void* byte) {
  while (true) {
    const long count = syscall(number, socket, byte, 1L, static_cast<long>(MSG_NOSIGNAL), 0L, 0L);
    if (count >= 0 || errno != EINTR) return count;
  }
}

}  // namespace

SharedMemory::SharedMemory() : SharedMemory(Map(-1, nullptr), /*is_new=*/true) {}

SharedMemory::SharedMemory(std::byte* mapped, bool is_new)
    : begin_(mapped != nullptr ? mapped
                               : throw std::system_error(errno, std::generic_category(), "mmap")),
      server_arenas_{Arena(begin_ + kFrameSize, kArenaSize),
                     Arena(begin_ + kFrameSize + kArenaSize, kArenaSize)},
      driver_arena_(begin_ + kFrameSize + 2 * kArenaSize, kArenaSize) {
  if (is_new) new (begin_) Frame;
}

SharedMemory::~SharedMemory() { munmap(begin_, kSize); }

FileDescriptor SharedMemory::MakeFile() {
  FileDescriptor file(
      CheckSystemCall(memfd_create("hupstorm-server", MFD_CLOEXEC), "memfd_create"));
  CheckSystemCall(ftruncate(file.get(), static_cast<off_t>(kSize)), "ftruncate");
  return file;
}

std::byte* SharedMemory::Map(int file, std::byte* address) {
  const int kind = file < 0 ? MAP_ANONYMOUS : MAP_FIXED_NOREPLACE;
  void* const memory =
      mmap(address, kSize, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE | kind, file, 0);
  if (memory == MAP_FAILED) return nullptr;
  if (file < 0 || memory == address) return static_cast<std::byte*>(memory);
  munmap(memory, kSize);  // a kernel before 4.17 takes the address as a hint
  return nullptr;
}

bool Line::Give(Turn turn) {
  auto byte = static_cast<uint8_t>(turn);
  return Transfer(SYS_sendto, socket_, &byte) == 1;
}

Turn Line::Await() {
  uint8_t byte = 0;
  return Transfer(SYS_recvfrom, socket_, &byte) == 1 ? static_cast<Turn>(byte) : Turn::kGone;
}

}  // namespace hupstorm::held
