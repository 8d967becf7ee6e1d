#include "kernel/trace/trace_recorder.h"

namespace hupstorm {

void EpollDataNames::Learn(const SystemCall& call) {
  if (call.call != Call::kEpollCtl || call.result != 0 || call.Int(1) == EPOLL_CTL_DEL) return;
  fds_[{call.Int(0), call.Pointer<epoll_event>(3)->data.u64}] = call.Int(2);
}

int EpollDataNames::Find(int epfd, uint64_t data) const {
  const auto found = fds_.find({epfd, data});
  return found == fds_.end() ? -1 : found->second;
}

void TraceRecorder::Make(SystemCall& call) {
  if (call.call == Call::kSelect) {
    const SelectQuestion asked(call);
    inner_.Make(call);
    Record(call, &asked);
  } else {
    inner_.Make(call);
    Record(call, nullptr);
  }
}

void TraceRecorder::Record(const SystemCall& call, const SelectQuestion* asked) {
  names_.Learn(call);
  sink_(call, FormatCall(call, &names_, asked));
}

}  // namespace hupstorm
