// Writes a program as a test of tests/kernel/conformance.

#include <ctype.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <vector>

#include "conform/call_of.h"
#include "conform/machine.h"
#include "conform/report.h"

namespace hupstorm::conform {
namespace {

std::string Poll(uint32_t events) {
  return fmt::format("Events{{{}}}", PollEventNames(static_cast<int>(events)));
}

std::string Epoll(uint32_t events) { return fmt::format("Events{{{}}}", EpollEventNames(events)); }

std::string Matcher(const Outcome& outcome) {
  if (outcome.result != -1) return fmt::format("SyscallSucceedsWithValue({})", outcome.result);
  return fmt::format("SyscallFailsWith({})", ErrorName(outcome.error));
}

class TestWriter {
 public:
  explicit TestWriter(const Shrunk& shrunk) : shrunk_(shrunk), program_(shrunk.program) {}

  std::string Write() {
    for (index_ = 0; index_ <= shrunk_.mismatch.operation; ++index_) {
      const bool last = index_ == shrunk_.mismatch.operation;
      const Step& step = shrunk_.steps[index_];
      if (!last && !step.made) continue;
      Write(Now(), last ? shrunk_.mismatch.host : step.host);
      if (!last) AwaitNews(step.readiness);
    }
    if (shrunk_.mismatch.of_readiness) {
      const std::string fd = Fd(shrunk_.mismatch.slot);
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
    if (needs_file_) {
      text +=
          "  FILE* const file = tmpfile();\n"
          "  for (int i = 0; i < 64 * 1024; ++i) fputc(\"";
      for (uint64_t i = 0; i < kPattern; ++i) text += static_cast<char>(PatternByte(i));
      text += fmt::format("\"[i % {}], file);\n  fflush(file);\n", kPattern);
    }
    return text + body_ + "}\n";
  }

  // Terms of calls, as texts (call_of.h).
  std::string Number(int64_t number) const { return std::to_string(number); }
  std::string Named(int64_t, const char* text) const { return text; }
  std::string Flags(int flags, std::string (*names)(int)) const { return names(flags); }
  // An expression for the number in a slot.
  std::string Fd(int slot) const { return Fd(slot, index_); }
  std::string FdOrNone(int slot) const { return Fd(slot); }
  template <typename T>
  std::string At(T Memory::*, const char* text) const {
    return Text(text);
  }
  template <typename T>
  std::string Value(T Memory::*, const char* text) const {
    return Text(text);
  }
  std::string File() const { return "fileno(file)"; }
  std::string Bytes() const {
    return Text(SendsCount() ? "reinterpret_cast<char*>(&bytes{i})" : "bytes{i}");
  }
  std::string Make(const std::string& call, const std::vector<std::string>& arguments) const {
    return fmt::format("Invoke<{}>(kernel, {})", call, fmt::join(arguments, ", "));
  }

 private:
  // {i} is the number of the operation, {made} the slot that it fills.
  template <typename... Arguments>
  std::string Text(const char* format, const Arguments&... arguments) const {
    return fmt::format(fmt::runtime(format), arguments..., fmt::arg("i", index_),
                       fmt::arg("made", Now().made));
  }
  template <typename... Arguments>
  void Line(const char* format, const Arguments&... arguments) {
    body_ += "  " + Text(format, arguments...) + "\n";
  }

  const Operation& Now() const {
    return program_.operations[std::min(index_, program_.operations.size() - 1)];
  }
  std::string Name(int slot, size_t before) const { return SlotName(program_, slot, before); }
  std::string Made(int slot) const { return Name(slot, index_ + 1); }
  std::string Fd(int slot, size_t before) const {
    if (slot == kNoSlot || !declared_[static_cast<size_t>(slot)]) return "-1";
    const std::string name = Name(slot, before);
    return name.starts_with("listener") ? name + ".fd" : name;
  }

  void Expect(const std::string& call, const Outcome& outcome) {
    Line("EXPECT_THAT({}, {});", call, Matcher(outcome));
  }

  // By a function of the tests that makes it.
  void DeclareBy(const Operation& op, const char* format, const std::string& argument) {
    declared_[static_cast<size_t>(op.made)] = true;
    Line(format, Made(op.made), argument);
    if (op.code != Code::kEpoll) {
      Line("SetOption({}, IPPROTO_TCP, TCP_NODELAY, 1);", Fd(op.made, index_ + 1));
    }
  }

  void Declare(int slot, const std::string& number) {
    bool& declared = declared_[static_cast<size_t>(slot)];
    Line(declared ? "{} = Fd(kernel, {});" : "Fd {}(kernel, {});", Made(slot), number);
    declared = true;
  }

  // To an eventfd.
  bool SendsCount() const {
    const Operation& op = Now();
    return IsSend(op.code) && op.size == sizeof(uint64_t) &&
           Name(op.slot, index_).starts_with("eventfd");
  }

  void Write(const Operation& op, const Outcome& outcome);
  // The call itself, with what it points to before it and what it gave after it.
  void WriteCall(const Operation& op, const Outcome& outcome);
  void DeclareMemory(const Operation& op, const Outcome& outcome);
  void ExpectMemory(const Operation& op, const Outcome& outcome);
  void AwaitNews(const std::vector<Seen>& readiness);

  const Shrunk& shrunk_;
  const Program& program_;
  size_t index_ = 0;
  std::string body_;
  bool needs_nobody_ = false;
  bool needs_file_ = false;
  std::array<bool, kSlots> declared_ = {};
  std::array<uint64_t, kSlots> sent_ = {};
  std::array<uint32_t, kSlots> ready_ = {};
};

void TestWriter::Write(const Operation& op, const Outcome& outcome) {
  const std::string fd = Fd(op.slot);
  const std::string other = Fd(op.other);
  switch (op.code) {
    case Code::kListener:
      return DeclareBy(op, "Listener {} = Listen({});", Number(op.size));
    case Code::kSocket:
      return DeclareBy(op, "Fd {} = TcpSocket({});",
                       CreationFlagNames("SOCK", static_cast<int>(op.flags)));
    case Code::kEpoll:
      return DeclareBy(op, "Fd {} = NewEpoll();", "");
    case Code::kConnect: {
      const std::string to = Name(op.other, index_);
      const bool listener = to.starts_with("listener");
      needs_nobody_ = needs_nobody_ || !listener;
      return Expect(Text("Connect({}, {})", fd, listener ? to + ".address" : "nobody"), outcome);
    }
    case Code::kClose:
      if (outcome.result == 0) return Line("{}.Close();", fd);
      break;
    case Code::kReset:
      if (outcome.result == 0) Line("Reset({});", fd);
      return;
    case Code::kFill:
      return Line("Fill({});", fd);
    case Code::kDrain:
      return Line("Drain({});", fd);
    case Code::kSetOption:
      if (op.flags != OptionIndex(SOL_SOCKET, SO_LINGER)) break;
      return Line("SetLinger({}, {}, {});", fd, op.value >= 0, std::max(op.value, 0));
    case Code::kGetOption:
      if (op.flags == OptionIndex(SOL_SOCKET, SO_LINGER)) return;
      break;
    case Code::kEpollAdd:
      return Expect(Text("EpollAdd({}, {}, {})", fd, other, Epoll(op.flags)), outcome);
    case Code::kEpollModify:
      return Expect(Text("EpollModify({}, {}, {})", fd, other, Epoll(op.flags)), outcome);
    case Code::kEpollDelete:
      return Expect(Text("EpollDelete({}, {})", fd, other), outcome);
    case Code::kEpollWait: {
      if (outcome.result < 0) break;
      std::vector<std::string> events;
      for (const Seen& seen : outcome.events) {
        events.push_back(
            Text("Event{{{}, {}}}", Fd(static_cast<int>(seen.data % 100)), Epoll(seen.events)));
      }
      return Line("EXPECT_THAT(EpollNow({}, {}), testing::ElementsAre({}));", fd, op.size,
                  fmt::join(events, ", "));
    }
    default:
      break;
  }
  WriteCall(op, outcome);
}

void TestWriter::WriteCall(const Operation& op, const Outcome& outcome) {
  DeclareMemory(op, outcome);
  const std::string call = CallOf(op, *this);
  const bool two = op.code == Code::kPipe || op.code == Code::kSocketpair;
  if (op.made != kNoSlot && !two && outcome.result != -1) {
    Declare(op.made, call);
    Line("EXPECT_THAT(int{{{}}}, SyscallSucceeds());", Made(op.made));
  } else if (op.code == Code::kDup3 && outcome.result != -1) {
    Line("EXPECT_THAT({}, SyscallSucceeds());", call);
  } else {
    Expect(call, outcome);
  }
  if (two) {
    Declare(op.made, Text("fds{made}[0]"));
    Declare(op.other, Text("fds{made}[1]"));
  }
  ExpectMemory(op, outcome);
}

void TestWriter::DeclareMemory(const Operation& op, const Outcome& outcome) {
  if (IsReceive(op.code)) Line("char bytes{i}[{}] = {{}};", std::max(op.size, 1));
  if (SendsCount()) {
    Line("uint64_t bytes{i} = 1;");
  } else if (IsSend(op.code)) {
    const uint64_t position = sent_[static_cast<size_t>(op.slot == kNoSlot ? 0 : op.slot)];
    std::string bytes;
    for (int i = 0; i < op.size; ++i) {
      bytes += static_cast<char>(PatternByte(position + static_cast<uint64_t>(i)));
    }
    Line("char bytes{i}[] = \"{}\";", bytes);
  }
  switch (op.code) {
    case Code::kPipe:
    case Code::kSocketpair:
      Line("int fds{made}[2] = {{}};");
      break;
    case Code::kSendfile:
      needs_file_ = true;
      Line("off_t offset{i} = {};",
           sent_[static_cast<size_t>(op.slot == kNoSlot ? 0 : op.slot)] % kPattern);
      break;
    case Code::kWritev:
    case Code::kSendmsg:
    case Code::kSendmmsg:
    case Code::kReadv:
    case Code::kRecvmsg:
    case Code::kRecvmmsg:
      Line("iovec parts{i}[] = {{{{{0}, {1}}}, {{{0} + {1}, {2}}}}};", Bytes(), op.size / 3,
           op.size - op.size / 3);
      if (!TakesFlags(op.code)) break;
      if (op.code == Code::kSendmmsg || op.code == Code::kRecvmmsg) {
        Line("mmsghdr messages{i}[2] = {{}};");
        for (int i = 0; i < 2; ++i) {
          Line("messages{i}[{}].msg_hdr.msg_iov = &parts{i}[{}];", i, i);
          Line("messages{i}[{}].msg_hdr.msg_iovlen = 1;", i);
        }
        break;
      }
      Line("msghdr message{i} = {{}};");
      Line("message{i}.msg_iov = parts{i};");
      Line("message{i}.msg_iovlen = 2;");
      break;
    case Code::kSetOption:
      Line("int value{i} = {};", op.value);
      break;
    case Code::kGetOption:
      Line("int value{i} = -1;");
      Line("socklen_t length{i} = sizeof(int);");
      break;
    case Code::kUnread:
    case Code::kAtMark:
    case Code::kUnsent:
      Line("int value{i} = -1;");
      break;
    case Code::kOwnName:
    case Code::kPeerName:
      Line("sockaddr_in name{i} = {{}};");
      Line("socklen_t length{i} = sizeof(name{i});");
      break;
    case Code::kSetTimer:
    case Code::kGetTimer:
      Line("itimerspec timer{i} = {{}};");
      if (op.code == Code::kGetTimer) break;
      if (op.value == 1) Line("timer{i}.it_value.tv_nsec = 1;");
      if (op.value == 2) Line("timer{i}.it_value.tv_sec = 3600;");
      break;
    case Code::kEpollWait:
      Line("epoll_event events{i}[64];");
      break;
    case Code::kPoll:
      Line("pollfd fds{i}[] = {{");
      for (size_t i = 0; i < op.watched_count; ++i) {
        // poll passes over -1, which a closed Fd is.
        const bool closed = i < outcome.events.size() && (outcome.events[i].events & POLLNVAL) != 0;
        Line("    {{{}, {}, 0}},", closed ? "1'000'000" : Fd(op.watched[i].slot),
             PollEventNames(op.watched[i].events));
      }
      Line("}};");
      break;
    case Code::kSelect:
      for (const WatchedSet& set : kWatchedSets) Line("fd_set {}{i} = {{}};", set.name);
      for (const auto& [slot, events] : op.all_watched()) {
        for (const WatchedSet& set : kWatchedSets) {
          if ((events & set.events) == 0 || Fd(slot) == "-1") continue;
          Line("FD_SET({}, &{}{i});", Fd(slot), set.name);
        }
      }
      Line("timeval at_once{i} = {{}};");
      break;
    default:
      break;
  }
}

void TestWriter::ExpectMemory(const Operation& op, const Outcome& outcome) {
  if (IsSend(op.code) && outcome.result > 0 && op.slot != kNoSlot) {
    sent_[static_cast<size_t>(op.slot)] += static_cast<uint64_t>(
        op.code == Code::kSendmmsg ? outcome.values[0] + outcome.values[1] : outcome.result);
  }
  if (op.code == Code::kSendmmsg || op.code == Code::kRecvmmsg) {
    const int step = op.code == Code::kSendmmsg ? 1 : 2;
    for (int64_t i = 0; i < outcome.result; ++i) {
      Line("EXPECT_EQ(messages{i}[{}].msg_len, {});", i,
           outcome.values[static_cast<size_t>(i * step)]);
    }
    return;
  }
  if (op.code == Code::kRecvmsg && outcome.result >= 0) {
    Line("EXPECT_EQ(message{i}.msg_flags, {});",
         MessageFlagNames(static_cast<int>(outcome.values[0])));
  }
  const auto legible = [](std::byte byte) { return isalnum(static_cast<int>(byte)) != 0; };
  if (!outcome.bytes.empty() && std::all_of(outcome.bytes.begin(), outcome.bytes.end(), legible)) {
    Line("EXPECT_EQ(std::string(bytes{i}, {}), \"{}\");", outcome.result,
         std::string(reinterpret_cast<const char*>(outcome.bytes.data()), outcome.bytes.size()));
  }
  const bool option = op.code == Code::kGetOption;  // after its length
  const bool value =
      option || op.code == Code::kUnread || op.code == Code::kAtMark || op.code == Code::kUnsent;
  if (value && outcome.value_count > option) {
    Line("EXPECT_EQ(value{i}, {});", outcome.values[option ? 1 : 0]);
  }
  for (size_t i = 0; op.code == Code::kPoll && i < outcome.events.size(); ++i) {
    Line("EXPECT_EQ(fds{i}[{}].revents, {});", i,
         PollEventNames(static_cast<int>(outcome.events[i].events)));
  }
  if (op.code != Code::kSelect) return;
  for (const Seen& seen : outcome.events) {
    for (const WatchedSet& set : kWatchedSets) {
      Line("EXPECT_EQ(FD_ISSET({}, &{}{i}) != 0, {});", Fd(static_cast<int>(seen.data)), set.name,
           (seen.events & set.events) != 0);
    }
  }
}

// What the call has made ready has to be awaited on Linux.
void TestWriter::AwaitNews(const std::vector<Seen>& readiness) {
  for (const Seen& seen : readiness) {
    uint32_t& before = ready_[seen.data];
    const uint32_t news = seen.events & ~before;
    before = seen.events;
    if (news == 0 || Now().made == static_cast<int>(seen.data)) continue;
    Line("Await({}, {});", Fd(static_cast<int>(seen.data), index_ + 1), Poll(news));
  }
}

}  // namespace

std::string TestSource(const Shrunk& shrunk) { return TestWriter(shrunk).Write(); }

}  // namespace hupstorm::conform
