#include "kernel/syscalls_layer.h"

#include <limits.h>

#include <algorithm>
#include <utility>

namespace hupstorm {
namespace {

// The leading parts of a vector, up to a number of bytes. On the stack: layers allocate nothing.
class CutParts {
 public:
  CutParts(const iovec* parts, size_t count, size_t bytes) {
    while (count_ < count && bytes > 0) {
      iovec part = parts[count_];
      part.iov_len = std::min(part.iov_len, bytes);
      bytes -= part.iov_len;
      parts_[count_++] = part;
    }
  }
  iovec* data() { return parts_; }
  size_t count() const { return count_; }

 private:
  iovec parts_[IOV_MAX];
  size_t count_ = 0;
};

}  // namespace

void SyscallsLayer::Make(SystemCall& call) {
  if (Enter(call)) {
    if (most_bytes_ == SIZE_MAX) [[likely]] {
      inner_->Make(call);
    } else {
      MakeCut(call);
    }
  }
  Leave(call);
}

// The caller's arguments stay as they are: other layers look at them after the call.
void SyscallsLayer::MakeCut(SystemCall& call) {
  const size_t bytes = std::exchange(most_bytes_, SIZE_MAX);
  SystemCall shorter = call;
  switch (RowOf(call.call).arguments[1].kind) {
    case ArgumentKind::kParts: {
      CutParts cut(call.Pointer<iovec>(1), call.Size(2), bytes);
      shorter.SetPointer(1, cut.data());
      shorter.arguments[2] = static_cast<int64_t>(cut.count());
      inner_->Make(shorter);
      break;
    }
    case ArgumentKind::kMessage: {
      auto* const message = call.Pointer<msghdr>(1);
      CutParts cut(message->msg_iov, message->msg_iovlen, bytes);
      msghdr header = *message;
      header.msg_iov = cut.data();
      header.msg_iovlen = cut.count();
      shorter.SetPointer(1, &header);
      inner_->Make(shorter);
      if (call.call == Call::kRecvmsg) {
        message->msg_namelen = header.msg_namelen;
        message->msg_controllen = header.msg_controllen;
        message->msg_flags = header.msg_flags;
      }
      break;
    }
    default:
      shorter.arguments[RowOf(call.call).size_argument()] = static_cast<int64_t>(bytes);
      inner_->Make(shorter);
  }
  call.result = shorter.result;
  call.error = shorter.error;
}

}  // namespace hupstorm
