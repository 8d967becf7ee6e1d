#include "kernel/linux/held/call_memory.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <cstring>
#include <iterator>

#include "kernel/linux/held/server_memory.h"

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

// What no process has (access_ok of Linux, whose TASK_SIZE_MAX this is): looked for before anything
// else, so that Linux has to say what comes of the call.
bool IsBeyondMemory(const void* address, size_t size) {
  constexpr uintptr_t kEnd = 0x7fff'ffff'f000;
  const auto begin = reinterpret_cast<uintptr_t>(address);
  return size > kEnd || begin > kEnd - size;
}

// An ioctl that reads its argument, and writes nothing.
bool OnlyReads(const SystemCall& call) {
  return call.call == Call::kIoctl &&
         (call.arguments[1] == FIONBIO || call.arguments[1] == FIOASYNC);
}

}  // namespace

bool CallMemory::IsPortable(const SystemCall& call) {
  const auto is_among = [&](const auto& known) {
    return std::find(std::begin(known), std::end(known), call.arguments[1]) != std::end(known);
  };
  if (call.call == Call::kIoctl) return is_among(kIoctlRequests);
  if (call.call == Call::kFcntl) return is_among(kFcntlCommands);
  const bool moves_files =
      call.call == Call::kSendfile || call.call == Call::kSplice || call.call == Call::kTee;
  return !moves_files && call.call != Call::kPrlimit64 && !RowOf(call.call).counts_messages();
}

CallMemory::CallMemory(const SystemCall& call, Arena& arena, Range shared)
    : arena_(arena), shared_(shared), former_top_(arena.top()), call_(call) {
  // Lengths first: they say how much there is of the rest.
  for (const bool lengths : {true, false}) {
    for (size_t i = 0; i < kMostArguments && is_whole_; ++i) {
      const Argument& argument = RowOf(call.call).arguments[i];
      if (argument.is_address() && (argument.kind == ArgumentKind::kLength) == lengths) {
        MoveArgument(i);
      }
    }
  }
}

void CallMemory::MoveArgument(size_t index) {
  const Argument& argument = RowOf(call_.call).arguments[index];
  const auto counted_by = static_cast<size_t>(std::max<int8_t>(argument.counted_by, 0));
  int64_t& count = call_.arguments[counted_by];
  void* const original = call_.Pointer<void>(index);
  if (argument.kind == ArgumentKind::kParts) {
    return call_.SetPointer(index,
                            MoveParts(static_cast<iovec*>(original), count, argument.direction));
  }
  if (argument.kind == ArgumentKind::kMessage) {
    return call_.SetPointer(index, MoveMessage(static_cast<msghdr*>(original), argument.direction));
  }
  const bool has_length =
      argument.kind == ArgumentKind::kAddress || argument.kind == ArgumentKind::kOption;
  const bool length_is_missing = has_length && argument.direction == Direction::kOut && count == 0;
  size_t size = length_is_missing ? 0 : BytesAt(call_, index);
  if (original == nullptr || length_is_missing) {
    const bool asks_nothing = original == nullptr && (argument.may_be_null || size == 0);
    is_whole_ = is_whole_ && asks_nothing;
    return;
  }
  if (shared_.Contains(original)) return;
  is_whole_ = is_whole_ && !IsBeyondMemory(original, size);
  if (!is_whole_) return;
  Direction direction = argument.direction;
  switch (argument.kind) {
    case ArgumentKind::kBytes:
      size = std::min(size, RoomForBytes());
      count = static_cast<int64_t>(size);
      break;
    case ArgumentKind::kAddress:
      size = std::min(size, kLongestAddress);
      break;
    case ArgumentKind::kOption:
      size = std::min(size, kLongestOption);
      break;
    case ArgumentKind::kFdSet:
      direction = Direction::kOut;  // read below
      break;
    default:
      break;
  }
  void* const copy = Move(original, size, direction);
  if (copy == original || copy == nullptr) return;
  if (argument.kind == ArgumentKind::kOption && direction == Direction::kOut) {
    CopyFromServer(copy, original,
                   size);  // may hold a question; if it cannot be read there is none
  } else if (argument.kind == ArgumentKind::kFdSet) {
    // Linux looks at no more of a set than the process has room for descriptors (core_sys_select),
    // whatever the count says: the set may end before.
    size = CopyFromServer(copy, original, size) / sizeof(fd_mask) * sizeof(fd_mask);
    count = std::min<int64_t>(count, static_cast<int64_t>(size) * CHAR_BIT);
    is_whole_ = is_whole_ && size > 0;
  }
  if (argument.direction != Direction::kIn && !OnlyReads(call_)) {
    pieces_.at(piece_count_++) = {argument, index, original, copy, size};
  }
  call_.SetPointer(index, copy);
}

void* CallMemory::Move(void* original, size_t size, Direction direction) {
  if (original == nullptr || size == 0 || shared_.Contains(original)) return original;
  void* const copy = arena_.Take(size);
  is_whole_ = is_whole_ && copy != nullptr &&
              (direction == Direction::kOut || CopyFromServer(copy, original, size) == size);
  return copy;
}

size_t CallMemory::RoomForBytes() const {
  return arena_.room() - std::min(arena_.room(), kRoomForTheRest);
}

