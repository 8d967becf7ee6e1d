#include "kernel/linux/held/descriptor_book.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>

namespace hupstorm::held {
namespace {

using Kind = DrivenKernel::DescriptorKind;

// SOCK_NONBLOCK, EFD_NONBLOCK and TFD_NONBLOCK are O_NONBLOCK by another name.
bool HasNonblock(int64_t flags) { return (flags & O_NONBLOCK) != 0; }

}  // namespace

const DescriptorFacts& DescriptorBook::Of(int fd) const {
  static const DescriptorFacts kNothing;
  return fd >= 0 && fd < end() ? facts_[static_cast<size_t>(fd)] : kNothing;
}

DescriptorFacts& DescriptorBook::At(int fd) {
  if (fd >= end()) facts_.resize(static_cast<size_t>(fd) + 1);
  return facts_[static_cast<size_t>(fd)];
}

bool DescriptorBook::IsSocket(int fd) const {
  const Kind kind = Of(fd).kind;
  return kind == Kind::kListener || kind == Kind::kConnection || kind == Kind::kSocket ||
         kind == Kind::kSocketpair;
}

int DescriptorBook::Find(PeerId peer) const {
  for (int fd = 0; fd < end(); ++fd) {
    if (facts_[static_cast<size_t>(fd)].peer == peer) return fd;
  }
  return -1;
}

void DescriptorBook::Open(const SystemCall& by, int64_t fd, Kind kind, bool nonblocking) {
  At(static_cast<int>(fd)) = {.kind = kind, .nonblocking = nonblocking, .made_by = by.call};
}

void DescriptorBook::Copy(const SystemCall& by, int64_t fd) {
  const DescriptorFacts original = Of(by.Int(0));
  DescriptorFacts& copy = At(static_cast<int>(fd));
  copy = original;
  copy.made_by = by.call;
}

void DescriptorBook::Learn(const SystemCall& call, int64_t result) {
  const auto& a = call.arguments;
  const int fd = call.Int(0);
  switch (call.call) {
    case Call::kSocket:
      return Open(call, result, Kind::kSocket, HasNonblock(a[1]));
    case Call::kSocketpair:
    case Call::kPipe2: {
      const bool pair = call.call == Call::kSocketpair;
      const int* const ends = call.Pointer<const int>(pair ? 3 : 0);
      for (int i = 0; i < 2; ++i) {
        Open(call, ends[i], pair ? Kind::kSocketpair : Kind::kPipe, HasNonblock(a[1]));
      }
      return;
    }
    case Call::kListen:
      At(fd).kind = Kind::kListener;
      return;
    case Call::kAccept:
      return Open(call, result, Kind::kConnection, HasNonblock(a[3]));
    case Call::kEpollCreate1:
      return Open(call, result, Kind::kEpoll, false);
    case Call::kEventfd:
      return Open(call, result, Kind::kEventfd, HasNonblock(a[1]));
    case Call::kTimerfdCreate:
      Open(call, result, Kind::kTimerfd, HasNonblock(a[1]));
      At(static_cast<int>(result)).clock = static_cast<clockid_t>(a[0]);
      return;
    case Call::kClose:
      At(fd) = {};
      return;
    case Call::kDup:
    case Call::kDup3:
      return Copy(call, result);
    case Call::kFcntl:
      if (a[1] == F_DUPFD || a[1] == F_DUPFD_CLOEXEC) {
        Copy(call, result);
      } else if (a[1] == F_SETFL) {
        At(fd).nonblocking = HasNonblock(a[2]);
      }
      return;
    case Call::kIoctl:
      if (static_cast<unsigned long>(a[1]) == FIONBIO) {
        At(fd).nonblocking = *call.Pointer<const int>(2) != 0;
      }
      return;
    default:
      return;
  }
}

}  // namespace hupstorm::held
