#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "kernel/trace/format_value.h"
#include "kernel/trace/symbols.h"
#include "kernel/trace/trace_recorder.h"
#include "kernel/user_memory.h"

namespace hupstorm {
namespace {

constexpr int kShownEvents = 64;
constexpr int kShownMessages = 16;
constexpr size_t kUsualLine = 96;  // characters, of nearly all lines
// A number that an epoll event's data may well be: no pointer is so small.
constexpr uint64_t kLargestPlausibleFd = 1 << 20;

// Builds a line: name, arguments in order, result.
class Line {
 public:
  Line(const SystemCall& call, const EpollDataNames* names, const SelectQuestion* asked)
      : call_(call), names_(names), asked_(asked) {
    text_.reserve(kUsualLine);
    text_ = CallName(call.call);
    text_ += '(';
  }

  std::string Take() {
    const CallRow& row = RowOf(call_.call);
    for (size_t i = 0; i < row.argument_count(); ++i) AddArgument(row.arguments[i], i);
    text_ += ") = ";
    AddResult();
    return std::move(text_);
  }

 private:
  bool ok() const { return call_.result != -1; }
  bool ok_or(int error) const { return ok() || call_.error == error; }
  // MSG_TRUNC counts bytes that the buffer never held.
  size_t moved() const {
    return ok() ? std::min(static_cast<size_t>(ResultInBytes(call_)), BytesAsked(call_)) : 0;
  }

  void Add(std::string_view argument) {
    if (!first_) text_ += ", ";
    first_ = false;
    text_ += argument;
  }
  void Add(int64_t number) {
    const fmt::format_int digits(number);
    Add({digits.data(), digits.size()});
  }

  // An argument in memory, shown by `format` if it is known to be readable.
  template <typename T, typename Format>
  void AddMemory(size_t index, bool readable, Format&& format) {
    const auto* const memory = call_.Pointer<const T>(index);
    if (memory == nullptr) {
      Add("NULL");
    } else if (!readable || !CanRead(memory, sizeof *memory)) {
      Add("...");
    } else {
      Add(format(*memory));
    }
  }

  void AddTime(size_t index, bool readable) {
    AddMemory<timespec>(index, readable, [](const timespec& value) {
      return fmt::format("{{{}s}}", FormatSeconds(value));
    });
  }

  void AddFcntlArgument() {
    const int argument = call_.Int(2);
    switch (call_.Int(1)) {
      case F_GETFD:
      case F_GETFL:
        return;
      case F_SETFL:
        return Add(StatusFlagNames(argument));
      case F_SETFD:
        return Add(argument == FD_CLOEXEC ? "FD_CLOEXEC" : std::to_string(argument));
      default:
        return Add(int64_t{argument});
    }
  }

  void AddIoctlArgument() {
    const size_t request = call_.Size(1);
    const bool takes_int =
        request == FIONBIO || request == FIONREAD || request == SIOCATMARK || request == TIOCOUTQ;
    AddMemory<int>(2, ok() && takes_int,
                   [](const int& value) { return fmt::format("[{}]", value); });
  }

  void AddEvents(size_t index) {
    const auto* const events = call_.Pointer<const epoll_event>(index);
    if (!ok()) return Add(events == nullptr ? "NULL" : "...");
    const int count = static_cast<int>(call_.result);
    std::string text = "[";
    for (int i = 0; i < std::min(count, kShownEvents); ++i) {
      const epoll_event event = events[i];
      if (i > 0) text += ", ";
      text += '{' + EpollEventNames(event.events) + ", " + EventFd(event.data.u64) + '}';
    }
    Add(text + (count > kShownEvents ? ", ...]" : "]"));
  }

  void AddMessages(size_t index) {
    const auto* const messages = call_.Pointer<const mmsghdr>(index);
    if (!ok()) return Add(messages == nullptr ? "NULL" : "...");
    std::string text = "[";
    for (int64_t i = 0; i < std::min<int64_t>(call_.result, kShownMessages); ++i) {
      const auto& [header, length] = messages[i];
      if (i > 0) text += ", ";
      text +=
          fmt::format("{{{}, {}}}", FormatParts(header.msg_iov, header.msg_iovlen, length), length);
    }
    Add(text + (call_.result > kShownMessages ? ", ...]" : "]"));
  }