iovec* CallMemory::MoveParts(iovec* parts, int64_t count, Direction direction) {
  if (count == 0 || shared_.Contains(parts)) return parts;
  is_whole_ = is_whole_ && parts != nullptr && count > 0 && count <= IOV_MAX;
  if (!is_whole_) return nullptr;
  const auto part_count = static_cast<size_t>(count);
  const size_t size = part_count * sizeof(iovec);
  auto* const before = static_cast<iovec*>(arena_.Take(size));
  auto* const copies = static_cast<iovec*>(arena_.Take(size));
  auto* const direct = static_cast<iovec*>(arena_.Take(size));
  is_whole_ = before != nullptr && copies != nullptr && direct != nullptr &&
              CopyFromServer(before, parts, size) == size;
  for (size_t i = 0; i < part_count && is_whole_; ++i) {
    const auto [base, length] = before[i];
    is_whole_ = !IsBeyondMemory(base, length) && (base != nullptr || length == 0);
    copies[i] = direct[i] = before[i];
    if (shared_.Contains(base)) continue;
    copies[i].iov_len = direct[i].iov_len = std::min(length, RoomForBytes());
    copies[i].iov_base = Move(base, copies[i].iov_len, direction);
  }
  parts_ = before;
  part_copies_ = copies;
  direct_parts_ = direct;
  written_parts_ = direction == Direction::kOut ? part_count : 0;
  return copies;
}

msghdr* CallMemory::MoveMessage(msghdr* message, Direction direction) {
  if (shared_.Contains(message)) return message;
  // As it was and as the call has it.
  auto* const before = static_cast<msghdr*>(Move(message, sizeof *message, Direction::kIn));
  auto* const copy = static_cast<msghdr*>(arena_.Take(sizeof *message));
  if (message == nullptr || copy == nullptr || !is_whole_) {
    is_whole_ = false;
    return nullptr;
  }
  *copy = *before;
  copy->msg_iov = MoveParts(before->msg_iov, static_cast<int64_t>(before->msg_iovlen), direction);
  copy->msg_namelen = std::min<socklen_t>(before->msg_namelen, kLongestAddress);
  copy->msg_name = Move(before->msg_name, copy->msg_namelen, direction);
  copy->msg_controllen = std::min(before->msg_controllen, kLongestOption);
  copy->msg_control = Move(before->msg_control, copy->msg_controllen, direction);
  message_ = direction == Direction::kIn ? nullptr : message;
  message_before_ = before;
  message_copy_ = copy;
  return copy;
}

SystemCall CallMemory::Direct(const SystemCall& order) {
  SystemCall direct = order;
  is_direct_ = false;
  if (order.call != call_.call) return direct;
  for (size_t i = 0; i < piece_count_; ++i) {
    const Piece& piece = pieces_.at(i);
    if (piece.argument.kind != ArgumentKind::kBytes) continue;
    if (order.Pointer<void>(piece.index) != piece.copy) continue;
    direct.SetPointer(piece.index, piece.original);
    is_direct_ = true;
  }
  if (written_parts_ == 0) return direct;
  const void* const parts = order.Pointer<void>(1);
  if (message_copy_ != nullptr && parts == message_copy_ &&
      message_copy_->msg_iov == part_copies_) {
    message_copy_->msg_iov = direct_parts_;
    is_direct_ = true;
  } else if (parts == part_copies_) {
    direct.SetPointer(1, direct_parts_);
    is_direct_ = true;
  }
  return direct;
}

void CallMemory::CopyReceived(int64_t result) {
  if (!is_direct_) return;
  if (message_copy_ != nullptr) message_copy_->msg_iov = part_copies_;
  size_t left = static_cast<size_t>(std::max<int64_t>(result, 0));
  for (size_t i = 0; i < piece_count_; ++i) {
    const Piece& piece = pieces_.at(i);
    if (piece.argument.kind != ArgumentKind::kBytes) continue;
    CopyFromServer(piece.copy, piece.original, std::min(piece.size, left));
  }
  for (size_t i = 0; i < written_parts_ && left > 0; ++i) {
    const size_t size = std::min(left, part_copies_[i].iov_len);
    CopyFromServer(part_copies_[i].iov_base, direct_parts_[i].iov_base, size);
    left -= size;
  }
}

bool CallMemory::CopyBack(int64_t result) const {
  bool is_written = true;
  const auto write = [&](void* original, const void* copy, size_t size) {
    if (original == copy || original == nullptr || size == 0) return;
    is_written = CopyToServer(original, copy, size) && is_written;
  };
  const auto count = static_cast<size_t>(std::max<int64_t>(result, 0));
  for (size_t i = 0; i < piece_count_; ++i) {
    const Piece& piece = pieces_.at(i);
    // A call that fails writes nothing but what is left of what it was given.
    if (result == -1 && piece.argument.direction != Direction::kInOut) continue;
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
    write(piece.original, piece.copy, size);
  }
  size_t left = count;
  for (size_t i = 0; i < written_parts_ && left > 0; ++i) {
    const size_t size = std::min(left, part_copies_[i].iov_len);
    write(parts_[i].iov_base, part_copies_[i].iov_base, size);
    left -= size;
  }
  if (result == -1) return true;  // the call has failed for a reason of its own
  if (message_ == nullptr) return is_written;
  const msghdr& before = *message_before_;
  msghdr after = before;
  after.msg_namelen = message_copy_->msg_namelen;
  after.msg_controllen = message_copy_->msg_controllen;
  after.msg_flags = message_copy_->msg_flags;
  write(before.msg_name, message_copy_->msg_name,
        std::min({before.msg_namelen, after.msg_namelen, static_cast<socklen_t>(kLongestAddress)}));
  write(before.msg_control, message_copy_->msg_control,
        std::min({before.msg_controllen, after.msg_controllen, kLongestOption}));
  write(message_, &after, sizeof after);
  return is_written;
}

}  // namespace hupstorm::held
