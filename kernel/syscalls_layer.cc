#include "kernel/syscalls_layer.h"

#include <limits.h>

#include <algorithm>
#include <utility>

#include "kernel/user_memory.h"

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

// A message with its leading parts alone, for the life of the object.
class CutMessage {
 public:
  CutMessage(msghdr& message, size_t bytes)
      : message_(message), former_(message), parts_(message.msg_iov, message.msg_iovlen, bytes) {
    message_.msg_iov = parts_.data();
    message_.msg_iovlen = parts_.count();
  }
  ~CutMessage() {
    message_.msg_iov = former_.msg_iov;
    message_.msg_iovlen = former_.msg_iovlen;
  }
  CutMessage(const CutMessage&) = delete;
  CutMessage& operator=(const CutMessage&) = delete;

 private:
  msghdr& message_;
  const msghdr former_;
  CutParts parts_;
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
  size_t bytes = std::exchange(most_bytes_, SIZE_MAX);
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
      // sendmsg's may be in memory that cannot be written to.
      msghdr message = *call.Pointer<const msghdr>(1);
      {
        const CutMessage cut(message, bytes);
        shorter.SetPointer(1, &message);
        inner_->Make(shorter);
      }
      if (call.call == Call::kRecvmsg) CopyOut(call.Pointer<msghdr>(1), message);
      break;
    }
    case ArgumentKind::kMessages: {
      auto* last = call.Pointer<mmsghdr>(1);  // that moves anything
      for (; SumOfMessage(last->msg_hdr) < bytes; ++last) bytes -= SumOfMessage(last->msg_hdr);
      const CutMessage cut(last->msg_hdr, bytes);
      shorter.arguments[2] = last - call.Pointer<mmsghdr>(1) + 1;
      inner_->Make(shorter);
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
