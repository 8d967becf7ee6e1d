#include "conform/test_writer.h"

#include <ctype.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "conform/report.h"

namespace hupstorm::conform {

std::string TestWriter::Enumerator(Code code) {
  std::string text = "k";
  bool starts_word = true;
  for (const char letter : CodeName(code)) {
    if (letter != '_') text += starts_word ? static_cast<char>(toupper(letter)) : letter;
    starts_word = letter == '_';
  }
  return text;
}

void TestWriter::Call(const Operation& op, const Outcome& outcome) {
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
      MakeOne(op, fmt::format("Invoke<Call::kAccept>(kernel, {}, nullptr, nullptr, {})", fd, flags),
              outcome);
      break;
    case Code::kDup:
      MakeOne(op, fmt::format("Invoke<Call::kDup>(kernel, {})", fd), outcome);
      break;
    case Code::kPipe:
      MakeTwo(op, "Invoke<Call::kPipe2>(kernel, fds{0}, " + CreationFlagNames("O", flags) + ")",
              outcome);
      break;
    case Code::kSocketpair:
      MakeTwo(op,
              "Invoke<Call::kSocketpair>(kernel, AF_UNIX, " + SocketTypeNames(SOCK_STREAM | flags) +
                  ", 0, fds{0})",
              outcome);
      break;
    case Code::kEventfd:
      MakeOne(op, fmt::format("Invoke<Call::kEventfd>(kernel, {}, {})", op.value, flags), outcome);
      break;
    case Code::kTimerfd:
      MakeOne(op, fmt::format("Invoke<Call::kTimerfdCreate>(kernel, CLOCK_MONOTONIC, {})", flags),
              outcome);
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
      Expect(fmt::format("Invoke<Call::kListen>(kernel, {}, {})", fd, op.size), outcome);
      break;
    case Code::kShutdown:
      Expect(fmt::format("Invoke<Call::kShutdown>(kernel, {}, {})", fd, ShutdownName(flags)),
             outcome);
      break;
    case Code::kClose:
      if (outcome.result == 0) {
        Line("{}.Close();", fd);
      } else {
        Expect(fmt::format("Invoke<Call::kClose>(kernel, {})", fd), outcome);
      }
      break;
    case Code::kReset:
      if (outcome.result == 0) Line("Reset({});", fd);
      break;
    case Code::kDup3:
      Line("EXPECT_THAT(Invoke<Call::kDup3>(kernel, {}, {}, {}), {});", fd, other,
           CreationFlagNames("O", flags),
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
      Expect(fmt::format("Invoke<Call::kFcntl>(kernel, {}, F_SETFL, {})", fd,
                         op.value != 0 ? "O_NONBLOCK" : "0"),
             outcome);
      break;
    case Code::kFlags:
      Expect(fmt::format("Invoke<Call::kFcntl>(kernel, {}, F_GETFL, 0)", fd), outcome);
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
      Expect(fmt::format(
                 "Invoke<Call::{}>(kernel, {}, reinterpret_cast<sockaddr*>(&name{}), &length{})",
                 Enumerator(op.code), fd, index_, index_),
             outcome);
      break;
    case Code::kSetTimer:
      Line("itimerspec timer{} = {{}};", index_);
      if (op.value == 1) Line("timer{}.it_value.tv_nsec = 1;", index_);
      if (op.value == 2) Line("timer{}.it_value.tv_sec = 3600;", index_);
      Expect(fmt::format("Invoke<Call::{}>(kernel, {}, {}, &timer{}, nullptr)", Enumerator(op.code),
                         fd, op.value == 1 ? "TFD_TIMER_ABSTIME" : "0", index_),
             outcome);
      break;
    case Code::kGetTimer:
      Line("itimerspec timer{} = {{}};", index_);
      Expect(fmt::format("Invoke<Call::{}>(kernel, {}, &timer{})", Enumerator(op.code), fd, index_),
             outcome);
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
void TestWriter::AwaitNews(const std::vector<Seen>& readiness) {
  for (const Seen& seen : readiness) {
    uint32_t& before = ready_[seen.data];
    const uint32_t news = seen.events & ~before;
    before = seen.events;
    if (news == 0 || program_.operations[index_].made == static_cast<int>(seen.data)) continue;
    Line("Await({}, {});", Fd(static_cast<int>(seen.data), index_ + 1), Poll(news));
  }
}

std::string TestSource(const Shrunk& shrunk) { return TestWriter(shrunk).Write(); }

}  // namespace hupstorm::conform
