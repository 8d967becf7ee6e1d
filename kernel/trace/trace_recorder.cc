#include "kernel/trace/trace_recorder.h"

namespace hupstorm {

void EpollDataNames::Learn(const CallRecord& call) {
  if (call.call != Call::kEpollCtl || call.result != 0 || call.flags == EPOLL_CTL_DEL) return;
  fds_[{call.fd, static_cast<const epoll_event*>(call.buffer)->data.u64}] = call.other;
}

int EpollDataNames::Find(int epfd, uint64_t data) const {
  const auto found = fds_.find({epfd, data});
  return found == fds_.end() ? -1 : found->second;
}

bool TraceRecorder::Enter(CallRecord&) { return true; }

void TraceRecorder::Leave(CallRecord& call) {
  names_.Learn(call);
  sink_(call, FormatCall(call, &names_));
}

}  // namespace hupstorm
