// A program as a test of tests/kernel/conformance.

#include <ctype.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

#include "kernel/trace/symbols.h"
#include "tools/conform/machine.h"
#include "tools/conform/report.h"

namespace hupstorm::conform {
namespace {

class Writer {
 public:
  explicit Writer(const Shrunk& shrunk) : shrunk_(shrunk), program_(shrunk.program) {}

  std::string Write() {
    for (index_ = 0; index_ <= shrunk_.mismatch.operation; ++index_) {
      const bool last = index_ == shrunk_.mismatch.operation;
      const Step& step = shrunk_.steps[index_];
      if (!last && !step.made) continue;
      Call(program_.operations[index_], last ? shrunk_.mismatch.host : step.host);
      if (!last) AwaitNews(step.readiness);
    }
    if (shrunk_.mismatch.of_readiness) {
      const std::string fd = Fd(shrunk_.mismatch.slot, index_);
      const uint32_t events = shrunk_.mismatch.host_events;
      if (events != 0) Line("Await({}, {});", fd, Poll(events));
      Line("EXPECT_EQ(Ready({}), {});", fd, Poll(events));
    }
    std::string text = fmt::format(
        "// Program {} of seed {}: {}.\nTEST_P(KernelTest, ProgramOfSeed{}Number{}) {{\n",
        program_.index, program_.seed, shrunk_.mismatch.kind, program_.seed, program_.index);
    if (needs_nobody_) {
      text +=
          "  sockaddr_in nobody = {};\n  nobody.sin_family = AF_INET;\n"
          "  nobody.sin_addr.s_addr = htonl(INADDR_LOOPBACK);\n  nobody.sin_port = htons(1);\n";
    }
    return text + body_ + "}\n";
  }

 private:
  template <typename... Arguments>
  void Line(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    body_ += "  " + fmt::format(format, std::forward<Arguments>(arguments)...) + "\n";
  }

  static std::string Poll(uint32_t events) {
    return fmt::format("Events{{{}}}", PollEventNames(static_cast<int>(events)));
  }
  static std::string Epoll(uint32_t events) {
    return fmt::format("Events{{{}}}", EpollEventNames(events));
  }
  static std::string Matcher(const Outcome& outcome) {
    if (outcome.result != -1) return fmt::format("SyscallSucceedsWithValue({})", outcome.result);
    return fmt::format("SyscallFailsWith({})", ErrorName(outcome.error));
  }

  std::string Name(int slot, size_t before) const { return SlotName(program_, slot, before); }
  std::string Made(int slot) const { return Name(slot, index_ + 1); }
  // An expression for the number in a slot.
  std::string Fd(int slot, size_t before) const {
    if (slot == kNoSlot || !declared_[static_cast<size_t>(slot)]) return "-1";
    const std::string name = Name(slot, before);
    return name.starts_with("listener") ? name + ".fd" : name;
  }
  std::string Fd(int slot) const { return Fd(slot, index_); }

  void Expect(const std::string& call, const Outcome& outcome) {
    Line("EXPECT_THAT({}, {});", call, Matcher(outcome));
  }

  void MakeOne(const Operation& op, const std::string& call, const Outcome& outcome) {
    if (outcome.result == -1) {
      Expect(call, outcome);
      return;
    }
    Declare(op.made, call);
    Line("EXPECT_THAT(int{{{}}}, SyscallSucceeds());", Made(op.made));
  }

  void Declare(int slot, const std::string& number) {
    bool& declared = declared_[static_cast<size_t>(slot)];
    if (declared) {
      Line("{} = Fd(kernel, {});", Made(slot), number);
    } else {
      Line("Fd {}(kernel, {});", Made(slot), number);
    }
    declared = true;
  }

  void MakeTwo(const Operation& op, const std::string& call, const Outcome& outcome) {
    Line("int fds{}[2] = {{}};", op.made);
    Expect(fmt::format(fmt::runtime(call), op.made), outcome);
    Declare(op.made, fmt::format("fds{}[0]", op.made));
    Declare(op.other, fmt::format("fds{}[1]", op.made));
  }

  // Declares what is sent; gives a pointer to it.
  std::string BytesToSend(const Operation& op) {
    if (Name(op.slot, index_).starts_with("eventfd") && op.size == sizeof(uint64_t)) {
      Line("uint64_t bytes{} = 1;", index_);
      return fmt::format("reinterpret_cast<char*>(&bytes{})", index_);
    }
    const uint64_t position = sent_[static_cast<size_t>(op.slot == kNoSlot ? 0 : op.slot)];
    std::string bytes;
    for (int i = 0; i < op.size; ++i) {
      bytes += static_cast<char>(PatternByte(position + static_cast<uint64_t>(i)));
    }
    Line("char bytes{}[] = \"{}\";", index_, bytes);
    return fmt::format("bytes{}", index_);
  }

