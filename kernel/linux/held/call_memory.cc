#include "kernel/linux/held/call_memory.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cstring>

namespace hupstorm::remote {
namespace {

constexpr size_t kLongestAddress = 128;      // sockaddr_storage
constexpr size_t kLongestOption = 4096;      // of a socket
constexpr size_t kRoomForTheRest = 1 << 20;  // beside the bytes of a transfer

template <typename T>
T* At(int64_t address) {
  return reinterpret_cast<T*>(address);
}

}  // namespace

bool CallMemory::IsPortable(const RawCall& call) {
  if (call.call == Call::kIoctl) {
    switch (call.arguments[1]) {
      case FIONREAD:
      case FIONBIO:
      case FIOASYNC:
      case SIOCATMARK:
      case SIOCOUTQ:
      case FIOCLEX:
      case FIONCLEX:
        return true;
      default:
        return false;
    }
  }
  if (call.call == Call::kFcntl) {
    switch (call.arguments[1]) {
      case F_DUPFD:
      case F_DUPFD_CLOEXEC:
      case F_GETFD:
      case F_SETFD:
      case F_GETFL:
      case F_SETFL:
      case F_GETOWN:
      case F_SETOWN:
        return true;
      default:
        return false;
    }
  }
  return true;
}

CallMemory::CallMemory(const RawCall& call, Arena& arena, Range shared)
    : arena_(arena), shared_(shared), former_top_(arena.top()), call_(call) {
  const auto& a = call_.arguments;
  switch (call.call) {
    case Call::kSocketpair:
      Move(3, 2 * sizeof(int), Direction::kOut);
      break;
    case Call::kBind:
    case Call::kConnect:
      Move(1, std::min<size_t>(static_cast<size_t>(a[2]), kLongestAddress), Direction::kIn);
      break;
    case Call::kAccept:
    case Call::kGetsockname:
    case Call::kGetpeername:
      MoveAddress(1, 2);
      break;
    case Call::kGetsockopt:
      MoveAddress(3, 4);
      break;
    case Call::kSetsockopt:
      Move(3, std::min<size_t>(static_cast<size_t>(a[4]), kLongestOption), Direction::kIn);
      break;
    case Call::kRecv:
    case Call::kRead:
      MoveBytes(1, 2, Direction::kOut);
      break;
    case Call::kSend:
    case Call::kWrite:
      MoveBytes(1, 2, Direction::kIn);
      break;
    case Call::kReadv:
    case Call::kWritev:
      if (a[1] != 0 && a[2] > 0 && a[2] <= IOV_MAX) {
        call_.arguments[1] = reinterpret_cast<int64_t>(
            MoveParts(At<const iovec>(a[1]), static_cast<size_t>(a[2]),
                      call.call == Call::kReadv ? Direction::kOut : Direction::kIn));
      }
      break;
    case Call::kRecvmsg:
      MoveMessage(Direction::kOut);
      break;
    case Call::kSendmsg:
      MoveMessage(Direction::kIn);
      break;
    case Call::kIoctl:
      Move(2, sizeof(int), Direction::kInOut);
      break;
    case Call::kPipe2:
      Move(0, 2 * sizeof(int), Direction::kOut);
      break;
    case Call::kSelect: {
      const size_t bits = static_cast<size_t>(std::clamp<int64_t>(a[0], 0, 1 << 20));
      const size_t bytes = (bits + NFDBITS - 1) / NFDBITS * sizeof(fd_mask);
      for (size_t i = 1; i <= 3; ++i) Move(i, bytes, Direction::kInOut);
      Move(4, sizeof(timeval), Direction::kInOut);
      break;
    }
    case Call::kPoll:
      Move(0, static_cast<size_t>(std::clamp<int64_t>(a[1], 0, 1 << 20)) * sizeof(pollfd),
           Direction::kInOut);
      break;
    case Call::kEpollCtl:
      Move(3, sizeof(epoll_event), Direction::kIn);
      break;
    case Call::kEpollWait:
      Move(1, static_cast<size_t>(std::clamp<int64_t>(a[2], 0, 1 << 20)) * sizeof(epoll_event),
           Direction::kOut, Extent::kEvents);
      break;
    case Call::kTimerfdSettime:
      Move(2, sizeof(itimerspec), Direction::kIn);
      Move(3, sizeof(itimerspec), Direction::kOut);
      break;
    case Call::kTimerfdGettime:
      Move(1, sizeof(itimerspec), Direction::kOut);
      break;
    case Call::kClockGettime:
      Move(1, sizeof(timespec), Direction::kOut);
      break;
    case Call::kNanosleep:
      Move(0, sizeof(timespec), Direction::kIn);
      Move(1, sizeof(timespec), Direction::kInOut);
      break;
    case Call::kSigaction:
      Move(1, sizeof(struct sigaction), Direction::kIn);
      Move(2, sizeof(struct sigaction), Direction::kOut);
      break;
    case Call::kSocket:
    case Call::kListen:
    case Call::kShutdown:
    case Call::kClose:
    case Call::kFcntl:
    case Call::kDup:
    case Call::kDup3:
    case Call::kEpollCreate1:
    case Call::kEventfd:
    case Call::kTimerfdCreate:
      break;
  }
}

void* CallMemory::Move(size_t argument, size_t size, Direction direction, Extent extent) {
  void* const original = At<void>(call_.arguments[argument]);
  if (original == nullptr || size == 0 || shared_.Contains(original)) return original;
  void* const copy = arena_.Take(size);
  if (copy == nullptr) return original;
  Add(original, copy, size, direction, extent);
  call_.arguments[argument] = reinterpret_cast<int64_t>(copy);
  return copy;
}

void CallMemory::Add(void* original, void* copy, size_t size, Direction direction, Extent extent,
                     const socklen_t* length) {
  if (direction != Direction::kOut) std::memcpy(copy, original, size);
  pieces_.at(piece_count_++) = {.original = original,
                                .copy = copy,
                                .size = size,
                                .extent = extent,
                                .length = length,
                                .out = direction != Direction::kIn};
}

// A buffer and, as a value and result, its length.
void CallMemory::MoveAddress(size_t argument, size_t length_argument) {
  const auto* const asked = At<const socklen_t>(call_.arguments[length_argument]);
  if (asked == nullptr) return;
  const size_t size = std::min<size_t>(*asked, kLongestOption);
  auto* const length =
      static_cast<socklen_t*>(Move(length_argument, sizeof(socklen_t), Direction::kInOut));
  void* const original = At<void>(call_.arguments[argument]);
  if (original == nullptr || size == 0 || shared_.Contains(original)) return;
  void* const copy = arena_.Take(size);
  if (copy == nullptr) return;
  // In too: an option's buffer may hold a question (TCP_INFO's do not, SO_PEERSEC's neither).
  Add(original, copy, size, Direction::kInOut, Extent::kLength, length);
  call_.arguments[argument] = reinterpret_cast<int64_t>(copy);
}

void CallMemory::MoveBytes(size_t argument, size_t size_argument, Direction direction) {
  size_t size = static_cast<size_t>(call_.arguments[size_argument]);
  if (!shared_.Contains(At<void>(call_.arguments[argument]))) {
    const size_t room = arena_.room();
    size = std::min(size, room > kRoomForTheRest ? room - kRoomForTheRest : 0);
    call_.arguments[size_argument] = static_cast<int64_t>(size);
  }
  Move(argument, size, direction, Extent::kResult);
}

iovec* CallMemory::MoveParts(const iovec* parts, size_t count, Direction direction) {
  auto* const copies = static_cast<iovec*>(arena_.Take(count * sizeof(iovec)));
  if (copies == nullptr) return const_cast<iovec*>(parts);
  for (size_t i = 0; i < count; ++i) {
    copies[i] = parts[i];
    if (parts[i].iov_len == 0 || parts[i].iov_base == nullptr ||
        shared_.Contains(parts[i].iov_base)) {
      continue;
    }
    const size_t room = arena_.room();
    const size_t size =
        std::min(parts[i].iov_len, room > kRoomForTheRest ? room - kRoomForTheRest : 0);
    copies[i].iov_base = arena_.Take(size);
    copies[i].iov_len = size;
    if (direction == Direction::kIn) std::memcpy(copies[i].iov_base, parts[i].iov_base, size);
  }
  parts_ = parts;
  part_copies_ = copies;
  part_count_ = count;
  parts_out_ = direction == Direction::kOut;
  return copies;
}

void CallMemory::MoveMessage(Direction direction) {
  auto* const original = At<msghdr>(call_.arguments[1]);
  if (original == nullptr) return;
  auto* const copy = static_cast<msghdr*>(arena_.Take(sizeof(msghdr)));
  if (copy == nullptr) return;
  *copy = *original;
  message_ = original;
  message_copy_ = copy;
  call_.arguments[1] = reinterpret_cast<int64_t>(copy);
  if (copy->msg_iov != nullptr && copy->msg_iovlen > 0 && copy->msg_iovlen <= IOV_MAX) {
    copy->msg_iov = MoveParts(copy->msg_iov, copy->msg_iovlen, direction);
  }
  if (copy->msg_name != nullptr && copy->msg_namelen > 0 && !shared_.Contains(copy->msg_name)) {
    copy->msg_namelen = std::min<socklen_t>(copy->msg_namelen, kLongestAddress);
    copy->msg_name = arena_.Take(copy->msg_namelen);
    Add(original->msg_name, copy->msg_name, copy->msg_namelen, direction, Extent::kAll);
  }
  if (copy->msg_control != nullptr && copy->msg_controllen > 0 &&
      !shared_.Contains(copy->msg_control)) {
    copy->msg_controllen = std::min(copy->msg_controllen, kLongestOption);
    copy->msg_control = arena_.Take(copy->msg_controllen);
    Add(original->msg_control, copy->msg_control, copy->msg_controllen, direction, Extent::kAll);
  }
}

void CallMemory::CopyBack(int64_t result) const {
  for (size_t i = 0; i < piece_count_; ++i) {
    const Piece& piece = pieces_.at(i);
    if (!piece.out) continue;
    size_t size = piece.size;
    switch (piece.extent) {
      case Extent::kAll:
        break;
      case Extent::kResult:
        size = std::min(size, static_cast<size_t>(std::max<int64_t>(result, 0)));
        break;
      case Extent::kEvents:
        size =
            std::min(size, static_cast<size_t>(std::max<int64_t>(result, 0)) * sizeof(epoll_event));
        break;
      case Extent::kLength:
        size = std::min<size_t>(size, *piece.length);
        break;
    }
    std::memcpy(piece.original, piece.copy, size);
  }
  if (parts_out_ && result > 0) CopyPartsBack(static_cast<size_t>(result));
  if (message_ != nullptr) CopyMessageBack();
}

void CallMemory::CopyPartsBack(size_t bytes) const {
  for (size_t i = 0; i < part_count_ && bytes > 0; ++i) {
    const size_t size = std::min(bytes, part_copies_[i].iov_len);
    if (part_copies_[i].iov_base != parts_[i].iov_base) {
      std::memcpy(parts_[i].iov_base, part_copies_[i].iov_base, size);
    }
    bytes -= size;
  }
}

void CallMemory::CopyMessageBack() const {
  message_->msg_namelen = message_copy_->msg_namelen;
  message_->msg_controllen = message_copy_->msg_controllen;
  message_->msg_flags = message_copy_->msg_flags;
}

}  // namespace hupstorm::remote
