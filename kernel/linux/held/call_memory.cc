#include "kernel/linux/held/call_memory.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cstring>
#include <iterator>

namespace hupstorm::held {
namespace {

constexpr size_t kLongestAddress = 128;      // sockaddr_storage
constexpr size_t kLongestOption = 4096;      // of a socket
constexpr size_t kRoomForTheRest = 1 << 20;  // beside the bytes of a transfer

// Those with an int, or with a pointer to one.
constexpr int64_t kIoctlRequests[] = {FIONREAD, FIONBIO, FIOASYNC, SIOCATMARK,
                                      SIOCOUTQ, FIOCLEX, FIONCLEX};
constexpr int64_t kFcntlCommands[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD,  F_SETFD,
                                      F_GETFL, F_SETFL,         F_GETOWN, F_SETOWN};

}  // namespace

bool CallMemory::IsPortable(const SystemCall& call) {
  const auto is_among = [&](const auto& known) {
    return std::find(std::begin(known), std::end(known), call.arguments[1]) != std::end(known);
  };
  if (call.call == Call::kIoctl) return is_among(kIoctlRequests);
  if (call.call == Call::kFcntl) return is_among(kFcntlCommands);
  return call.call != Call::kSendfile && !RowOf(call.call).counts_messages();
}

CallMemory::CallMemory(const SystemCall& call, Arena& arena, Range shared)
    : arena_(arena), shared_(shared), former_top_(arena.top()), call_(call) {
  for (size_t i = 0; i < kMostArguments; ++i) {
    const Argument& argument = RowOf(call.call).arguments[i];
    if (argument.is_address()) call_.SetPointer(i, MoveArgument(argument, i));
  }
}

void* CallMemory::MoveArgument(const Argument& argument, size_t index) {
  void* const original = call_.Pointer<void>(index);
  if (original == nullptr) return nullptr;
  const auto counted_by = static_cast<size_t>(argument.counted_by);
  size_t size = BytesAt(call_, index);
  switch (argument.kind) {
    case ArgumentKind::kBytes:
      if (shared_.Contains(original)) return original;
      size = std::min(size, RoomForBytes());
      call_.arguments[counted_by] = static_cast<int64_t>(size);
      break;
    case ArgumentKind::kParts:
      return MoveParts(static_cast<iovec*>(original), call_.arguments[counted_by],
                       argument.direction);
    case ArgumentKind::kMessage:
      return MoveMessage(static_cast<msghdr*>(original), argument);
    case ArgumentKind::kAddress:
      size = std::min(size, kLongestAddress);
      break;
    case ArgumentKind::kOption:
      size = std::min(size, kLongestOption);
      break;
    default:
      break;
  }
  return Move(original, size, argument);
}

void* CallMemory::Copy(void* original, size_t size, Direction direction) {
  if (original == nullptr || size == 0 || shared_.Contains(original)) return original;
  void* const copy = arena_.Take(size);
  if (copy == nullptr) return original;
  if (direction != Direction::kOut) std::memcpy(copy, original, size);
  return copy;
}

void* CallMemory::Move(void* original, size_t size, const Argument& argument) {
  // What has a length of its own is copied in too: a call that fails leaves it as it was, and an
  // option's buffer may hold a question.
  const bool has_length =
      argument.kind == ArgumentKind::kAddress || argument.kind == ArgumentKind::kOption;
  void* const copy = Copy(original, size, has_length ? Direction::kInOut : argument.direction);
  if (copy != original && argument.direction != Direction::kIn) {
    pieces_.at(piece_count_++) = {argument, original, copy, size};
  }
  return copy;
}

size_t CallMemory::RoomForBytes() const {
  return arena_.room() - std::min(arena_.room(), kRoomForTheRest);
}

iovec* CallMemory::MoveParts(iovec* parts, int64_t count, Direction direction) {
  if (parts == nullptr || count <= 0 || count > IOV_MAX) return parts;
  const auto part_count = static_cast<size_t>(count);
  auto* const copies = static_cast<iovec*>(arena_.Take(part_count * sizeof(iovec)));
  if (copies == nullptr) return parts;
  for (size_t i = 0; i < part_count; ++i) {
    copies[i] = parts[i];
    if (shared_.Contains(parts[i].iov_base)) continue;
    copies[i].iov_len = std::min(parts[i].iov_len, RoomForBytes());
    copies[i].iov_base = Copy(parts[i].iov_base, copies[i].iov_len, direction);
  }
  parts_ = parts;
  part_copies_ = copies;
  written_parts_ = direction == Direction::kOut ? part_count : 0;
  return copies;
}

msghdr* CallMemory::MoveMessage(msghdr* message, const Argument& argument) {
  auto* const copy = static_cast<msghdr*>(Copy(message, sizeof *message, Direction::kIn));
  if (copy == message) return message;
  message_ = message;
  message_copy_ = copy;
  copy->msg_iov =
      MoveParts(copy->msg_iov, static_cast<int64_t>(copy->msg_iovlen), argument.direction);
  if (copy->msg_name != nullptr) {
    copy->msg_namelen = std::min<socklen_t>(copy->msg_namelen, kLongestAddress);
    copy->msg_name = Move(copy->msg_name, copy->msg_namelen, argument);
  }
  if (copy->msg_control != nullptr) {
    copy->msg_controllen = std::min(copy->msg_controllen, kLongestOption);
    copy->msg_control = Move(copy->msg_control, copy->msg_controllen, argument);
  }
  return copy;
}

void CallMemory::CopyBack(int64_t result) const {
  auto count = static_cast<size_t>(std::max<int64_t>(result, 0));
  for (size_t i = 0; i < piece_count_; ++i) {
    const Piece& piece = pieces_.at(i);
    size_t size = piece.size;
    switch (piece.argument.kind) {
      case ArgumentKind::kBytes:
        size = std::min(size, count);
        break;
      case ArgumentKind::kEpollEvents:
        size = std::min(size, count * sizeof(epoll_event));
        break;
      case ArgumentKind::kAddress:
      case ArgumentKind::kOption: {
        const auto length = static_cast<size_t>(piece.argument.counted_by);
        size = std::min<size_t>(size, *call_.Pointer<const socklen_t>(length));
        break;
      }
      default:
        break;
    }
    std::memcpy(piece.original, piece.copy, size);
  }
  for (size_t i = 0; i < written_parts_ && count > 0; ++i) {
    const size_t size = std::min(count, part_copies_[i].iov_len);
    if (part_copies_[i].iov_base != parts_[i].iov_base) {
      std::memcpy(parts_[i].iov_base, part_copies_[i].iov_base, size);
    }
    count -= size;
  }
  if (message_ == nullptr) return;
  message_->msg_namelen = message_copy_->msg_namelen;
  message_->msg_controllen = message_copy_->msg_controllen;
  message_->msg_flags = message_copy_->msg_flags;
}

}  // namespace hupstorm::held