  void Transfer(const Operation& op, const Outcome& outcome) {
    const bool send = op.code <= Code::kSendmsg;
    const std::string fd = Fd(op.slot);
    const bool vector = op.code == Code::kWritev || op.code == Code::kSendmsg ||
                        op.code == Code::kReadv || op.code == Code::kRecvmsg;
    const bool flags = op.code == Code::kSend || op.code == Code::kRecv;
    if (!send) Line("char bytes{}[{}] = {{}};", index_, op.size > 0 ? op.size : 1);
    const std::string buffer = send ? BytesToSend(op) : fmt::format("bytes{}", index_);
    static constexpr const char* kCalls[] = {"Send", "Write", "Writev", "Sendmsg",
                                             "Recv", "Read",  "Readv",  "Recvmsg"};
    const char* call = kCalls[static_cast<int>(op.code) - static_cast<int>(Code::kSend)];
    if (vector) {
      Line("iovec parts{}[] = {{{{{}, {}}}, {{{} + {}, {}}}}};", index_, buffer, op.size / 3,
           buffer, op.size / 3, op.size - op.size / 3);
    }
    const std::string flag_text = MessageFlagNames(static_cast<int>(op.flags));
    if (op.code == Code::kSendmsg || op.code == Code::kRecvmsg) {
      Line("msghdr message{} = {{}};", index_);
      Line("message{}.msg_iov = parts{};", index_, index_);
      Line("message{}.msg_iovlen = 2;", index_);
      Expect(fmt::format("kernel.{}({}, &message{}, {})", call, fd, index_, flag_text), outcome);
      if (!send && outcome.result >= 0) {
        Line("EXPECT_EQ(message{}.msg_flags, {});", index_,
             MessageFlagNames(static_cast<int>(outcome.values[0])));
      }
    } else if (vector) {
      Expect(fmt::format("kernel.{}({}, parts{}, 2)", call, fd, index_), outcome);
    } else if (flags) {
      Expect(fmt::format("kernel.{}({}, {}, {}, {})", call, fd, buffer, op.size, flag_text),
             outcome);
    } else {
      Expect(fmt::format("kernel.{}({}, {}, {})", call, fd, buffer, op.size), outcome);
    }
    if (send && outcome.result > 0 && op.slot != kNoSlot) {
      sent_[static_cast<size_t>(op.slot)] += static_cast<uint64_t>(outcome.result);
    }
    const bool legible =
        std::all_of(outcome.bytes.begin(), outcome.bytes.end(),
                    [](std::byte byte) { return isalnum(static_cast<unsigned char>(byte)) != 0; });
    if (!send && legible && !outcome.bytes.empty()) {
      Line("EXPECT_EQ(std::string(bytes{}, {}), \"{}\");", index_, outcome.result,
           std::string(reinterpret_cast<const char*>(outcome.bytes.data()), outcome.bytes.size()));
    }
  }

  void Option(const Operation& op, const Outcome& outcome) {
    const conform::Option& option = Options()[op.flags];
    if (option.level == SOL_SOCKET && option.name == SO_LINGER) {
      if (op.code == Code::kSetOption) {
        Line("SetLinger({}, {}, {});", Fd(op.slot), op.value >= 0, op.value > 0 ? op.value : 0);
      }
      return;
    }
    Line("int value{} = {};", index_, op.code == Code::kSetOption ? op.value : -1);
    if (op.code == Code::kSetOption) {
      Expect(fmt::format("kernel.Setsockopt({}, {}, {}, &value{}, sizeof(int))", Fd(op.slot),
                         option.level_name, option.text, index_),
             outcome);
      return;
    }
    Line("socklen_t length{} = sizeof(int);", index_);
    Expect(fmt::format("kernel.Getsockopt({}, {}, {}, &value{}, &length{})", Fd(op.slot),
                       option.level_name, option.text, index_, index_),
           outcome);
    if (outcome.value_count > 1) Line("EXPECT_EQ(value{}, {});", index_, outcome.values[1]);
  }

  void Control(const Operation& op, const Outcome& outcome) {
    Line("int value{} = -1;", index_);
    Expect(fmt::format("kernel.Ioctl({}, {}, &value{})", Fd(op.slot), CodeName(op.code), index_),
           outcome);
    if (outcome.value_count > 0) Line("EXPECT_EQ(value{}, {});", index_, outcome.values[0]);
  }