  std::string EventFd(uint64_t data) const {
    const int fd = names_ == nullptr ? -1 : names_->Find(call_.Int(0), data);
    if (fd != -1) return std::to_string(fd);
    return data <= kLargestPlausibleFd ? std::to_string(data) : "?";
  }

  void AddAddress(const Argument& argument, size_t index);
  void AddArgument(const Argument& argument, size_t index);
  void AddPointedTo(const Argument& argument, size_t index);
  void AddResult();

  const SystemCall& call_;
  const EpollDataNames* names_;
  const SelectQuestion* asked_;
  std::string text_;
  bool first_ = true;
};

void Line::AddArgument(const Argument& argument, size_t index) {
  const int value = call_.Int(index);
  switch (argument.kind) {
    case ArgumentKind::kFd:
    case ArgumentKind::kInt:
      return Add(int64_t{value});
    case ArgumentKind::kUnsigned:
      return Add(int64_t{static_cast<unsigned>(value)});
    case ArgumentKind::kCount:
    case ArgumentKind::kSize:
      return Add(call_.arguments[index]);
    case ArgumentKind::kPartCount:
      return Add(static_cast<int64_t>(BytesAsked(call_)));
    case ArgumentKind::kDomain:
      return Add(DomainName(value));
    case ArgumentKind::kSocketType:
      return Add(SocketTypeNames(value));
    case ArgumentKind::kHow:
      return Add(ShutdownName(value));
    case ArgumentKind::kLevel:
      return Add(OptionLevelName(value));
    case ArgumentKind::kOptionName:
      return Add(OptionName(call_.Int(index - 1), value));
    case ArgumentKind::kMessageFlags:
      return Add(MessageFlagNames(value));
    case ArgumentKind::kOpenFlags:
      return Add(CreationFlagNames("O", value));
    case ArgumentKind::kSocketFlags:
      return Add(CreationFlagNames("SOCK", value));
    case ArgumentKind::kEpollFlags:
      return Add(CreationFlagNames("EPOLL", value));
    case ArgumentKind::kEventfdFlags:
      return Add(CreationFlagNames("EFD", value));
    case ArgumentKind::kTimerfdFlags:
      return Add(CreationFlagNames("TFD", value));
    case ArgumentKind::kSignalfdFlags:
      return Add(CreationFlagNames("SFD", value));
    case ArgumentKind::kSettimeFlags:
      return Add(TimerfdFlagNames(value));
    case ArgumentKind::kFcntlCommand:
      return Add(FcntlCommandName(value));
    case ArgumentKind::kFcntlArgument:
      return AddFcntlArgument();
    case ArgumentKind::kIoctlRequest:
      return Add(IoctlRequestName(call_.Size(index)));
    case ArgumentKind::kEpollOperation:
      return Add(EpollOperationName(value));
    case ArgumentKind::kClock:
      return Add(ClockName(value));
    case ArgumentKind::kSignal:
      return Add(SignalName(value));
    default:
      return AddPointedTo(argument, index);
  }
}

void Line::AddPointedTo(const Argument& argument, size_t index) {
  switch (argument.kind) {
    case ArgumentKind::kIoctlArgument:
      return AddIoctlArgument();
    case ArgumentKind::kBytes:
      return AddMemory<char>(index, ok(), [&](const char& first) {
        return FormatBytes({&first, moved()}, moved());
      });
    case ArgumentKind::kParts:
      return AddMemory<iovec>(index, ok(), [&](const iovec& parts) {
        return FormatParts(&parts, call_.Size(index + 1), moved());
      });
    case ArgumentKind::kMessage:
      AddMemory<msghdr>(index, ok(), [&](const msghdr& message) {
        return FormatParts(message.msg_iov, message.msg_iovlen, moved());
      });
      return Add(static_cast<int64_t>(BytesAsked(call_)));
    case ArgumentKind::kMessages:
      return AddMessages(index);
    case ArgumentKind::kAddress:
      return AddAddress(argument, index);
    case ArgumentKind::kOption:
      return AddMemory<char>(index, ok(), [&](const char& value) {
        return FormatOption(call_.Int(1), call_.Int(2), &value,
                            static_cast<socklen_t>(BytesAt(call_, index)));
      });
    case ArgumentKind::kFdPair:
      return AddMemory<int>(index, ok(), [](const int& first) {
        return fmt::format("[{}, {}]", first, *(&first + 1));
      });
    case ArgumentKind::kFdSet:
      return Add(call_.arguments[index] == 0 ? "NULL"
                                             : FormatSet(asked_->sets[index - 1], call_.Int(0)));
    case ArgumentKind::kTimeval:
      return Add(asked_->timeout_ms == -1 ? "NULL" : fmt::format("{}ms", asked_->timeout_ms));
    case ArgumentKind::kPollFds:
      // If it was interrupted the set was read, too.
      return AddMemory<pollfd>(index, ok_or(EINTR), [&](const pollfd& fds) {
        return FormatPollFds(&fds, call_.Size(index + 1), ok());
      });
    case ArgumentKind::kEpollEvent:
      if (call_.Int(1) == EPOLL_CTL_DEL) return;
      // Read first of all (fs/eventpoll.c, the system call itself).
      return AddMemory<epoll_event>(
          index, ok() || call_.error != EFAULT,
          [](const epoll_event& event) { return '{' + EpollEventNames(event.events) + '}'; });
    case ArgumentKind::kEpollEvents:
      return AddEvents(index);
    case ArgumentKind::kTimer:
      return AddMemory<itimerspec>(index, ok(), FormatTimer);
    case ArgumentKind::kTime:
      return AddTime(index, argument.direction == Direction::kIn ? ok_or(EINTR) : ok());
    case ArgumentKind::kTimeLeft:
      return AddTime(index, !ok() && call_.error == EINTR);
    case ArgumentKind::kSignalSet:
      return AddMemory<uint64_t>(index, ok(), FormatSignals);
    case ArgumentKind::kOffset:
      return AddMemory<off_t>(index, ok(),
                              [](const off_t& offset) { return fmt::format("[{}]", offset); });
    case ArgumentKind::kLimit:
      return AddMemory<rlimit>(index, ok(), [](const rlimit& limit) {
        return fmt::format("{{{}, {}}}", limit.rlim_cur, limit.rlim_max);
      });
    case ArgumentKind::kAction:
      return AddMemory<struct sigaction>(index, ok(), FormatAction);
    default:  // lengths, which show with what they measure
      return;
  }
}

void Line::AddAddress(const Argument& argument, size_t index) {
  const bool given = argument.direction == Direction::kIn;
  if (!given && call_.arguments[static_cast<size_t>(argument.counted_by)] == 0) return Add("NULL");
  // The kernel reads one before it judges the call (net/socket.c move_addr_to_kernel).
  const bool read = given && call_.error != EFAULT && call_.error != EBADF &&
                    call_.error != ENOTSOCK && call_.error != EINVAL;
  AddMemory<sockaddr>(index, ok() || read, [&](const sockaddr& address) {
    return FormatAddress(&address, static_cast<socklen_t>(BytesAt(call_, index)));
  });
}

void Line::AddResult() {
  if (!ok()) {
    const char* const description = strerrordesc_np(call_.error);
    fmt::format_to(std::back_inserter(text_), "-1 {} ({})", ErrorName(call_.error),
                   description == nullptr ? "Unknown error" : description);
    return;
  }
  text_ += std::to_string(call_.result);
  if (call_.call == Call::kFcntl && call_.Int(1) == F_GETFL) {
    text_ += " (" + StatusFlagNames(static_cast<int>(call_.result)) + ')';
  }
  if (call_.call != Call::kSelect || call_.result == 0) return;
  static constexpr const char* kNames[] = {"in", "out", "except"};
  std::string found;
  for (size_t i = 0; i < 3; ++i) {
    const auto* const answer = call_.Pointer<const fd_set>(i + 1);
    if (answer == nullptr) continue;
    const std::string set = FormatSet(*answer, call_.Int(0));
    if (set == "[]") continue;
    found += (found.empty() ? "" : ", ") + std::string(kNames[i]) + ' ' + set;
  }
  text_ += " (" + found + ')';
}

}  // namespace

std::string FormatCall(const SystemCall& call, const EpollDataNames* names,
                       const SelectQuestion* asked) {
  return Line(call, names, asked).Take();
}

}  // namespace hupstorm
