// The target's side of AFL++'s fork server: afl-fuzz asks for one run after another over two pipes,
// hands over inputs in shared memory, and reads the coverage from another such memory. AFL++:
// src/afl-forkserver.c, docs/persistent_mode.md ("shared memory fuzzing"). The one that is spoken
// here is that of AFL++ 3 and 4, which later ones understand.

#ifndef HUPSTORM_TOOLS_FUZZ_AFL_FORK_SERVER_H_
#define HUPSTORM_TOOLS_FUZZ_AFL_FORK_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace hupstorm {

class AflForkServer {
 public:
  // Of the afl-fuzz that has started this process, with which it ends. Throws UsageError if there
  // is none.
  AflForkServer();

  // The shared memory (shmget) that the coverage of a run goes to. afl-fuzz clears it before each.
  int coverage_map() const { return coverage_map_; }

  // Tells afl-fuzz how large the coverage is, in bytes, and that it can begin. Throws FailedError
  // if it is gone, or knows no shared memory for inputs.
  void Begin(size_t coverage_size);
  // The next input, which stays as it is until RunIsOver; nothing if afl-fuzz wants no more.
  std::optional<std::span<const uint8_t>> NextInput();
  void RunIsOver();

 private:
  const uint8_t* input_;  // its length, 4 bytes, and what it is
  // Behind the coverage. afl-fuzz gives up if a run counts nothing, and a scenario that cannot run
  // in this world does not.
  uint8_t* always_ = nullptr;
  int coverage_map_;
};

}  // namespace hupstorm

#endif  // HUPSTORM_TOOLS_FUZZ_AFL_FORK_SERVER_H_