  void EpollWait(const Operation& op, const Outcome& outcome) {
    if (outcome.result < 0) {
      Line("epoll_event events{}[64];", index_);
      Expect(fmt::format("kernel.EpollWait({}, events{}, {}, 0)", Fd(op.slot), index_, op.size),
             outcome);
      return;
    }
    std::string events;
    for (const Seen& seen : outcome.events) {
      events += fmt::format("{}Event{{{}, {}}}", events.empty() ? "" : ", ",
                            Fd(static_cast<int>(seen.data % 100)), Epoll(seen.events));
    }
    Line("EXPECT_THAT(EpollNow({}, {}), testing::ElementsAre({}));", Fd(op.slot), op.size, events);
  }

  void PollCall(const Operation& op, const Outcome& outcome) {
    Line("pollfd fds{}[] = {{", index_);
    for (size_t i = 0; i < op.watched_count; ++i) {
      // poll passes over -1, which a closed Fd is.
      const bool closed = i < outcome.events.size() && (outcome.events[i].events & POLLNVAL) != 0;
      Line("    {{{}, {}, 0}},", closed ? "1'000'000" : Fd(op.watched[i].slot),
           PollEventNames(op.watched[i].events));
    }
    Line("}};");
    Expect(fmt::format("kernel.Poll(fds{}, {}, 0)", index_, op.watched_count), outcome);
    for (size_t i = 0; i < outcome.events.size(); ++i) {
      Line("EXPECT_EQ(fds{}[{}].revents, {});", index_, i,
           PollEventNames(static_cast<int>(outcome.events[i].events)));
    }
  }

  void SelectCall(const Operation& op, const Outcome& outcome) {
    static constexpr const char* kSets[] = {"readable", "writable", "exceptional"};
    static constexpr uint32_t kEvents[] = {POLLIN, POLLOUT, POLLPRI};
    for (const char* set : kSets) Line("fd_set {}{} = {{}};", set, index_);
    for (size_t i = 0; i < op.watched_count; ++i) {
      for (size_t set = 0; set < 3; ++set) {
        if ((op.watched[i].events & kEvents[set]) == 0 || Fd(op.watched[i].slot) == "-1") continue;
        Line("FD_SET({}, &{}{});", Fd(op.watched[i].slot), kSets[set], index_);
      }
    }
    Line("timeval at_once{} = {{}};", index_);
    Expect(fmt::format("kernel.Select(FD_SETSIZE, &readable{0}, &writable{0}, &exceptional{0}, "
                       "&at_once{0})",
                       index_),
           outcome);
    for (const Seen& seen : outcome.events) {
      for (size_t set = 0; set < 3; ++set) {
        Line("EXPECT_EQ(FD_ISSET({}, &{}{}) != 0, {});", Fd(static_cast<int>(seen.data)),
             kSets[set], index_, (seen.events & kEvents[set]) != 0);
      }
    }
  }

  void Call(const Operation& op, const Outcome& outcome);
  void AwaitNews(const std::vector<Seen>& readiness);

