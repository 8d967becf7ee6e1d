#include "kernel/linux/held/call_memory.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cstring>

namespace hupstorm::held {
namespace {

constexpr size_t kLongestAddress = 128;      // sockaddr_storage
constexpr size_t kLongestOption = 4096;      // of a socket
constexpr size_t kRoomForTheRest = 1 << 20;  // beside the bytes of a transfer

}  // namespace

bool CallMemory::IsPortable(const SystemCall& call) {
  if (call.call == Call::kSendfile) return false;
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

CallMemory::CallMemory(const SystemCall& call, Arena& arena, Range shared)
    : arena_(arena), shared_(shared), former_top_(arena.top()), call_(call) {
  for (size_t i = 0; i < kMostArguments; ++i) {
    const Argument& argument = RowOf(call.call).arguments[i];
    if (argument.is_address()) MoveArgument(argument, i);
  }
}

void CallMemory::MoveArgument(const Argument& argument, size_t index) {
  const auto counted_by = static_cast<size_t>(argument.counted_by);
  switch (argument.kind) {
    case ArgumentKind::kBytes:
      return MoveBytes(index, counted_by, argument.direction);
    case ArgumentKind::kParts: {
      const int64_t count = call_.arguments[counted_by];
      if (call_.arguments[index] == 0 || count <= 0 || count > IOV_MAX) return;
      return call_.SetPointer(index, MoveParts(call_.Pointer<const iovec>(index),
                                               static_cast<size_t>(count), argument.direction));
    }
    case ArgumentKind::kMessage:
      return MoveMessage(index, argument.direction);
    case ArgumentKind::kAddress:
    case ArgumentKind::kOption: {
      if (argument.direction != Direction::kIn) return MoveAddress(index, counted_by);
      const size_t most =
          argument.kind == ArgumentKind::kAddress ? kLongestAddress : kLongestOption;
      Move(index, std::min(BytesAt(call_, index), most), Direction::kIn);
      return;
    }
    case ArgumentKind::kLength:  // with what it is the length of
      return;
    case ArgumentKind::kEpollEvents:
      Move(index, BytesAt(call_, index), Direction::kOut, Extent::kEvents);
      return;
    default:
      Move(index, BytesAt(call_, index), argument.direction);
  }
}

void* CallMemory::Move(size_t argument, size_t size, Direction direction, Extent extent) {
  void* const original = call_.Pointer<void>(argument);
  if (original == nullptr || size == 0 || shared_.Contains(original)) return original;
  void* const copy = arena_.Take(size);
  if (copy == nullptr) return original;
  Add(original, copy, size, direction, extent);
  call_.SetPointer(argument, copy);
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
  const auto* const asked = call_.Pointer<const socklen_t>(length_argument);
  if (asked == nullptr) return;
  const size_t size = std::min<size_t>(*asked, kLongestOption);
  auto* const length =
      static_cast<socklen_t*>(Move(length_argument, sizeof(socklen_t), Direction::kInOut));
  void* const original = call_.Pointer<void>(argument);
  if (original == nullptr || size == 0 || shared_.Contains(original)) return;
  void* const copy = arena_.Take(size);
  if (copy == nullptr) return;
  // In too: an option's buffer may hold a question (TCP_INFO's do not, SO_PEERSEC's neither).
  Add(original, copy, size, Direction::kInOut, Extent::kLength, length);
  call_.SetPointer(argument, copy);
}

void CallMemory::MoveBytes(size_t argument, size_t size_argument, Direction direction) {
  size_t size = static_cast<size_t>(call_.arguments[size_argument]);
  if (!shared_.Contains(call_.Pointer<void>(argument))) {
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

void CallMemory::MoveMessage(size_t argument, Direction direction) {
  auto* const original = call_.Pointer<msghdr>(argument);
  if (original == nullptr) return;
  auto* const copy = static_cast<msghdr*>(arena_.Take(sizeof(msghdr)));
  if (copy == nullptr) return;
  *copy = *original;
  message_ = original;
  message_copy_ = copy;
  call_.SetPointer(argument, copy);
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

}  // namespace hupstorm::held
