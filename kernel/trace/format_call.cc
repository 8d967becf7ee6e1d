#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>

#include "kernel/trace/format_value.h"
#include "kernel/trace/symbols.h"
#include "kernel/trace/trace_recorder.h"

namespace hupstorm {
namespace {

constexpr int kShownEvents = 64;
constexpr size_t kUsualLine = 96;  // characters, of nearly all lines
// A number that an epoll event's data may well be: no pointer is so small.
constexpr uint64_t kLargestPlausibleFd = 1 << 20;

// Builds a line: name, arguments in order, result.
class Line {
 public:
  Line(const CallRecord& call, const EpollDataNames* names) : call_(call), names_(names) {
    text_.reserve(kUsualLine);
    text_ = CallName(call.call);
    text_ += '(';
  }

  std::string Take() {
    AddArguments();
    text_ += ") = ";
    AddResult();
    return std::move(text_);
  }

 private:
  bool ok() const { return call_.result != -1; }
  // MSG_TRUNC counts bytes that the buffer never held.
  size_t moved() const {
    return ok() ? std::min(static_cast<size_t>(call_.result), call_.length) : 0;
  }
  int Length() const { return static_cast<int>(call_.length); }

  void Add(std::string_view argument) {
    if (!first_) text_ += ", ";
    first_ = false;
    text_ += argument;
  }
  void Add(int64_t number) { Add(std::to_string(number)); }

  // An argument in memory, shown by `format` where it is known to be readable.
  template <typename T, typename Format>
  void AddMemory(const void* memory, bool readable, Format&& format) {
    if (memory == nullptr) {
      Add("NULL");
    } else if (!readable) {
      Add("...");
    } else {
      Add(format(*static_cast<const T*>(memory)));
    }
  }

  void AddBytes() {
    AddMemory<char>(call_.buffer, ok(), [&](const char& first) {
      return FormatBytes({&first, moved()}, moved());
    });
  }
  void AddMessage() {
    AddMemory<msghdr>(call_.buffer, ok(), [&](const msghdr& message) {
      return FormatParts(message.msg_iov, message.msg_iovlen, moved());
    });
  }
  void AddParts() {
    AddMemory<iovec>(call_.buffer, ok(), [&](const iovec& parts) {
      return FormatParts(&parts, static_cast<size_t>(call_.other), moved());
    });
  }
  // An address that the kernel filled in, and its length.
  void AddAddressResult() {
    if (call_.buffer == nullptr || call_.extra == nullptr) {
      Add("NULL");
    } else {
      AddMemory<sockaddr>(call_.buffer, ok(), [&](const sockaddr& address) {
        return FormatAddress(&address, *static_cast<const socklen_t*>(call_.extra));
      });
    }
  }
  // An address that the kernel read before it judged the call (net/socket.c move_addr_to_kernel).
  void AddAddress() {
    const bool read = ok() || (call_.error != EFAULT && call_.error != EBADF &&
                               call_.error != ENOTSOCK && call_.error != EINVAL);
    AddMemory<sockaddr>(call_.buffer, read, [&](const sockaddr& address) {
      return FormatAddress(&address, static_cast<socklen_t>(call_.length));
    });
  }
  void AddPair() {
    AddMemory<int>(call_.buffer, ok(),
                   [](const int& first) { return fmt::format("[{}, {}]", first, *(&first + 1)); });
  }
  void AddTime(const void* time, bool readable) {
    AddMemory<timespec>(time, readable, [](const timespec& value) {
      return fmt::format("{{{}s}}", FormatSeconds(value));
    });
  }
  void AddTimer(const void* timer) { AddMemory<itimerspec>(timer, ok(), FormatTimer); }
  void AddAction(const void* action) { AddMemory<struct sigaction>(action, ok(), FormatAction); }

  void AddFcntl() {
    Add(FcntlCommandName(call_.flags));
    switch (call_.flags) {
      case F_GETFD:
      case F_GETFL:
        return;
      case F_SETFL:
        return Add(StatusFlagNames(Length()));
      case F_SETFD:
        return Add(Length() == FD_CLOEXEC ? "FD_CLOEXEC" : std::to_string(Length()));
      default:
        return Add(int64_t{Length()});
    }
  }