  const Shrunk& shrunk_;
  const Program& program_;
  size_t index_ = 0;
  std::string body_;
  bool needs_nobody_ = false;
  std::array<bool, kSlots> declared_ = {};
  std::array<uint64_t, kSlots> sent_ = {};
  std::array<uint32_t, kSlots> ready_ = {};
};

void Writer::Call(const Operation& op, const Outcome& outcome) {
  const int flags = static_cast<int>(op.flags);
  const std::string fd = Fd(op.slot);
  const std::string other = Fd(op.other);
  switch (op.code) {
    case Code::kListener:
      declared_[static_cast<size_t>(op.made)] = true;
      Line("Listener {} = Listen({});", Made(op.made), op.size);
      Line("SetOption({}.fd, IPPROTO_TCP, TCP_NODELAY, 1);", Made(op.made));
      break;
    case Code::kSocket:
      declared_[static_cast<size_t>(op.made)] = true;
      Line("Fd {} = TcpSocket({});", Made(op.made), CreationFlagNames("SOCK", flags));
      Line("SetOption({}, IPPROTO_TCP, TCP_NODELAY, 1);", Made(op.made));
      break;
    case Code::kAccept:
      MakeOne(op, fmt::format("kernel.Accept4({}, nullptr, nullptr, {})", fd, flags), outcome);
      break;
    case Code::kDup:
      MakeOne(op, fmt::format("kernel.Dup({})", fd), outcome);
      break;
    case Code::kPipe:
      MakeTwo(op, "kernel.Pipe2(fds{0}, " + CreationFlagNames("O", flags) + ")", outcome);
      break;
    case Code::kSocketpair:
      MakeTwo(op,
              "kernel.Socketpair(AF_UNIX, " + SocketTypeNames(SOCK_STREAM | flags) + ", 0, fds{0})",
              outcome);
      break;
    case Code::kEventfd:
      MakeOne(op, fmt::format("kernel.Eventfd({}, {})", op.value, flags), outcome);
      break;
    case Code::kTimerfd:
      MakeOne(op, fmt::format("kernel.TimerfdCreate(CLOCK_MONOTONIC, {})", flags), outcome);
      break;
    case Code::kEpoll:
      declared_[static_cast<size_t>(op.made)] = true;
      Line("Fd {} = NewEpoll();", Made(op.made));
      break;
    case Code::kConnect: {
      const std::string to = Name(op.other, index_);
      const bool listener = to.starts_with("listener");
      needs_nobody_ = needs_nobody_ || !listener;
      Expect(fmt::format("Connect({}, {})", fd, listener ? to + ".address" : "nobody"), outcome);
      break;
    }
    case Code::kListen:
      Expect(fmt::format("kernel.Listen({}, {})", fd, op.size), outcome);
      break;
    case Code::kShutdown:
      Expect(fmt::format("kernel.Shutdown({}, {})", fd, ShutdownName(flags)), outcome);
      break;
    case Code::kClose:
      if (outcome.result == 0) {
        Line("{}.Close();", fd);
      } else {
        Expect(fmt::format("kernel.Close({})", fd), outcome);
      }
      break;
    case Code::kReset:
      if (outcome.result == 0) Line("Reset({});", fd);
      break;
    case Code::kDup3:
      Line("EXPECT_THAT(kernel.Dup3({}, {}, {}), {});", fd, other, CreationFlagNames("O", flags),
           outcome.result == -1 ? Matcher(outcome) : "SyscallSucceeds()");
      break;
    case Code::kFill:
    case Code::kDrain:
      Line("{}({});", op.code == Code::kFill ? "Fill" : "Drain", fd);
      break;
    case Code::kSetOption:
    case Code::kGetOption:
      Option(op, outcome);
      break;
    case Code::kSetNonBlocking:
      Expect(fmt::format("kernel.Fcntl({}, F_SETFL, {})", fd, op.value != 0 ? "O_NONBLOCK" : "0"),
             outcome);
      break;
    case Code::kFlags:
      Expect(fmt::format("kernel.Fcntl({}, F_GETFL, 0)", fd), outcome);
      break;
    case Code::kUnread:
    case Code::kAtMark:
    case Code::kUnsent:
      Control(op, outcome);
      break;
    case Code::kOwnName:
    case Code::kPeerName:
      Line("sockaddr_in name{} = {{}};", index_);
      Line("socklen_t length{0} = sizeof(name{0});", index_);
      Expect(fmt::format("kernel.{}({}, reinterpret_cast<sockaddr*>(&name{}), &length{})",
                         op.code == Code::kOwnName ? "Getsockname" : "Getpeername", fd, index_,
                         index_),
             outcome);
      break;
    case Code::kSetTimer:
      Line("itimerspec timer{} = {{}};", index_);
      if (op.value == 1) Line("timer{}.it_value.tv_nsec = 1;", index_);
      if (op.value == 2) Line("timer{}.it_value.tv_sec = 3600;", index_);
      Expect(fmt::format("kernel.TimerfdSettime({}, {}, &timer{}, nullptr)", fd,
                         op.value == 1 ? "TFD_TIMER_ABSTIME" : "0", index_),
             outcome);
      break;
    case Code::kGetTimer:
      Line("itimerspec timer{} = {{}};", index_);
      Expect(fmt::format("kernel.TimerfdGettime({}, &timer{})", fd, index_), outcome);
      break;
    case Code::kEpollAdd:
    case Code::kEpollModify:
      Expect(fmt::format("{}({}, {}, {})", op.code == Code::kEpollAdd ? "EpollAdd" : "EpollModify",
                         fd, other, Epoll(op.flags)),
             outcome);
      break;
    case Code::kEpollDelete:
      Expect(fmt::format("EpollDelete({}, {})", fd, other), outcome);
      break;
    case Code::kEpollWait:
      EpollWait(op, outcome);
      break;
    case Code::kPoll:
      PollCall(op, outcome);
      break;
    case Code::kSelect:
      SelectCall(op, outcome);
      break;
    default:
      Transfer(op, outcome);
      break;
  }
}

// What the call has made ready has to be awaited on Linux.
void Writer::AwaitNews(const std::vector<Seen>& readiness) {
  for (const Seen& seen : readiness) {
    uint32_t& before = ready_[seen.data];
    const uint32_t news = seen.events & ~before;
    before = seen.events;
    if (news == 0 || program_.operations[index_].made == static_cast<int>(seen.data)) continue;
    Line("Await({}, {});", Fd(static_cast<int>(seen.data), index_ + 1), Poll(news));
  }
}

}  // namespace

std::string TestSource(const Shrunk& shrunk) { return Writer(shrunk).Write(); }

}  // namespace hupstorm::conform
