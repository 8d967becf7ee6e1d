#include "scenarios/worlds/inside/driver_line.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/door.h"
#include "base/message.h"
#include "base/passed_descriptor.h"
#include "kernel/simulated/simulated_kernel.h"

namespace hupstorm::inside {
namespace {

// Linux's descriptors end below the simulation's, and a program seldom has so many.
constexpr int kOutOfReach = SimulatedKernel::kFirstDescriptor - 8;

[[noreturn]] void EndAtOnce() {
  while (true) syscall(SYS_exit_group, 0);
}

}  // namespace

bool DriverLine::Connect(std::string_view driver) {
  socket_ = MoveUp(FileDescriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), kOutOfReach);
  const DoorAddress address(driver);
  if (connect(socket(), address.get(), address.length) == 0) return true;
  socket_.reset();
  return false;
}

void DriverLine::Send(MessageKind kind, std::string_view bytes) {
  if (!SendMessage(socket(), static_cast<uint64_t>(kind), bytes)) EndAtOnce();
}

std::string DriverLine::Receive(MessageKind kind) {
  uint64_t got = 0;
  std::string bytes;
  if (!ReceiveMessage(socket(), got, bytes) || got != static_cast<uint64_t>(kind)) EndAtOnce();
  return bytes;
}

Progress& DriverLine::ReceivePage() {
  const FileDescriptor file = ReceiveDescriptor(socket());
  void* const page =
      mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
  if (page == MAP_FAILED) EndAtOnce();
  return *static_cast<Progress*>(page);
}

}  // namespace hupstorm::inside
