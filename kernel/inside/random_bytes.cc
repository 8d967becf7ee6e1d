#include "kernel/inside/random_bytes.h"

#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bitset>
#include <cstdint>

#include "kernel/in_force.h"
#include "kernel/simulated/simulated_kernel.h"

namespace hupstorm::inside {
namespace {

uint64_t random_state = 0x9e3779b97f4a7c15;
std::bitset<SimulatedKernel::kFirstDescriptor> devices;  // by descriptor

// splitmix64.
uint8_t NextRandom() {
  uint64_t z = random_state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return static_cast<uint8_t>(z >> 56);
}

bool IsDevice(int fd) {
  return fd >= 0 && static_cast<size_t>(fd) < devices.size() && devices[static_cast<size_t>(fd)];
}

}  // namespace

void SeedProgram() {
  constexpr size_t kSize = 16;
  auto* const bytes = reinterpret_cast<void*>(getauxval(AT_RANDOM));
  if (bytes != nullptr) FillRandomly(bytes, kSize);
}

ssize_t FillRandomly(void* buffer, size_t size) {
  for (size_t i = 0; i < size; ++i) static_cast<uint8_t*>(buffer)[i] = NextRandom();
  return static_cast<ssize_t>(size);
}

bool IsRandomDevice(const char* path) {
  return path != nullptr && (strcmp(path, "/dev/urandom") == 0 || strcmp(path, "/dev/random") == 0);
}

void NoteRandomDevice(int fd) {
  if (fd >= 0 && static_cast<size_t>(fd) < devices.size()) devices.set(static_cast<size_t>(fd));
}

FILE* OpenRandomStream() {
  cookie_io_functions_t functions = {};
  functions.read = [](void*, char* buffer, size_t size) { return FillRandomly(buffer, size); };
  return fopencookie(nullptr, "r", functions);
}

void AfterFileCall(const SystemCall& call) {
  if (call.result < 0 || !IsDevice(call.Fd())) return;
  if (call.call == Call::kClose) devices.reset(static_cast<size_t>(call.Fd()));
  // Linux has looked whether the buffer can be written to.
  if (call.call == Call::kRead) {
    FillRandomly(call.Pointer<void>(1), static_cast<size_t>(call.result));
  }
}

}  // namespace hupstorm::inside

using namespace hupstorm;  // NOLINT: every line below is this library's

extern "C" {

ssize_t getrandom(void* buffer, size_t size, unsigned flags) {
  if (!in_force.in_server) return syscall(SYS_getrandom, buffer, size, flags);
  return inside::FillRandomly(buffer, size);
}

int getentropy(void* buffer, size_t size) {
  constexpr size_t kMost = 256;
  if (size > kMost) {
    errno = EIO;
    return -1;
  }
  return getrandom(buffer, size, 0) == static_cast<ssize_t>(size) ? 0 : -1;
}

}  // extern "C"
