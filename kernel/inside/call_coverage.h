// What a program's calls are like, counted in a fuzzer's map: kinds, outcomes and order, of each
// connection and of all. It leads a fuzzer through programs that were not built for one.

#ifndef HUPSTORM_KERNEL_INSIDE_CALL_COVERAGE_H_
#define HUPSTORM_KERNEL_INSIDE_CALL_COVERAGE_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernel/system_call.h"

namespace hupstorm::inside {

class CallCoverage {
 public:
  static constexpr size_t kSize = 1 << 15;  // bytes of the map

  // From here on calls are counted in `map`, of kSize bytes, which must outlive the object.
  void Attach(uint8_t* map) { map_ = map; }
  bool is_attached() const { return map_ != nullptr; }

  // A scenario begins: no call has come before.
  void Begin();
  // After the call was made. Its pointers must still be good.
  void Note(const SystemCall& call);

 private:
  // Of a descriptor: what its last call was like, and what it has met so far.
  struct Record {
    uint32_t last = 0;
    uint8_t met = 0;  // bits of Met, in call_coverage.cc
  };
  // Descriptors beyond share a record with others, which leads a fuzzer less well, not wrongly.
  static constexpr size_t kRecords = 1024;

  Record& Of(int fd) { return records_[static_cast<size_t>(fd) % kRecords]; }
  void Count(uint32_t what);
  void NoteReady(const SystemCall& wait);
  void Meet(Record& record, uint8_t met);
  void Forget(Record& record);

  uint8_t* map_ = nullptr;
  uint32_t last_ = 0;  // what the last call was like, whichever descriptor it was on
  int last_fd_ = -1;
  std::array<uint32_t, 8> met_by_ = {};  // for each bit of Met: by how many descriptors
  std::array<Record, kRecords> records_ = {};
};

}  // namespace hupstorm::inside

#endif  // HUPSTORM_KERNEL_INSIDE_CALL_COVERAGE_H_