  void AddIoctl() {
    Add(IoctlRequestName(call_.length));
    const bool takes_int = call_.length == FIONBIO || call_.length == FIONREAD ||
                           call_.length == SIOCATMARK || call_.length == TIOCOUTQ;
    AddMemory<int>(call_.buffer, ok() && takes_int,
                   [](const int& value) { return fmt::format("[{}]", value); });
  }

  void AddSelect() {
    const auto& sets = *static_cast<const SelectSets*>(call_.buffer);
    Add(int64_t{Length()});
    for (int i = 0; i < 3; ++i) {
      Add(sets.sets[i] == nullptr ? "NULL" : FormatSet(sets.asked[i], Length()));
    }
    Add(call_.other == -1 ? "NULL" : fmt::format("{}ms", call_.other));
  }

  void AddEvents() {
    if (!ok()) return Add(call_.buffer == nullptr ? "NULL" : "...");
    const auto* events = static_cast<const epoll_event*>(call_.buffer);
    const int count = static_cast<int>(call_.result);
    std::string text = "[";
    for (int i = 0; i < std::min(count, kShownEvents); ++i) {
      const epoll_event event = events[i];
      if (i > 0) text += ", ";
      text += '{' + EpollEventNames(event.events) + ", " + EventFd(event.data.u64) + '}';
    }
    Add(text + (count > kShownEvents ? ", ...]" : "]"));
  }

  std::string EventFd(uint64_t data) const {
    const int fd = names_ == nullptr ? -1 : names_->Find(call_.fd, data);
    if (fd != -1) return std::to_string(fd);
    return data <= kLargestPlausibleFd ? std::to_string(data) : "?";
  }

  void AddControl() {
    Add(EpollOperationName(call_.flags));
    Add(int64_t{call_.other});
    if (call_.flags == EPOLL_CTL_DEL) return;
    // Read first of all (fs/eventpoll.c, the system call itself).
    AddMemory<epoll_event>(
        call_.buffer, ok() || call_.error != EFAULT,
        [](const epoll_event& event) { return '{' + EpollEventNames(event.events) + '}'; });
  }

  void AddArguments();
  void AddArgumentsAfterFd();
  void AddResult();

