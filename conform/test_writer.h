// Writes a program as a test of tests/kernel/conformance. The calls that take several lines are in
// test_writer_calls.cc.

#ifndef HUPSTORM_CONFORM_TEST_WRITER_H_
#define HUPSTORM_CONFORM_TEST_WRITER_H_

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "conform/shrinker.h"
#include "kernel/trace/symbols.h"

namespace hupstorm::conform {

class TestWriter {
 public:
  explicit TestWriter(const Shrunk& shrunk) : shrunk_(shrunk), program_(shrunk.program) {}

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

  // "kRecv", of the call that a code stands for.
  static std::string Enumerator(Code code);
  // Declares what is sent; gives a pointer to it.
  std::string BytesToSend(const Operation& op);
  void Transfer(const Operation& op, const Outcome& outcome);
  void Option(const Operation& op, const Outcome& outcome);
  void Control(const Operation& op, const Outcome& outcome);
  void EpollWait(const Operation& op, const Outcome& outcome);
  void PollCall(const Operation& op, const Outcome& outcome);
  void SelectCall(const Operation& op, const Outcome& outcome);
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

}  // namespace hupstorm::conform

#endif  // HUPSTORM_CONFORM_TEST_WRITER_H_
