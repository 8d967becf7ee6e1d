// The calls of a test that take several lines.

#include <ctype.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>

#include "conform/machine.h"
#include "conform/test_writer.h"

namespace hupstorm::conform {

std::string TestWriter::BytesToSend(const Operation& op) {
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

void TestWriter::Transfer(const Operation& op, const Outcome& outcome) {
  const bool send = op.code <= Code::kSendmsg;
  const std::string fd = Fd(op.slot);
  const bool vector = op.code == Code::kWritev || op.code == Code::kSendmsg ||
                      op.code == Code::kReadv || op.code == Code::kRecvmsg;
  const bool flags = op.code == Code::kSend || op.code == Code::kRecv;
  if (!send) Line("char bytes{}[{}] = {{}};", index_, op.size > 0 ? op.size : 1);
  const std::string buffer = send ? BytesToSend(op) : fmt::format("bytes{}", index_);
  const std::string call = Enumerator(op.code);
  if (vector) {
    Line("iovec parts{}[] = {{{{{}, {}}}, {{{} + {}, {}}}}};", index_, buffer, op.size / 3, buffer,
         op.size / 3, op.size - op.size / 3);
  }
  const std::string flag_text = MessageFlagNames(static_cast<int>(op.flags));
  if (op.code == Code::kSendmsg || op.code == Code::kRecvmsg) {
    Line("msghdr message{} = {{}};", index_);
    Line("message{}.msg_iov = parts{};", index_, index_);
    Line("message{}.msg_iovlen = 2;", index_);
    Expect(fmt::format("Invoke<Call::{}>(kernel, {}, &message{}, {})", call, fd, index_, flag_text),
           outcome);
    if (!send && outcome.result >= 0) {
      Line("EXPECT_EQ(message{}.msg_flags, {});", index_,
           MessageFlagNames(static_cast<int>(outcome.values[0])));
    }
  } else if (vector) {
    Expect(fmt::format("Invoke<Call::{}>(kernel, {}, parts{}, 2)", call, fd, index_), outcome);
  } else if (flags) {
    Expect(fmt::format("Invoke<Call::{}>(kernel, {}, {}, {}, {})", call, fd, buffer, op.size,
                       flag_text),
           outcome);
  } else {
    Expect(fmt::format("Invoke<Call::{}>(kernel, {}, {}, {})", call, fd, buffer, op.size), outcome);
  }
  if (send && outcome.result > 0 && op.slot != kNoSlot) {
    sent_[static_cast<size_t>(op.slot)] += static_cast<uint64_t>(outcome.result);
  }
  const bool legible = std::all_of(outcome.bytes.begin(), outcome.bytes.end(), [](std::byte byte) {
    return isalnum(static_cast<unsigned char>(byte)) != 0;
  });
  if (!send && legible && !outcome.bytes.empty()) {
    Line("EXPECT_EQ(std::string(bytes{}, {}), \"{}\");", index_, outcome.result,
         std::string(reinterpret_cast<const char*>(outcome.bytes.data()), outcome.bytes.size()));
  }
}

void TestWriter::Option(const Operation& op, const Outcome& outcome) {
  const conform::Option& option = Options()[op.flags];
  if (option.level == SOL_SOCKET && option.name == SO_LINGER) {
    if (op.code == Code::kSetOption) {
      Line("SetLinger({}, {}, {});", Fd(op.slot), op.value >= 0, op.value > 0 ? op.value : 0);
    }
    return;
  }
  Line("int value{} = {};", index_, op.code == Code::kSetOption ? op.value : -1);
  if (op.code == Code::kSetOption) {
    Expect(fmt::format("Invoke<Call::kSetsockopt>(kernel, {}, {}, {}, &value{}, sizeof(int))",
                       Fd(op.slot), option.level_name, option.text, index_),
           outcome);
    return;
  }
  Line("socklen_t length{} = sizeof(int);", index_);
  Expect(fmt::format("Invoke<Call::kGetsockopt>(kernel, {}, {}, {}, &value{}, &length{})",
                     Fd(op.slot), option.level_name, option.text, index_, index_),
         outcome);
  if (outcome.value_count > 1) Line("EXPECT_EQ(value{}, {});", index_, outcome.values[1]);
}

void TestWriter::Control(const Operation& op, const Outcome& outcome) {
  Line("int value{} = -1;", index_);
  Expect(fmt::format("Invoke<Call::kIoctl>(kernel, {}, {}, &value{})", Fd(op.slot),
                     CodeName(op.code), index_),
         outcome);
  if (outcome.value_count > 0) Line("EXPECT_EQ(value{}, {});", index_, outcome.values[0]);
}

void TestWriter::EpollWait(const Operation& op, const Outcome& outcome) {
  if (outcome.result < 0) {
    Line("epoll_event events{}[64];", index_);
    Expect(fmt::format("Invoke<Call::kEpollWait>(kernel, {}, events{}, {}, 0)", Fd(op.slot), index_,
                       op.size),
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

void TestWriter::PollCall(const Operation& op, const Outcome& outcome) {
  Line("pollfd fds{}[] = {{", index_);
  for (size_t i = 0; i < op.watched_count; ++i) {
    // poll passes over -1, which a closed Fd is.
    const bool closed = i < outcome.events.size() && (outcome.events[i].events & POLLNVAL) != 0;
    Line("    {{{}, {}, 0}},", closed ? "1'000'000" : Fd(op.watched[i].slot),
         PollEventNames(op.watched[i].events));
  }
  Line("}};");
  Expect(fmt::format("Invoke<Call::kPoll>(kernel, fds{}, {}, 0)", index_, op.watched_count),
         outcome);
  for (size_t i = 0; i < outcome.events.size(); ++i) {
    Line("EXPECT_EQ(fds{}[{}].revents, {});", index_, i,
         PollEventNames(static_cast<int>(outcome.events[i].events)));
  }
}

void TestWriter::SelectCall(const Operation& op, const Outcome& outcome) {
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
  Expect(
      fmt::format(
          "Invoke<Call::kSelect>(kernel, FD_SETSIZE, &readable{0}, &writable{0}, &exceptional{0}, "
          "&at_once{0})",
          index_),
      outcome);
  for (const Seen& seen : outcome.events) {
    for (size_t set = 0; set < 3; ++set) {
      Line("EXPECT_EQ(FD_ISSET({}, &{}{}) != 0, {});", Fd(static_cast<int>(seen.data)), kSets[set],
           index_, (seen.events & kEvents[set]) != 0);
    }
  }
}

}  // namespace hupstorm::conform