  const CallRecord& call_;
  const EpollDataNames* names_;
  std::string text_;
  bool first_ = true;
};

void Line::AddArguments() {
  switch (call_.call) {
    case Call::kSocket:
    case Call::kSocketpair:
      Add(DomainName(call_.flags));
      Add(SocketTypeNames(call_.other));
      Add(int64_t{Length()});
      if (call_.call == Call::kSocketpair) AddPair();
      return;
    case Call::kPipe2:
      AddPair();
      return Add(CreationFlagNames("O", call_.flags));
    case Call::kSelect:
      return AddSelect();
    case Call::kPoll:
      // Where it was interrupted the set was read, too.
      AddMemory<pollfd>(call_.buffer, ok() || call_.error == EINTR,
                        [&](const pollfd& fds) { return FormatPollFds(&fds, call_.length, ok()); });
      Add(static_cast<int64_t>(call_.length));
      return Add(int64_t{call_.other});
    case Call::kEpollCreate1:
      return Add(CreationFlagNames("EPOLL", call_.flags));
    case Call::kEventfd:
      Add(static_cast<int64_t>(call_.length));
      return Add(CreationFlagNames("EFD", call_.flags));
    case Call::kTimerfdCreate:
      Add(ClockName(call_.other));
      return Add(CreationFlagNames("TFD", call_.flags));
    case Call::kClockGettime:
      Add(ClockName(call_.other));
      return AddTime(call_.buffer, ok());
    case Call::kNanosleep:
      AddTime(call_.buffer, ok() || call_.error == EINTR);
      return AddTime(call_.extra, !ok() && call_.error == EINTR);
    case Call::kSigaction:
      Add(SignalName(call_.other));
      AddAction(call_.buffer);
      return AddAction(call_.extra);
    default:
      Add(int64_t{call_.fd});
      return AddArgumentsAfterFd();
  }
}

void Line::AddArgumentsAfterFd() {
  switch (call_.call) {
    case Call::kBind:
    case Call::kConnect:
      return AddAddress();
    case Call::kListen:
      return Add(int64_t{Length()});
    case Call::kAccept:
      AddAddressResult();
      return Add(CreationFlagNames("SOCK", call_.flags));
    case Call::kShutdown:
      return Add(ShutdownName(call_.flags));
    case Call::kGetsockname:
    case Call::kGetpeername:
      return AddAddressResult();
    case Call::kGetsockopt:
      Add(OptionLevelName(call_.other));
      Add(OptionName(call_.other, call_.flags));
      return AddMemory<char>(call_.buffer, ok(), [&](const char& value) {
        return FormatOption(call_.other, call_.flags, &value,
                            *static_cast<const socklen_t*>(call_.extra));
      });
    case Call::kSetsockopt:
      Add(OptionLevelName(call_.other));
      Add(OptionName(call_.other, call_.flags));
      return AddMemory<char>(call_.buffer, ok(), [&](const char& value) {
        return FormatOption(call_.other, call_.flags, &value, static_cast<socklen_t>(call_.length));
      });
    case Call::kRecv:
    case Call::kSend:
      AddBytes();
      Add(static_cast<int64_t>(call_.length));
      return Add(MessageFlagNames(call_.flags));
    case Call::kRecvmsg:
    case Call::kSendmsg:
      AddMessage();
      Add(static_cast<int64_t>(call_.length));
      return Add(MessageFlagNames(call_.flags));
    case Call::kRead:
    case Call::kWrite:
      AddBytes();
      return Add(static_cast<int64_t>(call_.length));
    case Call::kReadv:
    case Call::kWritev:
      AddParts();
      return Add(static_cast<int64_t>(call_.length));
    case Call::kFcntl:
      return AddFcntl();
    case Call::kIoctl:
      return AddIoctl();
    case Call::kDup3:
      Add(int64_t{call_.other});
      return Add(CreationFlagNames("O", call_.flags));
    case Call::kEpollCtl:
      return AddControl();
    case Call::kEpollWait:
      AddEvents();
      Add(int64_t{Length()});
      return Add(int64_t{call_.other});
    case Call::kTimerfdSettime:
      Add(TimerfdFlagNames(call_.flags));
      AddTimer(call_.buffer);
      return AddTimer(call_.extra);
    case Call::kTimerfdGettime:
      return AddTimer(call_.buffer);
    default:  // close, dup: nothing more
      return;
  }
}

void Line::AddResult() {
  if (!ok()) {
    const char* const description = strerrordesc_np(call_.error);
    fmt::format_to(std::back_inserter(text_), "-1 {} ({})", ErrorName(call_.error),
                   description == nullptr ? "Unknown error" : description);
    return;
  }
  text_ += std::to_string(call_.result);
  if (call_.call == Call::kFcntl && call_.flags == F_GETFL) {
    text_ += " (" + StatusFlagNames(static_cast<int>(call_.result)) + ')';
  }
  if (call_.call != Call::kSelect || call_.result == 0) return;
  const auto& sets = *static_cast<const SelectSets*>(call_.buffer);
  static constexpr const char* kNames[] = {"in", "out", "except"};
  std::string found;
  for (int i = 0; i < 3; ++i) {
    if (sets.sets[i] == nullptr) continue;
    const std::string set = FormatSet(*sets.sets[i], Length());
    if (set == "[]") continue;
    found += (found.empty() ? "" : ", ") + std::string(kNames[i]) + ' ' + set;
  }
  text_ += " (" + found + ')';
}

}  // namespace

std::string FormatCall(const CallRecord& call, const EpollDataNames* names) {
  return Line(call, names).Take();
}

}  // namespace hupstorm
