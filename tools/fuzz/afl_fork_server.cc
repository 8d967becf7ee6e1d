#include "tools/fuzz/afl_fork_server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "tools/cli/errors.h"

namespace hupstorm {
namespace {

// AFL++'s config.h and types.h.
constexpr int kFromFuzzer = 198;  // FORKSRV_FD
constexpr int kToFuzzer = 199;
constexpr uint32_t kOptions = 0x80000001;         // FS_OPT_ENABLED
constexpr uint32_t kHasMapSize = 0x40000000;      // FS_OPT_MAPSIZE
constexpr uint32_t kTakesMemory = 0x01000000;     // FS_OPT_SHDMEM_FUZZ
constexpr uint32_t kLargestMap = 0x00fffffe / 2;  // FS_OPT_MAX_MAPSIZE

int MemoryOf(const char* variable) {
  const char* const id = std::getenv(variable);
  if (id == nullptr) {
    throw UsageError("only afl-fuzz can start this: see hupstorm fuzz --help");
  }
  return std::atoi(id);
}

// False if afl-fuzz is gone.
bool Receive(uint32_t& word) {
  ssize_t count;
  do {
    count = read(kFromFuzzer, &word, sizeof word);
  } while (count < 0 && errno == EINTR);
  return count == sizeof word;
}

bool Send(uint32_t word) { return write(kToFuzzer, &word, sizeof word) == sizeof word; }

}  // namespace

AflForkServer::AflForkServer() : coverage_map_(MemoryOf("__AFL_SHM_ID")) {
  void* const memory = shmat(MemoryOf("__AFL_SHM_FUZZ_ID"), nullptr, SHM_RDONLY);
  if (memory == reinterpret_cast<void*>(-1)) {
    throw FailedError("afl-fuzz' memory cannot be had: {}", std::strerror(errno));
  }
  input_ = static_cast<const uint8_t*>(memory);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // A program with AFL++'s runtime in it would take itself for the target.
  for (const int fd : {kFromFuzzer, kToFuzzer}) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void AflForkServer::Begin(size_t coverage_size) {
  if (coverage_size > kLargestMap) {
    throw FailedError("the program counts {} edges, more than AFL++ takes", coverage_size);
  }
  void* const memory = shmat(coverage_map_, nullptr, 0);
  if (memory == reinterpret_cast<void*>(-1)) {
    throw FailedError("afl-fuzz' memory cannot be had: {}", std::strerror(errno));
  }
  always_ = static_cast<uint8_t*>(memory) + coverage_size;
  const auto size = static_cast<uint32_t>(coverage_size) << 1;  // FS_OPT_SET_MAPSIZE, one more
  uint32_t answer = 0;
  if (!Send(kOptions | kHasMapSize | kTakesMemory | size) || !Receive(answer) ||
      (answer & kTakesMemory) == 0) {
    throw FailedError("afl-fuzz does not take what this AFL++ target offers: AFL++ 3 or later?");
  }
}

std::optional<std::span<const uint8_t>> AflForkServer::NextInput() {
  uint32_t was_killed = 0;
  // What it takes for the run's process, and kills when its time is over, is this one.
  if (!Receive(was_killed) || !Send(static_cast<uint32_t>(getpid()))) return std::nullopt;
  uint32_t size = 0;
  std::memcpy(&size, input_, sizeof size);
  return std::span(input_ + sizeof size, size);
}

void AflForkServer::RunIsOver() {
  *always_ = 1;
  Send(0);  // as waitpid tells of a process that has ended well; NextInput sees if nobody listens
}

}  // namespace hupstorm
