#include "bench/claims/call_counter.h"

#include <numeric>

namespace hupstorm {
namespace {

CopiedBytes CopiedBy(const CallRecord& call) {
  const bool failed = call.result < 0;
  switch (call.call) {
    case Call::kSelect: {
      int given = 0;
      for (const fd_set* set : static_cast<const SelectSets*>(call.buffer)->sets) {
        given += set != nullptr;
      }
      return SelectBytes(static_cast<int>(call.length), given, call.extra != nullptr,
                         call.other == 0, failed);
    }
    case Call::kPoll:
      return PollBytes(call.length, failed);
    case Call::kEpollWait:
      return EpollWaitBytes(call.result);
    case Call::kEpollCtl:
      return EpollCtlBytes(call.flags);
    default:
      return {};
  }
}

}  // namespace

uint64_t CallCounts::all() const { return std::accumulate(calls.begin(), calls.end(), 0UL); }

CallCounts CallCounts::Since(const CallCounts& earlier) const {
  CallCounts since = *this;
  for (size_t i = 0; i < calls.size(); ++i) since.calls[i] -= earlier.calls[i];
  since.copied.in -= earlier.copied.in;
  since.copied.out -= earlier.copied.out;
  return since;
}

void CallCounter::Leave(CallRecord& call) {
  ++counts_.calls[static_cast<size_t>(call.call)];
  const CopiedBytes copied = CopiedBy(call);
  counts_.copied.in += copied.in;
  counts_.copied.out += copied.out;
}

}  // namespace hupstorm
